"""How well a judge tells questions to keep from others, and how far two judges agree: formulas with intervals.

Keeping is the positive class, and what a judge does not keep is rejected, unclear answers too, as in a run. Intervals
are Efron's percentiles over resampled questions, with a seed. A measure without a value, such as the precision of a
judge that keeps nothing, is None, and such resamples are left out of its interval.
"""

from collections.abc import Callable, Sequence

import numpy as np

from synthesis.evaluation import LEVEL, RESAMPLES
from synthesis.judge_policies import UNCLEAR
from synthesis.roc_curves import area, roc

# The cells of a judge's table of confusion, in the order of the counts that the measures take.
CELLS = ("true_positives", "false_positives", "true_negatives", "false_negatives")
# Cells of two judges' table: what the first and the second do with a question.
PAIR_CELLS = ("both_keep", "only_first_keeps", "only_second_keeps", "both_reject")
Interval = tuple[float | None, float | None, float | None]


def _share(part, whole):
    """part / whole, nan where the whole is 0."""
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole > 0)


def precision(counts) -> np.ndarray:
    """Of the kept questions, the share that should be kept; `counts` has the `CELLS` along its last axis."""
    tp, fp, _, _ = np.moveaxis(np.asarray(counts), -1, 0)
    return _share(tp, tp + fp)


def recall(counts) -> np.ndarray:
    """Of the questions to keep, the share that is kept."""
    tp, _, _, fn = np.moveaxis(np.asarray(counts), -1, 0)
    return _share(tp, tp + fn)


def f1(counts) -> np.ndarray:
    """The harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn)."""
    tp, fp, _, fn = np.moveaxis(np.asarray(counts), -1, 0)
    return _share(2 * tp, 2 * tp + fp + fn)


def accuracy(counts) -> np.ndarray:
    """The share of the questions on which judge and label agree."""
    tp, fp, tn, fn = np.moveaxis(np.asarray(counts), -1, 0)
    return _share(tp + tn, tp + fp + tn + fn)


def first_share(counts) -> np.ndarray:
    """The share of the first of several counts, which lie along the last axis."""
    counts = np.asarray(counts)
    return _share(counts[..., 0], counts.sum(axis=-1))


def agreement(counts) -> np.ndarray:
    """The share of the questions on which two judges agree; `counts` has the `PAIR_CELLS` along its last axis."""
    both, first, second, neither = np.moveaxis(np.asarray(counts), -1, 0)
    return _share(both + neither, both + first + second + neither)


def kappa(counts) -> np.ndarray:
    """Cohen's kappa (1960): agreement beyond that of two judges who keep as often, at random.

    No value where both judges say the same of all questions, since chance alone then agrees on all.
    """
    both, first, second, neither = np.moveaxis(np.asarray(counts, float), -1, 0)
    total = both + first + second + neither
    by_chance = _share((both + first) * (both + second) + (neither + first) * (neither + second), total**2)
    return _share(agreement(counts) - by_chance, 1 - by_chance)


def with_interval(counts: Sequence[int], measure: Callable, seed: int) -> Interval:
    """A measure of counts with both ends of its interval.

    Questions of one cell are alike, so resampling questions is drawing the counts from a multinomial distribution.
    """
    total = sum(counts)
    if not total:
        return None, None, None
    drawn = np.random.default_rng(seed).multinomial(total, np.asarray(counts) / total, RESAMPLES)
    return _interval(float(measure(counts)), measure(drawn))


def _interval(value: float, resampled: np.ndarray) -> Interval:
    found = resampled[~np.isnan(resampled)]
    if np.isnan(value) or not len(found):
        return None, None, None
    rest = (1 - LEVEL) / 2
    low, high = np.quantile(found, [rest, 1 - rest])
    return value, float(low), float(high)


def confusion(rows: list[dict]) -> list[int]:
    """The counts of `CELLS` in rows of `schema.MEASURED_VERDICTS`."""
    pairs = [(row["keep"], row["label"]) for row in rows]
    return [pairs.count(cell) for cell in ((True, True), (True, False), (False, False), (False, True))]


def pair_counts(first: Sequence[bool], second: Sequence[bool]) -> list[int]:
    """The counts of `PAIR_CELLS`: whether two judges keep each of the same questions."""
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    cells = (first & second, first & ~second, ~first & second, ~first & ~second)
    return [int(cell.sum()) for cell in cells]


def is_unclear(row: dict) -> bool:
    """Whether a judge's verdict on a question was unclear."""
    return row["reason"].partition(":")[0] == UNCLEAR


def area_with_interval(labels: Sequence[bool], scores: Sequence[float], seed: int) -> Interval:
    """The area under the ROC curve with both ends of its interval."""
    labels, scores, drawn = np.asarray(labels, bool), np.asarray(scores, float), np.random.default_rng(seed)
    if not len(labels):
        return None, None, None
    picks = (drawn.integers(0, len(labels), len(labels)) for _ in range(RESAMPLES))
    return _interval(area(labels, scores), np.array([area(labels[pick], scores[pick]) for pick in picks]))


def best_threshold(labels: Sequence[bool], scores: Sequence[float]) -> tuple[float, float]:
    """The threshold with the highest F1 on these rows, the higher one of equals, and that F1."""
    labels, scores = np.asarray(labels, bool), np.asarray(scores, float)
    kept, others = labels.sum(), (~labels).sum()
    found = [
        (float(f1([tp * kept, fp * others, (1 - fp) * others, (1 - tp) * kept])), threshold)
        for threshold, fp, tp in roc(labels, scores)[1:]
    ]
    best, threshold = max(found)
    return threshold, best
