"""From the columns of any source to rows of problems."""

import json
import logging
import math
import numbers
from pathlib import Path

from synthesis import problem_sources, schema, stated_licence
from synthesis.errors import InputError
from synthesis.identity import problem_id
from synthesis.problem_files import RawRow

log = logging.getLogger("synthesis")

# Names that published sets use, in the order in which they are tried where the configuration names no column.
COLUMNS = {
    "problem": ("problem", "question", "query", "instruction", "prompt"),
    "answer": ("answer", "final_answer", "expected_answer", "ground_truth"),
    "solution": ("solution",),
}


def fetch(name: str, group: str, settings: dict, output: Path, job) -> None:
    """Fetch a set of problems or a benchmark and write it; `group` is `problems` or `benchmarks`.

    Settings: `source`; `columns` (our names to the source's, `null` for none); `limit` (first rows only);
    `answer_after` (the answer is what follows the last such marker in the answer's column, whose whole text is the
    solution). A problem that occurs twice is kept once, or with `several_solutions` once for each of its solutions.
    The file carries the licence on the set's card as a note.
    Books the rows `in`, `duplicates` and `out`.
    """
    key = f"{group}.{name}"
    job.step(f"fetching {name}")
    raw = list(problem_sources.raw_rows(settings, key))
    columns = find_columns(raw, settings.get("columns") or {}, key)
    marker = settings.get("answer_after")
    if marker and not columns["answer"]:
        raise InputError(f"{key}.answer_after is set, but there is no answer column; set {key}.columns.answer.")
    kept, conflicts = {}, []
    for row in raw:
        built = problem_row(row, columns, name, marker)
        first = kept.setdefault(built["problem_id"], built)
        if settings.get("several_solutions") and first["solution"] != built["solution"]:
            built["problem_id"] = problem_id(name, built["problem"], built["solution"])
            kept.setdefault(built["problem_id"], built)
        elif first["answer"] != built["answer"]:
            conflicts.append(row.where)
    if conflicts:
        warning = "%s: %d duplicates have another answer than the row that was kept, the first is %s"
        log.warning(warning, key, len(conflicts), conflicts[0])
    stated = stated_licence.fetch("data set", settings["source"])
    schema.write(output, list(kept.values()), stated_licence.noted(schema.PROBLEMS, stated))
    job.rows(**{"in": len(raw), "duplicates": len(raw) - len(kept), "out": len(kept)})


def find_columns(raw: list[RawRow], configured: dict, key: str) -> dict[str, str | None]:
    """The source's column for each of `problem`, `answer` and `solution`; None where it has none.

    A configured name wins, then the first known name that any row has. Raises InputError if a configured column or
    every possible problem column is missing.
    """
    present = list(dict.fromkeys(column for row in raw for column in row.values))
    unknown = [ours for ours in configured if ours not in COLUMNS]
    if unknown:
        raise InputError(f"{key}.columns has {unknown[0]}; it may only name {', '.join(COLUMNS)}.")
    found = {}
    for ours, usual in COLUMNS.items():
        if configured.get(ours) is not None and configured[ours] not in present:
            raise InputError(_missing(configured[ours], key, ours, present))
        default = next((column for column in usual if column in present), None)
        found[ours] = configured.get(ours, default)
    if found["problem"] is None:
        raise InputError(_missing(" or ".join(COLUMNS["problem"]), key, "problem", present))
    return found


def _missing(column: str, key: str, ours: str, present: list[str]) -> str:
    return f"{key} has no column {column} (it has: {', '.join(present)}); set {key}.columns.{ours} to one of these."


def problem_row(row: RawRow, columns: dict, source: str, marker: str | None = None) -> dict:
    """A row of `schema.PROBLEMS`. Raises InputError, naming the row, for a problem without text."""
    problem = row.values.get(columns["problem"])
    if not isinstance(problem, str) or not problem.strip():
        given = "empty" if problem is None or isinstance(problem, str) else f"no text but {type(problem).__name__}"
        raise InputError(f"{row.where}: the problem ({columns['problem']}) is {given}; correct or remove the row.")
    answer, solution = (as_text(row.values.get(columns[ours])) for ours in ("answer", "solution"))
    if marker and answer is not None:
        _before, found, after = answer.rpartition(marker)
        if not found:
            raise InputError(f"{row.where}: the answer ({columns['answer']}) has no {marker}; correct answer_after.")
        answer, solution = after.strip() or None, answer
    for text in (problem, answer, solution):
        if text is not None and not _is_unicode(text):
            raise InputError(f"{row.where}: the text holds half a character (a lone surrogate); correct the row.")
    return {
        "problem_id": problem_id(source, problem),
        "source": source,
        "problem": problem,
        "answer": answer,
        "solution": solution,
    }


def as_text(value) -> str | None:
    """An answer or solution of any type as text; None for blank text, a missing number and an empty list.

    Text stays as it is but for blanks around it (`"025"`, `2,125`). Whole numbers have no decimals (27.0 is `27`).
    A list of one is its item. Several values become a JSON list of their texts, because joining them with a comma
    could not be undone: `["$(1,2)$", "$3$"]`. Anything else is JSON.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list | tuple):
        texts = [text for text in map(as_text, value) if text is not None]
        return (texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False)) if texts else None
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return _number(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _number(value) -> str | None:
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if math.isnan(value):
        return None
    whole = abs(value) < 2**53 and value == int(value)
    return str(int(value)) if whole else repr(float(value))


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
