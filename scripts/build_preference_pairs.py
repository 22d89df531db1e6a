"""Pair every raw question with its rewrite: the data from which a generator learns to prefer the better question."""

from collections import Counter
from pathlib import Path

from synthesis import preferences, program, schema, web_pages
from synthesis.errors import InputError
from synthesis.identity import is_held_out


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--generator", required=True, help="name of the generator that is optimised")
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--questions", type=Path, nargs="+", required=True, help="all shards of raw questions")
    parser.add_argument("--rewrites", type=Path, nargs="+", required=True, help="their rewrites, in the same order")
    parser.add_argument("--output", type=Path, required=True, help="the pairs")
    parser.add_argument("--verdicts", type=Path, required=True, help="whether each raw question gave a pair")
    parser.add_argument("--table", type=Path, required=True, help="counts by direction and outcome (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the counts for readers (HTML)")


def work(options, job):
    """Write pairs, verdicts and counts; ends with one sentence if no pair is left to train on."""
    found = [
        candidate
        for files in zip(options.questions, options.rewrites, strict=True)
        for candidate in preferences.candidates(*files)
    ]
    pairs, verdicts = [], []
    for candidate in found:
        reason = preferences.pair_reason(candidate, options.settings)
        name = {column: candidate.rewrite[column] for column in ("question_id", "direction")}
        verdicts.append({**name, "keep": not reason, "reason": reason})
        if not reason:
            pairs.append(_pair(options, candidate, name))
    counts = preferences.outcomes(verdicts, pairs)
    _check_pairs(options.generator, counts)
    schema.write(options.verdicts, verdicts, schema.PAIR_VERDICTS)
    schema.write(options.output, pairs, schema.PREFERENCE_PAIRS)
    preferences.write_table(options.table, counts)
    schema.write_text(options.page, page(options.generator, counts))
    held_out = sum(pair["held_out"] for pair in pairs)
    job.rows(**{"in": len(verdicts), "out": len(pairs), "held_out": held_out})


def _pair(options, candidate: preferences.Candidate, name: dict) -> dict:
    return {
        **name,
        "chosen": candidate.rewrite["rewritten"],
        "rejected": candidate.raw["question"],
        "held_out": is_held_out(options.seed, name["question_id"], options.settings["held_out"]),
    }


def _check_pairs(generator: str, counts: dict) -> None:
    total = sum(counts.values(), start=Counter())
    if total[preferences.TRAINING]:
        return
    reasons = ", ".join(f"{name} {rows}" for name, rows in preferences.rejected(total).items())
    where = f"optimize_generator.{generator}"
    raise InputError(
        f"build_preference_pairs of {generator} has no pair to train on: of {total.total()} raw questions "
        f"{total[preferences.HELD_OUT]} pairs are held out and the rest was rejected ({reasons or 'none'}); raise "
        f"{where}.sample_raw_questions.total, or change {where}.rewrite_questions or the limits in "
        f"{where}.build_preference_pairs."
    )


def page(generator: str, counts: dict) -> str:
    """The counts as a web page: one row for each direction."""
    title = f"Preference pairs for {generator}"
    rows = [
        {
            "direction": direction,
            "raw questions": f"{found.total():,}",
            "pairs to train on": f"{found[preferences.TRAINING]:,}",
            "pairs held out": f"{found[preferences.HELD_OUT]:,}",
            "rejected, by reason": "\n".join(
                f"{reason}: {rows:,}" for reason, rows in preferences.rejected(found).items()
            ),
        }
        for direction, found in counts.items()
    ]
    numbers = {"raw questions", "pairs to train on", "pairs held out"}
    return web_pages.page(title, web_pages.heading(title), web_pages.table(rows, numbers))


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
