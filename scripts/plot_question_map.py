"""Draw the map of questions: those of the data set among the problems of other sets, by their embeddings."""

import math
from pathlib import Path

from synthesis import csv_tables, figures, program, question_map

# Sizes in inches, the shares of the width that a large and a small panel get, and areas of points in square points.
HEIGHT, CHARACTER, LARGE, SMALL = 4.2, 0.075, 4.2, 1.3
FEW, SMALLEST, LARGEST_POINT = 300, 2.5, 14.0
# Most small panels above each other, and the words of a topic that stand on the map.
DOWN, LABEL_WORDS, LABEL_CHARACTERS = 3, 2, 26
# How far a label may stand above or below the middle of its topic, in lines (not on it, where it would hide a point);
# and the height of a line in points.
LINE = 10
_STEPS = [*(side * step for step in (0.8, 1.8, 2.8) for side in (1, -1))]
NOTHING = f"There is no map of fewer than {question_map.LEAST} different questions."


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--map", type=Path, required=True, help="the points of the map (CSV)")
    parser.add_argument("--topics", type=Path, required=True, help="the table of topics (CSV)")
    figures.add_arguments(parser)


def work(options, job):
    """Draw the map; the same tables give the same bytes."""
    figures.prepare("plot_question_map", options.style)
    points, topics = csv_tables.read(options.map), csv_tables.read(options.topics)
    figures.write(draw(points, topics), options.figure)
    job.rows(**{"in": len(points)})


def draw(points: list[dict], topics: list[dict]):
    """A large panel with all sets and the names of topics, and a small one for each set, which tells its colour."""
    if not points:
        return figures.empty(NOTHING, figures.TWO_COLUMNS)
    from matplotlib.figure import Figure

    sets = list(dict.fromkeys(row["set"] for row in points))
    across = -(-len(sets) // DOWN)
    down = -(-len(sets) // across)
    fits = int(figures.TWO_COLUMNS * SMALL / (LARGE + across * SMALL) / CHARACTER)
    figure = Figure(figsize=(figures.TWO_COLUMNS, HEIGHT), layout="constrained")
    panels = figure.add_gridspec(down, 1 + across, width_ratios=[LARGE, *[SMALL] * across])
    whole = figure.add_subplot(panels[:, 0])
    # In the order of the hashed ids, so that no set lies on top of all others.
    mixed = sorted(points, key=lambda row: row["id"])
    _dots(whole, mixed, [_colour(sets, row["set"]) for row in mixed], 1.0)
    for number, name in enumerate(sets):
        panel = figure.add_subplot(panels[number % down, 1 + number // down], sharex=whole, sharey=whole)
        own = [row for row in points if row["set"] == name]
        _dots(panel, [row for row in mixed if row["set"] != name], "#d9d9d9", 0.25)
        _dots(panel, own, _colour(sets, name), 0.25)
        panel.set_title(f"{figures.shortened(name, fits)}\n{len(own):,}", color=_colour(sets, name))
    _name_topics(figure, whole, points, topics)
    return figure


def _colour(sets: list[str], name: str) -> str:
    return figures.COLOURS[sets.index(name) % len(figures.COLOURS)]


def _dots(panel, rows: list[dict], colour, scale: float) -> None:
    size = max(SMALLEST, min(LARGEST_POINT, LARGEST_POINT * FEW / max(len(rows), 1)))
    x, y = ([float(row[name]) for row in rows] for name in ("x", "y"))
    # As pixels: each of thousands of points would be an object of the figure, in every panel.
    panel.scatter(x, y, s=scale * size, c=colour, linewidths=0, alpha=0.75, rasterized=True)
    panel.set_xticks([])
    panel.set_yticks([])
    panel.margins(0.06)
    panel.spines[:].set(visible=True, color="#bfbfbf")


def _name_topics(figure, panel, points: list[dict], topics: list[dict]) -> None:
    """Write each topic's words over its questions, the largest first, and only where no other name stands."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    figure.canvas.draw()
    figure.set_layout_engine("none")
    taken, frame = [], panel.get_window_extent()
    for row in topics:
        own = [point for point in points if (point["set"], point["topic"]) == (question_map.DATASET, row["topic"])]
        if own and row["words"]:
            _name_topic(panel, own, row["words"], taken, frame)


def _name_topic(panel, own: list[dict], words: str, taken: list, frame) -> None:
    from matplotlib.patheffects import withStroke

    label = figures.shortened(", ".join(words.split(", ")[:LABEL_WORDS]), LABEL_CHARACTERS)
    x, y = _middle([(float(point["x"]), float(point["y"])) for point in own])
    text = panel.annotate(
        label, (x, y), (0, 0), textcoords="offset points", ha="center", va="center",
        path_effects=[withStroke(linewidth=2.2, foreground="white")],
    )  # fmt: skip
    for step in _STEPS:
        text.set_position((0, LINE * step))
        box = text.get_window_extent().padded(2)
        inside = frame.x0 < box.x0 and box.x1 < frame.x1 and frame.y0 < box.y0 and box.y1 < frame.y1
        if inside and not any(box.overlaps(other) for other in taken):
            taken.append(box)
            return
    text.remove()


def _middle(places: list[tuple[float, float]]) -> tuple[float, float]:
    """The place nearest to the medians of both coordinates."""
    x, y = (sorted(values)[len(places) // 2] for values in zip(*places, strict=True))
    return min(places, key=lambda place: (math.dist(place, (x, y)), place))


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
