"""Draw what every training logged: its loss, and where it learns from pairs, how many it gets right and by how much."""

from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from statistics import fmean

from synthesis import csv_tables, figures, program

NOTHING = "no training of this run logged a step"
NO_PAIRS = "no training of this run learns from pairs of a better and a worse text"

# Up to so many trainings stand three in a row, more of them four.
MOST_WIDE_PANELS = 6

# Up to so many points each has a mark: a line alone hides where they are, and one point has no line.
MOST_MARKS = 40
# Steps beyond this number are drawn as means of as many neighbours as it takes, else noise hides the curve.
MOST_POINTS = 200

# Letters that find room over all panels of a row.
TITLE_CHARACTERS = 78
# In inches.
PANEL_HEIGHT = 1.45

# What of the held-out rows is drawn beside a measure of the steps, and what it is called.
HELD_OUT = {
    "loss": {
        "held_out_mean_squared_error": "squared error on held-out rows",
        "held_out_mean_squared_error_of_the_mean": "squared error of the mean label",
    },
    "accuracy": {"held_out_accuracy": "held-out pairs"},
    "margin": {"held_out_margin": "held-out pairs"},
}
LINES = [{"color": figures.VERMILION, "linestyle": "--"}, {"color": figures.GREY, "linestyle": ":"}]


@dataclass
class Curves:
    """What a training logged: by measure its steps with their values, and what was measured after the last step."""

    model: str
    stage: str
    steps: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    held_out: dict[str, float] = field(default_factory=dict)


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--curves", type=Path, required=True, help="what each step of each training logged (CSV)")
    figures.add_arguments(parser, "losses", "accuracies")


def work(options, job):
    """Draw both figures and write each in its forms."""
    figures.prepare("plot_trainings", options.style)
    found = read(options.curves)
    figures.write(draw_losses(found), options.losses_figure)
    figures.write(draw_accuracies(found), options.accuracies_figure)
    job.rows(**{"in": len(found)})


def read(path: Path) -> list[Curves]:
    """The trainings of the table, in its order."""
    found: dict[tuple[str, str], Curves] = {}
    for row in csv_tables.read(path):
        training = found.setdefault((row["model"], row["stage"]), Curves(row["model"], row["stage"]))
        if row["measure"].startswith("held_out_"):
            training.held_out[row["measure"]] = float(row["value"])
        else:
            training.steps.setdefault(row["measure"], []).append((int(row["step"]), float(row["value"])))
    return list(found.values())


def draw_losses(found: list[Curves]):
    """The figure of the losses. Panels have axes of their own: losses of different kinds can't be compared."""
    if not found:
        return figures.empty(NOTHING)
    return _draw([(training, "loss") for training in found], 3 if len(found) <= MOST_WIDE_PANELS else 4)


def draw_accuracies(found: list[Curves]):
    """The figure of the trainings on pairs: for each the share that it gets right, and beside it by how much."""
    learning = [training for training in found if "accuracy" in training.steps]
    if not learning:
        return figures.empty(NO_PAIRS)
    panels = [(training, measure) for training in learning for measure in ("accuracy", "margin")]
    # Both panels of a training in the same row.
    return _draw(panels, next(most for most in (4, 2) if figures.across(len(panels), most) % 2 == 0))


def _draw(shown: list[tuple[Curves, str]], most: int):
    """A figure with a panel for each training and measure."""
    from matplotlib.lines import Line2D

    across = figures.across(len(shown), most)
    width = figures.COLUMN if across == 1 else figures.TWO_COLUMNS
    figure, panels = figures.grid(len(shown), across, PANEL_HEIGHT, width)
    named: dict[str, dict] = {}
    for number, (panel, (training, measure)) in enumerate(zip(panels, shown, strict=True)):
        _draw_panel(panel, curve(training.steps.get(measure, [])))
        for (name, label), style in zip(HELD_OUT[measure].items(), LINES, strict=False):
            if isfinite(training.held_out.get(name, float("nan"))):
                panel.axhline(training.held_out[name], linewidth=0.9, **style)
                named[label] = style
        characters = TITLE_CHARACTERS // max(2, across)
        names = (figures.shortened(name, characters) for name in (training.model, training.stage))
        panel.set_title("\n".join(names))
        if number >= len(panels) - across:
            panel.set_xlabel("step")
        if measure != "loss" or number % across == 0:
            panel.set_ylabel(measure)
    if named:
        figure.set_figheight(figure.get_figheight() + figures.legend_height(list(named), width))
        figures.legend(figure, [Line2D([], [], label=label, linewidth=0.9, **style) for label, style in named.items()])
    return figure


def curve(points: list[tuple[int, float]]) -> list[tuple[float, float]]:
    """Steps and values as they are drawn, at most `MOST_POINTS`: of long trainings the means of neighbouring steps."""
    together = -(-len(points) // MOST_POINTS)
    parts = [points[start : start + together] for start in range(0, len(points), together or 1)]
    return [tuple(map(fmean, zip(*part, strict=True))) for part in parts]


def _draw_panel(panel, points: list[tuple[float, float]]) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator

    if not any(isfinite(value) for _, value in points):
        figures.say(panel, "no finite value")
        return
    marks = {"marker": "o"} if len(points) <= MOST_MARKS else {}
    panel.plot(*zip(*points, strict=True), color=figures.BLUE, **marks)
    panel.set_xlim(0, 1.04 * points[-1][0])
    panel.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    panel.xaxis.set_major_formatter(EngFormatter(sep=""))
    panel.yaxis.set_major_locator(MaxNLocator(nbins=4))


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
