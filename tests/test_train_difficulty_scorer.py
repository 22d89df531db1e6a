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
from synthesis.training import launch
from synthesis.training.regression import measures
from synthesis.verdicts import verdict
from training_bench import Bench, losses, problem_rows

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
        arguments += ["--answers", tmp_path / "answers.parquet", "--settings", json.dumps({"method": "regression"})]
        arguments += ["--seed", 1, "--ledger", tmp_path / "ledger/score_difficulty/own/00000.json"]
        assert score_difficulty.main([str(argument) for argument in arguments]) == 0
        return json.loads((tmp_path / "ledger/score_difficulty/own/00000.json").read_text())["rows"]

    assert score() == {"asked": 5, "bought": 5, "reused": 0, "reached": 5, "in": 5, "out": 5}
    rows = schema.read(tmp_path / "scores.parquet", schema.QUESTION_VERDICTS)
    assert [row["question_id"] for row in rows] == [f"id{n}" for n in range(1, 6)]
    assert all(row["keep"] and math.isfinite(row["score"]) for row in rows)
    assert score()["bought"] == 0


def refusal(bench: Bench, monkeypatch, capsys) -> str:
    """What the program says instead of starting a training."""
    monkeypatch.setattr(launch, "run", lambda *_: pytest.fail("a training was started"))
    assert train_difficulty_scorer.main(bench.arguments("scorer")) == 1
    return capsys.readouterr().err


def test_equal_labels_are_refused_before_the_training_starts(tmp_path, monkeypatch, capsys):
    said = refusal(make_bench(tmp_path, label=lambda number: 0.5), monkeypatch, capsys)
    assert "train_difficulty_scorer.scorer.labels: all 44 labels are 0.5 (20 more are held out)" in said
    assert "so train_difficulty_scorer.scorer has nothing to learn from; give labels that differ." in said


def rate_bench(folder: Path, rates: list[float], held_out: float = 0) -> Bench:
    problems = [{**row, "problem": question(number)} for number, row in enumerate(problem_rows(64))]
    bench = Bench(folder, train_difficulty_scorer, "--problems", problems, schema.PROBLEMS, **SETTINGS)
    found = [{"problem_id": f"id{n}", "samples": 4, "fail_rate": rate} for n, rate in enumerate(rates)]
    files = [folder / f"{number}.parquet" for number in range(2)]
    for number, file in enumerate(files):
        schema.write(file, found[number::2], schema.FAIL_RATES)
    bench.given += ["--fail-rates", *files, "--solver", "solver", "--held-out", held_out, "--seed", 3]
    return bench


@pytest.mark.parametrize(
    ("rates", "held_out", "sentence"),
    [
        ([1.0] * 64, 0, "sample_fail_rates.solver: all 64 problems have the fail rate 1, so"),
        ([0.25] * 9, 0, "sample_fail_rates.solver: all 9 problems have the fail rate 0.25, so"),
        ([], 0, "sample_fail_rates.solver: no problem has a fail rate, so"),
        ([0.5, 0.75], 0.99999, "sample_fail_rates.solver: all 2 rows are held out, so"),
    ],
)
def test_rates_without_anything_to_learn_are_refused(tmp_path, monkeypatch, capsys, rates, held_out, sentence):
    said = refusal(rate_bench(tmp_path, rates, held_out), monkeypatch, capsys)
    assert f"{sentence} train_difficulty_scorer.scorer has nothing to learn from; " in said


def test_rates_of_other_problems_are_refused(tmp_path, monkeypatch, capsys):
    said = refusal(rate_bench(tmp_path, [0.5, 1.0] * 33), monkeypatch, capsys)
    assert "2 problems have fail rates but are not in" in said


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
