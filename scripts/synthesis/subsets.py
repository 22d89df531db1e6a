"""Subsets of pairs for students: each holds the smaller ones, and the sources keep their proportions."""

from collections import Counter
from pathlib import Path

from synthesis import pairs, schema
from synthesis.canonical import digest
from synthesis.errors import InputError
from synthesis.pairs import Pairs

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


def subset(found: Pairs, size: str) -> list[str]:
    """The ids of the subset of `size` pairs (a number as text, or `all`).

    Raises InputError if there are not so many, or none.
    """
    order = nested_order(found.rows)
    count = len(order) if size == ALL else int(size)
    if not order:
        raise InputError(f"{found.origin} has no pairs for a student to learn from; {found.repair}.")
    if count > len(order):
        raise InputError(
            f"a student learns from {count} pairs, but {found.origin} has {len(order)}; lower "
            f"train_student.<student>.sizes, or {found.repair}."
        )
    return order[:count]


def chosen_pairs(files: list[Path], ids: Path) -> list[dict]:
    """The pairs (id, question, response) that a subset names, in the order of the data set or set of problems.

    Raises InputError if the subset names another question or none.
    """
    wanted = {row["question_id"] for row in schema.read(ids, schema.SUBSET)}
    found = pairs.read(files, ["question_id", "question", "response"])
    chosen = [row for row in found.rows if row["question_id"] in wanted]
    if unknown := wanted.difference(row["question_id"] for row in chosen):
        raise InputError(
            f"{ids} names question {min(unknown)}, which {found.origin} lacks; the files do not fit together: delete "
            f"{ids} and run the workflow again."
        )
    if not chosen:
        raise InputError(f"{ids} names no question to train on, as {found.origin} is empty; {found.repair}.")
    return chosen
