"""Draw how the scores of each scorer of difficulty are distributed, one panel for each source."""

from itertools import pairwise
from pathlib import Path

from synthesis import csv_tables, figures, program
from synthesis.difficulty_levels import LEVELS

NOTHING = "no question has a score of difficulty"
PANELS_IN_A_ROW = 3
NAME_CHARACTERS = 26
# In inches.
PANEL_HEIGHT = 1.75


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--histogram", type=Path, required=True, help="the counts that are drawn (CSV)")
    figures.add_arguments(parser)


def work(options, job):
    """Draw the figure and write it in each form."""
    figures.prepare("plot_difficulty", options.style)
    bins = csv_tables.read(options.histogram)
    figures.write(draw(bins), options.figure)
    job.rows(**{"in": len(bins)})


def draw(bins: list[dict]):
    """The figure: a panel for each scorer and source, in the order of the table; of an empty one it says so."""
    if not bins:
        return figures.empty(NOTHING)
    shown = list(dict.fromkeys((row["scorer"], row["source"]) for row in bins))
    figure, panels = figures.grid(len(shown), PANELS_IN_A_ROW, PANEL_HEIGHT)
    for panel, (scorer, source) in zip(panels, shown, strict=True):
        _draw_panel(panel, [row for row in bins if (row["scorer"], row["source"]) == (scorer, source)])
    return figure


def _draw_panel(panel, bins: list[dict]) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator

    counts = [int(row["questions"]) for row in bins]
    edges = [float(bins[0]["low"]), *(float(row["high"]) for row in bins)]
    widths = [high - low for low, high in pairwise(edges)]
    panel.bar(edges[:-1], counts, width=widths, align="edge", color=figures.BLUE, edgecolor="white")
    amount = f" ({sum(counts):,})"
    source = figures.shortened(bins[0]["source"], NAME_CHARACTERS - len(amount))
    panel.set_title(f"{figures.shortened(bins[0]['scorer'], NAME_CHARACTERS)}\n{source}{amount}")
    panel.set_xlabel(bins[0]["measure"])
    panel.set_ylabel("questions")
    panel.set_ylim(0, max(1, 1.05 * max(counts)))
    if bins[0]["method"] == "level":
        panel.set_xticks(list(LEVELS.values()))
    else:
        panel.xaxis.set_major_locator(MaxNLocator(nbins=5))
    panel.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    panel.yaxis.set_major_formatter(EngFormatter(sep=""))


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
