"""Subsets of the data set for students: each holds the smaller ones, and the sources keep their proportions."""

from collections import Counter
from pathlib import Path

from synthesis import schema
from synthesis.canonical import digest
from synthesis.errors import InputError

ALL = "all"


def nested_order(rows: list[dict]) -> list[str]:
    """The ids of rows with `question_id` and `source` in an order whose first n rows are the subset of n rows.

    Within a source a hash of the id decides, which is a draw without any regard to the text. Between the sources row
    j (from 0) of a source with n rows stands at (j + 1/2) / n. That is the apportionment of Sainte-Laguë: as near to
    the proportions as whole rows allow without ever taking a row out again.
    """
    drawn = sorted(rows, key=lambda row: digest(["subset", row["question_id"]]))
    total = Counter(row["source"] for row in rows)
    taken: Counter = Counter()
    places = []
    for row in drawn:
        source = row["source"]
        places.append(((taken[source] + 0.5) / total[source], source, row["question_id"]))
        taken[source] += 1
    return [question_id for *_, question_id in sorted(places)]


def subset(rows: list[dict], size: str) -> list[str]:
    """The ids of the subset of `size` rows (a number as text, or `all`). Raises InputError if there are not so many."""
    order = nested_order(rows)
    count = len(order) if size == ALL else int(size)
    if count > len(order):
        raise InputError(
            f"a student learns from {count} pairs, but the data set has {len(order)}; lower train_student.<student>."
            "sizes, or raise generate_questions.sources.<source>.total."
        )
    return order[:count]


def chosen_pairs(dataset: list[Path], ids: Path) -> list[dict]:
    """The pairs (id, question, response) of the data set that a subset names, in the order of the data set.

    Raises InputError if the subset names another question or none.
    """
    wanted = {row["question_id"] for row in schema.read(ids, schema.SUBSET)}
    columns = ["question_id", "question", "response"]
    pairs = [
        row for path in dataset for row in schema.read(path, schema.DATASET, columns) if row["question_id"] in wanted
    ]
    if unknown := wanted.difference(row["question_id"] for row in pairs):
        raise InputError(
            f"{ids} names question {min(unknown)}, which the data set lacks; the files do not fit together: delete "
            f"{ids} and run the workflow again."
        )
    if not pairs:
        raise InputError(
            f"{ids} names no question to train on, as the data set is empty; raise "
            "generate_questions.sources.<source>.total or loosen the filters."
        )
    return pairs
