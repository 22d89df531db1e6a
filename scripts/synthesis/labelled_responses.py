"""Responses of which it is known whether they are right: what scorers of responses are measured on."""

from pathlib import Path

from synthesis import problem_files
from synthesis.canonical import digest
from synthesis.errors import InputError

# Where scores of labelled responses lie in the store. No source of questions can have this name.
FOLDER = "_labelled"
_LABELS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}


def read_responses(path: Path, columns: dict[str, str], seed: int, count: int | None = None) -> list[dict]:
    """The rows of a file (`response_id`, `question_id`, `question`, `response`, `label`), in its order.

    `columns` names those that hold `question`, `response` and `label`. With `count`, questions are drawn by the seed as
    long as all their responses together are no more than that, so a larger count adds to a smaller one. A response that
    comes twice counts once. Raises InputError with file and row for a missing column, a text that is none, a label that
    is neither true nor false and a response with both labels, and if nothing is left to measure.
    """
    rows: dict[str, dict] = {}
    for where, values in problem_files.read_rows(Path(path), str(path)):
        row = _row(where, values, columns)
        if rows.setdefault(row["response_id"], row)["label"] != row["label"]:
            raise InputError(f"{where} has the response of an earlier row with the other label; remove one of them.")
    found = list(rows.values()) if count is None else _drawn(list(rows.values()), seed, count)
    if not found:
        raise InputError(
            f"{path} has no question whose responses are at most {count} (the key responses); raise it."
            if rows
            else f"{path} has no rows, so there is nothing to measure; give labelled responses."
        )
    return found


def as_questions(rows: list[dict]) -> tuple[list[dict], list[dict]]:
    """The same as rows of questions and of responses, for `response_scores.requests`.

    Each response stands for itself, so that what is bought for it depends on no other row of the file.
    """
    questions = [
        {"question_id": row["response_id"], "source": FOLDER, "index": 0, "question": row["question"]} for row in rows
    ]
    return questions, [{"question_id": row["response_id"], "sample": 0, "response": row["response"]} for row in rows]


def _row(where: str, values: dict, columns: dict[str, str]) -> dict:
    for name, column in columns.items():
        if column not in values:
            present = ", ".join(map(str, values)) or "none"
            raise InputError(f"{where} has no column {column} (it has: {present}); set labels.{name}.")
    for name in ("question", "response"):
        text = values[columns[name]]
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"{where} has no text in its column {columns[name]}; give it one or remove the row.")
    value = values[columns["label"]]
    label = _LABELS.get(str(value).strip().casefold())
    if label is None:
        raise InputError(
            f"{where} has in its column {columns['label']} the value {value!r}, which is neither true nor false; write "
            "true for a right response and false for any other."
        )
    question, response = values[columns["question"]].strip(), values[columns["response"]].strip()
    return {
        "response_id": digest(["labelled response", question, response])[:32],
        "question_id": digest(["labelled question", question])[:32],
        "question": question,
        "response": response,
        "label": label,
    }


def _drawn(rows: list[dict], seed: int, count: int) -> list[dict]:
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row["question_id"]] = sizes.get(row["question_id"], 0) + 1
    chosen, total = set(), 0
    for name in sorted(sizes, key=lambda name: digest(["measured", seed, name])):
        total += sizes[name]
        if total > count:
            break
        chosen.add(name)
    return [row for row in rows if row["question_id"] in chosen]
