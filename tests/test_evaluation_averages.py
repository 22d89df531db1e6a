"""Averages over benchmarks: weights, intervals, seeds and comparisons, against closed forms and all exchanges."""

import itertools
import math
import statistics

import numpy as np
import pytest
from synthesis import evaluation, evaluation_averages, grading, metrics
from synthesis.errors import InputError

# Table of ScaleDiff-7B (arXiv 2509.21070): the printed average counts AIME'25 twice, and the plain mean is another one.
PRINTED = {"aime24": 73.0, "aime25": 58.7, "hmmt_feb_2025": 43.3, "brumo_2025": 66.7, "math500": 95.2}
BASE = {"model": "base", "student": "", "size": "", "seed": ""}


def student(seed: str) -> dict:
    return {"model": "base", "student": "small", "size": "1000", "seed": seed}


def grades(right: list[list[bool]]) -> list[dict]:
    """One row for each sample of each problem."""
    verdicts = {True: grading.CORRECT, False: grading.WRONG}
    return [
        {"problem_id": f"{place:04}", "sample": sample, "verdict": verdicts[is_right], "answer": "1"}
        for place, samples in enumerate(right)
        for sample, is_right in enumerate(samples)
    ]


def single(right: int, count: int) -> list[dict]:
    return grades([[place < right] for place in range(count)])


def found(names: dict, benchmarks: dict[str, list[dict]]) -> list[tuple[dict, list[dict]]]:
    return [({**names, "benchmark": benchmark}, rows) for benchmark, rows in benchmarks.items()]


def test_a_benchmark_that_stands_twice_counts_twice():
    answered = found(BASE, {name: single(round(10 * value), 1_000) for name, value in PRINTED.items()})
    both = {"AVG, AIME'25 twice": [*PRINTED, "aime25"], "plain mean": list(PRINTED)}
    rows, compared = evaluation_averages.tables(answered, both, seed=1)
    assert {row["average"]: f"{100 * float(row['accuracy']):.1f}" for row in rows} == {
        "AVG, AIME'25 twice": "65.9",
        "plain mean": "67.4",
    }
    assert rows[0]["benchmarks"] == "aime24 aime25 hmmt_feb_2025 brumo_2025 math500 aime25"
    assert not compared


def test_the_interval_of_an_average_is_that_of_independent_benchmarks():
    """Its variance is the sum of the weights' squares times p (1 - p) / n of each benchmark."""
    answered = found(BASE, {"large": single(300, 1_000), "small": single(20, 40)})
    (row,), _ = evaluation_averages.tables(answered, {"weighted": ["large", "large", "small"]}, seed=2)
    error = math.sqrt((2 / 3) ** 2 * 0.3 * 0.7 / 1_000 + (1 / 3) ** 2 * 0.5 * 0.5 / 40)
    mean = (0.3 + 0.3 + 0.5) / 3
    assert float(row["accuracy"]) == pytest.approx(mean, abs=1e-6)
    # Within the noise of 1,000 resamples: some 5 % of a quantile's distance.
    assert float(row["low"]) == pytest.approx(mean - 1.96 * error, abs=0.1 * 1.96 * error)
    assert float(row["high"]) == pytest.approx(mean + 1.96 * error, abs=0.1 * 1.96 * error)


def test_benchmarks_are_resampled_independently_and_all_models_alike():
    first, second = np.arange(60.0), np.arange(60.0) / 2
    models = np.stack([first, second])
    drawn = metrics.resampled_averages([models, models], [0.5, 0.5], seed=3, resamples=2_000)
    assert drawn[:, 1] == pytest.approx(drawn[:, 0] / 2)
    # Two benchmarks that went up and down together would have the deviation of one.
    assert drawn[:, 0].std() == pytest.approx(first.std() / math.sqrt(60) / math.sqrt(2), rel=0.06)


def test_the_average_of_one_benchmark_is_that_benchmarks_own_row():
    rows = grades([[place % 3 == 0, place % 4 == 0] for place in range(90)])
    whole = evaluation.score(rows, ["stop"], seed=7)
    (row,), _ = evaluation_averages.tables(found(BASE, {"test": rows}), {"all benchmarks": ["test"]}, seed=7)
    assert [row["accuracy"], row["low"], row["high"]] == [
        whole["accuracy"], whole["accuracy_low"], whole["accuracy_high"]
    ]  # fmt: skip


def test_seeds_have_rows_of_their_own_and_one_for_their_mean():
    right = {"1": (30, 6), "2": (36, 8), "3": (33, 10)}
    answered = found(BASE, {"test": single(20, 60), "held_out": single(5, 12)})
    for seed, (test, held_out) in right.items():
        answered += found(student(seed), {"test": single(test, 60), "held_out": single(held_out, 12)})
    rows, compared = evaluation_averages.tables(answered, {"mean of two": ["test", "held_out"]}, seed=4)
    assert [(row["student"], row["seed"], row["seeds"]) for row in rows] == [
        ("", "", ""), ("small", "1", "1"), ("small", "2", "1"), ("small", "3", "1"), ("small", "", "3")
    ]  # fmt: skip
    each = [(test / 60 + held_out / 12) / 2 for test, held_out in right.values()]
    assert float(rows[-1]["accuracy"]) == pytest.approx(statistics.fmean(each), abs=1e-6)
    assert float(rows[-1]["deviation_over_seeds"]) == pytest.approx(statistics.stdev(each), abs=1e-6)
    assert [row["deviation_over_seeds"] for row in rows[:-1]] == [""] * 4
    assert [(row["first"], row["second"]) for row in compared] == [
        ("base", name) for name in ("small-1000-1", "small-1000-2", "small-1000-3", "small-1000")
    ]
    assert [row["p_value"] == "" for row in compared] == [False, False, False, True]
    base = (20 / 60 + 5 / 12) / 2
    differences = [float(row["difference"]) for row in compared]
    assert differences == pytest.approx([*(value - base for value in each), statistics.fmean(each) - base], abs=1e-6)
    assert all(float(row["low"]) <= float(row["difference"]) <= float(row["high"]) for row in compared)
    assert {row["problems"] for row in compared} == {72}


def test_the_p_value_of_an_average_is_that_of_all_exchanges():
    """Of 4 and 5 problems, the first benchmark counting twice: all 2^9 ways to exchange the models' answers."""
    first = {"a": [[False], [False], [True], [False]], "b": [[True], [False], [False], [True], [False]]}
    second = {"a": [[True], [True], [True], [True]], "b": [[True], [True], [False], [False], [True]]}
    answered = [
        *found(BASE, {name: grades(rows) for name, rows in first.items()}),
        *found({**BASE, "model": "other"}, {name: grades(rows) for name, rows in second.items()}),
    ]
    _, (row,) = evaluation_averages.tables(answered, {"weighted": ["a", "a", "b"]}, seed=5)
    terms = [
        weight / len(first[name]) * (after[0] - before[0])
        for name, weight in (("a", 2 / 3), ("b", 1 / 3))
        for before, after in zip(first[name], second[name], strict=True)
    ]
    observed = sum(terms)
    flips = itertools.product((-1, 1), repeat=len(terms))
    exact = statistics.fmean(
        abs(sum(sign * term for sign, term in zip(signs, terms, strict=True))) >= abs(observed) - 1e-9
        for signs in flips
    )
    assert float(row["difference"]) == pytest.approx(observed, abs=1e-6)
    assert 0.05 < exact < 0.95
    assert float(row["p_value"]) == pytest.approx(exact, abs=0.015)


def test_models_on_other_problems_stand_in_no_table_together():
    answered = [*found(BASE, {"test": single(1, 3)}), *found({**BASE, "model": "other"}, {"test": single(1, 4)})]
    with pytest.raises(InputError, match=r"base and other can't stand in one table of averages.*problems of test"):
        evaluation_averages.tables(answered, {"all benchmarks": ["test"]}, seed=6)
