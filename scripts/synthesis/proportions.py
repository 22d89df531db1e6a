"""Shares of a sample, and how sure they are."""

import math
from typing import NamedTuple

# The quantile of the normal distribution that leaves out 2.5 % at each end: intervals hold 95 %.
NORMAL_QUANTILE = 1.959963984540054


class Share(NamedTuple):
    """A share (0 to 1) of a sample with both ends of its interval; all None for an empty sample."""

    value: float | None
    low: float | None
    high: float | None


def wilson(found: int, count: int, quantile: float = NORMAL_QUANTILE) -> Share:
    """The share `found / count` with its score interval (Wilson 1927).

    With p = found / count, n = count and z = quantile, its ends are the two solutions q of
    (p - q)^2 = z^2 q (1 - q) / n. Unlike the bootstrap it has a width at 0 and at 1: 0 errors in 100 pairs leave up to
    3.7 %.
    """
    if not count:
        return Share(None, None, None)
    share, square = found / count, quantile**2
    centre = (share + square / (2 * count)) / (1 + square / count)
    half = quantile * math.sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
    # At both ends the solution is exactly 0 or 1, and rounding would miss it.
    return Share(share, 0.0 if not found else centre - half, 1.0 if found == count else centre + half)
