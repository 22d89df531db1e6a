"""Numbers, columns and files of problem sets that are odd, and what is said of those that can't be read."""

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from synthesis import grading
from synthesis.problem_choices import options_in, with_options
from synthesis.problem_rows import as_text
from test_fetch_problems import from_file, json_lines, refused, written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00001, "0.00001"),
        (1.5e-7, "0.00000015"),
        (-0.25, "-0.25"),
        (1e22, "1" + "0" * 22),
        (2.5e20, "250000000000000000000"),
        (Decimal("27.00"), "27"),
        (Decimal("0.50"), "0.50"),
        (Decimal("NaN"), None),
        ([0.00001, 2], '["0.00001", "2"]'),
    ],
)
def test_numbers_are_written_without_exponents(value, text):
    assert as_text(value) == text


def test_a_tiny_reference_and_its_answer_agree(tmp_path):
    [row] = from_file(tmp_path, "a.jsonl", '{"problem": "p", "answer": 0.00001}\n')
    with grading.Grader() as grader:
        answers = ["0.00001", "1e-5", r"10^{-5}", "0.0001"]
        assert grader.grade(row["answer"], answers) == [*[grading.CORRECT] * 3, grading.WRONG]


def test_decimals_of_parquet_are_numbers(tmp_path):
    prices = pa.array([Decimal("27.00"), Decimal("0.25")], pa.decimal128(6, 2))
    pq.write_table(pa.table({"problem": ["a", "b"], "answer": prices}), tmp_path / "made.parquet")
    found = from_file(tmp_path, "a.parquet", (tmp_path / "made.parquet").read_bytes())
    assert [row["answer"] for row in found] == ["27", "0.25"]


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "1e400"])
def test_an_infinite_number_is_refused_with_its_row(tmp_path, capsys, number):
    lines = '{"problem": "a", "answer": 1}\n' + f'{{"problem": "b", "answer": {number}}}\n'
    said = refused(tmp_path, {"file": written(tmp_path, "a.jsonl", lines)}, capsys)
    assert "a.jsonl, line 2: a number is infinite" in said


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize("value", ["[" * 100_000 + "]" * 100_000, "9" * 5_000])
def test_json_beyond_what_is_read_ends_in_a_sentence(tmp_path, capsys, name, value):
    text = f'{{"problem": "a", "answer": {value}}}'
    source = {"file": written(tmp_path, name, f"[{text}]" if name.endswith("json") else text)}
    said = refused(tmp_path, source, capsys)
    assert name in said and "JSON" in said and "correct the" in said


@pytest.mark.parametrize(("name", "sign"), [("a.csv", ","), ("a.tsv", "\t")])
def test_a_column_that_stands_twice_is_refused(tmp_path, capsys, name, sign):
    rows = sign.join(["problem", "answer", "answer"]) + "\n" + sign.join(["p", "1", "2"]) + "\n"
    said = refused(tmp_path, {"file": written(tmp_path, name, rows)}, capsys)
    assert f"{name} has two columns that are called 'answer'; rename one of them." in said


def test_columns_without_names_may_be_several(tmp_path):
    [row] = from_file(tmp_path, "a.csv", "problem,answer,,\np,1,,\n")
    assert (row["problem"], row["answer"]) == ("p", "1")


def test_an_option_with_a_line_like_another_option_is_one_option(tmp_path):
    options = ["both:\nB. of these", "x = 1\ny = 2", "none"]
    problem = with_options("Which?", options)
    assert options_in(problem) == ["both: B. of these", "x = 1\ny = 2", "none"]
    rows = [{"problem": "Which?", "options": options, "answer": options[0]}]
    columns = {"problem": "problem", "choices": "options", "answer": "answer"}
    [row] = from_file(tmp_path, "a.jsonl", json_lines(rows), columns=columns)
    assert row["answer"] == "A" and row["problem"] == problem
