"""How often a model is right on a benchmark, and how sure that is."""

from collections import Counter
from pathlib import Path

from synthesis import schema
from synthesis.grading import CORRECT, NO_ANSWER, TIMED_OUT, UNREADABLE_REFERENCE

RESAMPLES = 1_000
LEVEL = 0.95
# Models below so many parameters are for trying the workflow: their figures say that a measurement works.
SMALL_MODEL = 1_000_000_000

# What names a row. `model` is the one that answered or, for a student, the one that its training began with.
NAMES = ["model", "student", "size", "seed", "benchmark"]
COLUMNS = [
    *NAMES,
    "problems",
    "correct",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "share_without_answer",
    "answers_timed_out",
    "answers_to_unreadable_references",
]


def score(grades: list[dict], seed: int) -> dict[str, str]:
    """The columns of a row after its names, from rows of `schema.GRADES`, as text.

    Samples are averaged for each problem first, so `correct` need not be whole. The interval is the percentile
    bootstrap over problems; equal seeds resample a benchmark's problems alike for all models.
    """
    samples: dict[str, list[bool]] = {}
    for row in sorted(grades, key=lambda row: (row["problem_id"], row["sample"])):
        samples.setdefault(row["problem_id"], []).append(row["verdict"] == CORRECT)
    means = [sum(found) / len(found) for found in samples.values()]
    low, high = interval(means, seed)
    verdicts = Counter(row["verdict"] for row in grades)
    return {
        "problems": str(len(means)),
        "correct": f"{sum(means):.10g}",
        "accuracy": f"{sum(means) / len(means):.6f}",
        "accuracy_low": f"{low:.6f}",
        "accuracy_high": f"{high:.6f}",
        "share_without_answer": f"{verdicts[NO_ANSWER] / len(grades):.6f}",
        "answers_timed_out": str(verdicts[TIMED_OUT]),
        "answers_to_unreadable_references": str(verdicts[UNREADABLE_REFERENCE]),
    }


def interval(values: list[float], seed: int) -> tuple[float, float]:
    """The middle `LEVEL` of the means of `RESAMPLES` draws with replacement from `values` (Efron's percentiles)."""
    import numpy as np

    drawn, array = np.random.default_rng(seed), np.asarray(values)
    # One resample at a time: all of them at once would not fit into memory for a large held-out set.
    means = [array[drawn.integers(0, len(array), len(array))].mean() for _ in range(RESAMPLES)]
    rest = (1 - LEVEL) / 2
    low, high = np.quantile(means, [rest, 1 - rest])
    return float(low), float(high)


def write(path: Path, rows: list[dict]) -> None:
    """Write the table as CSV in one atomic step."""
    schema.write_csv(path, rows, COLUMNS)
