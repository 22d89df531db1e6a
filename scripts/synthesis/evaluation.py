"""How often a model is right on a benchmark, and how sure that is."""

from collections import Counter
from pathlib import Path

from synthesis import metrics, schema
from synthesis.answer_spelling import normalised, number
from synthesis.finish_reasons import NOTHING_WRITTEN
from synthesis.grading import CORRECT, NO_ANSWER, TIMED_OUT, UNREADABLE_REFERENCE

RESAMPLES = 1_000
LEVEL = 0.95
# Models below so many parameters are for trying the workflow: their figures say that a measurement works.
SMALL_MODEL = 1_000_000_000

# The reason for which an answer ended at its `max_tokens`.
_CUT = "length"
# Stands for all right answers; no spelling holds it.
_RIGHT = "\0right"

# What names a row. `model` is the one that answered or, for a student, the one that its training began with.
NAMES = ["model", "student", "size", "seed", "benchmark"]
COLUMNS = [
    *NAMES,
    "problems",
    "samples",
    "correct",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "deviation_over_samples",
    "pass_at_samples",
    "majority_accuracy",
    "share_without_answer",
    "share_cut",
    "answers_not_written",
    "answers_timed_out",
    "answers_to_unreadable_references",
]


def score(grades: list[dict], endings: list[str], seed: int) -> dict[str, str]:
    """The columns of a row after its names, from rows of `schema.GRADES` and why each answer ended, as text.

    Samples are averaged for each problem first, so `correct` need not be whole. The interval is the percentile
    bootstrap over problems; equal seeds resample a benchmark's problems alike for all models. `samples` is the smallest
    number of samples of a problem; with one, what is said of several stays empty.
    """
    samples = _by_problem(grades)
    outcomes = [[row["verdict"] == CORRECT for row in rows] for rows in samples.values()]
    means = [sum(found) / len(found) for found in outcomes]
    low, high = interval(means, seed)
    least = min(map(len, outcomes))
    several = least > 1
    majority = [metrics.majority_right(list(map(_vote, rows))) for rows in samples.values()]
    verdicts = Counter(row["verdict"] for row in grades)
    return {
        "problems": str(len(means)),
        "samples": str(least),
        "correct": f"{sum(means):.10g}",
        "accuracy": _text(metrics.mean_accuracy(outcomes)),
        "accuracy_low": _text(low),
        "accuracy_high": _text(high),
        "deviation_over_samples": _text(metrics.deviation_over_samples(outcomes)),
        "pass_at_samples": _text(metrics.pass_at(outcomes, least) if several else None),
        "majority_accuracy": _text(sum(majority) / len(majority) if several else None),
        "share_without_answer": _text(verdicts[NO_ANSWER] / len(grades)),
        "share_cut": _text(endings.count(_CUT) / len(endings)),
        "answers_not_written": str(sum(reason in NOTHING_WRITTEN for reason in endings)),
        "answers_timed_out": str(verdicts[TIMED_OUT]),
        "answers_to_unreadable_references": str(verdicts[UNREADABLE_REFERENCE]),
    }


def accuracy(grades: list[dict]) -> float:
    """The mean over problems of the share of right samples, not rounded."""
    found = list(shares(grades).values())
    return sum(found) / len(found)


def shares(grades: list[dict]) -> dict[str, float]:
    """The share of right samples of each problem, by its id."""
    return {
        name: sum(row["verdict"] == CORRECT for row in rows) / len(rows) for name, rows in _by_problem(grades).items()
    }


def pass_rates(grades: list[dict]) -> list[tuple[int, float]]:
    """pass@k for k = 1, 2, 4, ... up to the number of samples that all problems have."""
    outcomes = [[row["verdict"] == CORRECT for row in rows] for rows in _by_problem(grades).values()]
    least = min(map(len, outcomes))
    sizes = [2**power for power in range(least.bit_length()) if 2**power < least]
    return [(k, metrics.pass_at(outcomes, k)) for k in (*sizes, least)]


def _by_problem(grades: list[dict]) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in sorted(grades, key=lambda row: (row["problem_id"], row["sample"])):
        found.setdefault(row["problem_id"], []).append(row)
    return found


def _vote(grade: dict) -> tuple[str | None, bool]:
    """A sample's answer in the spelling of all that equal it, and whether it is right.

    All right answers equal the reference, so they stand together. Wrong ones that are no plain numbers and are spelled
    differently stand apart.
    """
    if grade["verdict"] == CORRECT:
        return _RIGHT, True
    if grade["answer"] is None:
        return None, False
    value = number(grade["answer"])
    return (normalised(grade["answer"]) if value is None else str(value.normalize())), False


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


def interval(values: list[float], seed: int) -> tuple[float, float]:
    """The middle `LEVEL` of the means of `RESAMPLES` draws with replacement from `values` (Efron's percentiles)."""
    import numpy as np

    drawn, array = np.random.default_rng(seed), np.asarray(values)
    # One resample at a time: all of them at once would not fit into memory for a large held-out set.
    means = [array[drawn.integers(0, len(array), len(array))].mean() for _ in range(RESAMPLES)]
    return metrics.percentiles(means, LEVEL)


def write(path: Path, rows: list[dict]) -> None:
    """Write the table as CSV in one atomic step."""
    schema.write_csv(path, rows, COLUMNS)
