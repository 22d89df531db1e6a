"""How many different words and runs of words come as a set of texts grows (distinct-n, Li et al. 2016)."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from synthesis.text import words

LENGTHS = (1, 2, 3)
# The set grows in so many equal steps.
STEPS = 10
# Runs that are kept as they come until the different ones are picked out.
_BUFFERED = 2_000_000
# An odd number near 2^64 / golden ratio. A run of words is one number of 64 bits: among 100 million different runs, two
# have the same one with a chance of 1 in 4,000.
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class Growth:
    """Counts the runs of words of texts by source; `sizes` has the number of texts of each source.

    Step k of `STEPS` holds the first k tenths of every source, so the sources keep their shares.
    """

    def __init__(self, sizes: dict[str, int]):
        self._sizes = sizes
        self._seen: Counter = Counter()
        self._numbers: dict[str, int] = {}
        self._texts = np.zeros(STEPS, np.int64)
        self._runs = np.zeros((len(LENGTHS), STEPS), np.int64)
        self._different = {(n, step): [] for n in LENGTHS for step in range(STEPS)}
        self._buffered: Counter = Counter()

    def add(self, texts: Iterable[tuple[str, str]]) -> None:
        """Count texts, given as (source, text), which follow those that were added before in their source."""
        steps, lengths, flat = [], [], []
        for source, text in texts:
            steps.append(STEPS * self._seen[source] // self._sizes[source])
            self._seen[source] += 1
            numbers = [self._numbers.setdefault(word, len(self._numbers) + 1) for word in words(text)]
            lengths.append(len(numbers))
            flat += numbers
        step_of_text = np.array(steps, np.int64)
        self._texts += np.bincount(step_of_text, minlength=STEPS)
        text_of_word = np.repeat(np.arange(len(lengths)), lengths)
        self._add_runs(np.array(flat, np.uint64), text_of_word, step_of_text[text_of_word])

    def _add_runs(self, numbers: np.ndarray, text_of_word: np.ndarray, step_of_word: np.ndarray) -> None:
        codes = np.zeros(len(numbers), np.uint64)
        for place, n in enumerate(LENGTHS):
            # The runs that begin at each word; those that reach into the next text are none.
            codes = codes[: len(numbers) - n + 1] * _FACTOR + numbers[n - 1 :]
            whole = text_of_word[: len(codes)] == text_of_word[n - 1 :]
            kept, steps = codes[whole], step_of_word[: len(codes)][whole]
            self._runs[place] += np.bincount(steps, minlength=STEPS)
            for step in np.unique(steps):
                self._keep(n, int(step), kept[steps == step])

    def _keep(self, n: int, step: int, codes: np.ndarray) -> None:
        found = self._different[n, step]
        found.append(codes)
        self._buffered[n, step] += len(codes)
        if self._buffered[n, step] > _BUFFERED:
            found[:] = [np.unique(np.concatenate(found))]
            self._buffered[n, step] = 0

    def rows(self) -> list[dict]:
        """One row for each length and step: texts, runs of words, and how many of them are different, so far."""
        texts, found = np.cumsum(self._texts), []
        for place, n in enumerate(LENGTHS):
            runs, seen = np.cumsum(self._runs[place]), np.zeros(0, np.uint64)
            for step in range(STEPS):
                seen = np.unique(np.concatenate([seen, *self._different[n, step]]))
                found.append(
                    {
                        "words": n,
                        "share_of_set": (step + 1) / STEPS,
                        "questions": int(texts[step]),
                        "ngrams": int(runs[step]),
                        "distinct": len(seen),
                    }
                )
        return found
