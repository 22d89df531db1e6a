"""Amounts that a pilot leaves uncertain: a value, and draws of what it may be as well.

Arithmetic on estimates is done on the value and, draw by draw, on the draws. So an interval follows through products,
caps and sums, and needs no formula of its own. All estimates of one forecast have the same number of draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthesis.canonical import digest

DRAWS = 4000
# The interval of 80 %: the draws between these percentiles.
LOW, HIGH = 10, 90


@dataclass(frozen=True)
class Estimate:
    """A value with draws (array of `DRAWS` numbers, or a single one for what is exact).

    `is_spread_known` is false where a single job tells the value, so that nobody knows how much jobs differ.
    """

    value: float
    draws: np.ndarray
    is_spread_known: bool = True

    def __add__(self, other: "Estimate") -> "Estimate":
        return Estimate(self.value + other.value, self.draws + other.draws, self._with(other))

    def __mul__(self, other: "Estimate | float") -> "Estimate":
        if not isinstance(other, Estimate):
            return Estimate(self.value * other, self.draws * other, self.is_spread_known)
        return Estimate(self.value * other.value, self.draws * other.draws, self._with(other))

    def at_most(self, limit: float) -> "Estimate":
        """The same, with what is above the limit cut down to it."""
        return Estimate(min(self.value, limit), np.minimum(self.draws, limit), self.is_spread_known)

    def at_least(self, other: "Estimate") -> "Estimate":
        """The larger of the two."""
        draws = np.maximum(self.draws, other.draws)
        return Estimate(max(self.value, other.value), draws, self._with(other))

    def _with(self, other: "Estimate") -> bool:
        return self.is_spread_known and other.is_spread_known

    @property
    def interval(self) -> tuple[float, float]:
        """Both ends of the interval of 80 %, which holds the value; it has no width where the spread is not known.

        The draws of a share of which nothing was lost are all below 1.
        """
        low, high = np.percentile(self.draws, [LOW, HIGH])
        return min(float(low), self.value), max(float(high), self.value)


def exact(value: float) -> Estimate:
    """A value without uncertainty."""
    return Estimate(value, np.asarray(float(value)))


def total(estimates: Sequence[Estimate]) -> Estimate:
    """The sum; 0 of none."""
    return sum(estimates, exact(0))


def rate(name: str, amounts: Sequence[float], sizes: Sequence[float]) -> Estimate | None:
    """The amount for one unit of size, from jobs with these amounts and sizes; None if they have no size at all.

    The value is the sum of the amounts over that of the sizes. With n jobs its standard error is the root of
    n / (n - 1) * sum((amount - value * size)^2), over the sum of the sizes (the ratio estimator of Cochran, Sampling
    Techniques, chapter 6). The draws are those of Student's t with n - 1 degrees of freedom, cut at 0: a resampling of
    a few jobs would be too narrow. One job alone has no known spread. `name` seeds the draws.
    """
    amounts, sizes = np.asarray(amounts, float), np.asarray(sizes, float)
    jobs = np.count_nonzero(sizes)
    if not jobs:
        return None
    value = amounts.sum() / sizes.sum()
    if jobs == 1:
        return Estimate(value, np.asarray(value), False)
    residuals = ((amounts - value * sizes) ** 2).sum()
    error = np.sqrt(jobs / (jobs - 1) * residuals) / sizes.sum()
    return Estimate(value, np.maximum(value + error * _generator(name).standard_t(jobs - 1, DRAWS), 0))


def share(name: str, kept: Sequence[int], asked: Sequence[int]) -> Estimate | None:
    """The share (0 to 1) of rows that is kept, from jobs with these counts; None if nothing was asked.

    The wider of two uncertainties: that of `rate` over the jobs, and that of a share of so many rows, whose draws are
    those of a beta distribution with Jeffreys' prior. So one job tells the spread of a share, but not that of a rate.
    """
    over_jobs = rate(name, kept, asked)
    if over_jobs is None:
        return None
    hits, misses = sum(kept), sum(asked) - sum(kept)
    over_rows = Estimate(over_jobs.value, _generator(name, "rows").beta(hits + 0.5, misses + 0.5, DRAWS))
    wider = max((over_jobs, over_rows), key=lambda found: found.interval[1] - found.interval[0])
    return Estimate(wider.value, np.clip(wider.draws, 0, 1))


def _generator(*name: str) -> np.random.Generator:
    return np.random.default_rng(int(digest(name)[:16], 16))
