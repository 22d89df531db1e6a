"""The tables of a run that values can be taken from: how their rows are named, and which numbers they hold.

A value stands in a table `results/<run>/tables/<name>.csv`, in the column of its name, in the row that its key columns
tell. Where a table has the ends of a value's interval or what the value is counted on, these are taken along.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from synthesis.errors import InputError


@dataclass(frozen=True)
class RunTable:
    """What is known of a table: key columns, columns with numbers (`share_*` stands for all that begin so).

    `ends` are the columns of an interval, with `{}` for the value's name; `count` is the column that says how many
    problems, items or questions a value is of, and `counts` that of values which are of fewer. `money` are the values
    in the currency that the row names, and `only` is what a row must say to be one of the run and not one that somebody
    else published. `occurring` are key columns of which a text stands there only if it occurred, so that without a row
    it occurred never. A row that is told for the table `named_as` need not be told again for this one, as far as it has
    the same key columns; where it is empty in one of `never_empty`, this one has no such row.
    """

    keys: tuple[str, ...]
    values: tuple[str, ...]
    ends: tuple[str, str] = ("{}_low", "{}_high")
    count: str = ""
    counts: dict[str, str] = field(default_factory=dict)
    named_as: str = ""
    never_empty: tuple[str, ...] = ()
    money: tuple[str, ...] = ()
    only: dict[str, str] = field(default_factory=dict)
    occurring: tuple[str, ...] = ()

    def has_value(self, name: str) -> bool:
        """Whether a column holds numbers."""
        return _named(name, self.values)

    def counted_by(self, name: str) -> str:
        """The column that says how many problems, items or questions a value is of; empty without one."""
        return self.counts.get(name, self.count)


def _named(name: str, known: tuple[str, ...]) -> bool:
    """Whether a name is among some, of which one that ends with `*` stands for all that begin so."""
    return any(name.startswith(each[:-1]) if each.endswith("*") else name == each for each in known)


def is_share(name: str) -> bool:
    """Whether the numbers of a column are shares between 0 and 1, in whichever table."""
    return _named(name, _SHARES)


_SHARES = (
    *("accuracy", "pass_at_samples", "majority_accuracy", "deviation_over_seeds", "held_out_accuracy", "share_*"),
    *("clean_ratio", "dataset_clean_ratio", "precision", "recall", "f1", "auc"),
)
_STUDENT = ("model", "student", "size")
_AMOUNTS = ("gpu_hours", "cpu_core_hours", "cost")
_SCALED = tuple(f"{amount}_per_million_pairs" for amount in _AMOUNTS)
_SPENT = ("spent_gpu_hours", "spent_cpu_core_hours", "spent")
_HELD_OUT = (
    *("held_out_accuracy", "held_out_margin", "held_out_spearman", "held_out_mean_squared_error"),
    "held_out_mean_squared_error_of_the_mean",
)
_TOKENS = ("prompt_tokens", "completion_tokens")

TABLES = {
    "evaluation": RunTable(
        (*_STUDENT, "seed", "benchmark"),
        ("accuracy", "pass_at_samples", "majority_accuracy", "share_without_answer"),
        count="problems",
    ),
    "evaluation_seeds": RunTable(
        (*_STUDENT, "benchmark"), ("accuracy", "deviation_over_seeds"), named_as="evaluation", never_empty=("student",)
    ),
    "evaluation_averages": RunTable(
        (*_STUDENT, "seed", "average"), ("accuracy",), ends=("low", "high"), named_as="evaluation"
    ),
    "generators": RunTable(
        ("source", "generator", "trained_by"),
        ("share_*", "mean_difficulty", "questions", "scored"),
        count="questions",
        counts={"mean_difficulty": "scored"},
    ),
    "funnel": RunTable(("source", "stage", "unit", "outcome"), ("rows",), occurring=("outcome",)),
    "contamination": RunTable(("filter", "benchmark"), ("clean_ratio", "dataset_clean_ratio"), count="items"),
    "costs": RunTable(
        ("phase", "step", "type"),
        ("samples", "rows_bought", *_TOKENS, *_AMOUNTS, *_SPENT, *_SCALED),
        money=("cost", "spent", "cost_per_million_pairs"),
    ),
    "trainings": RunTable(
        ("stage", "model", "from"),
        ("rows", "rows_too_long", "steps", "first_loss", "last_loss", "rows_held_out", *_HELD_OUT),
    ),
    "difficulty": RunTable(("scorer", "source"), ("mean", "median", "scored"), count="scored"),
    "judges": RunTable(
        ("measurement", "judge"),
        ("precision", "recall", "f1", "accuracy", "share_unclear", "auc"),
        count="questions",
        counts={"auc": "scored"},
    ),
    "diversity": RunTable(
        ("texts", "compared_with"), ("mean_pairwise_similarity", "nearest_*", "share_near"), count="number"
    ),
    # These two list published values as well.
    "audit": RunTable(
        ("set", "source"),
        ("share_problem_errors", "share_answer_errors", "share_either_error", "share_unclear", "pairs"),
        count="pairs",
        only={"origin": "this run"},
    ),
    "ratings": RunTable(("set", "criterion"), ("mean",), ("low", "high"), "items", only={"origin": "this run"}),
}


class Lookup(NamedTuple):
    """Where a value stands. A row is meant if it has in each column of `where` one of the texts there.

    Rows with a text of `left_out` are not. With `total` the numbers of all these rows are added up; without it there is
    one such row. The sum is divided by that of the rows that `share_of` describes, where it describes some.
    """

    table: str
    value: str
    where: dict[str, list[str]]
    left_out: dict[str, list[str]]
    total: bool
    share_of: dict[str, list[str]]
    times: float


class Found(NamedTuple):
    """A value of a run with its interval and what it is counted on; all None if it is not there, and why (`missing`).

    `currency` is that of an amount of money.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    count: int | None = None
    currency: str = ""
    missing: str = ""


UNKNOWN = "not known"


def look_up(path: Path, rows: list[dict[str, str]], lookup: Lookup) -> Found:
    """The value that a lookup means, from the rows of the table at `path`.

    A column or row that is not there and a number that the table leaves empty are no errors, since a run may have been
    made by another configuration; `missing` tells them apart. In a sum, what never occurred adds 0.
    Raises InputError for several rows where one is meant, and for a number that is none.
    """
    known = TABLES[lookup.table]
    money = ["currency"] if lookup.value in known.money else []
    asked = (lookup.value, *lookup.where, *lookup.left_out, *lookup.share_of, *known.only, *money)
    if lacking := [name for name in asked if rows and name not in rows[0]]:
        return Found(missing=f"{Path(path).name} has no column {lacking[0]}")
    own = [row for row in rows if all(row[name] == text for name, text in known.only.items())]
    meant, absent = _meant(own, lookup)
    if absent:
        return Found(missing=f"{Path(path).name} has no row with {absent}")
    if lookup.total:
        return _summed(path, own, meant, lookup)
    if len(meant) > 1:
        raise InputError(
            f"{path} has {len(meant)} rows with {_told(lookup)}, but tabulate_results takes one; name more of its "
            f"columns ({', '.join(known.keys)}) under where, or write sum: true."
        )
    return _single(path, meant[0], lookup)


def _told(lookup: Lookup) -> str:
    """The conditions of a lookup, in words."""
    told = ", ".join(f"{name}={' or '.join(texts)}" for name, texts in lookup.where.items()) or "no conditions"
    left_out = ", ".join(f"{name}={' or '.join(texts)}" for name, texts in lookup.left_out.items())
    return told + (f" but for {left_out}" if left_out else "")


def _meant(rows: list[dict[str, str]], lookup: Lookup) -> tuple[list[dict[str, str]], str]:
    """The rows with one of the texts in each column and none that is left out; and what of it no row has, if so."""
    found, absent = _described(rows, lookup, lookup.where)
    kept = [row for row in found if not any(row[name] in texts for name, texts in lookup.left_out.items())]
    return kept, absent or ("" if kept or lookup.total else _told(lookup))


def _described(
    rows: list[dict[str, str]], lookup: Lookup, where: dict[str, list[str]]
) -> tuple[list[dict[str, str]], str]:
    """The rows with one of the texts in each column, and the first text that no row has together with the others.

    What occurred never is nothing that a sum lacks.
    """
    occurring = TABLES[lookup.table].occurring if lookup.total else ()
    identifying = {name: texts for name, texts in where.items() if name not in occurring}
    identified, absent = _matching(rows, identifying)
    return (identified, absent) if absent else (_matching(identified, where)[0], "")


def _matching(rows: list[dict[str, str]], where: dict[str, list[str]]) -> tuple[list[dict[str, str]], str]:
    found = [row for row in rows if all(row[name] in texts for name, texts in where.items())]
    for name, texts in where.items():
        there = {row[name] for row in found}
        for text in texts:
            if text not in there:
                others = "".join(f", {other}={' or '.join(item)}" for other, item in where.items() if other != name)
                return found, f"{name}={text or '(empty)'}{others}"
    return found, "" if found else "anything in it"


def _single(path: Path, row: dict[str, str], lookup: Lookup) -> Found:
    known = TABLES[lookup.table]
    names = [lookup.value, *(end.format(lookup.value) for end in known.ends)]
    value, low, high = (_number(path, row.get(name, ""), name) for name in names)
    if value is None:
        return Found(missing=UNKNOWN)
    column = known.counted_by(lookup.value)
    count = _number(path, row.get(column, ""), column)
    scaled = [None if number is None else number * lookup.times for number in (value, low, high)]
    return Found(*scaled, None if count is None else round(count), _currency([row], lookup))


def _summed(path: Path, rows: list[dict[str, str]], counted: list[dict[str, str]], lookup: Lookup) -> Found:
    value = _total(path, counted, lookup.value)
    if lookup.share_of:
        whole, absent = _described(rows, lookup, lookup.share_of)
        if absent:
            return Found(missing=f"{Path(path).name} has no row with {absent}")
        of = _total(path, whole, lookup.value)
        value = value / of if value is not None and of else None
    if value is None:
        return Found(missing=UNKNOWN)
    return Found(value * lookup.times, currency=_currency(counted, lookup))


def _total(path: Path, rows: list[dict[str, str]], column: str) -> float | None:
    """The sum of a column; not known if one of its numbers is not."""
    numbers = [_number(path, row[column], column) for row in rows]
    return None if None in numbers else sum(numbers)


def _number(path: Path, text: str, column: str) -> float | None:
    """A number of a table; None for an empty text and for what is no finite number."""
    if not text:
        return None
    try:
        number = float(text)
    except ValueError as error:
        raise InputError(
            f"{path} has '{text}' in the column {column}, which is no number; delete it and run its workflow again."
        ) from error
    return number if math.isfinite(number) else None


def _currency(rows: list[dict[str, str]], lookup: Lookup) -> str:
    if lookup.value not in TABLES[lookup.table].money:
        return ""
    return " and ".join(sorted({row["currency"] for row in rows}))
