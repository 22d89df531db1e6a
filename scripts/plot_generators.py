"""Draw what rewriting does to questions, and how difficult seed problems and generated questions are."""

from pathlib import Path

from synthesis import csv_tables, difficulty_densities, figures, generator_measures, program, rewriting_effect

# In inches.
PANEL_HEIGHT, LINE_HEIGHT, AROUND = 1.8, 0.17, 0.75
ACROSS, TITLE_CHARACTERS, NAME_CHARACTERS, LABEL_CHARACTERS = 3, 24, 18, 26
NO_REWRITES = "No rewritten question was judged: tabulate_generators has no setting rewrites, or no rewrite was kept."
NO_SCORES = "No question was scored: the run has no scorer of difficulty for all questions."
RAW, REWRITTEN = "raw", "rewritten"
_COLOURS = {RAW: figures.GREY, REWRITTEN: figures.BLUE}
_LINES = ("-", "--", ":", "-.")


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--rewrites", type=Path, required=True, help="the table of what rewriting does (CSV)")
    parser.add_argument("--densities", type=Path, required=True, help="the table of densities (CSV)")
    figures.add_arguments(parser, "rewrites", "densities")


def work(options, job):
    """Draw both figures; the same tables give the same bytes."""
    figures.prepare("plot_generators", options.style)
    effects, densities = csv_tables.read(options.rewrites), csv_tables.read(options.densities)
    figures.write(draw_rewrites(effects), options.rewrites_figure)
    figures.write(draw_densities(densities), options.densities_figure)
    job.rows(**{"in": len(effects) + len(densities)})


def draw_rewrites(rows: list[dict]):
    """A panel for each measure: for each generator and direction a point before and one after, with intervals."""
    if not any(row[RAW] for row in rows):
        return figures.empty(NO_REWRITES)
    from matplotlib.lines import Line2D

    measures = list(dict.fromkeys(row["measure"] for row in rows))
    most = max(sum(row["measure"] == measure for row in rows) for measure in measures)
    figure, panels = figures.grid(len(measures), ACROSS, LINE_HEIGHT * 2 * most + AROUND)
    across = figures.across(len(measures), ACROSS)
    for number, (panel, measure) in enumerate(zip(panels, measures, strict=True)):
        found = [row for row in rows if row["measure"] == measure]
        _draw_measure(panel, found)
        leftmost = measures[number - number % across]
        counted = {_place(row): row["questions"] for row in rows if row["measure"] == leftmost}
        labels = [_label(row) if measure == leftmost else _other_count(row, counted) for row in found]
        panel.set_yticks(range(len(found)), labels)
    keys = [Line2D([], [], color=colour, marker="o", label=name) for name, colour in _COLOURS.items()]
    figure.legend(handles=keys, loc="outside lower center", ncols=2)
    return figure


def _draw_measure(panel, rows: list[dict]) -> None:
    from matplotlib.ticker import MaxNLocator

    share = rows[0]["measure"] != generator_measures.DIFFICULTY
    known = [(place, row) for place, row in enumerate(rows) if row[RAW]]
    for place, row in known:
        for side, shift in ((RAW, -0.16), (REWRITTEN, 0.16)):
            value, low, high = ((100 if share else 1) * float(row[f"{side}{end}"]) for end in rewriting_effect.ENDS)
            panel.plot([low, high], [place + shift] * 2, color=_COLOURS[side])
            panel.plot([value], [place + shift], color=_COLOURS[side], marker="o")
    panel.tick_params(axis="y", length=0)
    panel.set_ylim(len(rows) - 0.5, -0.5)
    panel.xaxis.set_major_locator(MaxNLocator(nbins=4))
    name = rows[0]["measure"].removeprefix("share_").replace("_", " ")
    panel.set_title(figures.shortened(f"{name}, %" if share else name, TITLE_CHARACTERS))


def _place(row: dict) -> tuple[str, str]:
    return row["generator"], row["direction"]


def _other_count(row: dict, counted: dict[tuple[str, str], str]) -> str:
    """How many questions a row is of, if that is not the number beside the leftmost panel; else nothing."""
    return "" if row["questions"] == counted.get(_place(row)) else f"{int(row['questions']):,}"


def _label(row: dict) -> str:
    name = figures.shortened(row["generator"], LABEL_CHARACTERS)
    return f"{name}\n{row['direction']}, {int(row['questions']):,} questions"


def draw_densities(rows: list[dict]):
    """A panel with the sets of seed problems, and one for each source with the steps of its generator."""
    if not rows:
        return figures.empty(NO_SCORES)
    groups = list(dict.fromkeys((row["kind"], row["group"]) for row in rows))
    highest = max(float(row["density"]) for row in rows)
    figure, panels = figures.grid(len(groups), ACROSS, PANEL_HEIGHT)
    for panel, (kind, group) in zip(panels, groups, strict=True):
        found = [row for row in rows if (row["kind"], row["group"]) == (kind, group)]
        _draw_group(panel, found, kind if kind == difficulty_densities.SEEDS else f"questions of {group}")
        panel.set_xlim(float(rows[0]["low"]), max(float(row["high"]) for row in rows))
        panel.set_ylim(0, 1.05 * highest)
    panels[0].set_ylabel("density")
    figure.supxlabel("difficulty", fontsize=panels[0].yaxis.label.get_fontsize())
    return figure


def _draw_group(panel, rows: list[dict], title: str) -> None:
    for number, name in enumerate(dict.fromkeys(row["name"] for row in rows)):
        own = [row for row in rows if row["name"] == name]
        edges = [float(own[0]["low"]), *(float(row["high"]) for row in own)]
        colour = figures.COLOURS[number % len(figures.COLOURS)]
        label = f"{figures.shortened(name, NAME_CHARACTERS)} ({int(own[0]['scored']):,})"
        line = _LINES[number % len(_LINES)]
        shape = {"color": colour, "linestyle": line, "linewidth": 1.1, "label": label}
        panel.stairs([float(row["density"]) for row in own], edges, **shape)
    panel.set_title(figures.shortened(title, TITLE_CHARACTERS + 4))
    panel.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.16))


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
