"""Rows of files with problems: JSON lines, JSON, CSV, TSV and Parquet, plain or gzipped."""

import csv
import gzip
import json
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from synthesis.errors import InputError


class RawRow(NamedTuple):
    """A row as its source gives it; `where` names its place for error sentences."""

    where: str
    values: dict


def file_format(name: str) -> str:
    """The format that a file's name ends in, without `.gz`: one of `FORMATS`. Raises InputError for another one."""
    suffix = PurePosixPath(name.removesuffix(".gz")).suffix
    if suffix not in FORMATS:
        raise InputError(f"{name} does not end in {', '.join(FORMATS)} or one of these with .gz; give such a file.")
    return suffix


def read_rows(path: Path, name: str, header: list[str] | None = None) -> Iterator[RawRow]:
    """The rows of a file in its order.

    `name` gives the format and stands in error sentences (a downloaded file lies under another path). `header`
    names the columns of a CSV or TSV file that has no line with names. Raises InputError with file and line for a
    file that is empty, damaged, not UTF-8 or not in its format.
    """
    read = FORMATS[file_format(name)]
    count = 0
    try:
        with _plain(path, name) as file:
            for row in read(file, name, header):
                count += 1
                yield row
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{name} is not a whole gzip file ({error}); get it anew.") from error
    if not count:
        raise InputError(f"{name} holds no rows; give a file with at least one problem.")


@contextmanager
def _plain(path: Path, name: str):
    """The file's bytes, decompressed if its name ends in `.gz`."""
    with path.open("rb") as file:
        if name.endswith(".gz"):
            with gzip.open(file) as plain:
                yield plain
        else:
            yield file


def _lines(file, name: str) -> Iterator[tuple[int, str]]:
    """Numbered lines (from 1) with their ends. Split on line feeds only: U+2028 may stand inside a JSON string."""
    for number, line in enumerate(file, start=1):
        try:
            yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"{name}, line {number}: not UTF-8 ({error.reason}); convert the file.") from error


def _json_lines(file, name: str, _header) -> Iterator[RawRow]:
    return _json_rows(_lines(file, name), name)


def _json_rows(lines, name: str) -> Iterator[RawRow]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{name}, line {number}: not valid JSON ({error}); correct the line.") from error
        yield RawRow(f"{name}, line {number}", _object(value, f"{name}, line {number}"))


def _object(value, where: str) -> dict:
    if not isinstance(value, dict):
        raise InputError(f"{where}: not a JSON object but {type(value).__name__}; give one object for each problem.")
    return value


def _json_document(file, name: str, _header) -> Iterator[RawRow]:
    """A JSON list of objects. Many published `.json` files hold JSON lines, so these are read too."""
    lines = list(_lines(file, name))
    if not next((line for _number, line in lines if line.strip()), "").lstrip().startswith("["):
        yield from _json_rows(lines, name)
        return
    try:
        values = json.loads("".join(line for _number, line in lines))
    except json.JSONDecodeError as error:
        raise InputError(f"{name}, line {error.lineno}: not valid JSON ({error.msg}); correct the file.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: not JSON that can be read ({error}); correct the file.") from error
    for number, value in enumerate(values, start=1):
        yield RawRow(f"{name}, row {number}", _object(value, f"{name}, row {number}"))


def _comma_separated(file, name: str, header) -> Iterator[RawRow]:
    return _separated(file, name, header, {"delimiter": ",", "strict": True})


def _tab_separated(file, name: str, header) -> Iterator[RawRow]:
    """Tab-separated text has no quoting: a quotation mark is part of the text."""
    return _separated(file, name, header, {"delimiter": "\t", "quoting": csv.QUOTE_NONE})


def _separated(file, name: str, header, dialect: dict) -> Iterator[RawRow]:
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader((line for _number, line in _lines(file, name)), **dialect)
    try:
        header = header or next(reader, [])
        repeated = next((column for column in header if column and header.count(column) > 1), None)
        if repeated:
            raise InputError(f"{name} has two columns that are called {repeated!r}; rename one of them.")
        for cells in reader:
            where = f"{name}, line {reader.line_num}"
            if not cells:
                continue
            if len(cells) != len(header):
                raise InputError(f"{where}: {len(cells)} cells instead of {len(header)}; correct the line.")
            yield RawRow(where, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise InputError(f"{name}, line {reader.line_num}: not readable ({error}); correct the line.") from error


def _parquet(file, name: str, _header) -> Iterator[RawRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        batches = pq.ParquetFile(pa.BufferReader(file.read())).iter_batches()
        number = 0
        for batch in batches:
            for values in batch.to_pylist():
                number += 1
                yield RawRow(f"{name}, row {number}", values)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{name} is not a readable Parquet file ({error}); get it anew.") from error


FORMATS = {
    ".jsonl": _json_lines,
    ".json": _json_document,
    ".csv": _comma_separated,
    ".tsv": _tab_separated,
    ".parquet": _parquet,
}
