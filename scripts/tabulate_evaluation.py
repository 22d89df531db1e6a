"""Tabulate how often each model is right on each benchmark."""

from pathlib import Path

from synthesis import evaluation, program, schema, web_pages
from synthesis.errors import InputError

# The columns of the page, in words; shares are shown in per cent.
_SHOWN = {
    "model": "model",
    "student": "student",
    "size": "pairs",
    "seed": "seed",
    "benchmark": "benchmark",
    "problems": "problems",
    "accuracy": "right, %",
    "interval": "95 % interval, %",
    "share_without_answer": "without answer, %",
    "answers_timed_out": "timed out",
    "answers_to_unreadable_references": "unreadable reference",
}
_NUMBERS = {name for key, name in _SHOWN.items() if key not in ("model", "student", "benchmark")}


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--seed", type=int, required=True, help="seed of the bootstrap")
    parser.add_argument("--grades", type=Path, nargs="+", required=True, help="grades, all of a model's side by side")
    parser.add_argument("--output", type=Path, required=True, help="the table (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the table for readers (HTML)")


def work(options, job):
    """Write one row for each model and benchmark.

    The settings list the `models` (with model, student, size and seed) and the `benchmarks`, which name the files of
    grades in their order.
    """
    names = [
        {**model, "benchmark": benchmark}
        for model in options.settings["models"]
        for benchmark in options.settings["benchmarks"]
    ]
    rows = []
    for name, path in zip(names, options.grades, strict=True):
        grades = schema.read(path, schema.GRADES)
        if not grades:
            raise InputError(f"{path} holds no grades; delete it and run the workflow again.")
        rows.append({**name, **evaluation.score(grades, options.seed)})
    evaluation.write(options.output, rows)
    schema.write_text(options.page, page(options.run, rows))
    job.rows(**{"in": len(options.grades), "out": len(rows)})


def page(run: str, rows: list[dict]) -> str:
    """The table as a web page; without students their columns are left out."""
    students = any(row["student"] for row in rows)
    shown = [
        {name: _text(row, key) for key, name in _SHOWN.items() if students or key not in ("student", "size", "seed")}
        for row in rows
    ]
    title = f"Right answers in run {run}"
    return web_pages.page(title, web_pages.heading(title), web_pages.table(shown, _NUMBERS))


def _text(row: dict, key: str) -> str:
    if key == "interval":
        return f"{_percent(row['accuracy_low'])} to {_percent(row['accuracy_high'])}"
    return _percent(row[key]) if key in ("accuracy", "share_without_answer") else str(row[key])


def _percent(share: str) -> str:
    return f"{100 * float(share):.1f}"


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
