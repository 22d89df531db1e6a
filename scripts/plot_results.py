"""Draw a table of results: what we measured beside what a paper printed, one panel for each column."""

import re
from dataclasses import dataclass
from math import nan
from pathlib import Path

from synthesis import csv_tables, figures, program, results
from synthesis.errors import InputError

LABEL_CHARACTERS, TITLE_CHARACTERS = 30, 24
# A number that is a word of its own, such as 5,000 or 0.94K, and the word behind it. That of Llama3-8B is none.
_NUMBER = re.compile(
    r"(?<![\w.,-])(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)\s?(?P<scale>[KkM])?(?![\w.,-]*\w)(?=(?P<word>\s+\w+)?)"
)
_SCALES = {"": 1, "k": 1_000, "m": 1_000_000}
# A point that may part thousands.
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
# Marks of published curves, so that several are told apart.
PUBLISHED_MARKS = ("D", "s", "^", "v", "P", "X")

# Sizes in inches: a row of the table, what stands above and below a panel's rows, and a panel with curves.
ROW_HEIGHT, AROUND_ROWS, CURVE_HEIGHT = 0.2, 0.65, 1.9

OURS = {"color": figures.BLUE, "marker": "o", "linestyle": "-"}
PUBLISHED = {"color": figures.GREY, "marker": "D", "linestyle": "-", "linewidth": 0.6, "markersize": 5}
PUBLISHED |= {"markerfacecolor": "none", "markeredgewidth": 0.8}


@dataclass(frozen=True)
class Cell:
    """A cell of the table: our value with the ends of its interval and the paper's; None where there is none.

    `missing` says in a few words why none of ours is drawn although the cell asks for one; else it is empty.
    """

    row: str
    column: str
    unit: str
    ours: float | None
    low: float | None
    high: float | None
    published: float | None
    missing: str


@dataclass(frozen=True)
class Numbered:
    """What the name of a row says: the number, and the name of the curve that it is a point of."""

    number: float
    series: str


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--results", type=Path, required=True, help="the tidy table of all results (CSV)")
    parser.add_argument("--table", required=True, help="the table of results that is drawn")
    figures.add_arguments(parser)


def work(options, job):
    """Draw the figure; the settings say what the `rows` of the table are, and what their `axis` is called."""
    figures.prepare("plot_results", options.style)
    rows = [row for row in csv_tables.read(options.results) if row["table"] == options.table]
    cells = list(map(_cell, rows))
    source = next((row["published_source"] for row in rows if row["published_source"]), "")
    shape = draw_numbers if options.settings["rows"] == "numbers" else draw_steps
    if any(cell.ours is not None or cell.published is not None for cell in cells):
        figure = shape(cells, source, options.settings.get("axis", ""))
    else:
        figure = figures.empty(f"no run has made anything of the table {options.table} yet")
    figures.write(figure, options.figure)
    job.rows(**{"in": len(cells)})


def _cell(row: dict) -> Cell:
    names = ("ours", "ours_low", "ours_high", "published")
    ours, low, high, published = (float(row[name]) if row[name] else None for name in names)
    missing = results.why_empty(row)
    if other := results.other_currency(row):
        # The axis is of the paper's currency.
        ours, low, high, missing = None, None, None, f"ours in {other}"
    return Cell(row["row"], row["column"], row["unit"], ours, low, high, published, missing)


def draw_steps(cells: list[Cell], source: str, axis: str):
    """The figure of a table whose rows are steps or arms: they stand one below the other, values from left to right."""
    from matplotlib.ticker import MaxNLocator

    columns = _columns(cells)
    rows = list(dict.fromkeys(cell.row for cell in cells))
    across = figures.across(len(columns), 3)
    figure, panels = figures.grid(len(columns), 3, ROW_HEIGHT * len(rows) + AROUND_ROWS)
    for number, (panel, (column, found)) in enumerate(zip(panels, columns.items(), strict=True)):
        places = {row: place for place, row in enumerate(rows)}
        for cell in found:
            _draw_step(panel, cell, places[cell.row])
        labels = [figures.shortened(row, LABEL_CHARACTERS) for row in rows]
        panel.set_yticks(range(len(rows)), labels if number % across == 0 else [""] * len(rows))
        panel.set_ylim(len(rows) - 0.5, -0.5)
        panel.set_title(figures.shortened(column, TITLE_CHARACTERS))
        panel.set_xlabel(figures.plain(found[0].unit))
        panel.grid(axis="y", linewidth=0.3)
        panel.tick_params(axis="y", length=0)
        panel.xaxis.set_major_locator(MaxNLocator(nbins=4))
        panel.margins(x=0.12)
        if axis and number % across == 0:
            panel.set_ylabel(figures.plain(axis))
    for panel, found in zip(panels, columns.values(), strict=True):
        _say_what_is_missing(panel, found, rows)
    _legend(figure, cells, source, linestyle="")
    return figure


def _draw_step(panel, cell: Cell, place: int) -> None:
    if cell.published is not None:
        panel.plot(cell.published, place, zorder=4, **PUBLISHED | {"linestyle": ""})
    if cell.ours is not None:
        panel.errorbar(cell.ours, place, xerr=_bar(cell), elinewidth=0.8, capsize=1.5, zorder=3, **OURS)


def _say_what_is_missing(panel, cells: list[Cell], rows: list[str]) -> None:
    """Words at the side of the panel where the paper's value is not."""
    low, high = panel.get_xlim()
    for cell in cells:
        if cell.missing:
            on_left = cell.published is None or cell.published > (low + high) / 2
            position = {"x": 0.02 if on_left else 0.98, "ha": "left" if on_left else "right"}
            place, transform = rows.index(cell.row), panel.get_yaxis_transform()
            # On white, since the line of the row runs behind it.
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            words = {"s": cell.missing, "color": figures.GREY, "va": "center", "bbox": box}
            panel.text(y=place, transform=transform, **position, **words)


def draw_numbers(cells: list[Cell], source: str, axis: str):
    """The figure of a table whose rows are called by numbers, such as `5,000 pairs`: curves over them.

    Raises InputError for a row whose name does not say one number.
    """
    from matplotlib.ticker import EngFormatter, MaxNLocator

    named = {cell.row: numbered(cell.row, axis) for cell in cells}
    columns, styles = _columns(cells), _styles([found.series for found in named.values()])
    width = figures.COLUMN if len(columns) == 1 else figures.TWO_COLUMNS
    figure, panels = figures.grid(len(columns), 3, CURVE_HEIGHT, width)
    for panel, (column, found) in zip(panels, columns.items(), strict=True):
        ordered = sorted(((named[cell.row].number, cell) for cell in found), key=lambda item: item[0])
        for name, style in styles.items():
            _draw_curve(panel, [item for item in ordered if named[item[1].row].series == name], *style)
        gaps: dict[str, list[str]] = {}
        for number, cell in ordered:
            if cell.missing:
                gaps.setdefault(cell.missing, []).append(EngFormatter(sep="")(number))
        panel.set_title(figures.shortened(column, TITLE_CHARACTERS))
        lacking = [f"{why}: {', '.join(dict.fromkeys(at))}" for why, at in gaps.items()]
        panel.set_xlabel("\n".join([figures.plain(axis), *lacking]))
        panel.set_ylabel(figures.plain(found[0].unit))
        panel.set_xlim(-0.04 * (ordered[-1][0] or 1), 1.04 * (ordered[-1][0] or 1))
        panel.xaxis.set_major_locator(MaxNLocator(nbins=5))
        panel.xaxis.set_major_formatter(EngFormatter(sep=""))
        panel.yaxis.set_major_locator(MaxNLocator(nbins=5))
    if len(styles) == 1:
        _legend(figure, cells, source)
    else:
        by_series = {name: [cell for cell in cells if named[cell.row].series == name] for name in styles}
        _legend_of_series(figure, by_series, source, styles)
    return figure


def numbered(row: str, axis: str) -> Numbered:
    """The number in the name of a row, which is called a word of the axis or pairs if there are several, and the rest.

    Raises InputError for a name without such a number, and for one that can be read in two ways.
    """
    repair = "write `rows: steps`, or give the row another name in tabulate_results, or leave it out there."
    found = list(_NUMBER.finditer(row))
    words = {*axis.lower().split(), "pair", "pairs"}
    if len(found) > 1:
        found = [each for each in found if (each["word"] or "").strip().lower() in words] or found
    if not found:
        raise InputError(f"plot_results draws the rows as numbers, but '{row}' has none; {repair}")
    if len(found) > 1:
        numbers = " and ".join(each["digits"] for each in found)
        raise InputError(f"plot_results draws the rows as numbers, but '{row}' has several ({numbers}); {repair}")
    (only,) = found
    if not only["scale"] and _AMBIGUOUS.fullmatch(only["digits"]):
        thousands = only["digits"].replace(".", ",")
        raise InputError(
            f"plot_results draws the rows as numbers, but {only['digits']} in '{row}' may be {thousands} or a number "
            f"below 1,000; write {thousands} in the name of the row, or fewer digits behind the point."
        )
    number = float(only["digits"].replace(",", "")) * _SCALES[(only["scale"] or "").lower()]
    return Numbered(number, f"{row[: only.start()]}…{row[only.end() :]}")


def _styles(series: list[str]) -> dict[str, tuple[dict, dict]]:
    """How ours and the paper's points of each curve are drawn."""
    names = list(dict.fromkeys(series))
    if len(names) == 1:
        return {names[0]: (OURS, PUBLISHED)}
    marks = [PUBLISHED_MARKS[number % len(PUBLISHED_MARKS)] for number in range(len(names))]
    return {
        name: (OURS | figures.series(place), PUBLISHED | {"marker": marks[place]}) for place, name in enumerate(names)
    }


def _draw_curve(panel, points: list[tuple[float, Cell]], ours: dict, published: dict) -> None:
    """The points (number, cell) of one curve: the paper's, and ours with their bars."""
    if printed := [(number, cell.published) for number, cell in points if cell.published is not None]:
        panel.plot(*zip(*printed, strict=True), zorder=2, **published)
    # A value that is not there is no number, so the line has a gap.
    if found := [(number, nan if cell.ours is None else cell.ours) for number, cell in points if _is_ours(cell)]:
        panel.plot(*zip(*found, strict=True), zorder=3, **ours)
    for number, cell in points:
        if cell.ours is not None:
            panel.errorbar(number, cell.ours, _bar(cell), color=ours["color"], elinewidth=0.8, capsize=1.5)


def _is_ours(cell: Cell) -> bool:
    return cell.ours is not None or bool(cell.missing)


def _columns(cells: list[Cell]) -> dict[str, list[Cell]]:
    """The cells of each column that has a value."""
    found: dict[str, list[Cell]] = {}
    for cell in cells:
        found.setdefault(cell.column, []).append(cell)
    return {
        column: own
        for column, own in found.items()
        if any(cell.ours is not None or cell.published is not None for cell in own)
    }


def _bar(cell: Cell) -> list[list[float]] | None:
    if cell.low is None or cell.high is None:
        return None
    return [[max(0, cell.ours - cell.low)], [max(0, cell.high - cell.ours)]]


def _legend(figure, cells: list[Cell], source: str, **changed) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], label="ours", **OURS | changed)]
    if any(cell.published is not None for cell in cells):
        handles.append(Line2D([], [], label=f"published: {figures.plain(source)}", **PUBLISHED | changed))
    _write_legend(figure, handles)


def _legend_of_series(figure, cells: dict[str, list[Cell]], source: str, styles: dict[str, tuple[dict, dict]]) -> None:
    """A line for each curve that is drawn; the cells are by curve."""
    from matplotlib.lines import Line2D

    handles = []
    for name, (ours, published) in styles.items():
        own, label = cells[name], figures.shortened(name, LABEL_CHARACTERS)
        if any(cell.ours is not None for cell in own):
            handles.append(Line2D([], [], label=f"ours: {label}", **ours))
        if any(cell.published is not None for cell in own):
            handles.append(Line2D([], [], label=f"{figures.plain(source)}: {label}", **published))
    _write_legend(figure, handles)


def _write_legend(figure, handles: list) -> None:
    labels = [handle.get_label() for handle in handles]
    figure.set_figheight(figure.get_figheight() + figures.legend_height(labels, figure.get_figwidth()))
    figures.legend(figure, handles)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
