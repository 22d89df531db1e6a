"""The table of the evaluation: accuracy over problems, its interval, and what could not be graded."""

import csv
import json
import random

import pytest
import tabulate_evaluation
from synthesis import evaluation, evaluation_tables, grading, schema

ENDED = ["stop"]
GIVEN = {grading.CORRECT: "7", grading.WRONG: "8"}


def grades(verdicts: dict[str, list[str]]) -> list[dict]:
    return [
        {"problem_id": name, "sample": sample, "verdict": verdict, "answer": GIVEN.get(verdict)}
        for name, found in verdicts.items()
        for sample, verdict in enumerate(found)
    ]


def test_samples_are_averaged_for_each_problem_first():
    found = evaluation.score(
        grades(
            {
                "a": [grading.CORRECT, grading.CORRECT],
                "b": [grading.CORRECT, grading.WRONG],
                "c": [grading.NO_ANSWER, grading.TIMED_OUT],
                "d": [grading.UNREADABLE_REFERENCE, grading.NO_ANSWER],
            }
        ),
        ["stop"] * 4 + ["length", "length", "refused", "transport_failure"],
        seed=1,
    )
    assert (found["problems"], found["correct"], found["accuracy"]) == ("4", "1.5", "0.375000")
    assert found["share_without_answer"] == "0.250000"
    assert (found["share_cut"], found["answers_not_written"]) == ("0.250000", "2")
    assert (found["answers_timed_out"], found["answers_to_unreadable_references"]) == ("1", "1")
    assert float(found["accuracy_low"]) < 0.375 < float(found["accuracy_high"])


def test_the_interval_is_that_of_the_binomial_distribution():
    low, high = evaluation.interval([1.0] * 80 + [0.0] * 120, seed=3)
    # 0.4 ± 1.96 standard errors of 200 problems, within the noise of 1,000 resamples.
    assert low == pytest.approx(0.332, abs=0.015)
    assert high == pytest.approx(0.468, abs=0.015)
    assert evaluation.interval([1.0] * 5, seed=3) == (1.0, 1.0)


def test_the_interval_does_not_depend_on_the_order_of_the_rows():
    chance = random.Random(4)
    rows = grades({str(number): [chance.choice([grading.CORRECT, grading.WRONG])] for number in range(50)})
    assert evaluation.score(rows, ENDED, seed=2) == evaluation.score(chance.sample(rows, len(rows)), ENDED, seed=2)


def answers(rows: list[dict], reasons: dict) -> list[dict]:
    """The answers to graded rows; `reasons` are why those of some (problem, sample) ended, `stop` for all others."""
    found = []
    for row in rows:
        key = (row["problem_id"], row["sample"])
        reason = reasons.get(key, "stop")
        found.append(dict(zip(["problem_id", "sample"], key, strict=True), response="It is 7", finish_reason=reason))
    return [row | {"prompt_tokens": 1, "completion_tokens": 1} for row in found]


def run(folder, models: list[dict], files: list, averages: dict | None = None, reasons: dict | None = None) -> int:
    paths = [folder / f"{number}.parquet" for number in range(len(files))]
    answered = [folder / f"{number}.answers.parquet" for number in range(len(files))]
    for path, other, rows in zip(paths, answered, files, strict=True):
        schema.write(path, rows, schema.GRADES)
        schema.write(other, answers(rows, reasons or {}), schema.PROBLEM_ANSWERS)
    averages = averages or {"all benchmarks": ["test", "held_out"]}
    settings = json.dumps({"models": models, "benchmarks": ["test", "held_out"], "averages": averages})
    arguments = ["--run", "trial", "--ledger", folder / "ledger/tabulate_evaluation/all.json", "--seed", 1]
    arguments += ["--settings", settings, "--output", folder / "evaluation.csv", "--page", folder / "page.html"]
    arguments += ["--seeds", folder / "seeds.csv", "--paired", folder / "paired.csv"]
    arguments += ["--pass-at-k", folder / "pass_at_k.csv", "--averages", folder / "averages.csv"]
    arguments += ["--averages-paired", folder / "averages_paired.csv"]
    return tabulate_evaluation.main(list(map(str, [*arguments, "--grades", *paths, "--answers", *answered])))


BASE = {"model": "base", "student": "", "size": "", "seed": ""}
STUDENT = {"model": "base", "student": "small", "size": "1000", "seed": "2"}
SHARES = ([grading.WRONG] * 3, [grading.CORRECT, grading.CORRECT, grading.WRONG])
RIGHT, WRONG = grades({"a": [grading.CORRECT]}), grades({"a": [grading.WRONG]})


def test_each_model_and_benchmark_has_a_row(tmp_path):
    assert run(tmp_path, [BASE, STUDENT], [WRONG, WRONG, RIGHT, WRONG]) == 0
    with (tmp_path / "evaluation.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == evaluation.COLUMNS
    assert [tuple(row[name] for name in evaluation.NAMES) for row in rows] == [
        ("base", "", "", "", "test"),
        ("base", "", "", "", "held_out"),
        ("base", "small", "1000", "2", "test"),
        ("base", "small", "1000", "2", "held_out"),
    ]
    assert [row["accuracy"] for row in rows] == ["0.000000", "0.000000", "1.000000", "0.000000"]
    page = (tmp_path / "page.html").read_text()
    assert "<td" in page and "100.0 to 100.0" in page and "small-1000-2" in page


def test_one_model_alone_is_compared_with_none(tmp_path):
    assert run(tmp_path, [BASE], [RIGHT, WRONG]) == 0
    page = (tmp_path / "page.html").read_text()
    assert "Averages over benchmarks" in page
    assert "On the same problems" not in page and "Over training seeds" not in page


def test_the_page_names_every_average_and_how_often_a_benchmark_counts(tmp_path):
    averages = {"test <twice>": ["test", "held_out", "test"], "plain mean": ["test", "held_out"]}
    assert run(tmp_path, [BASE, STUDENT], [WRONG, WRONG, RIGHT, WRONG], averages) == 0
    page = (tmp_path / "page.html").read_text()
    assert "test &lt;twice&gt;: test (counts twice), held_out." in page and "plain mean: test, held_out." in page
    # Two thirds and a half of the student's answers are right, and no column is left unexplained.
    assert "66.7\n(66.7 to 66.7)" in page and "50.0\n(50.0 to 50.0)" in page and "+66.7" in page
    assert "PassRatio@k" in page
    averages = read(tmp_path / "averages.csv")
    assert [(row["average"], row["student"], row["accuracy"]) for row in averages] == [
        ("test <twice>", "", "0.000000"),
        ("test <twice>", "small", "0.666667"),
        ("plain mean", "", "0.000000"),
        ("plain mean", "small", "0.500000"),
    ]
    assert [row["average"] for row in read(tmp_path / "averages_paired.csv")] == ["test <twice>", "plain mean"]


def test_one_benchmark_has_no_table_of_averages(tmp_path):
    assert run(tmp_path, [BASE], [RIGHT, WRONG], {"test alone": ["test"]}) == 0
    assert "Averages" not in (tmp_path / "page.html").read_text()
    assert [row["benchmarks"] for row in read(tmp_path / "averages.csv")] == ["test"]


def test_a_file_without_grades_is_refused(tmp_path, capsys):
    assert run(tmp_path, [BASE], [RIGHT, []]) == 1
    assert "holds no grades" in capsys.readouterr().err


def read(path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def student(seed: str) -> dict:
    return {**STUDENT, "seed": seed}


def test_seeds_pairs_and_passes_have_tables_of_their_own(tmp_path):
    """A base model and three seeds of a student on four problems with two samples each."""
    right, wrong = [grading.CORRECT] * 2, [grading.WRONG] * 2
    half = [grading.CORRECT, grading.WRONG]
    base = grades({"a": wrong, "b": wrong, "c": half, "d": right})
    seeds = [
        grades({"a": right, "b": wrong, "c": right, "d": right}),
        grades({"a": right, "b": half, "c": right, "d": right}),
        grades({"a": right, "b": right, "c": right, "d": right}),
    ]
    files = [rows for one in (base, *seeds) for rows in (one, base)]
    assert run(tmp_path, [BASE, *map(student, "123")], files) == 0
    first, *_ = read(tmp_path / "evaluation.csv")
    assert (first["samples"], first["accuracy"], first["pass_at_samples"]) == ("2", "0.375000", "0.500000")
    # One right answer and one wrong one: either is the majority's half of the time.
    assert first["majority_accuracy"] == "0.375000"
    # The first samples are right on 2 of 4 problems, the second ones on 1.
    assert float(first["deviation_over_samples"]) == pytest.approx(0.25 / 2**0.5, abs=1e-6)
    over_seeds = read(tmp_path / "seeds.csv")
    assert [(row["benchmark"], row["seeds"]) for row in over_seeds] == [("test", "3"), ("held_out", "3")]
    assert float(over_seeds[0]["accuracy"]) == pytest.approx((0.75 + 0.875 + 1) / 3, abs=1e-6)
    assert float(over_seeds[0]["deviation_over_seeds"]) == pytest.approx(0.125, abs=1e-6)
    paired = read(tmp_path / "paired.csv")
    assert [(row["first"], row["second"], row["benchmark"]) for row in paired[:3]] == [
        ("base", f"small-1000-{seed}", "test") for seed in "123"
    ]
    assert [row["difference"] for row in paired] == ["0.375000", "0.500000", "0.625000", *["0.000000"] * 3]
    passes = read(tmp_path / "pass_at_k.csv")
    assert [(row["k"], row["pass_at_k"]) for row in passes[:2]] == [("1", "0.375000"), ("2", "0.500000")]
    page = (tmp_path / "page.html").read_text()
    for words in ("by majority, %", "Over training seeds", "On the same problems", "+62.5"):
        assert words in page, words


def test_models_that_answered_other_problems_are_not_compared(tmp_path, capsys):
    other = grades({"b": [grading.CORRECT]})
    assert run(tmp_path, [BASE, STUDENT], [RIGHT, RIGHT, other, RIGHT]) == 1
    assert "base and small-1000-2 can't be compared on test" in capsys.readouterr().err
    assert not (tmp_path / "evaluation.csv").exists()


def test_one_sample_says_nothing_of_several(tmp_path):
    assert run(tmp_path, [BASE], [RIGHT, WRONG]) == 0
    row, _ = read(tmp_path / "evaluation.csv")
    assert (row["deviation_over_samples"], row["pass_at_samples"], row["majority_accuracy"]) == ("", "", "")
    assert read(tmp_path / "paired.csv") == read(tmp_path / "pass_at_k.csv") == []
    assert "majority" not in (tmp_path / "page.html").read_text()


def test_answers_that_were_never_written_or_cut_are_told(tmp_path):
    wrong = grades({"a": [grading.NO_ANSWER, grading.WRONG], "b": [grading.CORRECT] * 2})
    reasons = {("a", 0): "transport_failure", ("a", 1): "length"}
    assert run(tmp_path, [BASE], [wrong, wrong], reasons=reasons) == 0
    rows = read(tmp_path / "evaluation.csv")
    assert [(row["answers_not_written"], row["share_cut"], row["accuracy"]) for row in rows] == [
        ("1", "0.250000", "0.500000")
    ] * 2
    page = (tmp_path / "page.html").read_text()
    assert "2 answers were never written" in page and ">cut, %</th>" in page and ">not written</th>" in page


def test_a_page_without_such_answers_has_no_word_of_them(tmp_path):
    assert run(tmp_path, [BASE], [RIGHT, WRONG]) == 0
    page = (tmp_path / "page.html").read_text()
    assert "never written" not in page and ">cut, %</th>" not in page and ">not written</th>" not in page


def test_means_over_seeds_are_not_taken_from_rounded_texts(tmp_path):
    """Of 0, 2/3 and 2/3 the mean is 0.444444; of their six digits it would be 0.444445."""
    none, two = ({name: [verdict] for name, verdict in zip("abc", verdicts, strict=True)} for verdicts in SHARES)
    files = [grades(rows) for rows in (none, two, two)]
    assert run(tmp_path, [student(seed) for seed in "123"], [rows for rows in files for _ in range(2)]) == 0
    row, _ = read(tmp_path / "seeds.csv")
    assert row["accuracy"] == "0.444444"
    assert float(row["deviation_over_seeds"]) == pytest.approx((4 / 27) ** 0.5, abs=5e-7)


def test_an_average_may_be_called_as_the_column_of_the_models_is(tmp_path):
    assert run(tmp_path, [BASE, STUDENT], [WRONG, WRONG, RIGHT, WRONG], {"model": ["test", "held_out"]}) == 0
    page = (tmp_path / "page.html").read_text()
    assert ">model (average)</th>" in page and ">small-1000-2</td>" in page


@pytest.mark.parametrize(
    ("value", "text"),
    [("", ""), ("0.000100", "< 0.001"), ("0.000499", "< 0.001"), ("0.000500", "0.001"), ("0.25", "0.250")],
)
def test_no_p_value_is_shown_as_0(value, text):
    assert evaluation_tables.p_text({"p_value": value}) == text
