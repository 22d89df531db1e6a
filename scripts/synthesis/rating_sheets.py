"""Sheets on which people rate questions of several sets without knowing which set a question is from."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from synthesis import pair_samples, schema
from synthesis.canonical import digest
from synthesis.configuration_problems import DATASET
from synthesis.errors import InputError
from synthesis.rating_criteria import CRITERIA

STAGE = "rate_questions"
LOWEST, HIGHEST = 1, 5
SHEET_COLUMNS = ["item", "question", *CRITERIA]
KEY_COLUMNS = ["item", "set", "id"]

# What a spreadsheet would take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ITEM_DIGITS = 10
# Before the digits of a name, which a spreadsheet may take for a number: `72159666e0`.
_ITEM_LETTER = "q"

# What to do without a file, and where a sheet and the key don't fit.
_NO_SHEET = f"put the filled sheet there, or correct {STAGE}.sheets."
_NO_KEY = f"run the workflow again, it makes this file, or correct {STAGE}.key."
_OTHER_KEY = (
    f", or, if the sets changed after the sheet was given out, name the copy of its own key as {STAGE}.key "
    "(docs/rating.md)."
)


@dataclass(frozen=True)
class Item:
    """A question to rate. `name` tells nothing of its set; `id` is its name there."""

    name: str
    set: str
    id: str
    question: str


@dataclass(frozen=True)
class Ratings:
    """The scores of a rater by item and criterion; the rater is called after the file."""

    rater: str
    scores: dict[str, dict[str, int]]


def draw(data: Sequence[Path], problems: dict[str, Path], sets: list[str], seed: int, count: int) -> list[Item]:
    """The items of all sets, mixed: `count` of each, or all if it has fewer.

    `data` are the files of the data set, which is called `dataset` among the sets, `problems` those of the others. The
    order and the names of items follow from a hash of seed, set and id, so a larger count changes no name, and an item
    tells nothing by its place or name.
    """
    items = []
    for name in sets:
        rows = _pairs(data, seed, count) if name == DATASET else _problems(problems[name], seed, count)
        items += [Item(_item_name(seed, name, id), name, id, text) for id, text in rows]
    return sorted(items, key=lambda item: item.name)


def _item_name(seed: int, name: str, id: str) -> str:
    return _ITEM_LETTER + digest([STAGE, seed, name, id])[:_ITEM_DIGITS]


def _pairs(data: Sequence[Path], seed: int, count: int) -> list[tuple[str, str]]:
    rows = pair_samples.read(data, ["question_id", "question"], seed, STAGE, count)
    return [(row["question_id"], row["question"]) for row in rows]


def _problems(path: Path, seed: int, count: int) -> list[tuple[str, str]]:
    """Rows of problems, each text once: a problem may have several solutions, and a row for each."""
    rows = schema.read(path, schema.PROBLEMS, ["problem_id", "problem"])
    texts = {row["problem_id"]: row["problem"] for row in {row["problem"]: row for row in reversed(rows)}.values()}
    return [(name, texts[name]) for name in pair_samples.drawn_ids(list(texts), seed, STAGE, count)]


def sheet_rows(items: list[Item]) -> list[dict]:
    """The rows of an empty sheet. A question that a spreadsheet would take for a formula begins with an apostrophe."""
    return [{"item": item.name, "question": _harmless(item.question), **dict.fromkeys(CRITERIA, "")} for item in items]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def key_rows(items: list[Item]) -> list[dict]:
    """The rows of the key, which says where each item is from."""
    return [{"item": item.name, "set": item.set, "id": item.id} for item in items]


def read_key(path: Path, sets: Sequence[str]) -> dict[str, str]:
    """The set of each item. Raises InputError if the file is no key, or one of other sets or of none of their items."""
    found = {row["item"].strip(): row["set"].strip() for _, row in _rows(path, KEY_COLUMNS, _NO_KEY)}
    if other := sorted(set(found.values()).difference(sets)):
        raise InputError(f"{path} has items of {other[0]}, which is not among {STAGE}.sets; name the sets of this key.")
    if not found:
        raise InputError(f"{path} has no items, so there is nothing to rate; name sets with questions in {STAGE}.sets.")
    return found


def read_filled(path: Path, key: dict[str, str]) -> Ratings:
    """The scores of a filled sheet: CSV in UTF-8, parted by commas, semicolons or tabs, as spreadsheets save it.

    Raises InputError, with the row, for a missing column, an unknown or doubled item, a score that is empty or none of
    1 to 5, and for items that are not there.
    """
    places: dict[str, int] = {}
    scores = {}
    for number, row in _rows(path, SHEET_COLUMNS, _NO_SHEET):
        item = row["item"].strip()
        where = f"{path}, row {number}"
        if item not in key:
            raise InputError(f"{where}: the item '{item}' is not in the key; restore its name{_OTHER_KEY}")
        if item in places:
            raise InputError(f"{where}: the item {item} stands in row {places[item]} too; remove one of them.")
        places[item] = number
        scores[item] = {name: _score(row[name], name, where) for name in CRITERIA}
    if missing := sorted(key.keys() - scores.keys()):
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise InputError(
            f"{path} lacks the items {', '.join(missing[:3])}{more}; every rater rates all items: add them{_OTHER_KEY}"
        )
    return Ratings(Path(path).stem, scores)


def _rows(path: Path, columns: list[str], missing: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a file with their numbers as a spreadsheet counts them; those in which no column has a text are none.

    `missing` says what to do if there is no file.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing; {missing}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not in UTF-8; save it as CSV in UTF-8.") from error
    head = text.strip().partition("\n")[0]
    lines = enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count)), start=1)
    told = ((number, cells) for number, cells in lines if any(cell.strip() for cell in cells))
    _, names = next(told, (1, []))
    if lacking := [name for name in columns if name not in names]:
        raise InputError(f"{path} has no column {lacking[0]}; it needs {', '.join(columns)} in its first row.")
    rows = [(number, dict(zip_longest(names, cells[: len(names)], fillvalue=""))) for number, cells in told]
    return [(number, row) for number, row in rows if any(row[name].strip() for name in columns)]


def _score(cell: str, criterion: str, where: str) -> int:
    text = cell.strip()
    if not text:
        raise InputError(f"{where}: {criterion} is empty; every item needs a score from {LOWEST} to {HIGHEST}.")
    if text not in map(str, range(LOWEST, HIGHEST + 1)):
        raise InputError(f"{where}: {criterion} is '{text}'; write a whole number from {LOWEST} to {HIGHEST}.")
    return int(text)


def check_raters(ratings: list[Ratings]) -> None:
    """Raise InputError for two sheets of one name, whose raters could not be told apart."""
    double = [name for name, times in Counter(one.rater for one in ratings).items() if times > 1]
    if double:
        raise InputError(f"{STAGE}.sheets has two files called {double[0]}; name each sheet after its rater.")
