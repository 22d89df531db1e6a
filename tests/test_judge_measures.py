"""The formulas that judges are measured by, against closed forms and counts by hand."""

import itertools
import math

import numpy as np
import pytest
from synthesis import judge_measures as measures

# tp, fp, tn, fn
COUNTS = [8, 2, 6, 4]


def test_measures_of_a_table_of_confusion():
    assert measures.precision(COUNTS) == pytest.approx(8 / 10)
    assert measures.recall(COUNTS) == pytest.approx(8 / 12)
    assert measures.f1(COUNTS) == pytest.approx(2 / (10 / 8 + 12 / 8))
    assert measures.accuracy(COUNTS) == pytest.approx(14 / 20)


@pytest.mark.parametrize(
    ("measure", "counts"),
    [
        (measures.precision, [0, 0, 3, 2]),
        (measures.recall, [0, 2, 3, 0]),
        (measures.f1, [0, 0, 3, 0]),
        (measures.kappa, [5, 0, 0, 0]),
        (measures.accuracy, [0, 0, 0, 0]),
    ],
)
def test_without_a_value_there_is_none(measure, counts):
    assert math.isnan(measure(counts))
    assert measures.with_interval(counts, measure, 1) == (None, None, None)


@pytest.mark.parametrize(
    ("counts", "kappa"),
    [
        # Cohen's own way: (observed - by chance) / (1 - by chance).
        ([20, 5, 10, 15], (0.7 - 0.5) / (1 - 0.5)),
        ([45, 15, 25, 15], (0.6 - 0.54) / (1 - 0.54)),
        ([25, 35, 5, 35], (0.6 - 0.46) / (1 - 0.46)),
        ([5, 0, 0, 5], 1),
        ([0, 5, 5, 0], -1),
        ([4, 4, 4, 4], 0),
    ],
)
def test_agreement_beyond_chance(counts, kappa):
    assert measures.kappa(counts) == pytest.approx(kappa)
    assert measures.agreement(counts) == pytest.approx((counts[0] + counts[3]) / sum(counts))


def test_counts_of_pairs_and_of_verdicts():
    assert measures.pair_counts([True, True, False, False, False], [True, False, True, False, False]) == [1, 1, 1, 2]
    cells = [(True, True), (True, True), (True, False), (False, False), (False, True)]
    assert measures.confusion([{"keep": keep, "label": label} for keep, label in cells]) == [2, 1, 1, 1]


def test_the_interval_is_that_of_a_binomial_share():
    value, low, high = measures.with_interval([80, 0, 0, 20], measures.recall, 3)
    # Standard error sqrt(p (1 - p) / n) = 0.04, and 1.96 of them to both sides.
    assert (value, low, high) == (0.8, pytest.approx(0.7216, abs=0.01), pytest.approx(0.8784, abs=0.01))
    assert measures.with_interval([80, 0, 0, 20], measures.recall, 3) == (value, low, high)
    assert measures.with_interval([5, 0, 5, 0], measures.accuracy, 3) == (1, 1, 1)


def test_resamples_without_a_value_are_left_out():
    value, low, high = measures.with_interval([1, 0, 3, 0], measures.precision, 3)
    assert (value, low, high) == (1, 1, 1)


LABELS = [True, True, False, True, False]
SCORES = [0.9, 0.8, 0.8, 0.3, 0.1]


def test_every_score_is_a_threshold():
    points = measures.roc(LABELS, SCORES)
    assert points == [
        (math.inf, 0, 0),
        (0.9, 0, pytest.approx(1 / 3)),
        (0.8, 0.5, pytest.approx(2 / 3)),
        (0.3, 0.5, 1),
        (0.1, 1, 1),
    ]


def test_the_area_counts_pairs_and_halves_ties():
    # Of the six pairs, four are in order and one is a tie.
    assert measures.area(LABELS, SCORES) == pytest.approx(4.5 / 6)
    assert measures.area([True, False], [0.5, 0.5]) == 0.5
    assert measures.area([False, True], [0.9, 0.1]) == 0
    assert math.isnan(measures.area([True, True], [0.1, 0.2]))


def test_the_area_is_that_under_the_curve():
    drawn = np.random.default_rng(5)
    labels = drawn.random(300) < 0.4
    scores = np.round(drawn.random(300) + 0.3 * labels, 2)
    points = measures.roc(labels, scores)
    under = sum((x - before) * (y + last) / 2 for (_, before, last), (_, x, y) in itertools.pairwise(points))
    value, low, high = measures.area_with_interval(labels, scores, 1)
    assert value == pytest.approx(under)
    assert low < value < high
    assert measures.area_with_interval([], [], 1) == (None, None, None)


def test_the_best_threshold_is_that_of_the_highest_f1():
    # At 0.3: precision 3/4, recall 1; at 0.8: 2/3 and 2/3; at 0.9: 1 and 1/3.
    threshold, best = measures.best_threshold(LABELS, SCORES)
    assert (threshold, best) == (0.3, pytest.approx(2 * 3 / (2 * 3 + 1)))
    assert measures.best_threshold([True, False], [0.7, 0.2]) == (0.7, 1)
