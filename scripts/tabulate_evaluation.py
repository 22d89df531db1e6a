"""Tabulate how often each model is right on each benchmark."""

from pathlib import Path

from synthesis import evaluation, evaluation_tables, program, schema, web_pages
from synthesis.errors import InputError

# The columns of the page, in words; shares are shown in per cent.
_SHOWN = {
    "model": "model",
    "student": "student",
    "size": "pairs",
    "seed": "seed",
    "benchmark": "benchmark",
    "problems": "problems",
    "samples": "samples",
    "accuracy": "right, %",
    "interval": "95 % interval, %",
    "deviation_over_samples": "± over samples",
    "pass_at_samples": "in any sample, %",
    "majority_accuracy": "by majority, %",
    "share_without_answer": "without answer, %",
    "answers_timed_out": "timed out",
    "answers_to_unreadable_references": "unreadable reference",
}
_NUMBERS = {name for key, name in _SHOWN.items() if key not in ("model", "student", "benchmark")}
_SHARES = ("accuracy", "share_without_answer", "deviation_over_samples", "pass_at_samples", "majority_accuracy")
_OF_STUDENTS, _OF_SAMPLES = (
    ("student", "size", "seed"),
    ("deviation_over_samples", "pass_at_samples", "majority_accuracy"),
)


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--seed", type=int, required=True, help="seed of the bootstrap")
    parser.add_argument("--grades", type=Path, nargs="+", required=True, help="grades, all of a model's side by side")
    parser.add_argument("--output", type=Path, required=True, help="the table (CSV)")
    parser.add_argument("--seeds", type=Path, required=True, help="means over training seeds (CSV)")
    parser.add_argument("--paired", type=Path, required=True, help="models on the same problems (CSV)")
    parser.add_argument("--pass-at-k", type=Path, required=True, help="pass@k (CSV)")
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
    found = [(name, _grades(path)) for name, path in zip(names, options.grades, strict=True)]
    rows = [{**name, **evaluation.score(grades, options.seed)} for name, grades in found]
    paired = evaluation_tables.paired(found, options.seed)
    seeds = evaluation_tables.over_seeds(rows)
    evaluation.write(options.output, rows)
    schema.write_csv(options.seeds, seeds, evaluation_tables.SEED_COLUMNS)
    schema.write_csv(options.paired, paired, evaluation_tables.PAIRED_COLUMNS)
    schema.write_csv(options.pass_at_k, evaluation_tables.pass_at_k(found), evaluation_tables.PASS_COLUMNS)
    schema.write_text(options.page, page(options.run, rows, seeds, paired))
    job.rows(**{"in": len(options.grades), "out": len(rows)})


def _grades(path: Path) -> list[dict]:
    grades = schema.read(path, schema.GRADES)
    if not grades:
        raise InputError(f"{path} holds no grades; delete it and run the workflow again.")
    return grades


def page(run: str, rows: list[dict], seeds: list[dict], paired: list[dict]) -> str:
    """The tables as a web page, without columns and tables that would say nothing."""
    left_out = set()
    if not any(row["student"] for row in rows):
        left_out.update(_OF_STUDENTS)
    if all(row["samples"] == "1" for row in rows):
        left_out.update(_OF_SAMPLES)
    shown = [{name: _text(row, key) for key, name in _SHOWN.items() if key not in left_out} for row in rows]
    title = f"Right answers in run {run}"
    return web_pages.page(
        title,
        web_pages.heading(title),
        web_pages.table(shown, _NUMBERS),
        *(_seeds_table(seeds) if any(row["deviation_over_seeds"] for row in seeds) else []),
        *(_paired_table(paired) if paired else []),
    )


def _seeds_table(seeds: list[dict]) -> list[str]:
    shown = [
        {
            "student": row["student"],
            "pairs": row["size"],
            "benchmark": row["benchmark"],
            "seeds": row["seeds"],
            "right, %": _percent(row["accuracy"]),
            "± over seeds": _percent(row["deviation_over_seeds"]) if row["deviation_over_seeds"] else "",
        }
        for row in seeds
    ]
    return [
        web_pages.heading("Over training seeds", 2),
        web_pages.table(shown, {"pairs", "seeds", "right, %", "± over seeds"}),
    ]


def _paired_table(paired: list[dict]) -> list[str]:
    shown = [
        {
            "benchmark": row["benchmark"],
            "model": row["second"],
            "against": row["first"],
            "problems": row["problems"],
            "difference, points": f"{100 * float(row['difference']):+.1f}",
            "95 % interval": f"{100 * float(row['low']):+.1f} to {100 * float(row['high']):+.1f}",
            "p": f"{float(row['p_value']):.3f}",
        }
        for row in paired
    ]
    told = (
        "Both models on the same problems: how many percentage points more the first named gets right. The p-value is "
        "how often so large a difference comes about by chance (random signs)."
    )
    return [
        web_pages.heading("On the same problems", 2),
        web_pages.paragraph(told),
        web_pages.table(shown, {"problems", "difference, points", "95 % interval", "p"}),
    ]


def _text(row: dict, key: str) -> str:
    if key == "interval":
        return f"{_percent(row['accuracy_low'])} to {_percent(row['accuracy_high'])}"
    return _percent(row[key]) if key in _SHARES and row[key] else str(row[key])


def _percent(share: str) -> str:
    return f"{100 * float(share):.1f}"


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
