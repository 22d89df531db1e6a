"""ROC curves: how well scores tell rows with a label from the others."""

import math
from collections.abc import Sequence

import numpy as np


def roc(labels: Sequence[bool], scores: Sequence[float]) -> list[tuple[float, float, float]]:
    """Threshold, false positive rate and true positive rate for every score as a threshold, from (0, 0) to (1, 1).

    A row is kept if its score reaches the threshold; the first one is infinite. Both labels must be there.
    """
    labels, scores = np.asarray(labels, bool), np.asarray(scores, float)
    order = np.argsort(-scores, kind="stable")
    labels, scores = labels[order], scores[order]
    last = np.append(scores[1:] != scores[:-1], True)
    kept, wrong = np.cumsum(labels)[last], np.cumsum(~labels)[last]
    points = zip(scores[last], wrong / wrong[-1], kept / kept[-1], strict=True)
    return [(float("inf"), 0.0, 0.0), *((float(t), float(x), float(y)) for t, x, y in points)]


def area(labels: Sequence[bool], scores: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """The area under the ROC curve: the chance that a row with the label has a higher score than one without it.

    Equal scores count half (the statistic of Mann and Whitney). `weights` counts each row so many times; nan where all
    labels are the same.
    """
    labels, weights = np.asarray(labels, bool), np.ones(len(labels)) if weights is None else np.asarray(weights, float)
    places = np.unique(np.asarray(scores, float), return_inverse=True)[1]
    right, wrong = (np.bincount(places, weights * chosen, places.max(initial=-1) + 1) for chosen in (labels, ~labels))
    pairs = right.sum() * wrong.sum()
    below = np.cumsum(wrong) - wrong
    return float((right * (below + wrong / 2)).sum() / pairs) if pairs else math.nan
