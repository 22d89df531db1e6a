"""How a judge's answer is read: from its end alone, or from two probabilities."""

import math
from pathlib import Path

import pytest
import yaml
from synthesis import schema
from synthesis.judge_policies import verdict_row
from synthesis.judge_verdicts import probability_verdict, text_verdict
from synthesis.verdicts import verdict

# Written by hand: how judges end their answers, by the verdict that a careful reader would take from them.
ENDINGS = yaml.safe_load((Path(__file__).parent / "data/judge_endings.yaml").read_text(encoding="utf-8"))
PROBABILITY = {"probability": {"yes": "Yes", "no": "No", "threshold": 0.5}}


@pytest.mark.parametrize(
    "text",
    [
        "Yes",
        "yes.",
        "  YES!\n\n",
        "The problem can be solved. Yes",
        "**Yes**",
        "__Yes__",
        "_Yes_.",
        "### Verdict: `Yes`",
        "“Yes”",
        "(Yes)",
        "[[Yes]]",
        r"\boxed{Yes}",
        r"The verdict is $\boxed{\text{Yes}}$.",
        r"\[ \boxed{\textbf{Yes}} \]",
        "<answer>Yes</answer>",
        "Yes<|im_end|>",
        "Yes ✅",
        "Ｙｅｓ",
        "Y\u200bes",
        "Is it solvable?\n- No missing data\n- Conclusion: yes",
        "No number is missing, so yes",
        "Yes/No: Yes",
        "Not no, but yes",
        "1. Math problem: yes\n2. Solvable: Yes",
        "no - yes",
    ],
)
def test_a_final_yes(text):
    assert text_verdict(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "No",
        "no.",
        "Yes, it is a math problem, but a number is missing. No",
        "It looks to my eyes like Bayes' rule. No.",
        "**Final verdict:** **No**",
        r"\boxed{No}",
        r"\boxed{\mathrm{NO}}",
        "Yes or no? No",
        '"No"',
        "yes\nno",
        "Verdict: (no)",
    ],
)
def test_a_final_no(text):
    assert text_verdict(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "?!",
        "Bayes",
        "The problem needs only our eyes",
        "casino",
        "no 5",
        "yes^2",
        "yesterday",
        "piano",
        "Nope",
        "yeah",
        "Sí",
        "Nó",
        "n-o t",
        "yes's",
        "Answer with Yes or No",
        "Answer: Yes/No",
        "Yes / No.",
        "(no or yes)",
        "**Yes** or **No**",
        "_Yes_ or _No_",
        "yes and no",
    ],
)
def test_other_ends_are_unreadable(text):
    assert text_verdict(text) is None


VERDICTS = {"yes": True, "no": False, "unclear": None}


@pytest.mark.parametrize(("verdict", "text"), [(name, text) for name, texts in ENDINGS.items() for text in texts])
def test_endings_of_answers_are_read_as_a_careful_reader_would(verdict, text):
    assert text_verdict(text) is VERDICTS[verdict]


def test_a_condition_or_a_choice_in_an_earlier_sentence_does_not_count():
    assert text_verdict("Answer Yes or No? If the price is given, it works. It is given. Yes") is True


def probability(yes: float, no: float, threshold: float = 0.5):
    return probability_verdict({"Yes": yes, "No": no}, "Yes", "No", threshold)


def test_the_share_of_the_two_words():
    keep, share = probability(math.log(0.3), math.log(0.1))
    assert keep and share == pytest.approx(0.75)
    keep, share = probability(math.log(0.1), math.log(0.3))
    assert not keep and share == pytest.approx(0.25)


def test_the_threshold_itself_is_enough():
    assert probability(-2.0, -2.0) == (True, 0.5)
    assert probability(-2.0, -2.0, 0.51) == (False, 0.5)
    assert probability(-5.0, -1.0, 0.0)[0] is True


@pytest.mark.parametrize(
    ("yes", "no", "expected"), [(-2000, -2001, 1 / (1 + math.exp(-1))), (-5000, -1, 0), (-1, -5000, 1)]
)
def test_tiny_probabilities_neither_vanish_nor_overflow(yes, no, expected):
    assert probability(yes, no)[1] == pytest.approx(expected)


def test_one_impossible_word_decides_and_two_leave_nothing():
    assert probability(-math.inf, -1.0) == (False, 0.0)
    assert probability(-1.0, -math.inf) == (True, 1.0)
    assert probability(-math.inf, -math.inf, 0.0) == (False, None)


def test_a_missing_word_leaves_nothing():
    assert probability_verdict({"Yes": -1.0}, "Yes", "No", 0.0) == (False, None)
    assert probability_verdict({}, "Yes", "No", 0.0) == (False, None)
    assert probability(math.nan, -1.0, 0.0) == (False, None)


def row(settings: dict, text: str = "", finish_reason: str = "stop", log_probabilities: dict | None = None) -> dict:
    judgement = {"text": text, "finish_reason": finish_reason, "log_probabilities": log_probabilities}
    found = verdict_row("q", [judgement], {"name": "solvability", "verdict": settings})
    schema.table([found], schema.QUESTION_VERDICTS)
    return found


def test_rows_from_texts():
    assert row({"text": {}}, "So: Yes") == verdict("q")
    assert row({"text": {}}, "So: No") == verdict("q", "rejected_by:solvability")
    assert row({"text": {}}, "So what") == verdict("q", "unclear_verdict:solvability")


def test_a_text_that_was_cut_has_no_end():
    assert row({"text": {}}, "there is no", "length") == verdict("q", "unclear_verdict:solvability")
    assert row({"text": {}}, "I say yes", "length") == verdict("q", "unclear_verdict:solvability")


def test_rows_from_probabilities():
    found = row(PROBABILITY, finish_reason="length", log_probabilities={"Yes": -1.0, "No": -2.0})
    assert found["keep"] and found["score"] == pytest.approx(1 / (1 + math.exp(-1)))
    found = row(PROBABILITY, log_probabilities={"Yes": -2.0, "No": -1.0})
    assert found["reason"] == "rejected_by:solvability" and found["score"] == pytest.approx(1 / (1 + math.e))
    assert row(PROBABILITY, log_probabilities=None) == verdict("q", "unclear_verdict:solvability")


@pytest.mark.parametrize("reason", ["context_overflow", "refused", "transport_failure"])
@pytest.mark.parametrize("settings", [{"text": {}}, PROBABILITY])
def test_a_question_without_a_judgement_is_rejected(settings, reason):
    assert row(settings, "Yes", reason, {"Yes": 0.0, "No": -9.0}) == verdict("q", reason)
