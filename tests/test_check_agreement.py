"""The comparison of responses with a probe's: what agrees, what is dropped, and whom the probe is asked about."""

import check_agreement
import generate_probe_responses
import pytest
import select_responses
from paid_bench import PROMPTS, Bench
from question_files import row_counts, start
from synthesis import schema
from synthesis.errors import InputError
from synthesis.probe_agreement import agrees
from synthesis.verdicts import questions_with_responses, response_verdict

SETTINGS = {"keep": "differing", "agrees": "any", "answer": ["boxed", "the_answer_is"]}


def filtered(path, answers: dict[str, list[str | None]]):
    """Verdicts of filter_responses: the final answers by question and sample; None was rejected without one."""
    rows = [
        response_verdict(question, sample, "" if answer is not None else "no_answer") | {"answer": answer}
        for question, found in answers.items()
        for sample, answer in enumerate(found)
    ]
    schema.write(path, rows, schema.FILTERED_RESPONSES)
    return path


def responses(path, texts: dict[str, list[str]]):
    """The probe's responses by question and sample; a text of one word in small letters is a finish reason instead."""
    rows = [
        {
            "question_id": question,
            "sample": sample,
            "response": "" if text in ("refused", "transport_failure", "context_overflow") else text,
            "finish_reason": text if text in ("refused", "transport_failure", "context_overflow") else "stop",
            "prompt_tokens": 1,
            "completion_tokens": 1,
        }
        for question, found in texts.items()
        for sample, text in enumerate(found)
    ]
    schema.write(path, rows, schema.RESPONSES)
    return path


def run(folder, answers, probe, **settings) -> int:
    line = ["--verdicts", filtered(folder / "f.parquet", answers), "--output", folder / "v.parquet", "--threads", 1]
    line += ["--probe-responses", responses(folder / "p.parquet", probe)]
    return start(check_agreement, folder, {**SETTINGS, **settings}, *line)


def outcomes(folder) -> list[tuple]:
    rows = schema.read(folder / "v.parquet", schema.RESPONSE_VERDICTS)
    assert all(row["keep"] is (row["reason"] == "") for row in rows)
    return [(row["question_id"], row["sample"], row["reason"], row["score"]) for row in rows]


ANSWERS = {"a": ["5", None], "b": ["7"], "c": ["1/2"], "d": ["4"], "e": ["4"], "f": ["3", "8"]}
PROBE = {
    "a": ["The answer is 5."],
    "b": [r"\boxed{8}"],
    "c": [r"So \boxed{0.5}."],
    "d": ["I do not know."],
    "e": ["transport_failure"],
    "f": [r"\boxed{8}"],
}


def test_what_the_probe_solves_is_dropped_with_all_responses_to_it(tmp_path):
    assert run(tmp_path, ANSWERS, PROBE) == 0
    assert outcomes(tmp_path) == [
        ("a", 0, "agrees_with_probe", 1.0),
        ("b", 0, "", 0.0),
        ("c", 0, "agrees_with_probe", 1.0),
        ("d", 0, "", 0.0),
        ("e", 0, "transport_failure", None),
        ("f", 0, "sibling_agrees_with_probe", 0.0),
        ("f", 1, "agrees_with_probe", 1.0),
    ]
    assert row_counts(check_agreement, tmp_path) == {
        "in": 7,
        "out": 2,
        "rejected_agrees_with_probe": 3,
        "rejected_sibling_agrees_with_probe": 1,
        "rejected_transport_failure": 1,
        "probe_without_answer": 2,
        "timed_out": 0,
    }


def test_or_only_what_the_probe_confirms_is_kept(tmp_path):
    assert run(tmp_path, ANSWERS, PROBE, keep="agreeing") == 0
    assert [(question, sample, reason) for question, sample, reason, _ in outcomes(tmp_path)] == [
        ("a", 0, ""),
        ("b", 0, "differs_from_probe"),
        ("c", 0, ""),
        ("d", 0, "probe_without_answer"),
        ("e", 0, "transport_failure"),
        ("f", 0, "differs_from_probe"),
        ("f", 1, ""),
    ]


def test_several_samples_agree_by_one_of_them_or_by_more_than_half(tmp_path):
    answers = {"a": ["5"], "b": ["5"]}
    probe = {"a": [r"\boxed{5}", r"\boxed{6}", "none"], "b": [r"\boxed{5}", r"\boxed{5.0}", "none"]}
    assert run(tmp_path, answers, probe, keep="agreeing") == 0
    assert [reason for *_, reason, _ in outcomes(tmp_path)] == ["", ""]
    assert run(tmp_path, answers, probe, keep="agreeing", agrees="majority") == 0
    assert outcomes(tmp_path) == [("a", 0, "differs_from_probe", 1 / 3), ("b", 0, "", 2 / 3)]


@pytest.mark.parametrize(
    ("grades", "one", "most"),
    [
        ([], False, False),
        (["wrong"], False, False),
        (["correct"], True, True),
        (["correct", "wrong"], True, False),
        (["correct", "correct", "timed_out"], True, True),
    ],
)
def test_a_half_is_no_majority_and_nothing_agrees_with_nothing(grades, one, most):
    assert (agrees(grades, "any"), agrees(grades, "majority")) == (one, most)


def test_a_comparison_without_an_end_counts_as_not_equal_and_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("synthesis.grading._Worker.verdict", lambda *_: "timed_out")
    assert run(tmp_path, {"a": ["9^{9^{9^9}}"]}, {"a": [r"\boxed{5}"]}) == 0
    assert outcomes(tmp_path) == [("a", 0, "", 0.0)]
    assert row_counts(check_agreement, tmp_path)["timed_out"] == 1


def test_an_answer_is_never_executed(tmp_path):
    text = f"__import__('pathlib').Path('{tmp_path}/touched').touch()"
    assert run(tmp_path, {"a": [text]}, {"a": [rf"\boxed{{{text}, 1}}"]}) == 0
    assert len(outcomes(tmp_path)) == 1
    assert not (tmp_path / "touched").exists()


def test_a_question_that_the_probe_was_not_asked_is_refused(tmp_path, capsys):
    assert run(tmp_path, {"a": ["5"], "b": ["6"]}, {"a": ["The answer is 5."]}) == 1
    assert "p.parquet has no response to question b, of which" in capsys.readouterr().err
    assert not (tmp_path / "v.parquet").exists()


def test_an_empty_shard_passes(tmp_path):
    assert run(tmp_path, {}, {}) == 0
    assert outcomes(tmp_path) == []


# Whom the probe is asked about, and what is chosen after it


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    bench = Bench(tmp_path)
    bench.questions([f"What is {number} + {number}?" for number in range(6)])
    return bench


def ask(bench, answers, **settings) -> list[dict]:
    settings = {"samples": 2, "sampling": {"temperature": 0.7, "max_tokens": 8}, **settings}
    more = ["--seed", 3, "--questions", bench.folder / "questions.parquet", "--prompt", PROMPTS / "response_short.yaml"]
    more += ["--verdicts", filtered(bench.folder / "f.parquet", answers)]
    assert not generate_probe_responses.main(bench.arguments("generate_probe_responses", settings, "probe", *more))
    return schema.read(bench.folder / "probe.parquet", schema.RESPONSES)


def test_the_probe_is_asked_about_questions_with_a_response_that_was_kept(bench):
    rows = ask(bench, {"id4": ["5", None], "id1": [None, "6"], "id2": [None, None]})
    assert [(row["question_id"], row["sample"]) for row in rows] == [("id1", 0), ("id1", 1), ("id4", 0), ("id4", 1)]
    assert bench.bought("generate_probe_responses", "probe") == 4
    ask(bench, {"id4": [None, "5"], "id1": ["6", "6"], "id3": ["1"]})
    assert bench.bought("generate_probe_responses", "probe") == 2
    ask(bench, {"id4": ["5"]}, samples=3)
    assert bench.bought("generate_probe_responses", "probe") == 1


def test_the_probe_draws_other_samples_than_the_model_whose_answers_are_kept(bench):
    taught = bench.respond([1, 4])
    probe = ask(bench, {"id1": ["5"], "id4": ["5"]})
    assert {row["response"] for row in probe}.isdisjoint(row["response"] for row in taught)


def test_a_kept_response_to_an_unknown_question_is_refused(bench):
    path = filtered(bench.folder / "f.parquet", {"id9": ["5"]})
    with pytest.raises(InputError, match=r"keeps a response to question id9, which .* does not hold"):
        questions_with_responses(bench.folder / "questions.parquet", path)


def test_only_survivors_of_the_comparison_are_chosen(tmp_path):
    answers = {"a": ["5", "6"], "b": ["7"]}
    assert run(tmp_path, answers, {"a": ["The answer is 5."], "b": ["The answer is 1."]}, keep="agreeing") == 0
    texts = responses(tmp_path / "r.parquet", {"a": ["x", "y"], "b": ["z"]})
    line = ["--responses", texts, "--verdicts", tmp_path / "f.parquet", "--agreements", tmp_path / "v.parquet"]
    line += ["--rewards", "--output", tmp_path / "chosen.parquet"]
    assert start(select_responses, tmp_path, {"method": "first"}, *line) == 0
    rows = schema.read(tmp_path / "chosen.parquet", schema.RESPONSE_VERDICTS)
    assert [(row["question_id"], row["sample"], row["keep"]) for row in rows] == [("a", 0, True)]


def test_verdicts_on_other_responses_are_refused(tmp_path, capsys):
    assert run(tmp_path, {"a": ["5"]}, {"a": ["The answer is 5."]}) == 0
    filtered(tmp_path / "f.parquet", {"a": ["5", "6"]})
    texts = responses(tmp_path / "r.parquet", {"a": ["x", "y"]})
    line = ["--responses", texts, "--verdicts", tmp_path / "f.parquet", "--agreements", tmp_path / "v.parquet"]
    assert start(select_responses, tmp_path, {"method": "first"}, *line, "--output", tmp_path / "c.parquet") == 1
    assert "sample 1, is in" in capsys.readouterr().err
