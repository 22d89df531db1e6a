"""MinHash signatures of sets of shingles (Broder 1997), and the bands by which similar ones are found."""

import numpy
import pyarrow as pa
from rensa import RMinHash

from synthesis.errors import InputError
from synthesis.mixing import mixed
from synthesis.shingles import Shingles, shingles

# Signatures of different versions of the algorithm cannot be compared, and those of a run may be years apart.
ALGORITHM_VERSION = 2
SEED = 1
# Of pairs exactly at the threshold so many (0 to 1) are found, of more similar ones more.
LEAST_FOUND = 0.95
# Texts whose shingles and signatures are in memory as Python's numbers at once.
_TEXTS = 4096


def signatures(sets: Shingles, permutations: int) -> numpy.ndarray:
    """A signature for each set: texts x permutations, unsigned 32 bits. That of an empty set says nothing.

    Two signatures agree in about the share of their numbers that is the Jaccard of their sets.
    """
    if RMinHash.ALGORITHM_VERSION != ALGORITHM_VERSION:
        raise InputError(
            f"rensa makes signatures of version {RMinHash.ALGORITHM_VERSION}, but those of this project are of version "
            f"{ALGORITHM_VERSION}; install the version of rensa that requirements.txt names."
        )
    offsets = sets.offsets.astype(numpy.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(sets.values, offsets, permutations, SEED)
    return numpy.array(matrix.to_rows(), "<u4").reshape(-1, permutations)


def bands(threshold: float, permutations: int) -> tuple[int, int]:
    """How many bands a signature is cut into, and how many numbers stand in each.

    Two questions are compared if they agree in a whole band, which those of Jaccard j do with the probability
    `1 - (1 - j ** rows) ** bands`. Longer bands let fewer pairs through in vain, so these are the longest that still
    find `LEAST_FOUND` of the pairs at the threshold.
    """
    for rows in range(permutations, 1, -1):
        if 1 - (1 - threshold**rows) ** (permutations // rows) >= LEAST_FOUND:
            return permutations // rows, rows
    return permutations, 1


def band_keys(found: numpy.ndarray, threshold: float) -> numpy.ndarray:
    """A 64-bit number for each band of each signature: texts x bands. Equal bands have equal numbers."""
    count, rows = bands(threshold, found.shape[1])
    columns = found[:, : count * rows].astype(numpy.uint64).reshape(len(found), count, rows)
    keys = numpy.zeros((len(found), count), numpy.uint64)
    for row in range(rows):
        keys = mixed(keys + columns[:, :, row])
    return keys


def column(texts: list[str], ngram: int, permutations: int) -> pa.ChunkedArray:
    """The signatures of texts as the column `near` of `schema.near_signatures`."""
    parts = [_column(texts[start : start + _TEXTS], ngram, permutations) for start in range(0, len(texts), _TEXTS)]
    return pa.chunked_array(parts, pa.binary(4 * permutations))


def _column(texts: list[str], ngram: int, permutations: int) -> pa.FixedSizeBinaryArray:
    sets = shingles(texts, ngram)
    data = pa.py_buffer(signatures(sets, permutations).tobytes())
    present = pa.py_buffer(numpy.packbits(sets.sizes > 0, bitorder="little").tobytes())
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(4 * permutations), len(texts), [present, data])


def numbers(found: pa.ChunkedArray) -> numpy.ndarray:
    """The signatures of a column without nulls: rows x permutations."""
    array, width = found.combine_chunks(), found.type.byte_width
    data = numpy.frombuffer(array.buffers()[1], "<u4") if len(array) else numpy.zeros(0, "<u4")
    return data.reshape(-1, width // 4)[array.offset : array.offset + len(array)]
