"""A comparison of runs as a web page, and as a short text for a terminal."""

import textwrap
from collections.abc import Callable, Iterable

from synthesis import costs, web_pages
from synthesis.run_comparison import COST_AMOUNTS, UNSET, Comparison

WIDTH = 100
_AMOUNT_NAMES = {
    "cost": "cost of the data set",
    "spent": "spent by the run",
    "gpu_hours": "GPU hours of the data set",
    "cpu_core_hours": "CPU core hours of the data set",
    "prompt_tokens": "tokens read for the data set",
    "completion_tokens": "tokens written for the data set",
}
_NO_DATASET = "no data set"
_NOT_SET = "not set"
_MOST_SHOWN = 12


def page(found: Comparison) -> str:
    """The whole page."""
    names = [run.name for run in found.runs]
    title = f"Comparison of the runs {_listed(names)}"
    return web_pages.page(
        title,
        web_pages.heading(title),
        web_pages.paragraph(f"Differences are those of the other runs against {names[0]}, the first one."),
        *_sentences(found),
        *_section("Settings that differ", found.settings, _differing, _no_settings(found)),
        *_section("Versions that differ", found.versions, _differing, "None, as far as the runs wrote them down."),
        *_section("Data sets", found.datasets, _datasets, "No run has a data set."),
        *_section("Rows kept by each stage", found.counts, _funnel, "No run has a funnel."),
        *_section("Evaluation", found.evaluation, _evaluation, "No run has graded answers."),
        *_section("On the same problems", found.paired, _paired, "No model of one name answered the same problems."),
        *_section("Cost", found.costs, _costs, "No run has a bill."),
        *_section("Who bought the rows", found.shared, _shared, "The runs use no bought rows."),
    )


def text(found: Comparison, page_path) -> str:
    """What stands on the page in a few lines: settings, sizes, accuracies, money, shared rows."""
    keys = list(dict.fromkeys(row["key"] for row in found.settings))
    parts = [
        _lines("Settings that differ", [_one_setting(found, key) for key in keys], _no_settings(found)),
        _lines("Data sets", [_one_dataset(row, found.runs[0].name) for row in found.datasets], "none"),
        _lines("Right answers", [_one_difference(row) for row in found.paired], "nothing to compare"),
        _lines("Total cost", [_one_total(row) for row in found.costs if row["step"] == costs.TOTAL], "not known"),
        _lines("Rows of the first run", list(_taken(found)), "none is used by the others"),
        _lines("Not compared", found.sentences, "") if found.sentences else "",
        f"Page and tables: {page_path}",
    ]
    return "\n\n".join(filter(None, parts))


# The page


def _sentences(found: Comparison) -> list[str]:
    return [web_pages.paragraph(sentence) for sentence in found.sentences]


def _section(title: str, rows: list[dict], shown: Callable[[list[dict]], str], nothing: str) -> list[str]:
    return [web_pages.heading(title, 2), shown(rows) if rows else web_pages.paragraph(nothing)]


def _no_settings(found: Comparison) -> str:
    known = [run for run in found.runs if run.settings is not None]
    return "None." if len(known) > 1 else "Not known: fewer than two runs wrote their settings down."


def _differing(rows: list[dict]) -> str:
    """One line for each key, one column for each run."""
    shown = []
    for key, group in _grouped(rows, "key"):
        line = {("", "key"): key}
        shown.append(line | {("in the run", run): value for run, value in _values(group).items()})
    return web_pages.table(shown, set())


def _values(rows: list[dict]) -> dict[str, str]:
    return {row["run"]: _NOT_SET if row["value"] == UNSET else _plain(row["value"]) for row in rows}


def _plain(value: str) -> str:
    """A JSON text without the quotes around a word."""
    is_word = len(value) > 2 and value[0] == value[-1] == '"' and "\\" not in value
    return value[1:-1] if is_word else value


def _datasets(rows: list[dict]) -> str:
    names = {
        "rows": "rows",
        "questions_of_the_first": "with a question of the first",
        "pairs_of_the_first": "and its response",
    }
    shown = [{"run": row["run"], **{text: _count(row[name]) for name, text in names.items()}} for row in rows]
    return web_pages.table(shown, set(names.values()))


def _funnel(rows: list[dict]) -> str:
    """One line for each source and stage; of each run the rows kept and their share of those that came."""
    runs = list(dict.fromkeys(row["run"] for row in rows))
    shown = []
    for place, group in _grouped(rows, "source", "stage", "unit"):
        line = {("", name): text for name, text in zip(("source", "stage", "rows are"), place, strict=True)}
        own = {row["run"]: row for row in group}
        for run in runs:
            row = own.get(run)
            line[run, "kept"] = _count(row["kept"]) if row else "no such stage"
            line[run, "%"] = f"{100 * row['kept'] / row['rows_in']:.1f}" if row and row["rows_in"] else ""
        shown.append(line)
    return web_pages.table(shown, {(run, name) for run in runs for name in ("kept", "%")})


def _evaluation(rows: list[dict]) -> str:
    runs = list(dict.fromkeys(row["run"] for row in rows))
    shown = []
    for (model, benchmark), group in _grouped(rows, "model", "benchmark"):
        own = {row["run"]: row for row in group}
        line = {("", "model"): model, ("", "benchmark"): benchmark}
        for run in runs:
            row = own.get(run)
            line[run, "right, %"] = _percent(row["accuracy"]) if row else "not run"
            line[run, "95 % interval"] = f"{_percent(row['low'])} to {_percent(row['high'])}" if row else ""
            line[run, "problems"] = _count(row["problems"]) if row else ""
        shown.append(line)
    return web_pages.table(shown, {(run, name) for run in runs for name in ("right, %", "95 % interval", "problems")})


def _paired(rows: list[dict]) -> str:
    shown = [
        {
            "model": row["model"],
            "benchmark": row["benchmark"],
            "run": f"{row['second']} against {row['first']}",
            "difference, points": f"{100 * float(row['difference']):+.1f}",
            "95 % interval": f"{100 * float(row['low']):+.1f} to {100 * float(row['high']):+.1f}",
            "p": f"{float(row['p_value']):.4f}",
            "problems": _count(row["problems"]),
        }
        for row in rows
    ]
    return web_pages.table(shown, {"difference, points", "95 % interval", "p", "problems"})


def _costs(rows: list[dict]) -> str:
    """A table of totals, and below it what each step cost."""
    totals = [row for row in rows if row["step"] == costs.TOTAL]
    shown = [
        {"run": row["run"]}
        | {
            text: _amount(row, name) if name == "spent" or _has_dataset(row) else _NO_DATASET
            for name, text in _AMOUNT_NAMES.items()
        }
        for row in totals
    ]
    runs = [row["run"] for row in totals]
    steps = [row for row in rows if row["step"] != costs.TOTAL]
    order = costs.in_order(dict.fromkeys(row["step"] for row in steps))
    lines = []
    for step in order:
        own = {row["run"]: row for row in steps if row["step"] == step}
        line = {("", "step"): step}
        for run in runs:
            for name in ("cost", "spent"):
                line[run, name] = _amount(own[run], name) if run in own else "not run"
        lines.append(line)
    numbers = {(run, name) for run in runs for name in ("cost", "spent")}
    tables = web_pages.table(shown, set(_AMOUNT_NAMES.values()))
    return tables + (web_pages.details("Money by step", web_pages.table(lines, numbers)) if lines else "")


def _shared(rows: list[dict]) -> str:
    """One line for each stage and run that uses rows, one column for each run that bought them."""
    buyers = list(dict.fromkeys(row["bought_by"] for row in rows))
    shown = []
    for (stage, user), group in _grouped(rows, "stage", "used_by"):
        own = {row["bought_by"]: row["rows"] for row in group}
        line = {"stage": stage, "used by": user}
        shown.append({**line, **{f"bought by {name}": _count(own.get(name, 0)) for name in buyers}})
    return web_pages.table(shown, {f"bought by {name}" for name in buyers})


def _grouped(rows: list[dict], *names: str) -> Iterable:
    groups: dict = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return [(key if len(names) > 1 else key[0], group) for key, group in groups.items()]


# The text


def _lines(title: str, lines: list[str], nothing: str) -> str:
    kept = lines[:_MOST_SHOWN]
    kept += [f"and {len(lines) - len(kept)} more, on the page"] if len(lines) > len(kept) else []
    indented = [textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ") for line in kept or [nothing]]
    return "\n".join([f"{title}:", *indented])


def _one_setting(found: Comparison, key: str) -> str:
    values = _values([row for row in found.settings if row["key"] == key])
    return f"{key}: {', '.join(f'{value} ({run})' for run, value in values.items())}"


def _one_dataset(row: dict, first: str) -> str:
    shared = row["run"] != first and row["questions_of_the_first"] != ""
    told = f", {_count(row['questions_of_the_first'])} with a question of {first}, " if shared else ""
    told += f"{_count(row['pairs_of_the_first'])} of them with its response too" if shared else ""
    return f"{row['run']}: {_count(row['rows'])} rows{told}"


def _one_difference(row: dict) -> str:
    low, middle, high = (100 * float(row[name]) for name in ("low", "difference", "high"))
    return (
        f"{row['model']} on {row['benchmark']}: {row['second']} {middle:+.1f} points against {row['first']} "
        f"({low:+.1f} to {high:+.1f}, p = {float(row['p_value']):.4f}, {_count(row['problems'])} problems)"
    )


def _one_total(row: dict) -> str:
    cost, spent = (f"{costs.shown(row[name], 'an unknown amount of')} {row['currency']}" for name in ("cost", "spent"))
    return f"{row['run']}: {f'{cost} for the data set, ' if _has_dataset(row) else ''}{spent} spent"


def _has_dataset(total: dict) -> bool:
    """Whether a run paid for a data set, or for parts of one: nothing at all costs nothing."""
    return any(not total[name] or float(total[name]) for name in ("cost", "gpu_hours", "cpu_core_hours"))


def _taken(found: Comparison) -> Iterable[str]:
    """How many rows of each other run the first one bought."""
    first = found.runs[0].name
    for run in found.runs[1:]:
        own = [row for row in found.shared if row["used_by"] == run.name]
        taken = sum(row["rows"] for row in own if row["bought_by"] == first)
        if taken:
            yield f"{run.name} uses {taken:,} bought rows, of {sum(row['rows'] for row in own):,}, that {first} bought"


def _amount(row: dict, name: str) -> str:
    if name in COST_AMOUNTS[-2:]:
        return _count(row[name])
    shown = costs.shown(row[name], "unknown")
    return f"{shown} {row['currency']}" if name in ("cost", "spent") and row[name] else shown


def _count(number: int | str) -> str:
    return f"{int(number):,}" if number != "" else ""


def _percent(share: str) -> str:
    return f"{100 * float(share):.1f}"


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
