"""The papers' values and ours side by side, in one tidy table: a row for each cell of each table of results.

A paper's value stands in `published` and nowhere else; `ours` comes from the tables of runs and nowhere else.
"""

import re
from collections.abc import Callable, Iterable
from itertools import product

from synthesis import configuration_results, published_values
from synthesis.configuration_results import Place
from synthesis.published_values import PublishedValue
from synthesis.run_tables import UNKNOWN, Found

COLUMNS = [
    *("table", "row", "column", "unit"),
    *("published", "published_deviation", "published_source"),
    *("ours", "ours_low", "ours_high", "ours_problems", "ours_run", "difference"),
    *("published_note", "ours_note"),
]
# Why a cell that asks for a value of ours has none: its run or table is not there, or the table is there without it.
NOT_RUN, NO_VALUE = "not run", "no value"
# What a note begins with if ours is money of another currency than the paper's.
IN_CURRENCY = "in "


def tidy(
    name: str,
    table: dict,
    run: str,
    values: Iterable[PublishedValue],
    found_for: Callable[[Place], Found],
) -> list[dict[str, str]]:
    """The rows of one table of results, row by row and in each column by column, as text.

    `table` is its configuration, `run` the run of rows that name none, `values` those of the paper's file, and
    `found_for` gives what is found of ours.
    """
    of_paper = published_values.of_table(values, table["published"]["table"], table["published"]["source"])
    published = _published(table["published"], of_paper)
    asked = {(place.row, place.column): place for place in configuration_results.places(table, run)}
    units = {value.column: value.unit for value in [*of_paper, *published.values()]}
    units |= {label: item["unit"] for label, item in configuration_results.columns(table).items() if "unit" in item}
    rows = _labels(table, "rows", [value.row for value in of_paper], {row for row, _ in published})
    columns = _labels(table, "columns", [value.column for value in of_paper], {column for _, column in published})
    return [
        {
            **{"table": name, "row": row, "column": column, "unit": units.get(column, "")},
            **_of_paper(published.get((row, column))),
            **_of_ours(published.get((row, column)), asked.get((row, column)), units.get(column, ""), found_for),
        }
        for row, column in product(rows, columns)
    ]


def _published(settings: dict, of_paper: list[PublishedValue]) -> dict[tuple[str, str], PublishedValue]:
    """The paper's values that are shown, by row and column."""
    return {
        (value.row, value.column): value
        for value in of_paper
        if value.row in settings.get("rows", [value.row]) and value.column in settings.get("columns", [value.column])
    }


def _labels(table: dict, part: str, of_paper: list[str], shown: set[str]) -> list[str]:
    """The labels of rows or columns: those of the paper in the order that is asked for, else in its own, then ours.

    Of the paper's own order those are left out in which neither a value of the paper's is shown nor one of ours.
    """
    own = [label for label in dict.fromkeys(of_paper) if label in shown or label in table.get(part, {})]
    return [*table["published"].get(part, own), *table.get(f"{part}_of_ours", {})]


def _of_paper(published: PublishedValue | None) -> dict[str, str]:
    if published is None:
        return dict.fromkeys(("published", "published_deviation", "published_source", "published_note"), "")
    return {
        "published": published.text,
        "published_deviation": published.deviation_text,
        "published_source": published.place,
        "published_note": published.note,
    }


def _of_ours(
    published: PublishedValue | None, place: Place | None, unit: str, found_for: Callable[[Place], Found]
) -> dict[str, str]:
    """What a cell has of ours, and how far it is from the paper's value where both are points of the same scale."""
    found = found_for(place) if place else Found()
    comparable = published and found.value is not None and in_points(unit)
    return {
        "ours": _text(found.value),
        "ours_low": _text(found.low),
        "ours_high": _text(found.high),
        "ours_problems": _text(found.count),
        "ours_run": place.run if place else "",
        "difference": _text(found.value - published.value if comparable else None),
        "ours_note": found.missing or (f"{IN_CURRENCY}{found.currency}" if _is_other(found.currency, unit) else ""),
    }


def why_empty(cell: dict[str, str]) -> str:
    """In two words why a row of the tidy table has no value of ours; empty if it has one or asks for none."""
    if cell["ours"] or not cell["ours_run"]:
        return ""
    if cell["ours_note"].startswith(NOT_RUN):
        return NOT_RUN
    return UNKNOWN if cell["ours_note"] == UNKNOWN else NO_VALUE


def _is_other(currency: str, unit: str) -> bool:
    """Whether money of a currency is other money than that of a unit, such as `USD` or `USD a million`."""
    return bool(currency) and currency not in re.split(r"\W+", unit)


def other_currency(cell: dict[str, str]) -> str:
    """The currency of our amount in a row of the tidy table if it is not that of the column; else empty."""
    return cell["ours_note"].removeprefix(IN_CURRENCY) if cell["ours"] else ""


def in_points(unit: str) -> bool:
    """Whether values of a unit differ by points: shares in per cent and scores. Money, hours and counts do not."""
    return unit in ("percent", "points") or unit.startswith("score")


def _text(value: float | None) -> str:
    """A number with six decimals at most; empty for None."""
    return "" if value is None else f"{round(value, 6) + 0.0:.6f}".rstrip("0").rstrip(".")
