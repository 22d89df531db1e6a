"""The questions by which generators are compared: the first ones of each, before any filter."""

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path

from synthesis import schema


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of the programs that ask a model about these questions."""
    parser.add_argument("--questions", type=Path, nargs="+", required=True, help="questions of all generators")
    parser.add_argument("--first", type=int, required=True, help="how many questions of each generator")


def first_questions(files: Iterable[Path], count: int) -> list[dict]:
    """The questions (rows of `schema.QUESTIONS`) of an index below `count`, in the order of the files."""
    return [row for file in files for row in schema.read(file, schema.QUESTIONS) if row["index"] < count]


def asked_questions(files: Iterable[Path], count: int) -> list[dict]:
    """Those of the first questions of all files that hold a text, each once: there is nothing to ask about the rest."""
    return list({row["question_id"]: row for row in first_questions(files, count) if has_text(row)}.values())


def has_text(question: dict) -> bool:
    """Whether a question is more than blanks."""
    return bool(question["question"].strip())
