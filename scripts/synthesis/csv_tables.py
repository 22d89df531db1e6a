"""Reads the CSV tables of runs."""

import csv
from pathlib import Path

from synthesis.errors import InputError


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a table as texts by column, possibly none. Raises InputError if it is missing or no CSV table."""
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file, strict=True))
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing; run the workflow again, it makes this file.") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no CSV table: {error}; delete it and run its workflow again.") from error
