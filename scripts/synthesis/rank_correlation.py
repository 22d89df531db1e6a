"""How far two measures put the same things into the same order: Spearman's rank correlation, and how sure it is."""

import numpy as np

from synthesis.evaluation import LEVEL, RESAMPLES

# Most pairs that are resampled: of more, the interval is that of so many, and wider than it need be.
MOST_RESAMPLED = 20_000


def ranks(values: np.ndarray) -> np.ndarray:
    """The ranks from 1 of some numbers; equal ones share the mean of their places."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]


def spearman(first: np.ndarray, second: np.ndarray) -> float | None:
    """Pearson's correlation of the ranks of two rows of numbers of one length; None if either is constant or empty."""
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])


def interval(first: np.ndarray, second: np.ndarray, seed: int) -> tuple[float, float] | None:
    """The middle `LEVEL` of the correlations of `RESAMPLES` draws of pairs with replacement (Efron's percentiles).

    Ranks are taken anew in each draw. A draw in which a measure is constant has no correlation and is left out; None
    if more than half of them are.
    """
    drawn = np.random.default_rng(seed)
    first, second = first[:MOST_RESAMPLED], second[:MOST_RESAMPLED]
    found = []
    for _ in range(RESAMPLES if len(first) else 0):
        chosen = drawn.integers(0, len(first), len(first))
        found.append(spearman(first[chosen], second[chosen]))
    known = [value for value in found if value is not None]
    if 2 * len(known) <= RESAMPLES:
        return None
    rest = (1 - LEVEL) / 2
    low, high = np.quantile(known, [rest, 1 - rest])
    return float(low), float(high)
