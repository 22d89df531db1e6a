"""Metrics over samples, against closed forms, all subsets, and an exact test."""

import itertools
import math
import random
import statistics

import pytest
from synthesis import metrics

OUTCOMES = [[True, False, False, True], [False] * 4, [True] * 4, [False, False, True, False]]


def test_mean_accuracy_is_the_mean_share_of_right_samples():
    assert metrics.mean_accuracy(OUTCOMES) == pytest.approx((0.5 + 0 + 1 + 0.25) / 4)
    assert metrics.mean_accuracy([[True], [False, False, False]]) == pytest.approx(0.5)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_pass_at_k_is_the_share_of_all_subsets_with_a_right_sample(k):
    expected = statistics.fmean(
        statistics.fmean(any(subset) for subset in itertools.combinations(samples, k)) for samples in OUTCOMES
    )
    assert metrics.pass_at(OUTCOMES, k) == pytest.approx(expected)


def test_pass_at_1_is_the_mean_accuracy_and_pass_at_n_the_share_that_is_ever_solved():
    assert metrics.pass_at(OUTCOMES, 1) == pytest.approx(metrics.mean_accuracy(OUTCOMES))
    assert metrics.pass_at(OUTCOMES, 4) == 3 / 4
    with pytest.raises(ValueError, match="pass@5 of 4 samples"):
        metrics.pass_at(OUTCOMES, 5)


def test_pass_at_k_of_many_samples_is_that_of_independent_ones():
    """With c of n right, and n far above k, it nears 1 - (1 - c / n)^k."""
    outcomes = [[place < 2_000 for place in range(10_000)]]
    assert metrics.pass_at(outcomes, 5) == pytest.approx(1 - 0.8**5, abs=1e-3)


def test_the_deviation_over_samples_is_that_of_the_accuracies_of_whole_rounds():
    rounds = [statistics.fmean(samples[place] for samples in OUTCOMES) for place in range(4)]
    assert metrics.deviation_over_samples(OUTCOMES) == pytest.approx(statistics.stdev(rounds))
    assert metrics.deviation_over_samples([[True], [False]]) is None
    assert metrics.deviation_over_samples([[True, False], [False]]) is None
    assert metrics.deviation([0.4, 0.5, 0.9]) == pytest.approx(statistics.stdev([0.4, 0.5, 0.9]))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([("5", True), ("5", True), ("4", False)], 1),
        ([("5", True), ("4", False), ("4", False)], 0),
        ([("5", True), ("4", False)], 0.5),
        ([("5", True), ("4", False), ("3", False)], 1 / 3),
        ([("5", True), (None, False), (None, False)], 1),
        ([(None, False)], 0),
    ],
)
def test_the_majority_of_the_answers_that_were_given(answers, expected):
    assert metrics.majority_right(answers) == pytest.approx(expected)


def shares(values: list[float]) -> dict[str, float]:
    return {f"{place:03}": value for place, value in enumerate(values)}


def compare(first: list[float], second: list[float]) -> metrics.Paired:
    return metrics.paired(shares(first), shares(second), seed=5, resamples=1_000, level=0.95)


def test_the_paired_test_is_that_of_mcnemar_for_single_samples():
    """12 problems that only the second model solves, 4 that only the first does, 84 alike: the exact binomial test."""
    first = [0.0] * 12 + [1.0] * 4 + [1.0] * 60 + [0.0] * 24
    second = [1.0] * 12 + [0.0] * 4 + [1.0] * 60 + [0.0] * 24
    found = compare(first, second)
    exact = 2 * sum(math.comb(16, count) for count in range(12, 17)) / 2**16
    assert found.p_value == pytest.approx(exact, abs=0.01)
    assert (found.problems, found.difference) == (100, pytest.approx(0.08))
    # The standard error of a mean of 100 differences, 16 of them not 0.
    error = math.sqrt((0.16 - 0.08**2) / 100)
    assert found.low == pytest.approx(0.08 - 1.96 * error, abs=0.015)
    assert found.high == pytest.approx(0.08 + 1.96 * error, abs=0.015)


def test_pairs_tell_more_than_two_intervals():
    """Two models that differ on few problems, in one direction: the paired interval leaves out 0."""
    chance = random.Random(3)
    first = [float(chance.random() < 0.5) for _ in range(200)]
    second = [1.0 if place < 20 else value for place, value in enumerate(first)]
    found = compare(first, second)
    assert found.low > 0
    assert found.p_value < 0.01


def test_equal_models_do_not_differ():
    found = compare([0.5, 0.0, 1.0], [0.5, 0.0, 1.0])
    assert (found.difference, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_models_on_other_problems_are_not_compared():
    with pytest.raises(ValueError, match="different problems"):
        metrics.paired({"a": 1.0}, {"b": 1.0}, seed=1, resamples=10, level=0.95)
