"""Questions whose right verdict is known: what judges are measured on."""

from pathlib import Path

from synthesis.canonical import digest
from synthesis.errors import InputError
from synthesis.labelled_texts import read_labelled
from synthesis.text import normalise

# The folder of the store in which judgements of labelled questions lie; no source can have a name with a hyphen.
SOURCE = "labelled-questions"
_TRUE, _FALSE = ("true", "yes", "1", "1.0"), ("false", "no", "0", "0.0")


def read_measured(path: Path, text: str, label: str, seed: int, count: int | None) -> list[dict]:
    """The rows (`question_id`, `question`, `label`) of a file of labels, or `count` of them drawn by the seed.

    `text` and `label` are names of columns; the label is true for a question that a judge should keep. They come in
    the order of the file. A question that comes twice counts once, and one with both labels not at all. A larger count
    adds to a smaller one. Raises InputError with file and row for a missing column, a text that is none and a label
    that is no truth value, and if no question is left.
    """
    rows, contradicted = {}, set()
    for where, found, value in read_labelled(path, text, label):
        row = {"question_id": _row_id(found), "question": found.strip(), "label": _truth(value, where, label)}
        if rows.setdefault(row["question_id"], row)["label"] != row["label"]:
            contradicted.add(row["question_id"])
    chosen = set(sorted(rows.keys() - contradicted, key=lambda row_id: digest(["measured", seed, row_id]))[:count])
    if not chosen:
        raise InputError(f"{path} has each of its questions with both labels, so none is left; correct the labels.")
    return [row for row_id, row in rows.items() if row_id in chosen]


def as_questions(rows: list[dict]) -> list[dict]:
    """The same rows with what `requests.answer_requests` needs; all lie in one folder of the store."""
    return [{**row, "source": SOURCE, "index": 0} for row in rows]


def _row_id(text: str) -> str:
    """A name that the text alone gives, so that measurements share what they buy."""
    return digest(["measured question", normalise(text)])[:32]


def _truth(value, where: str, label: str) -> bool:
    word = str(value).strip().casefold()
    if word not in (*_TRUE, *_FALSE):
        raise InputError(
            f"{where} has in its column {label} the value {value!r}, which is neither true nor false; write true for a "
            "question to keep and false for any other."
        )
    return word in _TRUE
