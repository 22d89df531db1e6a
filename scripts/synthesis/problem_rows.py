"""From the columns of any source to rows of problems."""

import json
import logging
import math
import numbers
from decimal import Decimal
from pathlib import Path

from synthesis import problem_choices, problem_sources, schema, stated_licence
from synthesis.answers import boxed, unescaped
from synthesis.errors import InputError
from synthesis.identity import problem_id
from synthesis.problem_files import RawRow

log = logging.getLogger("synthesis")

# Names that published sets use, in the order in which they are tried where the configuration names no column.
COLUMNS = {
    "problem": ("problem", "question", "query", "instruction", "prompt"),
    "answer": ("answer", "final_answer", "expected_answer", "ground_truth"),
    "solution": ("solution",),
    "choices": (),
}


def fetch(name: str, group: str, settings: dict, output: Path, job) -> None:
    """Fetch a set of problems or a benchmark and write it; `group` is `problems` or `benchmarks`.

    Settings: `source`; `columns` (our names to the source's, `null` for none); `rows` (those with these values only);
    `limit` (first rows only); `answer_after` (the answer is what follows the last such marker in the answer's column,
    whose whole text is the solution); `answer_boxed` (the answer is what the solution's last box holds). With a column
    of choices, the problem ends with lettered options, and the answer is a letter. A problem that occurs twice is kept
    once, or with `several_solutions` once for each of its solutions. The file carries the licence on the set's card as
    a note.
    Books the rows `in`, `duplicates` and `out`.
    """
    key = f"{group}.{name}"
    job.step(f"fetching {name}")
    raw = list(problem_sources.raw_rows(settings, key))
    columns = find_columns(raw, settings.get("columns") or {}, key)
    marker = settings.get("answer_after")
    if marker and not columns["answer"]:
        raise InputError(f"{key}.answer_after is set, but there is no answer column; set {key}.columns.answer.")
    from_box = bool(settings.get("answer_boxed"))
    if from_box and not columns["solution"]:
        raise InputError(f"{key}.answer_boxed is true, but there is no solution column; set {key}.columns.solution.")
    kept, conflicts = {}, []
    for row in raw:
        built = problem_row(row, columns, name, marker, from_box)
        first = kept.setdefault(built["problem_id"], built)
        if settings.get("several_solutions") and first["solution"] != built["solution"]:
            built["problem_id"] = problem_id(name, built["problem"], built["solution"])
            kept.setdefault(built["problem_id"], built)
        elif first["answer"] != built["answer"]:
            conflicts.append(row.where)
    if conflicts:
        warning = "%s: %d duplicates have another answer than the row that was kept, the first is %s"
        log.warning(warning, key, len(conflicts), conflicts[0])
    without = sum(row["answer"] is None for row in kept.values()) if from_box else 0
    if without:
        log.warning("%s: %d of %d solutions have no box, so these rows have no answer", key, without, len(kept))
    stated = stated_licence.fetch("data set", settings["source"])
    schema.write(output, list(kept.values()), stated_licence.noted(schema.PROBLEMS, stated))
    job.rows(**{"in": len(raw), "duplicates": len(raw) - len(kept), "out": len(kept)})


def find_columns(raw: list[RawRow], configured: dict, key: str) -> dict[str, str | list[str] | None]:
    """The source's column for each of `problem`, `answer`, `solution` and `choices`; None where it has none.

    A problem may have several columns, whose texts are put in a row. A configured name wins, then the first known name
    that any row has. Raises InputError if a configured column or every possible problem column is missing.
    """
    present = list(dict.fromkeys(column for row in raw for column in row.values))
    unknown = [ours for ours in configured if ours not in COLUMNS]
    if unknown:
        raise InputError(f"{key}.columns has {unknown[0]}; it may only name {', '.join(COLUMNS)}.")
    found: dict = {}
    for ours, usual in COLUMNS.items():
        for column in _names(configured.get(ours)):
            if column not in present:
                raise InputError(_missing(column, key, ours, present))
        default = next((column for column in usual if column in present), None)
        found[ours] = configured.get(ours, default)
    if found["problem"] is None:
        raise InputError(_missing(" or ".join(COLUMNS["problem"]), key, "problem", present))
    return found


def _names(columns: str | list[str] | None) -> list[str]:
    return [] if columns is None else [columns] if isinstance(columns, str) else columns


def _missing(column: str, key: str, ours: str, present: list[str]) -> str:
    return f"{key} has no column {column} (it has: {', '.join(present)}); set {key}.columns.{ours} to one of these."


def problem_row(row: RawRow, columns: dict, source: str, marker: str | None = None, answer_boxed: bool = False) -> dict:
    """A row of `schema.PROBLEMS`. Raises InputError, naming the row, for a problem without text."""
    texts = [_problem_text(row, column) for column in _names(columns["problem"])]
    problem = texts[0] if len(texts) == 1 else " ".join(map(str.strip, texts))
    given = row.values.get(columns["answer"])
    if columns.get("choices"):
        options = _options(row, columns["choices"])
        given = problem_choices.right_letter(given, options, row.where)
        problem = problem_choices.with_options(problem, options)
    answer, solution = as_text(given, row.where), as_text(row.values.get(columns["solution"]), row.where)
    if marker and answer is not None:
        _before, found, after = answer.rpartition(marker)
        if not found:
            raise InputError(f"{row.where}: the answer ({columns['answer']}) has no {marker}; correct answer_after.")
        answer, solution = after.strip() or None, answer
    if answer_boxed:
        answer = boxed(unescaped(solution)) if solution else None
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


def _problem_text(row: RawRow, column: str) -> str:
    text = row.values.get(column)
    if not isinstance(text, str) or not text.strip():
        given = "empty" if text is None or isinstance(text, str) else f"no text but {type(text).__name__}"
        raise InputError(f"{row.where}: the problem ({column}) is {given}; correct or remove the row.")
    return text


def _options(row: RawRow, column: str) -> list[str]:
    options = row.values.get(column)
    texts = [as_text(option, row.where) for option in options] if isinstance(options, list | tuple) else []
    if len(texts) < 2 or None in texts:
        raise InputError(f"{row.where}: the choices ({column}) are no list of two texts or more; correct the row.")
    if len(texts) > len(problem_choices.LETTERS):
        raise InputError(
            f"{row.where}: there are {len(texts)} choices ({column}), more than there are letters; correct the row."
        )
    return texts


def as_text(value, where: str = "a row") -> str | None:
    """An answer or solution of any type as text; None for blank text, a missing number and an empty list.

    Text stays as it is but for blanks around it (`"025"`, `2,125`). Numbers have no exponent, and whole ones no
    decimals (27.0 is `27`). A list of one is its item. Several values become a JSON list of their texts, because
    joining them with a comma could not be undone: `["$(1,2)$", "$3$"]`. Anything else is JSON.
    Raises InputError, naming the row (`where`), for an infinite number.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list | tuple):
        texts = [text for text in (as_text(item, where) for item in value) if text is not None]
        return (texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False)) if texts else None
    if isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool):
        return _number(value, where)
    return json.dumps(value, ensure_ascii=False, default=str)


def _number(value: numbers.Real | Decimal, where: str) -> str | None:
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if math.isnan(value):
        return None
    if math.isinf(value):
        raise InputError(
            f"{where}: a number is infinite, or larger than any that a program reads; give it as text or remove the "
            "row."
        )
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return str(int(exact)) if exact == exact.to_integral_value() else format(exact, "f")


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
