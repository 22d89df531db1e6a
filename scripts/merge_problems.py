"""Merge sets of seed problems, keep each problem once, and hold a share of them out."""

from collections import Counter
from pathlib import Path

from synthesis import program, schema
from synthesis.errors import InputError
from synthesis.identity import is_held_out
from synthesis.text import normalise


def add_arguments(parser):
    """Declare what the program needs."""
    parser.add_argument("--problems", type=Path, nargs="+", required=True, help="sets in the order of precedence")
    parser.add_argument("--benchmarks", type=Path, nargs="*", default=[], help="benchmarks that must not overlap")
    parser.add_argument("--seed", type=int, required=True, help="the run's seed")
    parser.add_argument("--train", type=Path, required=True, help="Parquet file of the problems to train on")
    parser.add_argument("--held-out", type=Path, required=True, help="Parquet file of the problems held out")


def work(options, job):
    """Merge, compare with the benchmarks and split."""
    share, overlap = options.settings.get("held_out", 0), options.settings.get("overlap", "fail")
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        raise InputError(f"merge_problems.held_out is {share}; give a share from 0 to below 1.")
    if overlap not in ("fail", "drop"):
        raise InputError(f"merge_problems.overlap is {overlap}; give fail or drop.")
    rows = [row for path in options.problems for row in schema.read(path, schema.PROBLEMS)]
    distinct = {}
    for row in rows:
        distinct.setdefault(normalise(row["problem"]), row)
    clean = without_benchmarks(distinct, benchmark_texts(options.benchmarks), overlap)
    parts = {True: [], False: []}
    for text, row in clean.items():
        parts[is_held_out(options.seed, text, share)].append(row)
    if not parts[False]:
        raise InputError(
            f"no problem is left to train on: of {len(rows)}, {len(rows) - len(distinct)} were duplicates, "
            f"{len(distinct) - len(clean)} are in a benchmark and {len(parts[True])} are held out; "
            "add problems or lower merge_problems.held_out."
        )
    schema.write(options.train, parts[False], schema.PROBLEMS)
    schema.write(options.held_out, parts[True], schema.PROBLEMS)
    job.rows(**{"in": len(rows), "duplicates": len(rows) - len(distinct), "overlap": len(distinct) - len(clean)})
    job.rows(train=len(parts[False]), held_out=len(parts[True]), out=len(clean))


def benchmark_texts(paths: list[Path]) -> dict[str, str]:
    """The normalised text of each benchmark item and the name of its benchmark, the first if several have it."""
    texts = {}
    for path in paths:
        for row in schema.read(path, schema.PROBLEMS):
            texts.setdefault(normalise(row["problem"]), row["source"])
    return texts


def without_benchmarks(problems: dict[str, dict], benchmarks: dict[str, str], overlap: str) -> dict[str, dict]:
    """The problems, under their normalised texts, that no benchmark has.

    With `overlap` set to `fail`, raises InputError if a benchmark has any.
    """
    shared = [text for text in problems if text in benchmarks]
    if shared and overlap == "fail":
        counts = Counter(benchmarks[text] for text in shared)
        found = ", ".join(f"{count} in {name}" for name, count in counts.items())
        raise InputError(
            f"{len(shared)} of {len(problems)} problems are benchmark items ({found}; one comes from "
            f"{problems[shared[0]]['source']}); set merge_problems.overlap to drop, or take that source out."
        )
    return {text: row for text, row in problems.items() if text not in benchmarks}


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
