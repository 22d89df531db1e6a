"""The table of the evaluation: accuracy over problems, its interval, and what could not be graded."""

import csv
import json
import random

import pytest
import tabulate_evaluation
from synthesis import evaluation, grading, schema


def grades(verdicts: dict[str, list[str]]) -> list[dict]:
    return [
        {"problem_id": name, "sample": sample, "verdict": verdict, "answer": None}
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
        seed=1,
    )
    assert (found["problems"], found["correct"], found["accuracy"]) == ("4", "1.5", "0.375000")
    assert found["share_without_answer"] == "0.250000"
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
    assert evaluation.score(rows, seed=2) == evaluation.score(chance.sample(rows, len(rows)), seed=2)


def run(folder, models: list[dict], files: list[list[dict]]) -> int:
    paths = [folder / f"{number}.parquet" for number in range(len(files))]
    for path, rows in zip(paths, files, strict=True):
        schema.write(path, rows, schema.GRADES)
    settings = json.dumps({"models": models, "benchmarks": ["test", "held_out"]})
    arguments = ["--run", "trial", "--ledger", folder / "ledger/tabulate_evaluation/all.json", "--seed", 1]
    arguments += ["--settings", settings, "--output", folder / "evaluation.csv", "--page", folder / "page.html"]
    return tabulate_evaluation.main(list(map(str, [*arguments, "--grades", *paths])))


BASE = {"model": "base", "student": "", "size": "", "seed": ""}
STUDENT = {"model": "base", "student": "small", "size": "1000", "seed": "2"}
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
    assert "<td" in page and "100.0 to 100.0" in page and "student" in page


def test_without_students_the_page_has_no_columns_for_them(tmp_path):
    assert run(tmp_path, [BASE], [RIGHT, WRONG]) == 0
    assert "student" not in (tmp_path / "page.html").read_text()


def test_a_file_without_grades_is_refused(tmp_path, capsys):
    assert run(tmp_path, [BASE], [RIGHT, []]) == 1
    assert "holds no grades" in capsys.readouterr().err
