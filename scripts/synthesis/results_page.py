"""The tables of results as a web page: the paper's values and ours in columns that can't be taken for each other."""

from synthesis import web_pages
from synthesis.results import NO_VALUE, NOT_RUN, why_empty
from synthesis.results_texts import DIFFERENCE, NOTHING, PAPER, wide
from synthesis.run_tables import UNKNOWN

_FIRST = ("", "")
_SHORT = {DIFFERENCE: "diff."}
# Rows that a remark names; the others are counted.
MOST_ROWS = 8
_INTRODUCTION = (
    "What papers printed, beside what runs of this workflow measured. Numbers in columns named paper are the paper's "
    "own, of its models; those in columns named ours come from tables of runs, with a 95 % interval behind them where "
    f"there is one; diff. is ours less the paper's, in points. Where ours is '{NOT_RUN}', its run or the run's table "
    f"is not there; where it has '{NO_VALUE}' or is '{UNKNOWN}', the table is there without it. Below the table stands "
    f"which run would fill a cell, or what is missing. '{NOTHING}' stands where nothing is set beside the other value."
)


def page(run: str, tables: dict[str, tuple[str, list[dict[str, str]]]], made_by: dict[str, str]) -> str:
    """The page of all tables: name to caption and tidy rows. `made_by` are files that make runs, by the runs' names."""
    title = f"Run {run} beside the papers"
    parts = [web_pages.heading(title), web_pages.paragraph(_INTRODUCTION)]
    for name, (caption, rows) in tables.items():
        parts += [
            web_pages.heading(name.replace("_", " ").capitalize(), 2),
            web_pages.paragraph(caption),
            web_pages.paragraph(_sources(rows)),
            _table(rows),
            *_notes(rows, made_by),
        ]
    return web_pages.page(title, *parts)


def _sources(rows: list[dict[str, str]]) -> str:
    papers = dict.fromkeys(row["published_source"] for row in rows if row["published_source"])
    runs = dict.fromkeys(row["ours_run"] for row in rows if row["ours"])
    reasons = dict.fromkeys(filter(None, map(why_empty, rows)))
    ours = _runs(list(runs)) or ", ".join(reasons) or "nothing set beside it"
    return f"Paper: {'; '.join(papers) or 'nothing printed'}. Ours: {ours}."


def _runs(names: list[str]) -> str:
    return f"run{'s' * (len(names) > 1)} {', '.join(names)}" if names else ""


def _table(rows: list[dict[str, str]]) -> str:
    # Intervals stand below their values and long heads are cut, since the widest tables would not fit otherwise.
    found = wide(rows, "\n{} to {}")
    heads = [_FIRST, *((group, _SHORT.get(kind, kind)) for group, kind in found.heads)]
    lines = [dict(zip(heads, [label, *cells], strict=True)) for label, cells in found.rows.items()]
    classes = {_FIRST: "label"} | {head: "quoted" if head[1] == PAPER else "lines" for head in heads[1:]}
    return web_pages.table(lines, set(heads[1:]), classes=classes, muted={NOT_RUN, NO_VALUE, UNKNOWN, NOTHING})


def _notes(rows: list[dict[str, str]], made_by: dict[str, str]) -> list[str]:
    """What is to be known of the paper's numbers, and why cells of ours are empty, for readers who open it."""
    missing = _missing(rows, made_by)
    noted = _noted(rows)
    return [
        *([web_pages.details("What would fill the cells of ours", *map(web_pages.paragraph, missing))] * bool(missing)),
        *([web_pages.details("Notes on the paper's numbers", *map(web_pages.paragraph, noted))] * bool(noted)),
    ]


def _missing(rows: list[dict[str, str]], made_by: dict[str, str]) -> list[str]:
    """A sentence for each run that would give more cells, and each reason why one that is there does not."""
    found = dict.fromkeys((row["ours_run"], row["ours_note"]) for row in rows if row["ours_run"] and not row["ours"])
    labels: dict[tuple[str, str], list[str]] = {place: [] for place in found}
    for row in rows:
        if (place := (row["ours_run"], row["ours_note"])) in labels and not row["ours"]:
            labels[place].append(row["row"])
    return [_sentence(run, note, list(dict.fromkeys(labels[run, note])), made_by) for run, note in found]


def _sentence(run: str, note: str, labels: list[str], made_by: dict[str, str]) -> str:
    if not note.startswith(NOT_RUN):
        return f"{', '.join(labels)}: {note} (run {run})."
    command = f", which make run CONFIG={made_by[run]} makes" if run in made_by else ""
    return f"{', '.join(labels)}: run {run}{command}."


def _noted(rows: list[dict[str, str]]) -> list[str]:
    """Each remark on the paper's numbers once, behind the rows that it is of; a note may hold several of them."""
    columns: dict[str, list[str]] = {}
    found: dict[str, dict[str, list[str]]] = {}
    for row in (row for row in rows if row["published"]):
        columns.setdefault(row["row"], []).append(row["column"])
        for remark in filter(None, row["published_note"].split("; ")):
            found.setdefault(remark, {}).setdefault(row["row"], []).append(row["column"])
    return [f"{_few(places, columns)}: {remark}." for remark, places in found.items()]


def _few(places: dict[str, list[str]], columns: dict[str, list[str]]) -> str:
    """Rows by name, each with the columns that are meant if these are not all that it has."""
    named = [label if of == columns[label] else f"{label} ({', '.join(of)})" for label, of in places.items()]
    more = len(named) - MOST_ROWS
    return "; ".join(named[:MOST_ROWS]) + (f" and {more} more" if more > 0 else "")
