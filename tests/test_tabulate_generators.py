"""The table of question generators: the numbers by hand, the page, and files that do not fit together."""

import csv
import json

import pytest
import tabulate_generators
from question_files import question, write_problems, write_questions
from synthesis import generator_measures, schema
from synthesis.verdicts import verdict

LONG = "A farmer has twelve cows and buys seven more cows at the market in the old town"
SHARES = {"maths": {"rules": {"require": [r"\d"]}}, "solvable": {"judge": "solvability"}}


def arm(source: str, *rows: tuple[str, str]) -> list[dict]:
    """Questions from pairs of text and finish reason."""
    return [question(index, text, source, reason) for index, (text, reason) in enumerate(rows)]


UNTUNED = arm(
    "writer-base",
    ("What is 1 + 1?", "stop"),
    ("what  is 1 + 1?", "length"),
    ("", "length"),
    ("Hello there", "stop"),
)
TUNED = arm(
    "writer",
    (f"{LONG} today. How many cows?", "stop"),
    ("Ben has 3 apples.", "stop"),
    ("Ben has 3 apples and 4 pears.", "stop"),
    ("Ben has 5 apples.", "length"),
)
SEEDS = ["WHAT is 1 + 1?", f"{LONG}. How many cows does the farmer own?"]


class Bench:
    """A folder with the inputs of the table, and calls of the program."""

    def __init__(self, folder):
        self.folder = folder
        self.files = [write_questions(folder / f"{rows[0]['source']}.parquet", rows) for rows in (UNTUNED, TUNED)]
        asked = [row["question_id"] for row in [*UNTUNED, *TUNED] if row["question"]]
        rejected = {"writer-base-3": "rejected_by:solvability", "writer-1": "unclear_verdict"}
        verdicts = [verdict(name, rejected.get(name, "")) for name in asked]
        schema.write(folder / "solvability.parquet", verdicts, schema.QUESTION_VERDICTS)
        scores = [verdict(name, score=float(place)) for place, name in enumerate(asked)]
        scores[-1] = verdict(asked[-1], "context_overflow")
        schema.write(folder / "all.parquet", scores, schema.QUESTION_VERDICTS)
        write_problems(folder / "train.parquet", SEEDS)

    def run(self, *more, questions: int = 4, shares: dict = SHARES) -> int:
        options = ["--run", "trial", "--seed", 1, "--settings", json.dumps({"questions": questions, "shares": shares})]
        options += ["--ledger", self.folder / "ledger/tabulate_generators/all.json"]
        options += ["--arm", "writer", "base", "none", self.files[0]]
        options += ["--arm", "writer", "tuned", "train_generator", self.files[1]]
        options += ["--output", self.folder / "generators.csv", "--page", self.folder / "page.html"]
        options += ["--rewrites-table", self.folder / "rewrites.csv", "--densities", self.folder / "densities.csv"]
        return tabulate_generators.main(list(map(str, [*options, *more])))

    def whole(self, **options) -> int:
        judged = ["--verdicts", self.folder / "solvability.parquet", "--scores", self.folder / "all.parquet"]
        return self.run(*judged, "--seed-problems", self.folder / "train.parquet", **options)

    def table(self) -> list[dict]:
        with (self.folder / "generators.csv").open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_the_numbers_are_those_counted_by_hand(bench):
    assert bench.whole() == 0
    untuned, tuned = bench.table()
    assert list(untuned) == generator_measures.columns(list(SHARES))
    assert [untuned[name] for name in ("source", "generator", "trained_by", "questions")] == [
        "writer", "base", "none", "4",
    ]  # fmt: skip
    # Three have a text; of the tuned generator's, one is too long for the scorer.
    assert [row["scored"] for row in (untuned, tuned)] == ["3", "3"]
    page = (bench.folder / "page.html").read_text()
    assert ">questions with a difficulty</td>" in page
    means = generator_measures.measures(list(SHARES))
    assert {name: float(untuned[name]) for name in means} == {
        "share_maths": 0.5,  # neither the empty one nor the greeting
        "share_solvable": 0.5,  # the empty one was not asked and does not pass
        "mean_difficulty": 1.0,  # 0, 1 and 2
        "share_distinct": 0.75,  # the second is the first
        "share_copied": 0.5,
        "share_overlapping": 0.5,  # too short for 13 words, but the same
        "share_finished": 0.5,
    }
    assert {name: float(tuned[name]) for name in means} == {
        "share_maths": 0.75,
        "share_solvable": 0.75,
        "mean_difficulty": 4.0,  # 3, 4 and 5; the last is too long for the scorer
        "share_distinct": 1.0,
        "share_copied": 0.0,
        "share_overlapping": 0.25,
        "share_finished": 0.75,
    }


def test_intervals_hold_the_means_and_are_wide_for_few_questions(bench):
    bench.whole()
    for row in bench.table():
        for name in generator_measures.measures(list(SHARES)):
            assert float(row[f"{name}_low"]) <= float(row[name]) <= float(row[f"{name}_high"])
    assert [row["share_solvable_low"] for row in bench.table()] == ["0.000000", "0.250000"]


def test_without_judge_scorer_and_seed_problems_their_columns_are_empty(bench):
    assert bench.run(shares={"maths": SHARES["maths"]}) == 0
    row = bench.table()[0]
    assert row["mean_difficulty"] == row["share_copied"] == row["share_overlapping_high"] == ""
    assert row["share_maths"] and row["share_finished"]
    page = (bench.folder / "page.html").read_text()
    assert "difficulty" not in page and "seed problem" not in page and "maths, %" in page


def test_only_the_first_questions_count(bench):
    assert bench.whole(questions=2) == 0
    assert [row["share_solvable"] for row in bench.table()] == ["1.000000", "0.500000"]


def test_the_page_has_a_column_for_each_step(bench):
    bench.whole()
    page = (bench.folder / "page.html").read_text()
    assert page.index("base (untuned)") < page.index("tuned (train_generator)")
    assert "75.0 (25.0 to 100.0)" in page
    assert "4 (3 to 5)" in page


@pytest.mark.parametrize("rows", [[], TUNED[:3]])
def test_missing_questions_are_refused_by_name(bench, capsys, rows):
    write_questions(bench.files[1], rows)
    assert bench.whole() == 1
    message = " ".join(capsys.readouterr().err.split())
    assert f"writer.parquet: {len(rows)} of the first 4 questions of tuned are there" in message


def test_verdicts_on_other_questions_are_refused(bench, capsys):
    schema.write(bench.folder / "solvability.parquet", [verdict("writer-base-0")], schema.QUESTION_VERDICTS)
    assert bench.whole() == 1
    message = " ".join(capsys.readouterr().err.split())
    assert "solvability.parquet lacks question writer-base-1; delete it" in message
