"""How responses become rewards: grades that are read, steps that are counted, and what is bought for them."""

import math

import pytest
import score_responses
from paid_bench import PROMPTS, Bench
from synthesis import purchase, response_scores, reward_purchases, schema
from synthesis.prompts import Prompt
from synthesis.verdicts import response_verdict

GRADE = {"lowest": 1, "highest": 10, "form": "score"}
BOXED = {"lowest": 0, "highest": 1, "form": "boxed"}
WORDS = {"probability": {"yes": "Yes", "no": "No"}}
SAMPLING = {"temperature": 0.5, "max_tokens": 20}
GRADER = Prompt(None, "{question} {response}", with_response=True)
QUESTION = {"question_id": "a", "source": "own", "index": 3, "question": "What is {response}?"}
TEXT = "One step.\n\n  Second\nline.\n \t\n\nThird: 3.\n"


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("Score: 7", 7),
        ("score = $8$.", 8),
        ("**Score:** 7/10 because it is right.", 7),
        ("**Score**: **9.5**", 9.5),
        ("First Score: 3, then\nScore: 4\n", 4),
        ("Score: 10 / 10", 10),
        ("Score: 7/5", None),
        ("Score: 11", None),
        ("Score: 0", None),
        ("Score: -3", None),
        ("Score: 70%", None),
        ("Score: 1.2.3", None),
        ("Score: 7,5", None),
        ("Score: 7-8", None),
        ("Score: 7–8", None),
        ("Score: 3e5", None),
        ("Score: 3E+5", None),
        ("Score: 7/10,5", None),
        ("Score: 5 at first. Score: 7-8", None),
        ("Score: 7, since it is right.", 7),
        ("Score: 7. 5 would be too few.", 7),
        ("Score: 7 - well done", 7),
        ("Score: 5 at first. Score: 50", None),
        ("Score: seven", None),
        ("The underscore: 7", None),
        ("7", None),
        ("", None),
    ],
)
def test_the_last_score_in_range_is_the_grade(text, grade):
    assert response_scores.number_grade(text, GRADE) == grade


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        (r"\boxed{0} or rather \boxed{1}", 1),
        (r"\boxed{0.25}", 0.25),
        (r"\boxed{1/1}", 1),
        (r"\boxed{2}", None),
        (r"\boxed{about 1}", None),
        (r"\boxed{}", None),
        ("1", None),
    ],
)
def test_the_last_box_in_range_is_the_grade(text, grade):
    assert response_scores.number_grade(text, BOXED) == grade


def test_prefixes_end_with_the_steps_and_the_last_is_the_whole_text():
    assert response_scores.prefixes(TEXT, "paragraphs") == ["One step.", "One step.\n\n  Second\nline.", TEXT]
    lines = response_scores.prefixes(TEXT, "lines")
    assert lines == ["One step.", "One step.\n\n  Second", "One step.\n\n  Second\nline.", TEXT]
    assert response_scores.prefixes("\n\nAll in one.\n\n", "paragraphs") == ["\n\nAll in one.\n\n"]


def settings(method: str, aggregate: str = "min", verdict: dict | None = None) -> dict:
    graded = {"verdict": verdict or WORDS} if method == "grade" else {}
    steps = {"split": "paragraphs", "method": method, "aggregate": aggregate}
    return {"method": "steps", "steps": steps, **graded}


def rewarded(settings: dict, rows: list[dict]) -> dict:
    """The row from what was bought; each row of `rows` is completed."""
    response = {"question_id": "a", "sample": 2, "response": TEXT}
    (about,) = response_scores.requests(settings, 1, [QUESTION], [response], GRADER)
    assert len(about) == len(rows)
    usual = {
        "row_id": "a",
        "sample": 2,
        "finish_reason": "stop",
        "prompt_tokens": 4,
        "completion_tokens": 5,
        "log_probabilities": None,
        "text": "",
    }
    return response_scores.reward_row(settings, [{**usual, **row} for row in rows])


@pytest.mark.parametrize(("aggregate", "reward"), [("min", -1.0), ("mean", 1.0), ("last", 1.5), ("product", -3.75)])
def test_the_scores_of_the_steps_are_aggregated(aggregate, reward):
    row = rewarded(settings("reward", aggregate), [{"score": 2.5}, {"score": -1.0}, {"score": 1.5}])
    assert row == {
        "question_id": "a", "sample": 2, "reward": reward, "finish_reason": "stop", "tokens": 5,
        "step_rewards": [2.5, -1.0, 1.5],
    }  # fmt: skip


def test_a_step_without_a_score_leaves_the_response_without_a_reward():
    overflow = {"score": None, "finish_reason": "context_overflow"}
    row = rewarded(settings("reward", "min"), [{"score": 2.5}, {"score": 1.0}, overflow])
    assert (row["reward"], row["finish_reason"], row["step_rewards"]) == (None, "context_overflow", [2.5, 1.0, None])
    row = rewarded(settings("reward", "min"), [{"score": 2.5}, {"score": math.nan}, {"score": 1.0}])
    assert math.isnan(row["reward"])
    assert row["finish_reason"] == "stop"


def test_grades_that_can_not_be_read_are_missing_and_say_why():
    steps = settings("grade", "product")
    log = math.log
    rows = [
        {"log_probabilities": {"Yes": log(0.5), "No": log(0.5)}},
        {"log_probabilities": {"Yes": log(0.3), "No": log(0.1)}},
    ]
    row = rewarded(steps, [*rows, {"log_probabilities": {"Yes": log(0.2), "No": log(0.2)}}])
    assert row["reward"] == pytest.approx(0.5 * 0.75 * 0.5)
    row = rewarded(steps, [*rows, {"log_probabilities": {"Yes": -math.inf, "No": -math.inf}}])
    assert (row["reward"], row["finish_reason"]) == (None, "unreadable_grade")
    numbers = {"method": "grade", "verdict": {"number": GRADE}, "sampling": SAMPLING}
    assert response_scores.text_score(numbers, {"text": "Score: 3", "finish_reason": "stop"}) == (3.0, "stop")
    cut = {"text": "Score: 1", "finish_reason": "length"}
    assert response_scores.text_score(numbers, cut) == (None, "unreadable_grade")
    unanswered = {"text": "", "finish_reason": "transport_failure"}
    assert response_scores.text_score(numbers, unanswered) == (None, "transport_failure")


def test_a_grader_is_asked_about_question_and_response_as_they_stand():
    graded = {"method": "grade", "verdict": WORDS}
    response = {"question_id": "a", "sample": 1, "response": "It is {question}."}
    prompt = Prompt("Be exact.", "Q: {question}\nR: {response}", with_response=True)
    ((request,),) = response_scores.requests(graded, 1, [QUESTION], [response], prompt)
    assert request.messages == (("system", "Be exact."), ("user", "Q: What is {response}?\nR: It is {question}."))
    assert (request.turn, request.seed, request.place.source, request.place.index) == ("assistant", 0, "own", 3)
    sampled = {**graded, "verdict": {"number": GRADE}, "sampling": SAMPLING}
    ((first,),) = response_scores.requests(sampled, 1, [QUESTION], [response], prompt)
    ((second,),) = response_scores.requests(sampled, 1, [QUESTION], [{**response, "sample": 2}], prompt)
    assert 0 < first.seed == second.seed - 1


def test_how_a_grade_is_read_is_no_part_of_what_is_bought():
    wide = {"method": "grade", "verdict": {"number": GRADE}, "sampling": SAMPLING}
    narrow = {**wide, "verdict": {"number": {**GRADE, "highest": 5}}}
    assert response_scores.shaping(wide) == response_scores.shaping(narrow) == SAMPLING
    steps = settings("reward", "min")
    assert response_scores.shaping(steps) == response_scores.shaping({"method": "reward"}) == {"method": "reward"}


RESPONSES = ["First.\n\nThen 5.", "At once 7.", "First.\n\nThen 6.\n\nSo 6."]


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    bench = Bench(tmp_path)
    bench.questions(["What is 2 + 3?"])
    usual = {"question_id": "id0", "finish_reason": "stop", "prompt_tokens": 1, "completion_tokens": 1}
    rows = [{**usual, "sample": sample, "response": text} for sample, text in enumerate(RESPONSES)]
    schema.write(tmp_path / "responses.parquet", rows, schema.RESPONSES)
    kept = [{**response_verdict("id0", sample), "answer": None} for sample in range(len(rows))]
    schema.write(tmp_path / "kept.parquet", kept, schema.FILTERED_RESPONSES)
    return bench


def score(bench: Bench, settings: dict, prompt: str = "response_short") -> list[dict]:
    """Run the program; returns its rows."""
    files = [part for name, file in [("questions", "questions"), ("responses", "responses"), ("verdicts", "kept")]
             for part in (f"--{name}", bench.folder / f"{file}.parquet")]  # fmt: skip
    more = ["--seed", 3, *files, "--prompt", PROMPTS / f"{prompt}.yaml"]
    assert not score_responses.main(bench.arguments("score_responses", settings, "rewards", *more))
    kind = schema.STEP_REWARDS if settings["method"] == "steps" else schema.REWARDS
    return schema.read(bench.folder / "rewards.parquet", kind)


def test_steps_reuse_whole_responses_and_one_another(bench):
    whole = score(bench, {"method": "reward"})
    assert bench.bought("score_responses", "rewards") == 3
    lowest = score(bench, settings("reward", "min"))
    assert [len(row["step_rewards"]) for row in lowest] == [2, 1, 3]
    assert bench.bought("score_responses", "rewards") == 3, "only what ends before the end is new"
    assert [row["step_rewards"][-1] for row in lowest] == [row["reward"] for row in whole]
    assert [row["reward"] for row in lowest] == [min(row["step_rewards"]) for row in lowest]
    mean = score(bench, settings("reward", "mean"))
    assert bench.bought("score_responses", "rewards") == 0
    assert mean[2]["reward"] == pytest.approx(sum(lowest[2]["step_rewards"]) / 3)
    ledger = bench.ledger("score_responses", "rewards")["rows"]
    assert (ledger["asked"], ledger["in"], ledger["out"]) == (6, 3, 3)


def test_few_texts_of_steps_are_in_memory_at_a_time(bench, monkeypatch):
    whole = score(bench, settings("reward", "min"))
    assert bench.bought("score_responses", "rewards") == 6
    rounds = []
    real = purchase.buy

    def buy(options, job, requests, shaping, further):
        def counting(*last):
            rounds.append(further(*last))
            return rounds[-1]

        rounds.append(requests)
        return real(options, job, requests, shaping, counting)

    monkeypatch.setattr(purchase, "buy", buy)
    monkeypatch.setattr(reward_purchases, "PART_CHARACTERS", 1)
    assert score(bench, settings("reward", "min")) == whole
    assert [len(requests) for requests in rounds] == [2, 1, 3, 0]
    assert bench.bought("score_responses", "rewards") == 0
    # What was there at the beginning counts every part, else an attempt that got further looks like one that did not.
    begun_at = []
    monkeypatch.setattr(purchase.retries, "check_progress", lambda options, job, rows: begun_at.append(rows))
    path = bench.folder / "responses.parquet"
    rows = schema.read(path, schema.RESPONSES)
    rows[2]["response"] += " Or 7."
    schema.write(path, rows, schema.RESPONSES)
    assert score(bench, settings("reward", "min"))[:2] == whole[:2]
    assert (bench.bought("score_responses", "rewards"), begun_at) == (1, [5])


def test_requests_are_made_one_response_at_a_time():
    looked_at = []
    responses = ({"question_id": "a", "sample": sample, "response": TEXT} for sample in range(3))
    asked = response_scores.requests(
        settings("reward"),
        1,
        [QUESTION],
        (looked_at.append(row) or row for row in responses),
        Prompt(None, "{question}"),
    )
    assert len(next(asked)) == 3
    assert len(looked_at) == 1


def test_a_grader_is_paid_once_and_its_words_are_read_again(bench):
    graded = score(bench, {"method": "grade", "verdict": WORDS}, "grade_probability")
    assert bench.bought("score_responses", "rewards") == 3
    assert all(0 < row["reward"] < 1 for row in graded)
    product = score(bench, settings("grade", "product"), "grade_probability")
    assert bench.bought("score_responses", "rewards") == 3
    assert product[2]["reward"] == pytest.approx(math.prod(product[2]["step_rewards"]))
    numbers = {"method": "grade", "verdict": {"number": GRADE}, "sampling": SAMPLING}
    unread = score(bench, numbers, "grade_score")
    assert {(row["reward"], row["finish_reason"]) for row in unread} == {(None, "unreadable_grade")}
    assert bench.ledger("score_responses", "rewards")["rows"]["missing_rewards"] == 3
    score(bench, {**numbers, "verdict": {"number": {**GRADE, "lowest": 0}}}, "grade_score")
    assert bench.bought("score_responses", "rewards") == 0
