"""Tabulate how often each model is right on each benchmark, and on average."""

from pathlib import Path

from synthesis import evaluation, evaluation_averages, evaluation_page, evaluation_tables, program, schema
from synthesis.errors import InputError


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--seed", type=int, required=True, help="seed of the bootstrap")
    parser.add_argument("--grades", type=Path, nargs="+", required=True, help="grades, all of a model's side by side")
    parser.add_argument("--answers", type=Path, nargs="+", required=True, help="the answers, in the same order")
    parser.add_argument("--output", type=Path, required=True, help="the table (CSV)")
    parser.add_argument("--seeds", type=Path, required=True, help="means over training seeds (CSV)")
    parser.add_argument("--paired", type=Path, required=True, help="models on the same problems (CSV)")
    parser.add_argument("--pass-at-k", type=Path, required=True, help="pass@k (CSV)")
    parser.add_argument("--averages", type=Path, required=True, help="averages over benchmarks (CSV)")
    parser.add_argument("--averages-paired", type=Path, required=True, help="differences of the averages (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the tables for readers (HTML)")


def work(options, job):
    """Write one row for each model and benchmark, and the tables that follow from them.

    The settings list the `models` (with model, student, size and seed) and the `benchmarks`, which name the files of
    grades in their order, and the benchmarks of each of the `averages`.
    """
    names = [
        {**model, "benchmark": benchmark}
        for model in options.settings["models"]
        for benchmark in options.settings["benchmarks"]
    ]
    found = [(name, _grades(path)) for name, path in zip(names, options.grades, strict=True)]
    endings = [_endings(path) for path in options.answers]
    rows = [
        {**name, **evaluation.score(grades, ended, options.seed)}
        for (name, grades), ended in zip(found, endings, strict=True)
    ]
    paired = evaluation_tables.paired(found, options.seed)
    seeds = evaluation_tables.over_seeds([{**name, "accuracy": evaluation.accuracy(grades)} for name, grades in found])
    averages, averages_paired = evaluation_averages.tables(found, options.settings["averages"], options.seed)
    evaluation.write(options.output, rows)
    schema.write_csv(options.seeds, seeds, evaluation_tables.SEED_COLUMNS)
    schema.write_csv(options.paired, paired, evaluation_tables.PAIRED_COLUMNS)
    schema.write_csv(options.pass_at_k, evaluation_tables.pass_at_k(found), evaluation_tables.PASS_COLUMNS)
    schema.write_csv(options.averages, averages, evaluation_averages.COLUMNS)
    schema.write_csv(options.averages_paired, averages_paired, evaluation_averages.PAIRED_COLUMNS)
    page = evaluation_page.page(options.run, rows, seeds, paired, averages, averages_paired)
    schema.write_text(options.page, page)
    job.rows(**{"in": len(options.grades), "out": len(rows)})


def _grades(path: Path) -> list[dict]:
    grades = schema.read(path, schema.GRADES)
    if not grades:
        raise InputError(f"{path} holds no grades; delete it and run the workflow again.")
    return grades


def _endings(path: Path) -> list[str]:
    """Why each answer ended."""
    return [row["finish_reason"] for row in schema.read(path, schema.PROBLEM_ANSWERS, ["finish_reason"])]


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
