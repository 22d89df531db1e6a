"""The page about the comparison of graders: which spellings are tried, and texts of models on it."""

import sys

import pytest
from conftest import ROOT
from synthesis.grading import CORRECT, WRONG

sys.path.append(str(ROOT / "bench"))

from grading_parity import Case
from parity_page import page
from parity_sets import SPELLINGS, Output

REVERSED, BY = SPELLINGS["list reversed"]


@pytest.mark.parametrize(
    ("reference", "respelled"),
    [
        ("1, 2", "2, 1"),
        (r"$-\frac{1}{3},-1$", r"-1, -\frac{1}{3}"),
        (r"\frac{1}{\sqrt{2}}, 3", r"3, \frac{1}{\sqrt{2}}"),
    ],
)
def test_the_items_of_a_list_change_places(reference, respelled):
    assert REVERSED.sub(BY, reference) == respelled


@pytest.mark.parametrize(
    "reference", [r"300,\!000", "300{,}000", r"\text{B,E}", r"\text{H, E}", "5,040", "(1,2)", "1, 2, 3"]
)
def test_what_is_no_list_of_two_stays(reference):
    assert not REVERSED.search(reference)


def case(answer: str, ours: str, theirs: bool, name: str = "MATH, answers respelled", number: str = "1") -> Case:
    output = Output(name, number, "mathematics", "5", "5", answer)
    return Case(output, "minerva_math, math_verify", ours, answer, theirs, "[5]")


def test_no_text_of_a_model_becomes_html():
    evil = "a`` <img src=x onerror=alert(1)> ``b | c"
    text = page([case(evil, CORRECT, False)], {"lm_eval": "1"}, "2026-01-01")
    [line] = [line for line in text.splitlines() if "<img" in line]
    assert f"``` {evil} ```".replace("|", r"\|") in line


def test_respelled_answers_that_nobody_takes_as_right_are_listed():
    cases = [
        case("5.0", CORRECT, True, number="1"),
        case("five", WRONG, False, number="2"),
        case("6", WRONG, False, "MATH, answers to other problems", number="3"),
    ]
    told = page(cases, {}, "2026-01-01").split("## Respelled answers that neither takes as right")[1]
    assert "| MATH, answers respelled 2 | `5` | `five` | wrong |" in told
    assert "5.0" not in told and "other problems" not in told
    assert "None." in page(cases[:1], {}, "2026-01-01").split("## Respelled answers")[1]
