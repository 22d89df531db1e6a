"""Texts with a number each, from a file or from fail rates: what a scorer is trained on."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from synthesis import problem_files, schema
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
    for where, found, value in read_labelled(path, text, label):
        row = _row(found, _number(value, f"{where} has in its column {label}"), seed, held_out)
        rows.setdefault(row["row_id"], row)
    return list(rows.values())


def read_labelled(path: Path, text: str, label: str) -> Iterator[tuple[str, str, object]]:
    """Place, text and label of each row of a file, in its order; `text` and `label` are names of columns.

    Raises InputError with file and row for a missing column and for a text that is none.
    """
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
        yield where, found, values[label]


def rate_labels(problems: Path, rates: Iterable[Path], seed: int, held_out: float) -> list[dict]:
    """Problems with the fail rates of a solver as `schema.TRAINING_LABELS`, in the order of the problems.

    `problems` holds rows of `schema.PROBLEMS`, the files `rates` rows of `schema.FAIL_RATES`; `held_out` as for
    `read_labels`. Raises InputError if a rate is that of no problem.
    """
    found = {row["problem_id"]: row["fail_rate"] for path in rates for row in schema.read(path, schema.FAIL_RATES)}
    rows = [
        _row(problem["problem"], found.pop(problem["problem_id"]), seed, held_out)
        for problem in schema.read(problems, schema.PROBLEMS)
        if problem["problem_id"] in found
    ]
    if found:
        raise InputError(
            f"{len(found)} problems have fail rates but are not in {problems}; the files do not fit together: run the "
            "workflow again with --forcerun grade_fail_rates."
        )
    return rows


def check_labels(rows: list[dict], scorer: str, solver: str | None) -> None:
    """Raise InputError if a scorer has nothing to learn from rows of `schema.TRAINING_LABELS`.

    `scorer` is the name of the scorer, `solver` that of the fail rates which are the labels; None if they are a file's.
    """
    where = f"train_difficulty_scorer.{scorer}"
    origin = f"sample_fail_rates.{solver}" if solver else f"{where}.labels"
    nothing = f"so {where} has nothing to learn from"
    if not rows:
        raise InputError(
            f"{origin}: no problem has a fail rate, {nothing}; give problems whose reference answers are mathematics."
            if solver
            else f"{origin}: the file has no rows, {nothing}; give one with questions and their difficulty."
        )
    trained = [row["label"] for row in rows if not row["held_out"]]
    if not trained:
        raise InputError(f"{origin}: all {len(rows)} rows are held out, {nothing}; lower {where}.held_out.")
    if len(set(trained)) == 1:
        rest = f" ({len(rows) - len(trained)} more are held out)" if len(rows) > len(trained) else ""
        raise InputError(
            f"{origin}: all {len(trained)} problems have the fail rate {trained[0]:g}{rest}, {nothing}; choose other "
            "problems, another solver or more samples."
            if solver
            else f"{origin}: all {len(trained)} labels are {trained[0]:g}{rest}, {nothing}; give labels that differ."
        )


def _row(text: str, label: float, seed: int, held_out: float) -> dict:
    key = normalise(text)
    return {
        "row_id": digest(["label", key])[:32],
        "text": text.strip(),
        "label": label,
        "held_out": is_held_out(seed, key, held_out, "scorer"),
    }


def _number(value, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{where} the value {value!r}, which is no number; correct it or remove the row.")
    return number
