"""Draw how the rewards of the chosen responses are distributed against those of the rejected ones."""

from pathlib import Path

from synthesis import figures, program, reward_distribution
from synthesis.reward_distribution import CHOSEN, REJECTED

COLOURS = {CHOSEN: figures.BLUE, REJECTED: figures.VERMILION}
NOTHING = "no response has a reward"


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--histogram", type=Path, required=True, help="the counts that are drawn (CSV)")
    figures.add_arguments(parser)


def work(options, job):
    """Draw the figure and write it in each form; the same table gives the same bytes."""
    figures.prepare("plot_rewards", options.style)
    bins = reward_distribution.read_histogram(options.histogram)
    figures.write(draw(bins), options.figure)
    job.rows(**{"in": len(bins)})


def draw(bins: list[dict]):
    """The figure: for each outcome the share of its rewards in every bin, and a line at the mean of the bins."""
    if not bins:
        return figures.empty(NOTHING)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(figures.COLUMN, 2.3), layout="constrained")
    panel = figure.subplots()
    panel.set_xlabel("reward")
    panel.set_ylabel("share of the rewards, %")
    edges = [bins[0]["low"], *(row["high"] for row in bins)]
    for outcome, colour in COLOURS.items():
        total = sum(row[outcome] for row in bins)
        if not total:
            continue
        shares = [100 * row[outcome] / total for row in bins]
        mean = sum(row[outcome] * (row["low"] + row["high"]) / 2 for row in bins) / total
        label = f"{outcome} ({total:,}, mean {mean:.3g})"
        panel.stairs(shares, edges, fill=outcome == CHOSEN, color=colour, alpha=0.35 if outcome == CHOSEN else 1)
        panel.stairs(shares, edges, color=colour, linewidth=1, label=label)
        panel.axvline(mean, color=colour, linestyle="--", linewidth=1)
    panel.set_ylim(bottom=0)
    figure.legend(loc="outside lower center")
    return figure


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
