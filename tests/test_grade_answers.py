"""Grading the answers of a model to a benchmark."""

import json
from pathlib import Path

import grade_answers
from synthesis import schema


def problem(name: str, answer: str | None) -> dict:
    return {"problem_id": name, "source": "test", "problem": f"Problem {name}?", "answer": answer, "solution": None}


def answered(name: str, sample: int, response: str) -> dict:
    counts = {"finish_reason": "stop", "prompt_tokens": 3, "completion_tokens": 5}
    return {"problem_id": name, "sample": sample, "response": response, **counts}


def run(folder: Path, problems: list[dict], answers: list[dict]) -> int:
    schema.write(folder / "problems.parquet", problems, schema.PROBLEMS)
    schema.write(folder / "answers.parquet", answers, schema.PROBLEM_ANSWERS)
    arguments = ["--run", "trial", "--ledger", folder / "ledger/grade_answers/m/b.json", "--threads", 2]
    arguments += ["--problems", folder / "problems.parquet", "--answers", folder / "answers.parquet"]
    return grade_answers.main(list(map(str, [*arguments, "--output", folder / "grades.parquet"])))


def test_every_answer_gets_a_verdict_in_its_place(tmp_path):
    problems = [problem("a", "1/2"), problem("b", "18"), problem("c", None)]
    answers = [
        answered("b", 0, "The answer is 18 dollars."),
        answered("a", 0, r"\boxed{0.5}"),
        answered("a", 1, "I do not know"),
        answered("b", 1, r"First \boxed{18}, or rather \boxed{19}"),
    ]
    assert run(tmp_path, problems, answers) == 0
    rows = schema.read(tmp_path / "grades.parquet", schema.GRADES)
    assert [(row["problem_id"], row["sample"], row["verdict"], row["answer"]) for row in rows] == [
        ("b", 0, "correct", "18 dollars"),
        ("a", 0, "correct", "0.5"),
        ("a", 1, "no_answer", None),
        ("b", 1, "wrong", "19"),
    ]
    ledger = json.loads((tmp_path / "ledger/grade_answers/m/b.json").read_text())
    assert ledger["rows"] == {"in": 4, "out": 4, "correct": 2, "no_answer": 1, "wrong": 1}


def test_no_answers_give_no_grades(tmp_path):
    assert run(tmp_path, [problem("a", "1")], []) == 0
    assert schema.read(tmp_path / "grades.parquet", schema.GRADES) == []


def test_an_answer_to_another_benchmark_is_refused(tmp_path, capsys):
    assert run(tmp_path, [problem("a", "1")], [answered("x", 0, "1")]) == 1
    assert "answers problem x, for which" in capsys.readouterr().err
    assert not (tmp_path / "grades.parquet").exists()
