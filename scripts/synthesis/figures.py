"""What all figures share: their style, colours and widths, and how they are written."""

import logging
from argparse import ArgumentParser
from contextlib import contextmanager
from pathlib import Path

from synthesis import schema
from synthesis.errors import InputError

# The style sheet of the project, which every rule that draws has as its input.
STYLE = "config/figures.mplstyle"

# The colours of the style sheet in its order; Matplotlib looks each up when it draws. Grey is for remarks.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK = COLOURS = tuple(f"C{number}" for number in range(7))
GREY = "#595959"

# Widths in inches of a figure in one column and across two columns of a paper.
COLUMN, TWO_COLUMNS = 3.3, 6.8

# Seven colours and eight marks tell 56 series apart.
_LINES, _MARKS = ("-", "--", ":", "-."), ("o", "s", "^", "D", "v", "X", "P", "*")
# Inches that a line of a legend is high, and that its mark and each letter are wide at most.
_LEGEND_LINE, _LEGEND_MARK, _LEGEND_CHARACTER = 0.14, 0.5, 0.062

# Without a date, the same figure has the same bytes. PNG has none.
_METADATA = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {}}


def add_arguments(parser: ArgumentParser, *names: str) -> None:
    """Declare the style sheet and where to write the figure, or each of several figures with these names."""
    parser.add_argument("--style", type=Path, required=True, help="style sheet of Matplotlib")
    for name in names or ("",):
        parser.add_argument(
            f"--{name}-figure" if name else "--figure",
            type=Path,
            nargs=3,
            required=True,
            metavar=("SVG", "PDF", "PNG"),
            help="the figure for the report, for papers and as pixels",
        )


def prepare(name: str, style: Path) -> None:
    """Set up Matplotlib for the figures of the program `name`, whose same input shall give the same bytes.

    Nothing but the style sheet counts, whatever the user's own settings of Matplotlib are. Raises InputError if the
    sheet is missing or says something that Matplotlib does not understand.
    """
    import matplotlib
    import matplotlib.style

    matplotlib.use("Agg")
    matplotlib.rcdefaults()
    with _complaints() as found:
        try:
            matplotlib.style.use(style)
        except OSError as error:
            raise InputError(f"{style} can't be read as a style sheet of Matplotlib; restore it.") from error
    if found:
        raise InputError(f"{style} is no style sheet that Matplotlib understands; correct it. Matplotlib: {found[0]}")
    matplotlib.rcParams["svg.hashsalt"] = name


@contextmanager
def _complaints():
    """The warnings that Matplotlib logs in the block, on one line each."""
    found: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: found.append(" ".join(record.getMessage().split()))
    logger = logging.getLogger("matplotlib")
    logger.addHandler(handler)
    try:
        yield found
    finally:
        logger.removeHandler(handler)


def write(figure, paths: list[Path]) -> None:
    """Write a figure to each path in the form of its suffix (.svg, .pdf or .png), each in one atomic step."""
    for target in paths:
        with schema.replacing(target) as path:
            figure.savefig(path, format=target.suffix[1:], metadata=_METADATA[target.suffix])


def say(panel, sentence: str) -> None:
    """Write in the middle of an empty panel why there is nothing to see, and take its axes away."""
    panel.set_axis_off()
    panel.text(0.5, 0.5, sentence, transform=panel.transAxes, ha="center", va="center", color=GREY, wrap=True)


def empty(sentence: str, width: float = COLUMN, height: float = 1.6):
    """A figure without data, which says so."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    figure.text(0.5, 0.5, wrapped(sentence, int(14 * width)), ha="center", va="center", color=GREY)
    return figure


def across(panels: int, most: int) -> int:
    """How many of so many panels stand in a row, at most `most`, if the rows shall be as even as they can."""
    rows = -(-panels // most)
    return -(-panels // rows)


def grid(panels: int, most: int, height: float, width: float = TWO_COLUMNS):
    """A figure `width` inches wide with so many panels of a height in inches, at most `most` in a row; and the panels.

    The rows are as `across` has them.
    """
    from matplotlib.figure import Figure

    columns = across(panels, most)
    down = -(-panels // columns)
    figure = Figure(figsize=(width, down * height), layout="constrained")
    found = list(figure.subplots(down, columns, squeeze=False).flat)
    for panel in found[panels:]:
        panel.set_visible(False)
    return figure, found[:panels]


def shortened(text: str, characters: int) -> str:
    """The text without line ends and dollar signs (which start formulas in Matplotlib), cut in its middle."""
    text, half = " ".join(text.split()), characters // 2
    short = text if len(text) <= characters else f"{text[: half - 1]}…{text[-half:]}"
    return plain(short)


def plain(text: str) -> str:
    """The text without formulas, which dollar signs start in Matplotlib."""
    return text.replace("$", r"\$")


def wrapped(text: str, characters: int) -> str:
    """The text in lines of at most so many characters, as far as its words allow."""
    import textwrap

    return plain(textwrap.fill(text, characters, break_long_words=False))


def series(number: int) -> dict[str, str]:
    """How the line of a series is drawn: told apart by its colour and, without colours, by its mark and line."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": _LINES[number // len(COLOURS) % len(_LINES)],
        "marker": _MARKS[number % len(_MARKS)],
    }


def legend(figure, handles: list) -> None:
    """Put the legend below the panels, with as many columns as find room.

    A figure whose legend has many lines needs the more height: add `legend_height`.
    """
    columns = _legend_columns(figure.get_figwidth(), [handle.get_label() for handle in handles])
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, columnspacing=1.2)


def legend_height(labels: list[str], width: float = TWO_COLUMNS) -> float:
    """The inches that `legend` takes in a figure of a width."""
    return _LEGEND_LINE * -(-len(labels) // _legend_columns(width, labels)) + _LEGEND_LINE


def _legend_columns(width: float, labels: list[str]) -> int:
    longest = max(map(len, labels), default=0)
    return max(1, min(len(labels), int(width / (_LEGEND_MARK + _LEGEND_CHARACTER * longest))))
