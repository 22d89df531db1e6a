"""Draw how the scores of each scorer of difficulty are distributed, one panel for each source."""

from pathlib import Path

from synthesis import difficulty_scores, figures, program
from synthesis.difficulty_levels import LEVELS
from synthesis.difficulty_scores import Scores

BINS = 20
NAME_CHARACTERS = 32
# Sizes in inches.
PANEL_WIDTH, PANEL_HEIGHT = 3.1, 2.2


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    difficulty_scores.add_arguments(parser)
    parser.add_argument("--svg", type=Path, required=True, help="the figure for the report and for papers")
    parser.add_argument("--png", type=Path, required=True, help="the figure as pixels")


def work(options, job):
    """Draw the figure and write it in both forms."""
    figures.prepare("plot_difficulty")
    found = difficulty_scores.read(options.scorer, options.settings)
    figures.write(draw(found), options.svg, options.png)
    job.rows(**{"in": sum(len(scores.values) for scores in found)})


def draw(found: list[Scores]):
    """The figure: a row of panels for each source, a column for each scorer."""
    from matplotlib.figure import Figure

    scorers, sources = (list(dict.fromkeys(getattr(item, what) for item in found)) for what in ("scorer", "source"))
    size = (max(2, len(scorers)) * PANEL_WIDTH, len(sources) * PANEL_HEIGHT)
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(len(sources), len(scorers), squeeze=False)
    for scores in found:
        _draw_panel(panels[sources.index(scores.source)][scorers.index(scores.scorer)], scores)
    return figure


def edges(scores: Scores) -> list[float] | int:
    """The ends of the bins: one for each level, those of the shares from 0 to 1, or so many over all scores."""
    if scores.method == "level":
        points = list(LEVELS.values())
        return [point - points[0] / 2 for point in [*points, points[-1] + points[0]]]
    return BINS if scores.method == "regression" else [number / BINS for number in range(BINS + 1)]


def _draw_panel(panel, scores: Scores) -> None:
    from matplotlib.ticker import MaxNLocator

    values = scores.array()
    panel.hist(values, bins=edges(scores), color=figures.BLUE, edgecolor="white", linewidth=0.4)
    name = figures.shortened(scores.scorer, NAME_CHARACTERS)
    panel.set_title(f"{name}\n{figures.shortened(scores.source, NAME_CHARACTERS)}", loc="left", fontsize=9)
    panel.set_xlabel(f"{scores.measure} ({len(values):,} questions)")
    panel.set_ylabel("questions")
    if scores.method == "level":
        panel.set_xticks(list(LEVELS.values()))
    else:
        panel.xaxis.set_major_locator(MaxNLocator(nbins=5))
    panel.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    panel.spines[["top", "right"]].set_visible(False)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
