"""One spelling for every settings tree and one digest for every value."""

import hashlib
import json
import math
from pathlib import Path


def canonical_json(value) -> str:
    """Spell `value` as JSON with sorted keys and no blanks: equal values give equal text.

    Whole floats are spelled as integers, because YAML reads `1.0` and `1` as different types although they
    mean the same setting.
    """
    return _ENCODER.encode(_normalised(value))


# Made once, since that takes as long as spelling a short value.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _normalised(value):
    if type(value) in (str, int):
        return value
    if isinstance(value, dict):
        return {str(key): _normalised(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_normalised(item) for item in value]
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    return value


def digest(value) -> str:
    """SHA-256 (64 hexadecimal digits) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def plain_digest(value) -> str:
    """The `digest` of a value made of texts, whole numbers, lists and tuples alone, in less time.

    It names the input of every paid row, also while Snakemake waits.
    """
    return hashlib.sha256(_ENCODER.encode(value).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 (64 hexadecimal digits) of a file's bytes, read in pieces."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
