"""Finds the texts that share a run of words with a known text."""

import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from synthesis.text import compact, plain_words, words
from synthesis.token_hashes import run_hashes

# A known hash sets one of so many places in a table, which tells most others apart without a search.
_TABLE_BITS = 24
# Texts whose tokens are hashed at a time.
_TEXTS = 4096
# With so many known texts of each set a text is paired, at most.
SHOWN = 5


class SharedRun(NamedTuple):
    """The longest run of words that a text shares with a known one; both are given by their numbers."""

    text: int
    known: int
    words: tuple[str, ...]


class _Found(NamedTuple):
    """What texts share: the runs of each, in the order of the texts, and the known texts that hold each run."""

    runs: dict[int, list[int]]
    holders: list[list[int]]

    def first_texts(self) -> dict[int, int]:
        """Each known text that shares a run with any text, and the first of these texts."""
        of_runs: dict[int, int] = {}
        for text, runs in self.runs.items():
            for run in runs:
                of_runs.setdefault(run, text)
        of_known: dict[int, int] = {}
        for run, text in of_runs.items():
            for known in self.holders[run]:
                of_known.setdefault(known, text)
        return of_known


class KnownTexts:
    """Texts with which others are compared.

    Two texts share a run of n words if n neighbouring words of theirs are equal, either as `text.plain_words` counts
    them, which is the usual way, or as `text.words` does, which finds copies whose LaTeX is laid out otherwise. A known
    text of fewer than n words has no such run: it is shared by a text of fewer than n words that is the same but for
    layout and punctuation (`text.compact`).

    Cutting a text into words takes ten times as long as hashing its tokens, so only texts that share n tokens with a
    known one are cut and compared.
    """

    def __init__(self, texts: list[str], n: int, sets: list[str] | None = None):
        """`sets` names the set of each text, to bound how many of each `shared_by` gives; by default all are of one."""
        self.n, self._texts, self._sets = n, texts, sets or [""] * len(texts)
        self._short: dict[str, list[int]] = {}
        self._many_words = re.compile(f"(?:[^A-Za-z0-9]*+[A-Za-z0-9][A-Za-z0-9']*+){{{n}}}")
        for number, text in enumerate(texts):
            if self._is_short(text) and len(words(text)) < n and compact(text):
                self._short.setdefault(compact(text), []).append(number)
        hashes, numbers = run_hashes(texts, n)
        order = np.lexsort((numbers, hashes))
        self._hashes, self._numbers = hashes[order], numbers[order]
        self._table = np.zeros(1 << _TABLE_BITS, bool)
        self._table[_place(self._hashes)] = True
        self._words = lru_cache(maxsize=100_000)(lambda number: _cut(self._texts[number]))

    def shared_by(self, texts: list[str]) -> Iterator[SharedRun]:
        """The longest runs that the texts share with known ones, ordered by text, then by known text.

        Where all are made from one template, every text shares with every known one. So a text is paired with the first
        `SHOWN` known ones of each set that it shares with, and a known one that is in no such pair with the first text.
        The number of pairs and the time grow with the texts and the known ones, not with their product.
        """
        for text, pairs in groupby(self._pairs(self._search(texts)), key=itemgetter(0)):
            cut = _cut(texts[text])
            for _, known in pairs:
                of_known = self._words(known)
                # A known text without any run is shared as a whole.
                whole = max(map(len, of_known)) < self.n
                yield SharedRun(
                    text, known, tuple(cut[0]) if whole else max(map(_longest_shared, cut, of_known), key=len)
                )

    def touched_by(self, texts: list[str]) -> set[int]:
        """The numbers of all known texts with which any of the texts shares a run."""
        return set(self._search(texts).first_texts())

    def _pairs(self, found: _Found) -> list[tuple[int, int]]:
        shared_runs = {run for runs in found.runs.values() for run in runs}
        first = {run: self._first_of_sets(found.holders[run]) for run in shared_runs}
        pairs = set()
        for text, runs in found.runs.items():
            shared = sorted({known for run in runs for known in first[run]})
            pairs.update((text, known) for known in self._first_of_sets(shared))
        paired = {known for _, known in pairs}
        return sorted(pairs | {(text, known) for known, text in found.first_texts().items() if known not in paired})

    def _first_of_sets(self, numbers: list[int]) -> list[int]:
        """The first `SHOWN` of each set."""
        counts, first = Counter(), []
        for number in numbers:
            counts[self._sets[number]] += 1
            if counts[self._sets[number]] <= SHOWN:
                first.append(number)
        return first

    def _search(self, texts: list[str]) -> _Found:
        likely, known = self._likely(texts)
        # What two texts can share, by its number, with the known texts that hold it.
        numbers = {f"whole {text}": number for number, text in enumerate(self._short)}
        holders = list(self._short.values())
        for number in known:
            for run in self._runs(*self._words(number)):
                place = numbers.setdefault(run, len(numbers))
                if place == len(holders):
                    holders.append([])
                holders[place].append(number)
        found = {}
        for number, text in enumerate(texts):
            runs = self._runs(*_cut(text)) if number in likely else ()
            if self._short and self._is_short(text):
                runs = [*runs, f"whole {compact(text)}"]
            if shared := [numbers[run] for run in runs if run in numbers]:
                found[number] = shared
        return _Found(found, holders)

    def _runs(self, plain: list[str], without_layout: list[str]) -> dict[str, None]:
        """All runs of n words, each once, after the way in which they are cut."""
        return {
            " ".join((way, *cut[start : start + self.n])): None
            for way, cut in (("plain", plain), ("layout", without_layout))
            for start in range(len(cut) - self.n + 1)
        }

    def _likely(self, texts: list[str]) -> tuple[set[int], list[int]]:
        """Numbers of texts and of known ones that share n tokens with any, and with them all that share n words."""
        likely, known = [], np.zeros(len(self._hashes) + 1, np.int64)
        for start in range(0, len(texts), _TEXTS):
            hashes, numbers = run_hashes(texts[start : start + _TEXTS], self.n)
            there = self._table[_place(hashes)]
            hashes, numbers = hashes[there], numbers[there]
            first = np.searchsorted(self._hashes, hashes, "left")
            last = np.searchsorted(self._hashes, hashes, "right")
            likely += (start + np.unique(numbers[first < last])).tolist()
            # Counts up where a range of equal hashes begins, and down where it ends.
            np.add.at(known, first, 1)
            np.add.at(known, last, -1)
        return set(likely), np.unique(self._numbers[np.cumsum(known[:-1]) > 0]).tolist()

    def _is_short(self, text: str) -> bool:
        # Most texts have so many words near their beginning, which is told sooner than by cutting all of them.
        if text.isascii() and self._many_words.match(text):
            return False
        return len(plain_words(text)) < self.n


def _place(hashes: np.ndarray) -> np.ndarray:
    return (hashes >> np.uint64(64 - _TABLE_BITS)).astype(np.int64)


def _cut(text: str) -> tuple[list[str], list[str]]:
    return plain_words(text), words(text)


def _longest_shared(some: list[str], others: list[str]) -> tuple[str, ...]:
    match = SequenceMatcher(None, some, others, autojunk=False).find_longest_match()
    return tuple(some[match.a : match.a + match.size])
