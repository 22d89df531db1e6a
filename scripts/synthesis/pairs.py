"""Pairs of a question and its response: rows of the data set, or the problems of a set that have a solution."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from synthesis import schema

# The columns of a pair, and what they are called in a set of problems.
_COLUMNS = {"question_id": "problem_id", "source": "source", "question": "problem", "response": "solution"}
# What only a pair of the run itself has.
_MADE_HERE = ("sample", "reward", "question_model", "response_model", "reward_model")


class Pairs(NamedTuple):
    """Rows with the asked columns of pairs, and the count of problems that are none for lack of a solution.

    `origin` says in a sentence where the pairs are from, `repair` how there can be more.
    """

    rows: list[dict]
    without_solution: int
    origin: str = "the data set"
    repair: str = "raise generate_questions.sources.<source>.total or loosen the filters"


def read(paths: Sequence[Path], columns: Iterable[str] = tuple(_COLUMNS)) -> Pairs:
    """The pairs of a data set (files of `schema.DATASET`) or of a set of problems (one file of `schema.PROBLEMS`)."""
    columns = list(columns)
    if "problem_id" not in schema.column_names(paths[0]):
        return Pairs([row for path in paths for row in schema.read(path, schema.DATASET, columns)], 0)
    return _of_problems(paths[0], columns)


def included(path: Path) -> Pairs:
    """The pairs of a set of problems as rows of `schema.DATASET`.

    A problem's id takes the place of the question's: both are digests with a word of their own before what they name,
    so that no question can have it.
    """
    found = _of_problems(path, [*_COLUMNS, "answer"])
    return found._replace(rows=[{**row, **dict.fromkeys(_MADE_HERE)} for row in found.rows])


def _of_problems(path: Path, columns: list[str]) -> Pairs:
    theirs = {name: _COLUMNS.get(name, name) for name in columns}
    rows = schema.read(path, schema.PROBLEMS, list(dict.fromkeys([*theirs.values(), "solution"])))
    solved = [{name: row[column] for name, column in theirs.items()} for row in rows if row["solution"] is not None]
    name = Path(path).stem
    repair = f"give it more problems with solutions, whose column problems.{name}.columns.solution names"
    return Pairs(solved, len(rows) - len(solved), f"the set of problems {name}", repair)
