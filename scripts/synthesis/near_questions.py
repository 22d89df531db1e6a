"""Near-duplicates among the questions of a run and the problems they are compared with: reads what that needs."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy
import pyarrow.compute as pc

from synthesis import minhash, near_duplicates, schema
from synthesis.errors import InputError
from synthesis.shingles import Shingles, joined, shingles


class Settings(NamedTuple):
    """How near-duplicates are found."""

    threshold: float
    ngram: int
    permutations: int


class Files(NamedTuple):
    """The signatures and the questions of each shard, and the number of rows before each shard and after all."""

    signatures: list[Path]
    questions: list[Path]
    ends: list[int]


def find(
    files: Files,
    first: numpy.ndarray,
    rank: numpy.ndarray,
    problems: list[str],
    settings: Settings,
    advance: Callable[[], None],
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """For each question the number of the kept row that it is a near-duplicate of, -1 if none, and their Jaccard.

    `first` is the number of the first row that is the same text, which decides for all of them, and `rank` the place of
    each row in the order in which they are kept. Problem i has the number `len(first) + i`.
    """
    count = len(first)
    representative = first == numpy.arange(count)
    sets = shingles(problems, settings.ngram)
    given = numpy.flatnonzero(sets.sizes)
    keys = [minhash.band_keys(minhash.signatures(sets, settings.permutations), settings.threshold)[given]]
    numbers = [given + count]
    for path, (start, end) in zip(files.signatures, pairwise(files.ends), strict=True):
        rows, part = _signed(path, representative[start:end], settings)
        numbers.append(rows + start)
        keys.append(part)
    numbers, keys = numpy.concatenate(numbers), [numpy.concatenate(keys)]
    # The keys take most of the memory, so they go where they are no longer needed.
    buckets = near_duplicates.buckets(keys.pop())
    order = numpy.concatenate([numpy.arange(len(given)), len(given) + rank[numbers[len(given) :]]])

    def read(rows: numpy.ndarray) -> Shingles:
        wanted = numbers[rows]
        chosen = [problems[number - count] for number in wanted[wanted >= count]]
        return joined([shingles(chosen, settings.ngram), *_read(files, wanted[wanted < count], settings.ngram)])

    found, similarity = near_duplicates.find(buckets, order, len(given), settings.threshold, read, advance)
    kept, jaccard = numpy.full(count, -1, numpy.int64), numpy.zeros(count)
    dropped = numpy.flatnonzero(found >= 0)
    kept[numbers[dropped]], jaccard[numbers[dropped]] = numbers[found[dropped]], similarity[dropped]
    return kept[first], jaccard[first]


def _signed(path: Path, representative: numpy.ndarray, settings: Settings) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The representatives in a file that have a shingle, and the keys of their bands."""
    wanted = schema.near_signatures(settings.permutations)
    found = schema.read_table(path, wanted, ["near"])["near"]
    if found.type != wanted.field("near").type:
        raise InputError(
            f"{path} has signatures of another length than find_duplicates.permutations ({settings.permutations}) "
            "says; delete it and run the workflow again."
        )
    rows = numpy.flatnonzero(representative & found.is_valid().to_numpy())
    return rows, minhash.band_keys(minhash.numbers(found.take(rows)), settings.threshold)


def _read(files: Files, rows: numpy.ndarray, ngram: int) -> list[Shingles]:
    """The shingles of questions by their ascending numbers, shard after shard."""
    parts = []
    cuts = numpy.searchsorted(rows, files.ends)
    for path, questions, start, (low, high) in zip(
        files.signatures, files.questions, files.ends, pairwise(cuts), strict=False
    ):
        if low < high:
            ids = schema.read_table(path, schema.SIGNATURES, ["question_id"])["question_id"].take(
                rows[low:high] - start
            )
            texts = schema.read_table(questions, schema.QUESTIONS, ["question_id", "question"])
            place = pc.index_in(ids, texts["question_id"])
            if place.null_count:
                raise InputError(
                    f"{path} names question {ids.filter(place.is_null())[0].as_py()}, which {questions} does not hold; "
                    "the files do not fit together: delete the former and run the workflow again."
                )
            parts.append(shingles(texts["question"].take(place).to_pylist(), ngram))
    return parts
