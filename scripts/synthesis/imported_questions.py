"""Questions that a user brings in a file."""

from pathlib import Path

from synthesis import problem_files
from synthesis.errors import InputError


def read_questions(path: Path, column: str) -> list[str]:
    """The texts of a column of a file (JSON lines, JSON, CSV, TSV or Parquet, plain or gzipped), in its order.

    Raises InputError naming the file and the row for a missing column and for a question that is no text or empty.
    """
    texts = []
    for where, values in problem_files.read_rows(Path(path), str(path)):
        if column not in values:
            present = ", ".join(map(str, values)) or "none"
            raise InputError(f"{where} has no column {column} (it has: {present}); set column to the right one.")
        text = values[column]
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"{where} has no question in its column {column}; give it a text or remove the row.")
        texts.append(text.strip())
    return texts
