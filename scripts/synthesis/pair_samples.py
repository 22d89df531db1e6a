"""Samples of the data set's pairs, drawn by a hash of their ids."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from synthesis import schema
from synthesis.canonical import digest

# Rows that are in memory at once.
PART_ROWS = 1000


def drawn_ids(ids: Sequence[str], seed: int, purpose: str, count: int) -> list[str]:
    """The first `count` ids in the order of a hash of seed, purpose and id; all of them if there are fewer.

    A draw without any regard to the texts. A larger count keeps the ids of a smaller one, and the order of the ids does
    not matter. Samples for different purposes are independent of each other.
    """
    return sorted(ids, key=lambda name: digest([purpose, seed, name]))[:count]


def read(paths: Sequence[Path], columns: list[str], seed: int, purpose: str, count: int) -> list[dict]:
    """Columns of the drawn rows (`schema.DATASET`) of a data set's files, in the order of the data set.

    `question_id` must be among the columns. The texts of no other rows are kept in memory.
    """
    ids = [name.as_py() for path in paths for part in _parts(path, ["question_id"]) for name in part["question_id"]]
    drawn = pa.array(drawn_ids(ids, seed, purpose, count), pa.string())
    parts = (part for path in paths for part in _parts(path, columns))
    return [row for part in parts for row in part.filter(pc.is_in(part["question_id"], drawn)).to_pylist()]


def _parts(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    return schema.read_batches(path, schema.DATASET, columns, PART_ROWS)
