"""How well rewards tell right responses from wrong ones: formulas on arrays, with intervals over questions.

Responses to one question are no independent draws, so questions are resampled and not responses (the cluster bootstrap
of Efron and Tibshirani, An Introduction to the Bootstrap, chapter 8), and the middle of the results is the interval.
"""

import math
from collections.abc import Sequence

import numpy as np

from synthesis.evaluation import LEVEL, RESAMPLES, interval
from synthesis.roc_curves import area

# Fewer can only be drawn as they are: the interval would have no width, as if all were known.
FEWEST_QUESTIONS = 2


def area_with_interval(
    labels: Sequence[bool], rewards: Sequence[float], questions: Sequence[str], seed: int
) -> tuple[float, float, float]:
    """The area with both ends of its interval; nan for all where labels are of one kind.

    With one question the ends are nan. Resamples with labels of one kind, which a few questions give, are left out of
    the interval.
    """
    value = area(labels, rewards)
    if math.isnan(value):
        return value, value, value
    groups = np.unique(np.asarray(questions), return_inverse=True)[1]
    count, random = groups.max() + 1, np.random.default_rng(seed)
    if count < FEWEST_QUESTIONS:
        return value, math.nan, math.nan
    drawn = (np.bincount(random.integers(0, count, count), minlength=count)[groups] for _ in range(RESAMPLES))
    rest = (1 - LEVEL) / 2
    low, high = np.nanquantile([area(labels, rewards, weights) for weights in drawn], [rest, 1 - rest])
    return value, float(low), float(high)


def choices(rows: list[dict]) -> dict[str, list[float]]:
    """For each question with several responses whether the best one is right, with what it stands against.

    `rows` (`question_id`, `label`, `reward`) have rewards that are numbers. `best` is 1 where the response with the
    highest reward is right; of equal ones the mean counts, since a run would take the first, whatever it is. `random`
    is the share of right responses, `oracle` 1 where any is right.
    """
    found: dict[str, list[dict]] = {}
    for row in rows:
        found.setdefault(row["question_id"], []).append(row)
    several = [responses for responses in found.values() if len(responses) > 1]
    return {
        "best": [_best(responses) for responses in several],
        "random": [_mean(responses) for responses in several],
        "oracle": [float(any(row["label"] for row in responses)) for responses in several],
    }


def choice_interval(best: list[float], seed: int) -> tuple[float, float, float]:
    """The mean of what the best responses are, with both ends of its interval.

    nan without a question, and for the ends with one.
    """
    mean = math.fsum(best) / len(best) if best else math.nan
    return (mean, *(interval(best, seed) if len(best) >= FEWEST_QUESTIONS else (math.nan, math.nan)))


def _best(responses: list[dict]) -> float:
    highest = max(row["reward"] for row in responses)
    return _mean([row for row in responses if row["reward"] == highest])


def _mean(responses: list[dict]) -> float:
    return sum(row["label"] for row in responses) / len(responses)
