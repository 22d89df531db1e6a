"""Training of a scorer on labels, by real processes on a real two-layer model, and its use by the engine."""

import json
import math
from pathlib import Path

import pytest
import score_difficulty
import train_difficulty_scorer
from synthesis import engines, schema
from synthesis.errors import InputError
from synthesis.labelled_texts import read_labels
from synthesis.requests import text_requests
from synthesis.training.regression import measures
from synthesis.verdicts import verdict
from training_bench import Bench, losses

LABELS = schema.of(question=schema.STRING, difficulty=schema.REAL)
SETTINGS = {"epochs": 12, "learning_rate": 0.003, "global_batch": 8}


def question(number: int) -> str:
    """A longer question is a harder one."""
    return f"Anna has {number} apples." + " She buys one more and eats two of them." * (number % 4) + " How many?"


def make_bench(folder: Path, label=lambda number: number % 4 / 4) -> Bench:
    rows = [{"question": question(number), "difficulty": float(label(number))} for number in range(64)]
    bench = Bench(folder, train_difficulty_scorer, "--labels", rows, LABELS, **SETTINGS)
    bench.given += ["--text-column", "question", "--label-column", "difficulty", "--held-out", "0.25", "--seed", "3"]
    return bench


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    bench = make_bench(tmp_path_factory.mktemp("scorer"))
    return bench, bench.train()


def test_the_scorer_orders_questions_that_it_has_not_seen(trained):
    _, report = trained
    assert report["rows"] + report["rows_held_out"] == 64
    assert report["rows_held_out"] > 5
    assert losses(report)[-1] < losses(report)[0]
    assert report["held_out_spearman"] > 0.8
    assert report["held_out_mean_squared_error"] < report["held_out_mean_squared_error_of_the_mean"]
    assert sum(part["rows"] for part in report["held_out_calibration"]) == report["rows_held_out"]


def question_rows(count: int) -> list[dict]:
    fixed = {"source": "own", "finish_reason": "stop", "prompt_tokens": 0, "completion_tokens": 0}
    return [{"question_id": f"id{n}", "index": n, "question": question(n), **fixed} for n in range(count)]


def test_the_engine_gives_the_scorers_numbers_whatever_the_batch(trained):
    bench, _ = trained
    found = []
    for batch_rows in (1, 5):
        engine = engines.load(bench.manifest(), engines.Machine(threads=2, batch_rows=batch_rows))
        rows = [row for rows in engine.score(text_requests(question_rows(8)), "regression") for row in rows]
        found.append({request.row_id: score.score for request, score in rows})
    assert found[0] == pytest.approx(found[1], abs=1e-5)
    assert found[0]["id3"] > found[0]["id4"] + 0.2
    with pytest.raises(InputError, match="log_likelihood does not fit a model with a head that scores texts"):
        list(engine.score(text_requests(question_rows(1)), "log_likelihood"))


def test_each_question_gets_a_score_once(trained, tmp_path):
    bench, _ = trained
    schema.write(tmp_path / "questions.parquet", question_rows(6), schema.QUESTIONS)
    verdicts = [verdict(f"id{n}", "" if n else "rejected") for n in range(6)]
    schema.write(tmp_path / "verdicts.parquet", verdicts, schema.QUESTION_VERDICTS)

    def score() -> dict:
        arguments = ["--run", "trial", "--code-version", "1.1", "--model", bench.manifest(), "--threads", 2]
        arguments += ["--store", tmp_path / "store", "--questions", tmp_path / "questions.parquet"]
        arguments += ["--verdicts", tmp_path / "verdicts.parquet", "--output", tmp_path / "scores.parquet"]
        arguments += ["--ledger", tmp_path / "ledger/score_difficulty/own/00000.json"]
        assert score_difficulty.main([str(argument) for argument in arguments]) == 0
        return json.loads((tmp_path / "ledger/score_difficulty/own/00000.json").read_text())["rows"]

    assert score() == {"asked": 5, "bought": 5, "reused": 0, "in": 5, "out": 5}
    rows = schema.read(tmp_path / "scores.parquet", schema.QUESTION_VERDICTS)
    assert [row["question_id"] for row in rows] == [f"id{n}" for n in range(1, 6)]
    assert all(row["keep"] and math.isfinite(row["score"]) for row in rows)
    assert score()["bought"] == 0


def test_equal_labels_are_refused(tmp_path, capsys):
    bench = make_bench(tmp_path, label=lambda number: 0.5)
    assert train_difficulty_scorer.main(bench.arguments()) == 1
    assert "all 64 labels are 0.5, so there is nothing to learn from them" in capsys.readouterr().err


def test_measures_of_predictions():
    found = measures([0.1, 0.4, 0.2, 0.9, 0.5], [0.0, 0.5, 0.25, 1.0, 0.75], mean=0.5)
    assert found["held_out_spearman"] == pytest.approx(1.0)
    assert found["held_out_mean_squared_error"] == pytest.approx((0.01 + 0.01 + 0.0025 + 0.01 + 0.0625) / 5)
    assert found["held_out_mean_squared_error_of_the_mean"] == pytest.approx(0.625 / 5)
    assert [part["label"] for part in found["held_out_calibration"]] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert measures([0.5, 0.5], [0, 1], mean=0.5)["held_out_spearman"] is None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('{"question": "What?"}', "has no column difficulty"),
        ('{"question": "", "difficulty": 1}', "has no text in its column question"),
        ('{"question": "What?", "difficulty": "hard"}', "the value 'hard', which is no number"),
        ('{"question": "What?", "difficulty": NaN}', "which is no number"),
    ],
)
def test_a_bad_row_of_labels_is_named(tmp_path, line, sentence):
    path = tmp_path / "labels.jsonl"
    path.write_text('{"question": "How many?", "difficulty": 0.5}\n' + line + "\n")
    with pytest.raises(InputError, match=sentence):
        read_labels(path, "question", "difficulty", 1, 0.1)


def test_a_question_that_comes_twice_counts_once(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text('{"question": "How many?", "difficulty": 0.5}\n{"question": "how  many?", "difficulty": 1}\n')
    [row] = read_labels(path, "question", "difficulty", 1, 0)
    assert (row["text"], row["label"], row["held_out"]) == ("How many?", 0.5, False)
