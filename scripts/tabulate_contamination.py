"""Count the items of each benchmark that share words with a question: of all questions, and of the data set."""

from pathlib import Path
from statistics import mean

import pyarrow as pa
import pyarrow.compute as pc
from synthesis import program, schema, web_pages
from synthesis.shared_runs import KnownTexts

COLUMNS = [
    "filter",
    "benchmark",
    "items",
    "questions",
    "items_shared",
    "clean_ratio",
    "dataset_questions",
    "dataset_items_shared",
    "dataset_clean_ratio",
]
MEAN = "mean"
EXAMPLES = 50


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--overlaps", type=Path, nargs="+", required=True, help="what the filters found, all shards")
    parser.add_argument("--problems", type=Path, nargs="+", required=True, help="benchmarks, named by their file names")
    parser.add_argument("--dataset", type=Path, nargs="+", required=True, help="the files of the data set")
    parser.add_argument("--output", type=Path, required=True, help="the table (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the table for readers (HTML)")


def work(options, job):
    """Write one row for each filter and benchmark, with the ratios in the shape of ScaleQuest's table 6, and a page."""
    overlaps = pa.concat_tables([schema.read_table(path, schema.OVERLAPS) for path in options.overlaps])
    dataset = sharing_questions(options.dataset, overlaps["question_id"])
    files = {path.stem: path for path in options.problems}
    rows = []
    for entry in options.settings["filters"]:
        job.step(f"filter {entry['name']}", len(entry["sets"]), "benchmarks")
        rows += counted(entry, files, overlaps.filter(pc.equal(overlaps["filter"], entry["name"])), dataset)
    schema.write_csv(options.output, rows, COLUMNS)
    schema.write_text(options.page, page(options.run, rows, overlaps))
    job.rows(**{"in": len(overlaps), "out": len(rows)})


def sharing_questions(paths: list[Path], sharing: pa.ChunkedArray) -> dict[str, str]:
    """The texts, by id, of the questions of the data set that are among those that share words."""
    found, sharing = {}, pc.unique(sharing)
    for path in paths:
        rows = schema.read_table(path, schema.DATASET, ["question_id", "question"])
        for row in rows.filter(pc.is_in(rows["question_id"], sharing)).to_pylist():
            found[row["question_id"]] = row["question"]
    return found


def counted(entry: dict, files: dict[str, Path], overlaps: pa.Table, dataset: dict[str, str]) -> list[dict]:
    """The rows of a filter: one for each benchmark, then the means of the ratios, which count each benchmark alike.

    The filter names every item that any question shares words with, so items are counted as they stand there. It does
    not name all that one question does, so those of the data set are looked for again.
    """
    rows = []
    for benchmark in entry["sets"]:
        of_benchmark = overlaps.filter(pc.equal(overlaps["benchmark"], benchmark))
        sharing = pc.unique(of_benchmark["question_id"]).to_pylist()
        texts = [dataset[name] for name in sharing if name in dataset]
        items = schema.count_rows(files[benchmark])
        row = {"filter": entry["name"], "benchmark": benchmark, "items": items}
        for prefix, questions, shared in (
            ("", len(sharing), pc.count_distinct(of_benchmark["problem_id"]).as_py()),
            ("dataset_", len(texts), items_shared(files[benchmark], entry["words"], texts)),
        ):
            row[f"{prefix}questions"], row[f"{prefix}items_shared"] = questions, shared
            row[f"{prefix}clean_ratio"] = 1 - shared / items if items else None
        rows.append(row)
    means = {"filter": entry["name"], "benchmark": MEAN}
    for column in ("clean_ratio", "dataset_clean_ratio"):
        ratios = [row[column] for row in rows if row[column] is not None]
        means[column] = mean(ratios) if ratios else None
    return [{column: _number(row.get(column)) for column in COLUMNS} for row in [*rows, means]]


def items_shared(problems: Path, words: int, texts: list[str]) -> int:
    """How many problems share a run of so many words with any of the texts."""
    if not texts:
        return 0
    rows = schema.read(problems, schema.PROBLEMS, ["problem_id", "problem"])
    touched = KnownTexts([row["problem"] for row in rows], words).touched_by(texts)
    return len({rows[number]["problem_id"] for number in touched})


def _number(value):
    return "" if value is None else f"{value:.6f}" if isinstance(value, float) else value


def page(run: str, rows: list[dict], overlaps: pa.Table) -> str:
    """The table as a web page, with the longest runs of words that were found."""
    title = f"Words that run {run} shares with benchmarks"
    shown = [
        {
            ("", "filter"): row["filter"],
            ("", "benchmark"): row["benchmark"],
            ("", "items"): _thousands(row["items"]),
            **{
                (group, label): form(row[f"{prefix}{column}"])
                for group, prefix in (("all questions", ""), ("the data set", "dataset_"))
                for label, column, form in (
                    ("questions that share", "questions", _thousands),
                    ("items shared", "items_shared", _thousands),
                    ("clean, %", "clean_ratio", _percent),
                )
            },
        }
        for row in rows
    ]
    numbers = {column for column in shown[0] if column[1] not in ("filter", "benchmark")}
    longest = overlaps.sort_by([("length", "descending"), ("question_id", "ascending")]).slice(0, EXAMPLES).to_pylist()
    parts = [web_pages.heading(title), web_pages.table(shown, numbers)]
    if longest:
        listed = [{name: str(row[name]) for name in schema.OVERLAPS.names} for row in longest]
        parts += [web_pages.heading("The longest runs", 2), web_pages.table(listed, {"length"})]
    return web_pages.page(title, *parts)


def _thousands(value) -> str:
    return f"{value:,}" if value != "" else ""


def _percent(value: str) -> str:
    return f"{100 * float(value):.1f}" if value else ""


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
