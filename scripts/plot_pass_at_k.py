"""Draw pass@k over the number of samples k, one panel for each benchmark."""

from pathlib import Path
from statistics import fmean

from synthesis import csv_tables, evaluation_tables, figures, program

NOTHING = "every model answered each problem once, so there is no pass@k for a k above 1"
LABEL_CHARACTERS, TITLE_CHARACTERS = 36, 22

# In inches.
PANEL_HEIGHT = 2.0


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--pass-at-k", type=Path, required=True, help="the table of pass@k (CSV)")
    figures.add_arguments(parser)


def work(options, job):
    """Draw the figure and write it in each form."""
    figures.prepare("plot_pass_at_k", options.style)
    rows = csv_tables.read(options.pass_at_k)
    figures.write(draw(read(rows)), options.figure)
    job.rows(**{"in": len(rows)})


def read(rows: list[dict]) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """By benchmark and model the points (k, pass@k in per cent), of a student the means over its training seeds."""
    rates: dict[str, dict[str, dict[int, list[float]]]] = {}
    for row in rows:
        model = evaluation_tables.title(row).removesuffix(f"-{row['seed']}") if row["student"] else row["model"]
        points = rates.setdefault(row["benchmark"], {}).setdefault(model, {})
        points.setdefault(int(row["k"]), []).append(100 * float(row["pass_at_k"]))
    return {
        benchmark: {
            model: [(k, fmean(values)) for k, values in sorted(points.items())] for model, points in models.items()
        }
        for benchmark, models in rates.items()
    }


def draw(curves: dict[str, dict[str, list[tuple[int, float]]]]):
    """The figure, with one line for each model in every panel."""
    from matplotlib.lines import Line2D

    models = list(dict.fromkeys(model for found in curves.values() for model in found))
    if not models:
        return figures.empty(NOTHING)
    width = figures.COLUMN if len(curves) == 1 else figures.TWO_COLUMNS
    labels = [figures.shortened(model, LABEL_CHARACTERS) for model in models]
    styles = {model: figures.series(number) for number, model in enumerate(models)}
    figure, panels = figures.grid(len(curves), 3, PANEL_HEIGHT, width)
    figure.set_figheight(figure.get_figheight() + figures.legend_height(labels, width))
    for panel, (benchmark, found) in zip(panels, curves.items(), strict=True):
        for model, points in found.items():
            panel.plot(*zip(*points, strict=True), **styles[model])
        panel.set_title(figures.shortened(benchmark, TITLE_CHARACTERS))
        _shape(panel, max(points[-1][0] for points in found.values()))
    handles = [Line2D([], [], label=label, **style) for label, style in zip(labels, styles.values(), strict=True)]
    figures.legend(figure, handles)
    return figure


def _shape(panel, largest: int) -> None:
    from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, StrMethodFormatter

    powers = [2**exponent for exponent in range(largest.bit_length()) if 2**exponent <= largest]
    # Every second power where all of them would be too many for the axis.
    panel.set_xscale("log", base=2)
    panel.xaxis.set_major_locator(FixedLocator(powers[:: 1 + len(powers) // 7]))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
    panel.yaxis.set_major_locator(MaxNLocator(nbins=5))
    panel.set_xlabel("samples k")
    panel.set_ylabel("pass@k, %")


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
