"""The table of what questions share with benchmarks."""

import csv

import tabulate_contamination
from question_files import build_filter, start, texts, write_problems
from synthesis import schema
from synthesis.text import plain_words

COLUMNS = ["question_id", "filter", "benchmark", "problem_id", "length", "words"]
FILTERS = {
    "filters": [
        {"name": "copies", "sets": ["exam", "quiz"], "words": 4},
        {"name": "runs", "sets": ["quiz", "held_out"], "words": 4},
    ]
}


def overlaps(path, *rows: tuple):
    schema.write(path, [dict(zip(COLUMNS, row, strict=True)) for row in rows], schema.OVERLAPS)
    return path


def data(path, questions: dict[str, str]):
    empty = dict.fromkeys(schema.DATASET.names)
    rows = [
        empty | {"question_id": name, "source": "a", "question": text, "response": "r"}
        for name, text in questions.items()
    ]
    schema.write(path, rows, schema.DATASET)
    return path


def table(folder, *shards) -> list[dict]:
    problems = [
        write_problems(folder / f"{name}.parquet", [f"item {number} of the {name}" for number in range(count)])
        for name, count in {"exam": 4, "quiz": 10, "held_out": 0}.items()
    ]
    files = ["--overlaps", *shards, "--problems", *problems]
    files += ["--dataset", data(folder / "d0.parquet", {"a-1": "Take item 1 of the exam!"})]
    files += [data(folder / "d1.parquet", {"a-2": "Item 7 of the quiz", "a-9": "item 0 of the exam"})]
    files += ["--output", folder / "t.csv", "--page", folder / "t.html"]
    assert start(tabulate_contamination, folder, FILTERS, *files) == 0
    with (folder / "t.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_items_are_counted_once_among_all_questions_and_among_those_of_the_data_set(tmp_path):
    first = overlaps(
        tmp_path / "0.parquet",
        ("a-0", "copies", "exam", "exam-0", 13, "<b>one"),
        ("a-0", "copies", "exam", "exam-1", 14, "two"),
        ("a-1", "copies", "exam", "exam-1", 15, "three"),
    )
    second = overlaps(
        tmp_path / "1.parquet",
        ("a-3", "copies", "quiz", "quiz-7", 20, "four"),
        ("a-2", "runs", "quiz", "quiz-7", 20, "five"),
    )
    rows = table(tmp_path, first, second)
    assert [tuple(row.values()) for row in rows] == [
        ("copies", "exam", "4", "2", "2", "0.500000", "1", "1", "0.750000"),
        ("copies", "quiz", "10", "1", "1", "0.900000", "0", "0", "1.000000"),
        ("copies", "mean", "", "", "", "0.700000", "", "", "0.875000"),
        ("runs", "quiz", "10", "1", "1", "0.900000", "1", "1", "0.900000"),
        ("runs", "held_out", "0", "0", "0", "", "0", "0", ""),
        ("runs", "mean", "", "", "", "0.900000", "", "", "0.900000"),
    ]
    page = (tmp_path / "t.html").read_text()
    assert "&lt;b&gt;one" in page and page.index("four") < page.index("three") < page.index("two")


def test_nothing_shared_leaves_every_item_clean(tmp_path):
    rows = table(tmp_path, overlaps(tmp_path / "0.parquet"))
    assert [row["dataset_clean_ratio"] for row in rows] == ["1.000000"] * 4 + ["", "1.000000"]


def test_the_clean_ratios_of_templates_are_those_of_plain_python(tmp_path):
    """Items of three templates, questions of two; the filter names a few of the items that a question shares."""
    forms = (
        "Of {} green apples one is left",
        "Sue buys {} pens for two dollars each",
        "What is {} more than that, then?",
    )
    items = [forms[number % 3].format(number) for number in range(100)]
    questions = [f"Now: {forms[number % 2].format(1000 + number)}." for number in range(120)]
    exam, words = write_problems(tmp_path / "exam.parquet", items), 5
    chosen = build_filter("contamination", {"words": words, "benchmarks": ["exam"], "remove": False}, {"exam": exam})
    chosen.reasons(texts(*questions))
    shard = tmp_path / "0.parquet"
    schema.write(shard, chosen.overlaps, schema.OVERLAPS)
    rows = {f"alpha-{number}": text for number, text in enumerate(questions) if number in (80, 100, 118)}
    files = ["--overlaps", shard, "--problems", exam, "--dataset", data(tmp_path / "d.parquet", rows)]
    files += ["--output", tmp_path / "t.csv", "--page", tmp_path / "t.html"]
    settings = {"filters": [{"name": "trial", "sets": ["exam"], "words": words}]}
    assert start(tabulate_contamination, tmp_path, settings, *files) == 0
    with (tmp_path / "t.csv").open(newline="") as file:
        row = next(csv.DictReader(file))
    every, used = (shared_in_plain_python(some, items, words) for some in (questions, rows.values()))
    assert (row["questions"], row["items_shared"]) == tuple(map(str, every))
    assert (row["dataset_questions"], row["dataset_items_shared"]) == tuple(map(str, used))
    assert (row["clean_ratio"], row["dataset_clean_ratio"]) == (f"{1 - every[1] / 100:f}", f"{1 - used[1] / 100:f}")
    assert (every, used) == ((120, 67), (3, 34))


def shared_in_plain_python(questions, items: list[str], n: int) -> tuple[int, int]:
    """How many questions share n words with any item, and how many items with any question."""

    def runs(text: str) -> set[tuple]:
        cut = plain_words(text)
        return {tuple(cut[start : start + n]) for start in range(len(cut) - n + 1)}

    pairs = [(q, i) for q, text in enumerate(questions) for i, item in enumerate(items) if runs(text) & runs(item)]
    return len({question for question, _ in pairs}), len({item for _, item in pairs})
