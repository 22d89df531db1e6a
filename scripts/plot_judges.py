"""Draw the ROC curves of the measured judges that give scores."""

import csv
from collections import defaultdict
from pathlib import Path

from synthesis import figures, program
from synthesis.judge_tables import ROC_COLUMNS

NAME_CHARACTERS = 40
# Told apart in black and white too: so many judges have a style of line of their own.
STYLES = [(color, style) for style in ("-", "--", ":", "-.") for color in (figures.BLUE, figures.VERMILION)]
# Side of the square in inches.
SIDE = 4.2


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--roc", type=Path, required=True, help="the points of all curves (CSV)")
    parser.add_argument("--svg", type=Path, required=True, help="the figure for the report and for papers")
    parser.add_argument("--png", type=Path, required=True, help="the figure as pixels")


def work(options, job):
    """Draw the figure and write it in both forms."""
    figures.prepare("plot_judges")
    curves = read(options.roc)
    figures.write(draw(curves), options.svg, options.png)
    job.rows(**{"in": len(curves)})


def read(path: Path) -> dict[str, list[tuple[float, float]]]:
    """The points (false and true positive rate) of the curve of each measurement, in the order of the file."""
    found = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name, _, *rates = (row[column] for column in ROC_COLUMNS)
            found[name].append(tuple(map(float, rates)))
    return dict(found)


def draw(curves: dict[str, list[tuple[float, float]]]):
    """The figure; of judges without scores it says so."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIDE, SIDE), layout="constrained")
    panel = figure.subplots()
    panel.plot([0, 1], [0, 1], color=figures.GREY, linewidth=0.8, linestyle=(0, (1, 3)), label="chance")
    for number, (name, points) in enumerate(curves.items()):
        color, style = STYLES[number % len(STYLES)]
        label = figures.shortened(name, NAME_CHARACTERS)
        panel.plot(*zip(*points, strict=True), color=color, linestyle=style, linewidth=1.4, label=label)
    if not curves:
        panel.text(0.5, 0.6, "no judge gives scores", ha="center")
    panel.set_xlabel("share of the other questions that is kept")
    panel.set_ylabel("share of the questions to keep that is kept")
    panel.set_xlim(-0.01, 1.01)
    panel.set_ylim(-0.01, 1.01)
    panel.set_aspect("equal")
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(loc="lower right", frameon=False)
    return figure


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
