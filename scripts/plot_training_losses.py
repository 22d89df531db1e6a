"""Draw how the loss of every training fell, one panel for each trained model."""

from pathlib import Path
from statistics import fmean

from synthesis import figures, program, trainings
from synthesis.trainings import Training

PANELS_IN_A_ROW = 3
NAME_CHARACTERS = 32

# Up to so many points each has a mark: a line alone hides where they are, and one point has no line.
MOST_MARKS = 40
# Steps beyond this number are drawn as means of as many neighbours as it takes, else noise hides the curve.
MOST_POINTS = 200

# Sizes in inches.
PANEL_WIDTH, PANEL_HEIGHT = 3.3, 2.3


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--reports", type=Path, nargs="+", required=True, help="training.json of every trained model")
    parser.add_argument("--svg", type=Path, required=True, help="the figure for the report and for papers")
    parser.add_argument("--png", type=Path, required=True, help="the figure as pixels")


def work(options, job):
    """Draw the figure and write it in both forms; the settings list the `models`, which name the reports."""
    figures.prepare("plot_training_losses")
    found = trainings.read(options.settings["models"], options.reports)
    figures.write(draw(found), options.svg, options.png)
    job.rows(**{"in": len(found)})


def draw(found: list[Training]):
    """The figure. Panels have axes of their own: losses of different kinds can't be compared."""
    from matplotlib.figure import Figure

    across = min(PANELS_IN_A_ROW, len(found))
    down = -(-len(found) // across)
    figure = Figure(figsize=(across * PANEL_WIDTH, down * PANEL_HEIGHT), layout="constrained")
    panels = list(figure.subplots(down, across, squeeze=False).flat)
    for panel, training in zip(panels, found, strict=False):
        _draw_panel(panel, training)
    for panel in panels[len(found) :]:
        panel.set_visible(False)
    return figure


def curve(training: Training) -> tuple[list[float], list[float]]:
    """Steps and losses as they are drawn, at most `MOST_POINTS`: of long trainings the means of neighbouring steps."""
    together = -(-len(training.losses) // MOST_POINTS)
    starts = range(0, len(training.losses), together)
    return tuple(
        [fmean(values[start : start + together]) for start in starts] for values in (training.steps, training.losses)
    )


def _draw_panel(panel, training: Training) -> None:
    from matplotlib.ticker import MaxNLocator

    steps, losses = curve(training)
    marks = {"marker": "o", "markersize": 3} if len(steps) <= MOST_MARKS else {}
    panel.plot(steps, losses, color=figures.BLUE, linewidth=1.2, **marks)
    panel.set_xlim(0, 1.04 * training.steps[-1])
    name = figures.shortened(training.model, NAME_CHARACTERS)
    panel.set_title(f"{name}\n{training.stage}", loc="left", fontsize=9)
    panel.set_xlabel("step")
    panel.set_ylabel("loss")
    panel.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    panel.yaxis.set_major_locator(MaxNLocator(nbins=4))
    panel.spines[["top", "right"]].set_visible(False)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
