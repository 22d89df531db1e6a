"""Short names for rows, so that those of a whole run can be compared in little memory, whatever their ids are."""

import hashlib
from collections.abc import Iterable

import pyarrow as pa

# Bytes of a name. Among a hundred million rows, two share one by chance with a probability of 1e-23.
WIDTH = 16
DIGEST = pa.binary(WIDTH)


def digests(texts: Iterable[str]) -> pa.FixedSizeBinaryArray:
    """A digest of each text: `WIDTH` bytes."""
    data = b"".join(hashlib.blake2b(text.encode(), digest_size=WIDTH).digest() for text in texts)
    return pa.FixedSizeBinaryArray.from_buffers(DIGEST, len(data) // WIDTH, [None, pa.py_buffer(data)])


def joined(parts: list[pa.Array]) -> pa.ChunkedArray:
    """The digests of several files as one column."""
    return pa.chunked_array(parts, DIGEST)


def first_repeated(column: pa.ChunkedArray) -> tuple[int, int] | None:
    """The number of the first row that is equal to an earlier one, and that of the earlier one; None if all differ."""
    codes = column.combine_chunks().dictionary_encode()
    if len(codes.dictionary) == len(column):
        return None
    seen: dict[int, int] = {}
    for number, code in enumerate(codes.indices.to_pylist()):
        if seen.setdefault(code, number) != number:
            return number, seen[code]
    return None
