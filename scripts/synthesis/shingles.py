"""Shingles: the runs of neighbouring words and signs by which texts are compared, as 64-bit numbers."""

import hashlib
from itertools import chain
from typing import NamedTuple

import numpy
import pyarrow as pa

from synthesis.mixing import mixed
from synthesis.text import normalise, tokens


class Shingles(NamedTuple):
    """One set of shingles for each text: those of text i are `values[offsets[i]:offsets[i + 1]]`, ascending."""

    values: numpy.ndarray
    offsets: numpy.ndarray

    @property
    def sizes(self) -> numpy.ndarray:
        """The number of shingles of each text."""
        return numpy.diff(self.offsets)


def shingles(texts: list[str], n: int) -> Shingles:
    """The runs of `n` neighbouring `tokens` of each text, each once.

    A text of fewer tokens is one shingle, all of it; a text without a token has none. Texts that are equal once
    normalised have equal shingles. Two shingles share a number by chance with a probability of 5e-20.
    """
    found = [tokens(normalise(text)) for text in texts]
    counts = numpy.fromiter(map(len, found), numpy.int64, len(found))
    runs = numpy.where(counts > n, counts - n + 1, numpy.minimum(counts, 1))
    text = numpy.repeat(numpy.arange(len(found)), runs)
    ends = numpy.cumsum(counts)
    start = (ends - counts)[text] + numpy.arange(len(text)) - (numpy.cumsum(runs) - runs)[text]
    return _sets(_run_numbers(_token_numbers(found), start, ends[text], n), text, len(found))


def joined(parts: list[Shingles]) -> Shingles:
    """The sets of several lists of texts as one."""
    values = numpy.concatenate([part.values for part in parts] or [numpy.zeros(0, numpy.uint64)])
    sizes = numpy.concatenate([part.sizes for part in parts] or [numpy.zeros(0, numpy.int64)])
    return Shingles(values, numpy.concatenate([[0], numpy.cumsum(sizes)]))


def _token_numbers(found: list[list[str]]) -> numpy.ndarray:
    codes = pa.array(list(chain.from_iterable(found)), pa.string()).dictionary_encode()
    data = b"".join(hashlib.blake2b(token.encode(), digest_size=8).digest() for token in codes.dictionary.to_pylist())
    return numpy.frombuffer(data, "<u8")[codes.indices.to_numpy()]


def _run_numbers(numbers: numpy.ndarray, start: numpy.ndarray, end: numpy.ndarray, n: int) -> numpy.ndarray:
    """A number for each run of `n` tokens, or of those up to `end` if they are fewer."""
    found = numpy.zeros(len(start), numpy.uint64)
    for place in range(n):
        inside = start + place < end
        found[inside] = mixed(found[inside] + numbers[start[inside] + place])
    return found


def _sets(values: numpy.ndarray, text: numpy.ndarray, count: int) -> Shingles:
    order = numpy.lexsort((values, text))
    values, text = values[order], text[order]
    new = numpy.ones(len(values), bool)
    new[1:] = (values[1:] != values[:-1]) | (text[1:] != text[:-1])
    sizes = numpy.bincount(text[new], minlength=count)
    return Shingles(values[new], numpy.concatenate([[0], numpy.cumsum(sizes)]))
