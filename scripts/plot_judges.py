"""Draw the ROC curves of the measured judges that give scores."""

from collections import defaultdict
from pathlib import Path

from synthesis import csv_tables, figures, program
from synthesis.judge_tables import ROC_COLUMNS

NAME_CHARACTERS = 40
# Told apart in black and white too: so many judges have a style of line of their own.
STYLES = [(color, style) for style in ("-", "--", ":", "-.") for color in (figures.BLUE, figures.VERMILION)]


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--roc", type=Path, required=True, help="the points of all curves (CSV)")
    figures.add_arguments(parser)


def work(options, job):
    """Draw the figure and write it in each form."""
    figures.prepare("plot_judges", options.style)
    curves = read(options.roc)
    figures.write(draw(curves), options.figure)
    job.rows(**{"in": len(curves)})


def read(path: Path) -> dict[str, list[tuple[float, float]]]:
    """The points (false and true positive rate) of the curve of each measurement, in the order of the file."""
    found = defaultdict(list)
    for row in csv_tables.read(path):
        name, _, *rates = (row[column] for column in ROC_COLUMNS)
        found[name].append(tuple(map(float, rates)))
    return dict(found)


def draw(curves: dict[str, list[tuple[float, float]]]):
    """The figure; of judges without scores it says so."""
    from matplotlib.figure import Figure

    names = {name: figures.shortened(name, NAME_CHARACTERS) for name in curves}
    height = figures.COLUMN + figures.legend_height(["chance", *names.values()], figures.COLUMN)
    figure = Figure(figsize=(figures.COLUMN, height), layout="constrained")
    panel = figure.subplots()
    panel.plot([0, 1], [0, 1], color=figures.GREY, linewidth=0.8, linestyle=(0, (1, 3)), label="chance")
    for number, (name, points) in enumerate(curves.items()):
        color, style = STYLES[number % len(STYLES)]
        panel.plot(*zip(*points, strict=True), color=color, linestyle=style, label=names[name])
    if not curves:
        panel.text(0.5, 0.6, "no judge gives scores", ha="center")
    panel.set_xlabel("share of the other questions that is kept")
    panel.set_ylabel("share of the questions to keep that is kept")
    panel.set_xlim(-0.01, 1.01)
    panel.set_ylim(-0.01, 1.01)
    panel.set_aspect("equal")
    figures.legend(figure, panel.get_lines())
    return figure


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
