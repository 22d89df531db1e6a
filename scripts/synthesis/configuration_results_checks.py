"""What the schema can't say about tables of results: whether paper, runs and rows have what their cells ask for."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from synthesis import published_values
from synthesis.configuration_results import (
    STAGE,
    Place,
    columns,
    known_rows,
    known_values,
    lacking,
    meant_run,
    part_of_row,
    places,
    rows,
    runs_in_files,
    runs_with_tables,
    tables,
)
from synthesis.configuration_sentences import key, suggestion
from synthesis.errors import InputError
from synthesis.published_values import PublishedValue
from synthesis.run_tables import TABLES, is_share

_RESULTS = Path("results")


def results(config: dict) -> Iterator[str]:
    """Tables with cells that nothing can ever fill, or that a paper does not have."""
    for name, table in tables(config).items():
        where = key(STAGE, "tables", name)
        found = [*_empty(where, table), *_lookups(where, table)]
        found = found or list(_published(where, table))
        yield from found
    yield from _runs(config)
    for name, table in tables(config).items():
        for place in places(table, meant_run(config)):
            if place.run == config["run"]:
                yield from _in_own_run(config, key(STAGE, "tables", name), table, place)


def _empty(where: str, table: dict) -> Iterator[str]:
    """A table without any cell: it shows none of the paper's rows or columns, and has none of ours."""
    published = table["published"]
    # Without any value of the paper's, only those of its rows and columns are shown in which something is ours.
    nothing_printed = [] in (published.get("rows"), published.get("columns"))
    for part in ("rows", "columns"):
        of_paper = published.get(part, table.get(part, {}) if nothing_printed else None)
        if of_paper is not None and not of_paper and not table.get(f"{part}_of_ours"):
            yield f"{where} has no {part}; name some under published.{part} or {part}_of_ours, or remove the table."


# What of ours is asked for


def _lookups(where: str, table: dict) -> Iterator[str]:
    """Names of tables and columns of runs that there are not."""
    for label, settings in columns(table).items():
        part = "columns" if label in table.get("columns", {}) else "columns_of_ours"
        yield from _column(key(where, part, label), settings)
    asked = {settings["table"] for settings in columns(table).values() if settings["table"] in TABLES}
    asked |= {TABLES[name].named_as for name in asked}
    for label, parts in rows(table).items():
        row = key(where, part_of_row(table, label), label)
        for name, settings in parts.items():
            if name not in TABLES:
                yield f"{row}.{name} is no table of a run; {suggestion(name, TABLES)}"
            elif name not in asked:
                yield f"{row}.{name} says what the row is in a table that no column takes its values from; remove it."
            else:
                yield from _conditions(key(row, name), name, settings)
    for part in ("rows", "columns"):
        for label in table.get(part, {}):
            if label in table.get(f"{part}_of_ours", {}):
                yield f"{where}.{part}_of_ours.{label} stands under {part} too; remove one of them."


def _column(where: str, settings: dict) -> Iterator[str]:
    name = settings["table"]
    if name not in TABLES:
        yield f"{where}.table is '{name}', which is no table of a run; {suggestion(name, TABLES)}"
        return
    if not TABLES[name].has_value(settings["value"]):
        known = TABLES[name].values
        given = settings["value"]
        yield f"{where}.value is '{given}', which is no number of {name}; {suggestion(given, known)}"
    yield from _conditions(where, name, settings)


def _conditions(where: str, table: str, settings: dict) -> Iterator[str]:
    for part in ("where", "except", "share_of"):
        for name in settings.get(part, {}):
            if name not in TABLES[table].keys:
                yield (
                    f"{where}.{part}.{name} is no column by which rows of {table} are told; "
                    f"{suggestion(name, TABLES[table].keys)}"
                )


# What the paper has


def _published(where: str, table: dict) -> Iterator[str]:
    """Names of sources, tables, rows and columns that the file with the paper's values lacks."""
    settings, place = table["published"], f"{where}.published"
    try:
        values = published_values.read(Path(settings["file"]))
    except InputError as error:
        yield f"{place}.file: {error}"
        return
    sources = list(dict.fromkeys(value.source for value in values))
    if settings["source"] not in sources:
        yield f"{place}.source is '{settings['source']}', which {settings['file']} lacks; " + suggestion(
            settings["source"], sources
        )
        return
    found = published_values.of_table(values, settings["table"], settings["source"])
    if not found:
        numbers = dict.fromkeys(value.table for value in values if value.source == settings["source"])
        yield f"{place}.table is '{settings['table']}', which {settings['file']} lacks; " + suggestion(
            settings["table"], numbers
        )
        return
    yield from _labels(where, table, found)
    yield from _units(where, table, found)


def _labels(where: str, table: dict, found: list[PublishedValue]) -> Iterator[str]:
    for part, known in (
        ("rows", dict.fromkeys(value.row for value in found)),
        ("columns", dict.fromkeys(value.column for value in found)),
    ):
        limited = table["published"].get(part)
        for number, label in enumerate(limited or []):
            if label not in known:
                yield f"{where}.published.{part}[{number}] is '{label}', which the paper's table lacks; " + suggestion(
                    label, known
                )
        shown = known if limited is None else limited
        for label in table.get(part, {}):
            if label not in shown:
                yield (
                    f"{where}.{part}.{label} is not among the {part} of the paper's table that are shown; "
                    f"{suggestion(label, shown)} What only we have stands under {part}_of_ours."
                )
        for label in table.get(f"{part}_of_ours", {}):
            if label in shown:
                yield f"{where}.{part}_of_ours.{label} is among the {part} of the paper's table; write it under {part}."


def _units(where: str, table: dict, found: list[PublishedValue]) -> Iterator[str]:
    shown = table["published"].get("rows")
    for label in table["published"].get("columns", dict.fromkeys(value.column for value in found)):
        own = [value for value in found if value.column == label]
        units = {value.unit for value in own if shown is None or value.row in shown} or {value.unit for value in own}
        settings = table.get("columns", {}).get(label, {})
        if len(units) > 1 and "unit" not in settings:
            yield f"{where}: the paper's column {label} has several units ({', '.join(sorted(units))}); show fewer."
        elif settings:
            yield from _share(f"{where}.columns.{label}", settings, settings.get("unit", next(iter(units), "")))
    for label, settings in table.get("columns_of_ours", {}).items():
        if "unit" not in settings:
            yield f"{where}.columns_of_ours.{label}.unit is missing; add it, since no paper's value tells it."
        else:
            yield from _share(f"{where}.columns_of_ours.{label}", settings, settings["unit"])


def _share(where: str, settings: dict, unit: str) -> Iterator[str]:
    """A share between 0 and 1 that would stand under per cent as it is."""
    if unit != "percent" or settings.get("times", 1) != 1:
        return
    if is_share(settings["value"]) or settings.get("share_of"):
        yield (
            f"{where} takes {settings['value']}, a share between 0 and 1, for per cent; write times: 100, or another "
            "unit."
        )


# What runs have


def _runs(config: dict) -> Iterator[str]:
    """Runs of which neither results nor a configuration are here."""
    known: list[str] | None = None
    asked = {run: where for (run, _), where in reversed(runs_with_tables(config).items())}
    for run, where in asked.items():
        if run == config["run"] or (_RESULTS / run).is_dir():
            continue
        known = known if known is not None else [config["run"], *runs_in_files()]
        if run not in known:
            yield (
                f"{where} is of the run '{run}', but there is neither results/{run} nor a configuration under config/ "
                f"with this name; {suggestion(run, known)}"
            )


def _in_own_run(config: dict, where: str, table: dict, place: Place) -> Iterator[str]:
    """What the run itself will not have. Of other runs nothing is known: their cells stay empty then, and say why."""
    lookup = place.lookup
    cell = f"{key(where, part_of_row(table, place.row), place.row, lookup.table)}"
    if missing := lacking(config, lookup.table):
        yield (
            f"{cell} is in the table {lookup.table}, which this run does not make without {missing}; add that, name "
            "another run under it, or remove it."
        )
        return
    values = known_values(config, lookup.table)
    if values is not None and lookup.value not in values:
        yield (
            f"{cell} with column {place.column} asks for {lookup.value}, which this run does not have; "
            f"{suggestion(lookup.value, values)}"
        )
    known = known_rows(config, lookup.table)
    if known is None:
        return
    for conditions in filter(None, (lookup.where, lookup.share_of)):
        yield from _rows_there(f"{cell} with column {place.column}", conditions, known)
    needed = TABLES[lookup.table].keys
    meant = [row for row in _matching(known, lookup.where) if not _left_out(row, lookup.left_out)]
    if not lookup.total and len(meant) > 1 and all(name in row for row in meant for name in needed):
        open_names = [name for name in needed if len({row[name] for row in meant}) > 1]
        yield (
            f"{cell} with column {place.column} means {len(meant)} rows of {lookup.table}, which differ in "
            f"{' and '.join(open_names)}; name one under where, or write sum: true."
        )


def _rows_there(cell: str, conditions: dict[str, list[str]], known: list[dict[str, str]]) -> Iterator[str]:
    for name, texts in conditions.items():
        there = list(dict.fromkeys(row[name] for row in known if name in row))
        for text in texts:
            if there and text not in there:
                yield f"{cell} asks for {name} '{text}', which this run does not have; {suggestion(text, there)}"
                return
    if not _matching(known, conditions):
        told = ", ".join(f"{name} {' or '.join(texts) or '(empty)'}" for name, texts in conditions.items())
        yield f"{cell} asks for {told}, but this run has no such row; correct one of them."


def _matching(known: Iterable[dict[str, str]], conditions: dict[str, list[str]]) -> list[dict[str, str]]:
    """The rows that have one of the texts wherever they have the column."""
    return [row for row in known if all(row[name] in texts for name, texts in conditions.items() if name in row)]


def _left_out(row: dict[str, str], conditions: dict[str, list[str]]) -> bool:
    return any(row.get(name) in texts for name, texts in conditions.items())
