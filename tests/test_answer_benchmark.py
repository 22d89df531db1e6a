"""Answers of a model to a benchmark, on a real two-layer model: asked once, bought once, kept when problems move."""

from pathlib import Path

import answer_benchmark
import pytest
from conftest import ROOT
from synthesis import schema
from test_grade_answers import problem
from test_paid_programs import Bench

PROMPT = ROOT / "config/prompts/response_short.yaml"
GREEDY = {"temperature": 0, "max_tokens": 6}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    return Bench(tmp_path)


def answer(bench: Bench, problems: list[dict], samples: int = 1, sampling: dict = GREEDY, name: str = "own") -> int:
    path: Path = bench.folder / f"{name}.problems.parquet"
    schema.write(path, problems, schema.PROBLEMS)
    more = ["--seed", 3, "--benchmark", name, "--problems", path, "--prompt", PROMPT]
    settings = {"samples": samples, "sampling": sampling}
    return answer_benchmark.main(bench.arguments("answer_benchmark", settings, name, *more))


def rows(bench: Bench, name: str = "own") -> list[dict]:
    return schema.read(bench.folder / f"{name}.parquet", schema.PROBLEM_ANSWERS)


def test_greedy_answers_of_a_real_model_are_the_same_in_every_sample_and_order(tmp_path):
    bench = Bench(tmp_path, "transformers")
    problems = [problem(name, "1") for name in "abc"]
    assert answer(bench, problems) == 0
    first = {row["problem_id"]: row["response"] for row in rows(bench)}
    assert answer(bench, problems[::-1], samples=2, name="again") == 0
    assert [row["problem_id"] for row in rows(bench, "again")] == ["c", "c", "b", "b", "a", "a"]
    assert all(row["response"] == first[row["problem_id"]] for row in rows(bench, "again"))


def test_a_problem_without_a_reference_is_not_paid_for(bench):
    assert answer(bench, [problem("a", "1"), problem("b", None), problem("c", "2")], samples=2) == 0
    assert [(row["problem_id"], row["sample"]) for row in rows(bench)] == [("a", 0), ("a", 1), ("c", 0), ("c", 1)]
    found = bench.ledger("answer_benchmark", "own")["rows"]
    assert found == {"asked": 4, "bought": 4, "reused": 0, "in": 3, "out": 4, "without_reference": 1}


def test_more_problems_and_samples_buy_only_what_is_new(bench):
    assert answer(bench, [problem("a", "1"), problem("b", "2")]) == 0
    before = rows(bench)
    assert answer(bench, [problem("new", "1"), problem("b", "2"), problem("a", "1")], samples=2) == 0
    assert bench.ledger("answer_benchmark", "own")["rows"]["bought"] == 4
    after = {(row["problem_id"], row["sample"]): row for row in rows(bench)}
    assert all(after[row["problem_id"], 0] == row for row in before)


def test_a_benchmark_without_references_is_refused_before_anything_is_bought(bench, capsys):
    assert answer(bench, [problem("a", None)]) == 1
    assert "own has 1 problems, but none with a reference answer" in capsys.readouterr().err
    assert not list(bench.folder.glob("store/*/*/own-*"))
    assert answer(bench, []) == 1
