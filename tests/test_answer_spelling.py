"""Which spellings of numbers, units and words are one answer, and which are not."""

from decimal import Decimal

import pytest
from synthesis import answer_groups, grading
from synthesis.answer_spelling import before_per_cent, number


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        ("2xy", "2"),
        ("2xy", "2ab"),
        ("2", "2ab"),
        ("5", "5xyz"),
        ("-3ab", "-3"),
        ("6", "6xy"),
        ("6", "6 xy"),
        ("6", "6ab"),
        ("6bc", "6"),
        ("2/3", "2/3xy"),
        ("2", "2t"),
        ("2t", "2d"),
        ("x+2", "x+2t"),
        ("$x^2+2t$", "x^2+2"),
    ],
)
def test_a_number_times_variables_is_not_the_number(grader, reference, answer):
    assert grader.grade(reference, [answer]) == [grading.WRONG]


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        ("5", "5km"),
        ("5", "5 kg"),
        ("18", "18dollars"),
        ("18", "18th"),
        ("3", "3 by hand"),
        ("5", "5 boxes of pencils"),
        ("12", "12 sq ft"),
        ("5", "5 m"),
        ("5", "x = 5 m"),
        ("3000", r"3\times 10^3 m"),
        ("2xy", "2yx"),
        ("x+2t", "2t + x"),
        ("x=2t", "2t"),
        ("y = x + 2 t", "y = 2t+x"),
        ("5", r"5\text{ pairs}"),
        ("7", "7 días"),
    ],
)
def test_units_and_orders_of_variables_change_nothing(grader, reference, answer):
    assert grader.grade(reference, [answer]) == [grading.CORRECT]


def test_votes_keep_products_apart(grader):
    assert answer_groups.group(["6xy", "6ab", "6", "6yx"], grader).first == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("reference", "answer"),
    [("ABC", "BCA"), ("cat", "act"), ("no", "on"), ("HHT", "THH"), ("ABBA", "AABB"), ("YES", "SEY"), ("AB", "BA")],
)
def test_a_word_with_its_letters_in_another_order_is_another_one(grader, reference, answer):
    assert grader.grade(reference, [answer]) == [grading.WRONG]
    assert grader.grade(rf"\text{{{reference}}}", [answer]) == [grading.WRONG]
    assert answer_groups.group([reference, answer, reference], grader).first == [0, 1, 0]


@pytest.mark.parametrize(("reference", "answer"), [("xy", "yx"), ("xyz", "zxy"), ("abc", "cba"), ("yes", "YES")])
def test_products_of_variables_and_capitals_stay_equal(grader, reference, answer):
    assert grader.grade(reference, [answer]) == [grading.CORRECT]


@pytest.mark.parametrize(
    ("reference", "answer", "verdict"),
    [
        ("5", r"5\text{ million}", grading.WRONG),
        ("5000000", r"5\text{ million}", grading.CORRECT),
        ("5000000", "5 million dollars", grading.CORRECT),
        (r"\$5,000,000", r"\$5\text{ million}", grading.CORRECT),
        ("2,500", "2.5 thousand", grading.CORRECT),
        ("300000", "3 lakh", grading.CORRECT),
        ("500000", "5 hundred thousand", grading.CORRECT),
        ("5", "5 quadrillion", grading.WRONG),
        ("15000000", "1,5 million", grading.WRONG),
        ("105", "1 hundred and five", grading.WRONG),
        ("2", r"2\text{ thirds}", grading.WRONG),
        ("0.5", "50 percent", grading.CORRECT),
        ("0.5", r"50\text{ percent}", grading.CORRECT),
        ("0.5", "50 per cent", grading.CORRECT),
        ("0.5", r"50\text{\%}", grading.CORRECT),
        (r"50\%", r"50\text{ percent}", grading.CORRECT),
        ("50", "50 percent of the class", grading.CORRECT),
        ("50", "5 per cent", grading.WRONG),
    ],
)
def test_words_of_size_and_per_cent_count_in_every_type(grader, reference, answer, verdict):
    assert grader.grade(reference, [answer]) == [verdict]


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("1e2", "100"),
        ("1e-05", "0.00001"),
        ("-2.5E+3", "-2500"),
        ("–5", "-5"),
        ("−5", "-5"),
        ("7e300", "7" + 300 * "0"),
    ],
)
def test_powers_of_ten_and_other_signs_of_minus_are_numbers(text, digits):
    assert number(text) == Decimal(digits)


@pytest.mark.parametrize(
    ("text", "value"), [("1e", None), ("e5", None), ("1e2e3", None), ("1e10000", None), ("3–5", None)]
)
def test_what_only_looks_like_a_power_of_ten_is_no_number(text, value):
    assert number(text) is value


@pytest.mark.parametrize(
    ("reference", "answer", "verdict"),
    [
        ("100", "1e2", grading.CORRECT),
        (r"\frac{1}{1000}", "1e-3", grading.CORRECT),
        ("1500", "1.5 x 10^3", grading.CORRECT),
        ("1500", "1.5x10^{3}", grading.CORRECT),
        ("0.0015", "1.5 x 10^{-3}", grading.CORRECT),
        ("(-1, 2)", "(–1, 2)", grading.CORRECT),
        ("-x", "–x", grading.CORRECT),
        ("15", "1.5 x 10^3", grading.WRONG),
    ],
)
def test_numbers_are_read_as_models_write_them(grader, reference, answer, verdict):
    assert grader.grade(reference, [answer]) == [verdict]


def test_per_cent_in_words_is_per_cent():
    assert [before_per_cent(text) for text in ("50 percent", r"50\%", "percent", "50")] == ["50", "50", None, None]


def test_the_order_of_votes_does_not_decide_what_a_comma_is(grader):
    assert answer_groups.group(["1,22", "1.22", "22, 1"], grader).first == [0, 1, 0]
    assert answer_groups.group(["1.22", "1,22", "22, 1"], grader).first == [0, 1, 1]
    assert answer_groups.group(["22, 1", "1.22", "1,22", "1,220"], grader).first == [0, 1, 0, 3]


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("The answer is 5, so she has 5 left.", "5"),
        ("The answer is 5 because 2+3=5.", "5"),
        ("The answer is 12 dollars, since each costs 3.", "12 dollars"),
        ("The answer is $x^2$, which is even.", "x^2"),
        ("The answer is the even numbers, so 2, 4, 6", "the even numbers, so 2, 4, 6"),
        ("The answer is 1, 2, 3", "1, 2, 3"),
    ],
)
def test_a_reason_behind_a_value_is_no_part_of_it(response, answer):
    assert grading.answer_in(response) == answer
