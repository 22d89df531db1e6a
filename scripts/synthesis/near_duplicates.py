"""Which rows are near-duplicates of an earlier row that is kept, from the bands of their signatures.

A row is compared with the earlier kept rows alone, and only with those that agree with it in a band. Where very many
kept rows agree in one, as questions of one template do, the similar ones are found by their rarest shingles instead
(the prefix filter of set similarity joins: Chaudhuri, Ganti, Kaushik 2006; Bayardo, Ma, Srikant 2007). Both ways find
the same rows, so this bounds the work and changes no decision.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy

from synthesis.shingles import Shingles

# Shingles are counted by so many of their bits; two that share a count by chance only make a search longer.
_COUNTED_BITS = 22
# So many rows are worked on at once where numbers of all their shingles are needed.
_ROWS = 100_000
# Kept rows that are compared at once.
_COMPARED = 20_000


class Groups(NamedTuple):
    """The numbers of the groups of all rows; those of row i are `numbers[starts[i]:ends[i]]`."""

    numbers: numpy.ndarray
    starts: numpy.ndarray
    ends: numpy.ndarray

    def of(self, row: int) -> numpy.ndarray:
        """The groups of a row."""
        return self.numbers[self.starts[row] : self.ends[row]]


class KeptRows:
    """The kept rows by groups: each stands in those that `posted` says, and is looked for in those of `asked`."""

    def __init__(self, posted: Groups, asked: Groups):
        self._posted, self._asked = posted, asked
        sizes = numpy.bincount(posted.numbers)
        self._starts = numpy.cumsum(sizes) - sizes
        self._rows = numpy.empty(sizes.sum(), numpy.int32)
        self._counts = numpy.zeros(len(sizes), numpy.int32)

    def add(self, row: int) -> None:
        """Note that a row is kept."""
        groups = self._posted.of(row)
        self._rows[self._starts[groups] + self._counts[groups]] = row
        self._counts[groups] += 1

    def count(self, row: int) -> int:
        """How many entries `sharing` goes through."""
        return int(self._counts[self._asked.of(row)].sum())

    def sharing(self, row: int) -> list[numpy.ndarray]:
        """The kept rows in each of the groups that are asked for this row, where there are any."""
        groups = self._asked.of(row)
        starts = self._starts[groups]
        ends = starts + self._counts[groups]
        return [self._rows[start:end] for start, end in zip(starts, ends, strict=True) if start < end]


def buckets(keys: numpy.ndarray) -> numpy.ndarray:
    """The group of each row in each band, from a matrix of keys (rows x bands); -1 where no other row has its key."""
    found = numpy.empty(keys.shape, numpy.int32)
    number = 0
    for band in range(keys.shape[1]):
        found[:, band], number = _numbered(keys[:, band], number)
    return found


def _numbered(values: numpy.ndarray, first: int) -> tuple[numpy.ndarray, int]:
    """A number from `first` on for each value that stands there twice or more, else -1; and the next number."""
    order = numpy.argsort(values, kind="stable")
    ordered = values[order]
    same = numpy.concatenate([[False], ordered[1:] == ordered[:-1], [False]])
    begins = ~same[:-1] & same[1:]
    found = numpy.empty(len(values), numpy.int32)
    found[order] = numpy.where(same[:-1] | same[1:], first + numpy.cumsum(begins) - 1, -1)
    return found, first + int(begins.sum())


def find(
    found: numpy.ndarray,
    rank: numpy.ndarray,
    given: int,
    threshold: float,
    read: Callable[[numpy.ndarray], Shingles],
    advance: Callable[[], None] = lambda: None,
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """For each row the earlier kept row that it is a near-duplicate of, -1 if it is kept, and their Jaccard.

    `found` are the `buckets` of the rows, and `rank` says in which order they are kept; the first `given` rows are kept
    in any case and must have the lowest ranks. `read` gives the shingles of rows by their numbers, and is asked for
    rows that share a bucket alone; `advance` is called after each of these. Of several kept rows the most similar is
    named, of equally similar ones the first.
    """
    rows = numpy.flatnonzero((found >= 0).any(axis=1))
    search = Search(found[rows], rank[rows], read(rows), threshold)
    kept, jaccard = numpy.full(len(found), -1, numpy.int64), numpy.zeros(len(found))
    for place in numpy.argsort(rank[rows]).tolist():
        other, similarity = search.nearest(place) if rows[place] >= given else (-1, 0.0)
        if other < 0:
            search.keep(place)
        else:
            kept[rows[place]], jaccard[rows[place]] = rows[other], similarity
        advance()
    return kept, jaccard


class Search:
    """The kept rows among those with these buckets (rows x bands), ranks and shingles; finds one near a row."""

    def __init__(self, found: numpy.ndarray, rank: numpy.ndarray, sets: Shingles, threshold: float):
        self._rank, self._sets, self._threshold, self._sizes = rank, sets, threshold, sets.sizes
        self._buckets = found
        bands = _groups(found.ravel(), numpy.arange(0, found.size + 1, found.shape[1]))
        self._by_band = [KeptRows(bands, bands)]
        few, many = _rarest(sets, threshold)
        # The first finds sets that are not larger, the second those that are not smaller.
        self._by_shingle = [KeptRows(few, many), KeptRows(many, few)]

    def keep(self, row: int) -> None:
        """Note that a row is kept."""
        for rows in (*self._by_band, *self._by_shingle):
            rows.add(row)

    def nearest(self, row: int) -> tuple[int, float]:
        """The kept row in a bucket of this row with the highest Jaccard, if it reaches the threshold; else -1."""
        ways = (self._by_band, self._by_shingle)
        way = min(ways, key=lambda way: sum(rows.count(row) for rows in way))
        parts = [part for rows in way for part in rows.sharing(row)]
        if not parts:
            return -1, 0.0
        others, similar = self._similar(row, numpy.unique(numpy.concatenate(parts)))
        own = self._buckets[row]
        for place in numpy.lexsort((self._rank[others], -similar)).tolist():
            if ((own == self._buckets[others[place]]) & (own >= 0)).any():
                return int(others[place]), float(similar[place])
        return -1, 0.0

    def _similar(self, row: int, others: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
        """Those of the rows whose Jaccard with a row reaches the threshold, and their Jaccard."""
        size, sizes = self._sizes[row], self._sizes[others]
        # Sets of very different sizes need not be compared.
        others = others[numpy.minimum(size, sizes) >= self._threshold * numpy.maximum(size, sizes) - 1e-9]
        parts = [self._jaccard(row, others[start : start + _COMPARED]) for start in range(0, len(others), _COMPARED)]
        jaccard = numpy.concatenate(parts) if parts else numpy.zeros(0)
        reached = jaccard >= self._threshold
        return others[reached], jaccard[reached]

    def _jaccard(self, row: int, others: numpy.ndarray) -> numpy.ndarray:
        own = self._sets.values[self._sets.offsets[row] : self._sets.offsets[row + 1]]
        sizes = self._sizes[others]
        ends = numpy.cumsum(sizes)
        place = numpy.repeat(self._sets.offsets[others] - (ends - sizes), sizes) + numpy.arange(ends[-1])
        theirs = self._sets.values[place]
        shared = own[numpy.minimum(numpy.searchsorted(own, theirs), len(own) - 1)] == theirs
        common = numpy.add.reduceat(shared, ends - sizes, dtype=numpy.int64)
        return common / (len(own) + sizes - common)


def _groups(numbers: numpy.ndarray, offsets: numpy.ndarray, lengths: numpy.ndarray | None = None) -> Groups:
    """The groups of rows, given row after row, without those below 0; of each row all or the first so many."""
    several = numpy.concatenate([[0], numpy.cumsum(numbers >= 0)])
    last = offsets[1:] if lengths is None else offsets[:-1] + lengths
    return Groups(numbers[numbers >= 0], several[offsets[:-1]], several[last])


def _rarest(sets: Shingles, threshold: float) -> tuple[Groups, Groups]:
    """Groups by the rarest shingles of each set, once few and once many.

    Of two sets whose Jaccard reaches the threshold, the smaller one has a shingle among its few that is among the many
    of the larger one: the sets share `threshold / (1 + threshold)` of both sizes' sum or more, so at least
    `2 * threshold / (1 + threshold)` of the smaller and `threshold` of the larger, and each has so many of its rarest
    here that the others are too few for that.
    """
    sizes = sets.sizes
    few, many = (
        sizes - numpy.ceil(share * sizes - 1e-9).astype(numpy.int64) + 1
        for share in (2 * threshold / (1 + threshold), threshold)
    )
    counts = numpy.bincount(_counted(sets.values))
    parts = []
    for first in range(0, len(sizes), _ROWS):
        last = min(first + _ROWS, len(sizes))
        part = sets.values[sets.offsets[first] : sets.offsets[last]]
        row = numpy.repeat(numpy.arange(last - first), sizes[first:last])
        part = part[numpy.lexsort((part, counts[_counted(part)], row))]
        place = numpy.arange(len(part)) - (sets.offsets[first:last] - sets.offsets[first])[row]
        parts.append(part[place < many[first:last][row]])
    numbers, _ = _numbered(numpy.concatenate(parts or [sets.values]), 0)
    offsets = numpy.concatenate([[0], numpy.cumsum(many)])
    return _groups(numbers, offsets, few), _groups(numbers, offsets)


def _counted(values: numpy.ndarray) -> numpy.ndarray:
    return (values & numpy.uint64(2**_COUNTED_BITS - 1)).astype(numpy.int64)
