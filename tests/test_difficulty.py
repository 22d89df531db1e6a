"""The four measures of difficulty: what each asks, buys and reads, on the stand-in and on a model of two layers."""

import json
import math

import pytest
import score_difficulty
from synthesis import engines, schema
from synthesis.configuration_difficulty import shaping
from synthesis.difficulty import first_token_score
from synthesis.difficulty_requests import asked_questions, difficulty_requests
from synthesis.engines import Completion, Score
from synthesis.prompts import load_prompt
from test_paid_programs import PROMPTS, Bench

LEVEL = {"method": "level", "sampling": {"temperature": 0, "max_tokens": 16}}
WORDS = {"method": "first_token", "words": {"hard": "Yes", "easy": "No"}}
ALONE = {"method": "first_token", "words": {"easy": "No"}}
SOLVER = {"method": "fail_rate", "samples": 3, "sampling": {"temperature": 1.0, "max_tokens": 16}}
HEAD = {"method": "regression"}
PROMPT_OF = {
    "level": "difficulty_level.yaml",
    "first_token": "difficulty_first_token.yaml",
    "fail_rate": "response_short.yaml",
}
TEXTS = [f"What is {number} + {number}?" for number in range(12)]


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    bench = Bench(tmp_path)
    bench.questions(TEXTS)
    return bench


def start(bench: Bench, settings: dict, *more, seed=3, output="scores", kept=range(12)) -> int:
    files = ["--questions", bench.folder / "questions.parquet", "--verdicts", bench.selection(kept)]
    files += ["--answers", bench.folder / "answers.parquet", "--seed", seed]
    if settings["method"] in PROMPT_OF:
        files += ["--prompt", PROMPTS / PROMPT_OF[settings["method"]]]
    return score_difficulty.main(bench.arguments("score_difficulty", settings, output, *files, *more))


def score(bench: Bench, settings: dict, *more, **options) -> list[dict]:
    assert not start(bench, settings, *more, **options)
    return schema.read(bench.folder / f"{options.get('output', 'scores')}.parquet", schema.QUESTION_VERDICTS)


def answers(bench: Bench) -> list[dict]:
    return schema.read(bench.folder / "answers.parquet", schema.DIFFICULTY_ANSWERS)


def rows(bench: Bench) -> dict:
    return bench.ledger("score_difficulty", "scores")["rows"]


@pytest.mark.parametrize("settings", [HEAD, WORDS, ALONE, SOLVER, LEVEL], ids=lambda item: item["method"])
def test_each_question_is_scored_once_and_nothing_is_bought_twice(bench, settings):
    found = score(bench, settings)
    assert [row["question_id"] for row in found] == [f"id{number}" for number in range(12)]
    assert all(row["keep"] is (row["score"] is not None) is (row["reason"] == "") for row in found)
    each = settings.get("samples", 1)
    assert rows(bench)["bought"] == 12 * each
    assert {"reached": 12, "in": 12, "out": sum(row["keep"] for row in found)}.items() <= rows(bench).items()
    assert len(answers(bench)) == (0 if settings is HEAD else 12 * each)
    assert score(bench, settings) == found
    assert rows(bench)["bought"] == 0


def test_scorers_do_not_mix_up_their_rows(bench):
    for settings in (HEAD, WORDS, SOLVER, LEVEL):
        score(bench, settings, kept=range(6))
        assert rows(bench)["bought"] == 6 * settings.get("samples", 1)


def test_a_share_scores_some_and_a_larger_share_only_adds(bench):
    few = {row["question_id"]: row["score"] for row in score(bench, {**WORDS, "share": 0.3})}
    assert 0 < len(few) < 12 and rows(bench)["reached"] == 12
    many = {row["question_id"]: row["score"] for row in score(bench, {**WORDS, "share": 0.8})}
    assert few.items() < many.items() and rows(bench)["bought"] == len(many) - len(few)
    assert len(score(bench, {**WORDS, "share": 1})) == 12


def test_shares_are_near_what_was_asked_and_alike_for_all_scorers():
    questions = [{"question_id": f"row{number}"} for number in range(4000)]
    found = [asked_questions(1, {"method": method, "share": 0.25}, questions) for method in ("level", "regression")]
    assert found[0] == found[1]
    assert len(found[0]) == pytest.approx(1000, abs=4 * math.sqrt(4000 * 0.25 * 0.75))


def test_more_samples_keep_the_earlier_ones(bench):
    score(bench, SOLVER)
    few = answers(bench)
    score(bench, {**SOLVER, "samples": 5})
    assert rows(bench)["bought"] == 12 * 2
    assert [row for row in answers(bench) if row["sample"] < 3] == few


def test_without_a_reference_the_rate_is_the_share_outside_the_majority(bench):
    found = score(bench, {**SOLVER, "samples": 8})
    by_question = {}
    for row in answers(bench):
        by_question.setdefault(row["question_id"], []).append(row["answer"])
    for row in found:
        given = by_question[row["question_id"]]
        assert row["score"] == 1 - max(given.count(answer) for answer in given) / 8
    assert rows(bench)["with_reference"] == 0


def references(bench: Bench, problems: list[dict]):
    path = bench.folder / "problems.parquet"
    known = [{"problem_id": str(n), "source": "p", "solution": None, **row} for n, row in enumerate(problems)]
    schema.write(path, known, schema.PROBLEMS)
    return "--references", path


def test_with_references_the_rate_is_the_share_that_differs_and_never_the_disagreement(bench):
    score(bench, SOLVER)
    first = {row["question_id"]: row["answer"] for row in answers(bench) if row["sample"] == 0}
    problems = [
        {"problem": text, "answer": first[f"id{number}"] if number % 2 else None} for number, text in enumerate(TEXTS)
    ]
    found = score(bench, SOLVER, *references(bench, problems))
    assert rows(bench)["bought"] == 0 and rows(bench)["with_reference"] == 6
    for number, row in enumerate(found):
        given = [item["answer"] for item in answers(bench) if item["question_id"] == row["question_id"]]
        rate = pytest.approx(1 - given.count(given[0]) / 3) if number % 2 else None
        assert (row["score"], row["reason"]) == (rate, "" if number % 2 else "no_reference")


def test_a_set_without_any_reference_is_refused_before_anything_is_bought(bench, capsys):
    problems = [{"problem": text, "answer": None} for text in TEXTS]
    assert start(bench, SOLVER, *references(bench, problems)) == 1
    said = capsys.readouterr().err
    assert "problems.parquet has no reference answer, so the questions of the source" in said
    assert "columns.answer" in said and "imported.file" in said
    score(bench, SOLVER)
    assert rows(bench)["bought"] == 12 * SOLVER["samples"]


def test_references_of_other_problems_are_refused(bench, capsys):
    problems = [{"problem": text, "answer": "1"} for text in reversed(TEXTS)]
    assert start(bench, SOLVER, *references(bench, problems)) == 1
    said = capsys.readouterr().err
    assert "problems.parquet does not hold question id0 as its problem number 0" in said and "delete" in said


class Scripted:
    """An engine that gives prepared completions, question after question."""

    version = "1"

    def __init__(self, *completions):
        self.completions = completions

    def generate(self, requests, _sampling):
        yield list(zip(requests, self.completions, strict=True))

    def score(self, requests, _method):
        yield list(zip(requests, self.completions, strict=True))


def scripted(monkeypatch, *completions):
    monkeypatch.setattr(engines, "load", lambda *_: Scripted(*completions))


def test_what_can_not_be_read_is_rejected_with_its_reason(bench, monkeypatch):
    scripted(
        monkeypatch,
        Completion("Difficulty level: hard", "stop", 5, 5),
        Completion("It is hard to say.", "stop", 5, 5),
        Completion("Difficulty level: hard", "length", 5, 5),
        Completion("", "context_overflow", 5, 0),
        Completion("", "refused", 5, 0),
    )
    found = score(bench, LEVEL, kept=range(5))
    assert [row["score"] for row in found] == [80, None, None, None, None]
    assert [row["reason"] for row in found] == ["", "unclear_level", "unclear_level", "context_overflow", "refused"]


def test_what_is_not_a_number_is_no_score(bench, monkeypatch):
    scripted(monkeypatch, *(Score(value, "stop", 5, 0) for value in (1.0, math.nan, math.inf)))
    found = score(bench, HEAD, kept=range(3))
    assert [(row["keep"], row["score"], row["reason"]) for row in found] == [
        (True, 1.0, ""), (False, None, "not_a_number"), (True, math.inf, ""),
    ]  # fmt: skip


def test_a_word_without_a_probability_is_unknown(bench, monkeypatch):
    likely = [{"Yes": -0.5, "No": -0.5}, {"Yes": -0.1}, {}]
    scripted(monkeypatch, *(Completion("", "stop", 5, 1, values) for values in likely))
    found = score(bench, WORDS, kept=range(3))
    assert [(row["score"], row["reason"]) for row in found] == [
        (0.5, ""), (None, "unknown_probability"), (None, "unknown_probability"),
    ]  # fmt: skip


def test_a_solver_that_gives_no_answer_at_all_tells_nothing(bench, monkeypatch):
    said = ["The answer is 5.", "I give up.", "I give up."] + ["Well."] * 3
    scripted(monkeypatch, *(Completion(text, "stop", 5, 5) for text in said))
    found = score(bench, SOLVER, kept=range(2))
    assert [(row["score"], row["reason"]) for row in found] == [(pytest.approx(2 / 3), ""), (None, "no_answer")]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"Yes": math.log(0.6), "No": math.log(0.2)}, 0.75),
        ({"Yes": -800.0, "No": -801.0}, 1 / (1 + math.exp(-1))),
        ({"Yes": -math.inf, "No": -1.0}, 0.0),
        ({"Yes": -math.inf, "No": -math.inf}, None),
        ({"No": -1.0}, None),
        (None, None),
    ],
)
def test_the_first_token_of_two_words(values, expected):
    assert first_token_score(values, easy="No", hard="Yes") == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("value", "expected"), [(math.log(0.2), 0.8), (0.0, 0.0), (-math.inf, 1.0), (1e-9, 0.0), (math.nan, None)]
)
def test_the_first_token_against_all_others(value, expected):
    assert first_token_score({"</think>": value}, easy="</think>") == (
        None if expected is None else pytest.approx(expected)
    )


@pytest.mark.parametrize("settings", [WORDS, ALONE, SOLVER, LEVEL], ids=lambda item: item["method"])
def test_a_real_model_answers_all_of_them(tmp_path, settings):
    bench = Bench(tmp_path, "transformers")
    bench.questions(TEXTS)
    found = score(bench, settings)
    assert len(found) == 12 and rows(bench)["bought"] == 12 * settings.get("samples", 1)
    if settings["method"] == "first_token":
        assert all(0 < row["score"] < 1 for row in found)
    assert score(bench, settings) == found and rows(bench)["bought"] == 0


def test_the_words_of_a_real_model_agree_with_its_own_probabilities(tmp_path):
    bench = Bench(tmp_path, "transformers")
    bench.questions(TEXTS)
    both = {row["question_id"]: row["score"] for row in score(bench, WORDS)}
    kept = {row["question_id"]: row["log_probabilities"] for row in answers(bench)}
    alone = {row["question_id"]: row["score"] for row in score(bench, ALONE)}
    for name, values in kept.items():
        hard, easy = math.exp(values["Yes"]), math.exp(values["No"])
        assert both[name] == pytest.approx(hard / (hard + easy))
        assert alone[name] == pytest.approx(1 - easy, abs=1e-6)


def test_what_shapes_a_row_is_the_head_the_words_or_the_sampling():
    assert [shaping(settings) for settings in (HEAD, WORDS, ALONE, LEVEL, SOLVER)] == [
        {"method": "regression"}, {"candidates": ["Yes", "No"]}, {"candidates": ["No"]},
        LEVEL["sampling"], SOLVER["sampling"],
    ]  # fmt: skip
    question = {"question_id": "id0", "source": "own", "index": 0, "question": "What?"}
    prompt = load_prompt(PROMPTS / "difficulty_level.yaml")
    asked = difficulty_requests(3, "score_difficulty", SOLVER, [question], prompt)
    assert [request.sample for request in asked] == [0, 1, 2]
    assert asked[1].seed == asked[0].seed + 1
    assert asked == difficulty_requests(3, "score_generators", SOLVER, [question], prompt)
    assert json.dumps(asked[0].messages).count("What?") == 1
