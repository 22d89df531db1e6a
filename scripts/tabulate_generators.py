"""Tabulate what each step of tuning does to a question generator."""

from pathlib import Path

from synthesis import generator_measures, program, schema, web_pages
from synthesis.compared_questions import first_questions
from synthesis.errors import InputError
from synthesis.generator_arms import UNTUNED

# The measures that every table has, in words.
_SHOWN = {
    generator_measures.DIFFICULTY: "mean difficulty",
    "share_distinct": "distinct, %",
    "share_copied": "same as a seed problem, %",
    "share_overlapping": f"{generator_measures.OVERLAPPING_WORDS} words in a row as in a seed problem, %",
    "share_finished": "finished, %",
}
_MEASURE = "measure"


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--seed", type=int, required=True, help="seed of the bootstrap")
    parser.add_argument(
        "--arm", action="append", nargs="+", required=True, help="source, generator, what trained it, its questions"
    )
    parser.add_argument("--verdicts", type=Path, nargs="*", default=[], help="verdicts, named by the judges")
    parser.add_argument("--scores", type=Path, nargs="?", help="scores of difficulty, if there are any")
    parser.add_argument("--seed-problems", type=Path, nargs="?", help="the seed problems, if there are any")
    parser.add_argument("--output", type=Path, required=True, help="the table (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the table for readers (HTML)")


def work(options, job):
    """Write one row for each generator of each source; the settings are `questions` and `shares`."""
    seeds = generator_measures.SeedProblems(options.seed_problems) if options.seed_problems else None
    rows = [_row(options, arm, seeds) for arm in options.arm]
    shares = list(options.settings["shares"])
    schema.write_csv(options.output, rows, generator_measures.columns(shares))
    schema.write_text(options.page, page(options.run, rows, shares))
    job.rows(**{"in": sum(int(row["questions"]) for row in rows), "out": len(rows)})


def _row(options, arm: list[str], seeds) -> dict:
    names, files = arm[: len(generator_measures.NAMES)], arm[len(generator_measures.NAMES) :]
    count, verdicts = options.settings["questions"], {path.stem: path for path in options.verdicts}
    questions = first_questions(map(Path, files), count)
    if len(questions) != count:
        raise InputError(
            f"{' '.join(files)}: {len(questions)} of the first {count} questions of {arm[1]} are there; delete these "
            "files and run the workflow again."
        )
    shares = {
        name: generator_measures.passed(questions, name, share, verdicts)
        for name, share in options.settings["shares"].items()
    }
    shares |= generator_measures.of_texts(questions, seeds)
    values = dict.fromkeys(generator_measures.measures(list(options.settings["shares"])), ())
    values |= {generator_measures.share_column(name): found for name, found in shares.items()}
    if options.scores:
        values[generator_measures.DIFFICULTY] = generator_measures.difficulties(questions, options.scores)
    named = dict(zip(generator_measures.NAMES, names, strict=True))
    return {**named, "questions": str(count), **generator_measures.means(values, options.seed)}


def page(run: str, rows: list[dict], shares: list[str]) -> str:
    """A table for each source, with a column for each step of tuning, from left to right."""
    title = f"Question generators of run {run}"
    parts = [web_pages.heading(title)]
    for source in dict.fromkeys(row["source"] for row in rows):
        found = [row for row in rows if row["source"] == source]
        lines = [_line("questions", found, lambda row: row["questions"])]
        for name in generator_measures.measures(shares):
            if any(row[name] for row in found):
                shown = _SHOWN.get(name, f"{name.removeprefix('share_')}, %")
                lines.append(_line(shown, found, lambda row, name=name: _amount(row, name)))
        parts += [web_pages.heading(f"Source {source}", 2), web_pages.table(lines, set(lines[0]) - {_MEASURE})]
    return web_pages.page(title, *parts)


def _line(measure: str, rows: list[dict], text) -> dict:
    return {_MEASURE: measure} | {_heading(row): text(row) for row in rows}


def _heading(row: dict) -> str:
    return f"{row['generator']} ({'untuned' if row['trained_by'] == UNTUNED else row['trained_by']})"


def _amount(row: dict, name: str) -> str:
    """Mean and interval; shares in per cent."""
    if not row[name]:
        return ""
    mean, low, high = (float(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
    if name == generator_measures.DIFFICULTY:
        return f"{mean:.3g} ({low:.3g} to {high:.3g})"
    return f"{100 * mean:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
