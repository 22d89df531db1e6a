"""Texts with a number each, from a file: what a scorer is trained on."""

import math
from pathlib import Path

from synthesis import problem_files
from synthesis.canonical import digest
from synthesis.errors import InputError
from synthesis.identity import is_held_out
from synthesis.text import normalise


def read_labels(path: Path, text: str, label: str, seed: int, held_out: float) -> list[dict]:
    """The rows of a file as `schema.TRAINING_LABELS`, in its order; a text that comes twice counts once.

    `text` and `label` are names of columns, `held_out` is the share (0 to below 1) of the texts that is measured on.
    Raises InputError with file and row for a missing column, a text that is none and a label that is no number.
    """
    rows = {}
    for where, values in problem_files.read_rows(Path(path), str(path)):
        for column in (text, label):
            if column not in values:
                present = ", ".join(map(str, values)) or "none"
                raise InputError(
                    f"{where} has no column {column} (it has: {present}); set labels.text and labels.label."
                )
        found = values[text]
        if not isinstance(found, str) or not found.strip():
            raise InputError(f"{where} has no text in its column {text}; give it one or remove the row.")
        key = normalise(found)
        rows.setdefault(
            key,
            {
                "row_id": digest(["label", key])[:32],
                "text": found.strip(),
                "label": _number(values[label], f"{where} has in its column {label}"),
                "held_out": is_held_out(seed, key, held_out),
            },
        )
    return list(rows.values())


def _number(value, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{where} the value {value!r}, which is no number; correct it or remove the row.")
    return number
