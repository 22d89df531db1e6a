"""The tables of `measure_diversity`, as the page and the figures read them."""

from pathlib import Path

from synthesis import csv_tables
from synthesis.errors import InputError


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a table as texts by column. Raises InputError if it is missing or has none."""
    rows = csv_tables.read(path)
    if not rows:
        raise InputError(f"{path} has no rows; delete it and run the workflow again.")
    return rows


def ngram_name(words: str) -> str:
    """What runs of so many words are called."""
    return "words" if words == "1" else f"runs of {words} words"
