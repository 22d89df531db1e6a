"""Draw how right each student is over the number of pairs that it learnt from, one panel for each benchmark."""

from dataclasses import dataclass, field
from pathlib import Path

from synthesis import csv_tables, figures, program, published_values
from synthesis.errors import InputError

NOTHING = "no student was trained on data sets of several sizes"
LABEL_CHARACTERS, TITLE_CHARACTERS = 36, 22

# In inches.
PANEL_HEIGHT = 2.1
# The part of a panel's height that a label of a published curve takes.
LABEL_SHARE = 0.075
BEFORE = {"color": figures.GREY, "linestyle": ":", "linewidth": 0.9}
PUBLISHED = {"color": figures.GREY, "linewidth": 0.6, "marker": ".", "markersize": 2}


@dataclass(frozen=True)
class Point:
    """What a student gets right on a benchmark, in per cent, with the ends of its bar, after so many pairs."""

    student: str
    benchmark: str
    pairs: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class Published:
    """Curves of a paper: where they stand there, and by benchmark and series their points (pairs, per cent)."""

    place: str = ""
    curves: dict[str, dict[str, list[tuple[int, float]]]] = field(default_factory=dict)


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--evaluation", type=Path, required=True, help="the table of the evaluation (CSV)")
    parser.add_argument("--seeds", type=Path, required=True, help="the table over training seeds (CSV)")
    parser.add_argument("--trainings", type=Path, required=True, help="the table of all trainings (CSV)")
    parser.add_argument("--published", type=Path, nargs="?", help="published values (CSV), if there are any")
    figures.add_arguments(parser)


def work(options, job):
    """Draw the figure; the settings are `axis` and, if there are published values, where they stand (`published`)."""
    figures.prepare("plot_scaling_curves", options.style)
    evaluated = csv_tables.read(options.evaluation)
    points = read(csv_tables.read(options.seeds), evaluated, csv_tables.read(options.trainings))
    published = read_published(options.published, options.settings["published"]) if options.published else Published()
    figures.write(draw(points, before_training(evaluated), published, options.settings["axis"]), options.figure)
    job.rows(**{"in": len(points)})


def read(seeds: list[dict], evaluated: list[dict], trainings: list[dict]) -> list[Point]:
    """The points of all curves, in the order of the table.

    Of several training seeds the bar is one standard deviation to each side, of one seed the interval of its accuracy.
    Raises InputError if the table of trainings lacks a student.
    """
    found = []
    for row in seeds:
        accuracy = 100 * float(row["accuracy"])
        if row["deviation_over_seeds"]:
            deviation = 100 * float(row["deviation_over_seeds"])
            low, high = accuracy - deviation, accuracy + deviation
        else:
            names = ("student", "size", "benchmark")
            own = next(item for item in evaluated if all(item[name] == row[name] for name in names))
            low, high = (100 * float(own[f"accuracy_{end}"]) for end in ("low", "high"))
        pairs = _pairs(row["student"], row["size"], trainings)
        found.append(Point(row["student"], row["benchmark"], pairs, accuracy, low, high))
    return found


def _pairs(student: str, size: str, trainings: list[dict]) -> int:
    """The number of pairs that a student learnt from: those of its size but for what was too long."""
    rows = [row["rows"] for row in trainings if row["model"].rpartition("-")[0] == f"{student}-{size}"]
    if not rows:
        raise InputError(f"tables/trainings.csv has no row of {student}-{size}; delete it and run the workflow again.")
    return int(rows[0])


def before_training(evaluated: list[dict]) -> dict[tuple[str, str], float]:
    """What is right before the training, in per cent by (student, benchmark), where the model was evaluated too."""
    bases = {(row["model"], row["benchmark"]): 100 * float(row["accuracy"]) for row in evaluated if not row["student"]}
    students = {(row["student"], row["benchmark"]): row["model"] for row in evaluated if row["student"]}
    return {key: bases[model, key[1]] for key, model in students.items() if (model, key[1]) in bases}


def read_published(path: Path, settings: dict) -> Published:
    """The published curves that the settings name by `source`, `table` and, for each of the `benchmarks`, the column.

    Raises InputError if the file has no curve there.
    """
    values = published_values.of_table(published_values.read(path), settings["table"], settings["source"])
    found = {}
    for benchmark, column in settings["benchmarks"].items():
        found[benchmark] = published_values.curves(values, column)
        if not found[benchmark]:
            raise InputError(
                f"{path} has no curve {column} in {settings['table']} of {settings['source']}, which "
                f"plot_scaling_curves.published.benchmarks names for {benchmark}; correct it."
            )
    return Published(values[0].place, found)


def draw(points: list[Point], before: dict[tuple[str, str], float], published: Published, axis: str):
    """The figure; published curves are thin and grey, and stand in no legend of ours."""
    from matplotlib.lines import Line2D

    students = list(dict.fromkeys(point.student for point in points))
    sizes = {student: {point.pairs for point in points if point.student == student} for student in students}
    if max(map(len, sizes.values()), default=0) < 2:
        return figures.empty(NOTHING)
    benchmarks = list(dict.fromkeys(point.benchmark for point in points))
    width = figures.COLUMN if len(benchmarks) == 1 else figures.TWO_COLUMNS
    styles = {name: figures.series(number) for number, name in enumerate(students)}
    handles = [Line2D([], [], label=figures.shortened(name, LABEL_CHARACTERS), **styles[name]) for name in students]
    if before:
        handles.append(Line2D([], [], label="before training", **BEFORE))
    if any(benchmark in published.curves for benchmark in benchmarks):
        handles.append(Line2D([], [], label=f"published: {figures.plain(published.place)}", **PUBLISHED))
    figure, panels = figures.grid(len(benchmarks), 3, PANEL_HEIGHT, width)
    figure.set_figheight(
        figure.get_figheight() + figures.legend_height([handle.get_label() for handle in handles], width)
    )
    for panel, benchmark in zip(panels, benchmarks, strict=True):
        curves = published.curves.get(benchmark, {})
        _draw_panel(panel, [point for point in points if point.benchmark == benchmark], styles)
        for student in students:
            if (student, benchmark) in before:
                panel.axhline(before[student, benchmark], **BEFORE | {"color": styles[student]["color"]})
        for curve in curves.values():
            panel.plot(*zip(*curve, strict=True), zorder=1, **PUBLISHED)
        _shape(panel, benchmark, axis)
        _name_published(panel, curves)
    figures.legend(figure, handles)
    return figure


def _draw_panel(panel, points: list[Point], styles: dict[str, dict]) -> None:
    for student, style in styles.items():
        own = sorted((point for point in points if point.student == student), key=lambda point: point.pairs)
        accuracies = [point.accuracy for point in own]
        bars = [
            [max(0, point.accuracy - point.low) for point in own],
            [max(0, point.high - point.accuracy) for point in own],
        ]
        panel.errorbar([point.pairs for point in own], accuracies, bars, elinewidth=0.7, capsize=1.5, **style)


def _shape(panel, benchmark: str, axis: str) -> None:
    from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator, NullFormatter

    panel.set_title(figures.shortened(benchmark, TITLE_CHARACTERS))
    panel.set_xlabel("pairs learnt from")
    panel.set_ylabel("right answers, %")
    panel.yaxis.set_major_locator(MaxNLocator(nbins=5))
    if axis == "logarithmic":
        panel.set_xscale("log")
        panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=6))
        panel.xaxis.set_minor_formatter(NullFormatter())
    else:
        panel.set_xlim(left=0)
        panel.xaxis.set_major_locator(MaxNLocator(nbins=5))
    panel.xaxis.set_major_formatter(EngFormatter(sep=""))


def _name_published(panel, curves: dict[str, list[tuple[int, float]]]) -> None:
    """Names at the ends of lines, as far apart as they must be to be read."""
    if not curves:
        return
    # Room for the names behind the last points.
    left, right = panel.get_xlim()
    panel.set_xlim(left, right * (right / left) ** 0.35 if panel.get_xscale() == "log" else left + 1.3 * (right - left))
    low, high = panel.get_ylim()
    place = low
    for name, points in sorted(curves.items(), key=lambda item: item[1][-1][1]):
        place = max(place, points[-1][1])
        position = {"xytext": (points[-1][0], place), "textcoords": "data", "va": "center"}
        label = f" {figures.shortened(name, LABEL_CHARACTERS // 2)}"
        panel.annotate(label, points[-1], color=figures.GREY, fontsize="small", **position)
        place += LABEL_SHARE * (high - low)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
