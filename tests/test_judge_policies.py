"""What follows if a judge is unclear: rejection, another try, or a majority, and what is bought for it."""

import judge_questions
import pytest
from paid_bench import PROMPTS, Bench
from synthesis import code_version, schema
from synthesis.judge_policies import next_requests, verdict_row
from synthesis.judge_samples import most_samples, samples_at_first
from synthesis.prompts import load_prompt
from synthesis.requests import answer_requests
from synthesis.verdicts import verdict

JUDGE = {"name": "j", "verdict": {"text": {}}, "sampling": {"temperature": 1.0, "max_tokens": 8}}
RETRY = {**JUDGE, "unclear": "retry", "attempts": 3}
MAJORITY = {**JUDGE, "unclear": "majority", "samples": 3}
COUNT = 40


def answer(text: str, finish_reason: str = "stop") -> dict:
    return {"text": text, "finish_reason": finish_reason, "log_probabilities": None}


def row(settings: dict, *texts: str) -> dict:
    found = verdict_row("q", [answer(text) for text in texts], settings)
    schema.table([found], schema.QUESTION_VERDICTS)
    return found


def test_how_often_a_judge_is_asked():
    assert [(samples_at_first(one), most_samples(one)) for one in (JUDGE, RETRY, MAJORITY)] == [(1, 1), (1, 3), (3, 3)]


def test_a_retry_takes_the_first_clear_verdict():
    assert row(RETRY, "hm", "hm", "Yes") == verdict("q")
    assert row(RETRY, "hm", "No") == verdict("q", "rejected_by:j")
    assert row(RETRY, "hm", "hm", "hm") == verdict("q", "unclear_verdict:j")


@pytest.mark.parametrize(
    ("texts", "reason", "score"),
    [
        (("Yes", "Yes", "No"), "", 2 / 3),
        (("No", "Yes", "No"), "rejected_by:j", 1 / 3),
        (("Yes", "hm", "hm"), "", 1.0),
        (("Yes", "No", "hm"), "unclear_verdict:j", None),
        (("hm", "hm", "hm"), "unclear_verdict:j", None),
    ],
)
def test_a_majority_counts_clear_verdicts_alone(texts, reason, score):
    assert row(MAJORITY, *texts) == verdict("q", reason, score)


def test_what_was_not_written_is_no_verdict():
    overflow = answer("", "context_overflow")
    assert verdict_row("q", [overflow] * 3, MAJORITY) == verdict("q", "context_overflow")
    assert verdict_row("q", [answer("", "transport_failure"), answer("No")], MAJORITY)["reason"] == "rejected_by:j"
    assert verdict_row("q", [answer("hm"), answer("", "transport_failure")], RETRY)["reason"] == "unclear_verdict:j"


def test_the_next_request_is_what_more_samples_would_ask():
    prompt = load_prompt(PROMPTS / "solvability.yaml")
    questions = [{"question_id": name, "source": "s", "index": 0, "question": name} for name in "abcd"]
    first = answer_requests(3, "judge_questions", questions, prompt, 1)
    rows = [answer("Yes"), answer("hm"), answer("yes", "length"), answer("", "refused")]
    three = answer_requests(3, "judge_questions", questions[1:3], prompt, 3)
    second = next_requests(first, rows, RETRY)
    assert second == [three[1], three[4]]
    third = next_requests(second, [answer("hm"), answer("No")], RETRY)
    assert third == [three[2]]
    assert next_requests(third, [answer("hm")], RETRY) == []
    assert next_requests(first, rows, JUDGE) == next_requests(first, rows, MAJORITY) == []


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    bench = Bench(tmp_path)
    bench.questions([f"What is {number} + {number}?" for number in range(COUNT)])
    return bench


def judged(bench: Bench, settings: dict) -> tuple[int, list[dict], list[dict]]:
    """Rows bought, verdicts and judgements of the program."""
    more = ["--questions", bench.folder / "questions.parquet", "--verdicts", bench.selection(range(COUNT))]
    more += ["--seed", 3, "--prompt", PROMPTS / "solvability.yaml", "--judgements", bench.folder / "answers.parquet"]
    version = code_version.code_version("judge_questions")
    assert not judge_questions.main(bench.arguments("judge_questions", settings, "v", *more, code_version=version))
    verdicts = schema.read(bench.folder / "v.parquet", schema.QUESTION_VERDICTS)
    return (
        bench.bought("judge_questions", "v"),
        verdicts,
        schema.read(bench.folder / "answers.parquet", schema.JUDGEMENTS),
    )


def unclear(rows: list[dict]) -> set[str]:
    return {row["question_id"] for row in rows if row["reason"] == "unclear_verdict:j"}


def test_a_retry_buys_the_next_sample_of_unclear_rows_alone(bench):
    bought, verdicts, answers = judged(bench, JUDGE)
    first = unclear(verdicts)
    assert bought == len(answers) == COUNT and 0 < len(first) < COUNT
    assert bench.ledger("judge_questions", "v")["rows"]["unclear"] == len(first)
    bought, verdicts, answers = judged(bench, {**RETRY, "attempts": 2})
    assert bought == len(first) and unclear(verdicts) < first
    assert [one["question_id"] for one in answers if one["sample"] == 1] == [
        row["question_id"] for row in verdicts if row["question_id"] in first
    ]
    second = unclear(verdicts)
    assert judged(bench, {**RETRY, "attempts": 3})[0] == len(second) > 0
    # Nothing is left to buy, and what was bought for more attempts does not count for fewer.
    assert judged(bench, {**RETRY, "attempts": 2})[:2] == (0, verdicts)
    assert judged(bench, JUDGE)[0] == 0


def test_a_majority_keeps_the_judgements_that_are_there(bench):
    first = judged(bench, JUDGE)[2]
    bought, verdicts, answers = judged(bench, MAJORITY)
    assert bought == 2 * COUNT and len(answers) == 3 * COUNT
    assert [one for one in answers if one["sample"] == 0] == first
    assert [one["sample"] for one in answers[:4]] == [0, 1, 2, 0]
    assert judged(bench, {**MAJORITY, "samples": 5})[0] == 2 * COUNT
    assert judged(bench, MAJORITY)[:2] == (0, verdicts)
    assert judged(bench, {**RETRY, "attempts": 5})[0] == 0
