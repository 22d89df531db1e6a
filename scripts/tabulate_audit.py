"""Tabulate which share of the audited pairs has an error, and show pairs in which one was found."""

from pathlib import Path

from synthesis import audits, program, schema, web_pages
from synthesis.configuration_audit import PARTS

# So many pairs with an error are shown in full.
MOST_SHOWN = 20
_SHOWN = {
    "problem_errors": "problem errors, %",
    "answer_errors": "answer errors, %",
    "either_error": "either, %",
    "unclear": "unclear, %",
}


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="the files of the data set")
    for part in PARTS:
        help_text = f"verdicts on each {part}, and what the model answered"
        parser.add_argument(f"--{part}", type=Path, nargs=2, required=True, help=help_text)
    parser.add_argument("--output", type=Path, required=True, help="the table (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the table for readers (HTML)")


def work(options, job):
    """Write the table and its page; the settings are `pairs`, `model`, `answered_by`, `own_answers` and `included`."""
    pairs = audits.sample(options.data, options.seed, options.settings["pairs"])
    files = {part: getattr(options, part) for part in PARTS}
    found = {part: audits.findings(pairs, verdicts) for part, (verdicts, _) in files.items()}
    rows = audits.table(options.run, pairs, found)
    flagged = _flagged(pairs, found, {part: _words(*paths) for part, paths in files.items()})
    schema.write_csv(options.output, rows, audits.TABLE_COLUMNS)
    schema.write_text(options.page, page(options.run, options.settings, rows, flagged))
    job.rows(**{"in": len(pairs), "out": len(rows)})


def _words(verdicts: Path, answers: Path) -> dict[str, str]:
    """What the model said of each pair: its text, or how probable it calls a yes."""
    texts = {row["question_id"]: row["text"] for row in schema.read(answers, schema.JUDGEMENTS)}
    scores = {row["question_id"]: row["score"] for row in schema.read(verdicts, schema.QUESTION_VERDICTS)}
    return {name: text if scores[name] is None else f"P(yes) = {scores[name]:.3f}" for name, text in texts.items()}


def _flagged(pairs: list[dict], found: dict, words: dict) -> list[dict]:
    """The pairs in which an error was found, with what the model said, in the order of the data set."""
    rows = []
    for number, pair in enumerate(pairs):
        wrong = [part for part in PARTS if found[part][number]]
        if wrong:
            said = "\n\n".join(f"{part}: {words[part][pair['question_id']]}" for part in wrong)
            row = {"error in": " and ".join(wrong), "question": pair["question"], "response": pair["response"]}
            rows.append({**row, "the judge's words": said, "id": f"{pair['source']}\n{pair['question_id']}"})
    return rows


def page(run: str, settings: dict, rows: list[dict], flagged: list[dict]) -> str:
    """The shares, and up to `MOST_SHOWN` pairs with an error."""
    title = f"Audit of the data set of run {run}"
    shown = [
        {
            "data set": row["set"],
            "source": row["source"],
            "pairs": row["pairs"],
            **{text: _amount(row, f"share_{name}") for name, text in _SHOWN.items()},
            "from": row["origin"],
        }
        for row in rows
    ]
    own = " Both are one model, or began as one: it may not see its own mistakes." if settings["own_answers"] else ""
    judged = f"pairs whose responses {settings['answered_by']} wrote"
    judged += ", and pairs of included sets" if settings["included"] else ""
    told = (
        f"{settings['model']} judged {judged}.{own} In brackets stand "
        "95 % intervals (Wilson). Unclear pairs count as without error, so the true shares may be higher by their "
        "share. The published figures are others' audit of another set, by another model with other prompts."
    )
    parts = [web_pages.heading(title), web_pages.paragraph(told)]
    parts += [web_pages.table(shown, {"pairs", *_SHOWN.values()}), web_pages.heading("Pairs with an error", 2)]
    number = min(len(flagged), MOST_SHOWN)
    counted = f"{number} of {len(flagged)}, in the order of the data set." if flagged else "None was found."
    parts += [web_pages.paragraph(counted), web_pages.table(flagged[:MOST_SHOWN], set()) if flagged else ""]
    return web_pages.page(title, *parts)


def _amount(row: dict, column: str) -> str:
    """A share with its interval, both in per cent."""
    share, low, high = (row[f"{column}{end}"] for end in ("", "_low", "_high"))
    if not share:
        return "not told"
    return f"{_percent(share)} ({_percent(low)} to {_percent(high)})" if low else _percent(share)


def _percent(share: str) -> str:
    return f"{100 * float(share):.1f}"


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
