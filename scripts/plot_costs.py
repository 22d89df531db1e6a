"""Draw what each step costs for a million pairs, in hours and in money, beside the published costs."""

from dataclasses import dataclass
from pathlib import Path

from synthesis import csv_tables, figures, program
from synthesis.costs_by_phase import ALL, PUBLISHED, STEP

NO_PAIRS = "The run has no pairs of its own, so there is no cost of a million pairs."
NOT_KNOWN = "not known"
NAME_CHARACTERS = 36
# Sizes in inches: of a step's bars, and of what stands above and below them.
STEP_HEIGHT, MARGINS = 0.3, 1.35
OURS, PUBLISHED_COLOUR = figures.BLUE, figures.ORANGE
# Of the longest bar, to leave room for the numbers beside the bars.
ROOM = 1.45
# Sums that differ by more than this factor are drawn as points on a logarithmic scale, or one of them would be a line.
MOST_APART = 20


@dataclass(frozen=True)
class Panel:
    """One panel: its title, and the columns of the run's and of the published amounts, None where it has none."""

    title: str
    ours: str | None
    published: str | None


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--costs", type=Path, required=True, help="the costs by phase and step (CSV)")
    figures.add_arguments(parser)


def work(options, job):
    """Draw the figure and write it in each form."""
    figures.prepare("plot_costs", options.style)
    rows = csv_tables.read(options.costs)
    figures.write(draw(rows), options.figure)
    job.rows(**{"in": len(rows)})


def draw(rows: list[dict]):
    """The figure of a table of `costs_by_phase`; of a run without pairs it says so."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    total = next((row for row in rows if row["line"] == ALL), None)
    if not total or not total["samples"] or total["samples"] == "0":
        return figures.empty(NO_PAIRS, figures.TWO_COLUMNS)
    steps = drawn_steps(rows)
    found = panels(rows, total)
    figure = Figure(figsize=(figures.TWO_COLUMNS, STEP_HEIGHT * len(steps) + MARGINS), layout="constrained")
    for axes, panel in zip(figure.subplots(1, len(found), sharey=True, squeeze=False).flat, found, strict=True):
        _draw_panel(axes, panel, steps, total)
    source = next((row["published_source"] for row in rows if row["published_source"]), "")
    keys = [Patch(color=OURS, label="this run")]
    keys += [Patch(color=PUBLISHED_COLOUR, label=source)] if source else []
    figure.legend(handles=keys, loc="outside lower center", ncols=2)
    return figure


def drawn_steps(rows: list[dict]) -> list[dict]:
    """The steps that have a bar: those of the run that take time or money, and published ones that take GPU hours.

    A published row with money alone may be a comparison and no step.
    """
    ours = [row for row in rows if row["line"] == STEP and (_costs_something(row) or row["published_source"])]
    return [*ours, *(row for row in rows if row["line"] == PUBLISHED and row["published_gpu_hours"])]


def _costs_something(row: dict) -> bool:
    return any(not row[key] or float(row[key]) > 0 for key in ("gpu_hours", "cpu_core_hours", "cost"))


def panels(rows: list[dict], total: dict) -> list[Panel]:
    """The panels: GPU hours, CPU core hours of a run without GPUs, and money."""
    uses_gpus = total["gpu_hours"] == "" or float(total["gpu_hours"]) > 0
    published = any(row["published_gpu_hours"] for row in rows)
    priced = {row["published_currency"] for row in rows} - {""}
    found = []
    if not uses_gpus:
        found.append(Panel("CPU core hours (no GPU)", "cpu_core_hours_per_million_pairs", None))
    if uses_gpus or published:
        ours = "gpu_hours_per_million_pairs" if uses_gpus else None
        found.append(Panel("GPU hours", ours, "published_gpu_hours_per_million_pairs" if published else None))
    # Amounts in two currencies can't be compared by length.
    same = priced <= {total["currency"]}
    money = "published_cost_per_million_pairs" if priced and same else None
    return [*found, Panel(total["currency"], "cost_per_million_pairs", money)]


def _draw_panel(axes, panel: Panel, steps: list[dict], total: dict) -> None:
    columns = [(panel.ours, OURS), (panel.published, PUBLISHED_COLOUR)]
    told = [(column, colour) for column, colour in columns if column]
    height = 0.8 / len(told)
    scale = _Scale([float(row[column] or 0) for column, _ in told for row in steps], _far_apart(total, told))
    for number, (column, colour) in enumerate(told):
        for place, row in enumerate(steps):
            if text := _label(row, column):
                centre = place + (number - (len(told) - 1) / 2) * height
                scale.mark(axes, float(row[column] or 0), centre, height, colour)
                beside = scale.beside(float(row[column] or 0))
                axes.text(beside, centre, text, va="center", fontsize=6, color=figures.GREY)
    axes.set_xscale("log" if scale.is_logarithmic else "linear")
    axes.set_xlim(*scale.ends)
    axes.set_ylim(len(steps) - 0.4, -0.6)
    axes.set_yticks(range(len(steps)), [figures.shortened(row["step"], NAME_CHARACTERS) for row in steps])
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(scale.ticks())
    axes.xaxis.set_major_formatter(lambda value, _place: f"{value:,.0f}" if value >= 1 else f"{value:g}")
    axes.minorticks_off()
    axes.set_title(f"{panel.title}\nfor a million pairs{', logarithmic' if scale.is_logarithmic else ''}")
    axes.set_xlabel("\n".join(_sum(total, column, colour) for column, colour in told), color=figures.GREY)


def _far_apart(total: dict, told: list[tuple[str, str]]) -> bool:
    """Whether the sums of the run and of the paper can't be read on one linear scale."""
    sums = [float(total[column]) for column, _ in told if total[column] and float(total[column])]
    return len(sums) > 1 and max(sums) > MOST_APART * min(sums)


class _Scale:
    """The scale of a panel's amounts: bars from zero, or points over powers of ten."""

    def __init__(self, amounts: list[float], is_logarithmic: bool):
        known = [amount for amount in amounts if amount > 0] or [1.0]
        self.is_logarithmic = is_logarithmic
        self._longest, self._smallest = max(known), min(known)

    @property
    def ends(self) -> tuple[float, float]:
        """The first and the last value of the axis."""
        if not self.is_logarithmic:
            return 0, self._longest * ROOM
        return self._smallest / 2, self._longest * (self._longest / self._smallest * 2) ** (ROOM - 1)

    def mark(self, axes, amount: float, centre: float, height: float, colour: str) -> None:
        """Draw an amount; on a logarithmic scale, nothing has no place."""
        if not self.is_logarithmic:
            axes.barh(centre, amount, height=height, color=colour)
        elif amount:
            axes.plot([amount], [centre], "o", color=colour)

    def beside(self, amount: float) -> float:
        """Where the number of an amount stands."""
        if not self.is_logarithmic:
            return amount + self._longest * 0.02
        first, last = self.ends
        return max(amount, first) * (last / first) ** 0.025

    def ticks(self):
        """What places the few ticks of the axis."""
        from matplotlib.ticker import LogLocator, MaxNLocator

        return LogLocator(numticks=4) if self.is_logarithmic else MaxNLocator(nbins=3)


def _sum(total: dict, column: str, colour: str) -> str:
    """The total of a column in words."""
    amount = _shown(float(total[column])) if total[column] else NOT_KNOWN
    return f"sum of {'this run' if colour == OURS else 'the paper'}: {amount}"


def _label(row: dict, column: str) -> str:
    """What stands beside a bar; nothing where a step has no such amount."""
    if row[column]:
        return _shown(float(row[column]))
    return NOT_KNOWN if row["line"] == STEP and not column.startswith("published") else ""


def _shown(amount: float) -> str:
    """An amount with three digits that matter, and all of those before the point."""
    if amount == 0:
        return "0"
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.3g}" if amount >= 0.001 else "< 0.001"


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
