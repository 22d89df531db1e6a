"""The forecast as a tidy table and as a text for readers."""

from synthesis import markdown_text
from synthesis.forecast import AMOUNTS, NOT_IN_PILOT, Forecast, Line
from synthesis.forecast_estimates import Estimate, total
from synthesis.status import BUYING_RULES

COLUMNS = ["phase", "step", "kind", "quantity", "unit", "value", "low", "high", "measured_on", "note"]
TOTAL = "Total"
# The units of all quantities; money is in the currency of the prices.
_UNITS = {
    "jobs": "jobs",
    "rows": "rows",
    "prompt_tokens": "tokens",
    "completion_tokens": "tokens",
    "gpu_hours": "hours",
    "cpu_core_hours": "hours",
    "disk_bytes": "bytes",
    "wall_hours": "hours",
}
_GIGABYTE = 1e9


def rows(forecast: Forecast, currency: str) -> list[dict]:
    """One row for each quantity of each kind of jobs, then the time of each step, then the totals; all as text.

    What is not known is empty: a value that the pilot does not tell, and both ends of an interval (80 %) where one
    job alone tells the value. A total leaves out what is not known, and its note says so.
    """
    units = {**_UNITS, "cost": currency}
    found = [row for line in forecast.lines for row in _line_rows(line, units)]
    phases = {line.step: line.phase for line in forecast.lines}
    walls = forecast.wall_hours()
    found += [
        _row(phases[step], step, "", "wall_hours", units, estimate, note="" if estimate else "not known")
        for step, estimate in walls.items()
    ]
    totals = forecast.totals()
    found += [_total_row(forecast, name, units, estimate) for name, estimate in totals.items()]
    lacking = [step for step, estimate in walls.items() if estimate is None]
    wall = total([estimate for estimate in walls.values() if estimate])
    return [*found, _row(TOTAL, "", "", "wall_hours", units, wall, note=_lacks(lacking), always=True)]


def _line_rows(line: Line, units: dict) -> list[dict]:
    jobs = {**_row(line.phase, line.rule, line.kind, "jobs", units, None), "value": str(line.jobs)}
    note = "; ".join(line.notes)
    amounts = [_row(line.phase, line.rule, line.kind, name, units, line.amounts.get(name)) for name in AMOUNTS]
    return [{**row, "measured_on": line.measured_on, "note": note} for row in (jobs, *amounts)]


def _total_row(forecast: Forecast, name: str, units: dict, estimate: Estimate) -> dict:
    without_spread = [
        line.name
        for line in forecast.lines
        if name in line.amounts and not line.amounts[name].is_spread_known and line.amounts[name].value
    ]
    note = _lacks(forecast.lacking(name))
    if without_spread:
        note += f"{'; ' if note else ''}the spread of {len(without_spread)} kinds of jobs is not known and not in it"
    return _row(TOTAL, "", "", name, units, estimate, note=note, always=True)


def _lacks(steps: list[str]) -> str:
    return f"lacks all or part of {', '.join(steps)}" if steps else ""


def _row(phase, step, kind, quantity, units, estimate: Estimate | None, note="", always=False) -> dict:
    shows_interval = estimate is not None and (always or estimate.is_spread_known)
    low, high = map(_number, estimate.interval) if shows_interval else ("", "")
    value = "" if estimate is None else _number(estimate.value)
    values = (phase, step, kind, quantity, units[quantity], value, low, high, "", note)
    return dict(zip(COLUMNS, values, strict=True))


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def text(run: str, pilot: str, forecast: Forecast, config: dict) -> str:
    """The forecast in Markdown: a row for each step, the totals, what is not known, and the budget."""
    currency = config["prices"]["currency"]
    head = ["step", "jobs", "rows", "GPU hours", "CPU core hours", currency, _machine(forecast.gpus), "GB"]
    walls = forecast.wall_hours()
    body = [_step_cells(step, forecast, walls[step]) for step in walls]
    totals = {row["quantity"]: row for row in rows(forecast, currency) if row["phase"] == TOTAL}
    names = ("gpu_hours", "cpu_core_hours", "cost", "wall_hours", "disk_bytes")
    body.append([TOTAL, "", "", *(_total_cell(totals[name], _scale(name)) for name in names)])
    told = [
        f"# Forecast of run {run} from the pilot {pilot}",
        "In brackets: intervals of 80 %. Empty: not known. `>` before a sum: a part of it is not known.",
        markdown_text.table(head, body),
        _notes(forecast),
        *budget_sentences(forecast, config),
    ]
    return "\n\n".join(part for part in told if part) + "\n"


def _machine(gpus: int) -> str:
    return f"hours on {gpus} GPU{'s' * (gpus > 1)}" if gpus else "hours without a GPU"


def _scale(name: str) -> float:
    return 1 / _GIGABYTE if name == "disk_bytes" else 1


def _step_cells(step: str, forecast: Forecast, wall: Estimate | None) -> list[str]:
    lines = [line for line in forecast.lines if line.step == step]
    names = ("rows", "gpu_hours", "cpu_core_hours", "cost")
    cells = [_sum_cell([line.amounts.get(name) for line in lines]) for name in names]
    disk = _sum_cell([line.amounts.get("disk_bytes") for line in lines], _scale("disk_bytes"))
    return [step, str(sum(line.jobs for line in lines)), *cells, _sum_cell([wall]), disk]


def _sum_cell(estimates: list[Estimate | None], scale: float = 1) -> str:
    known = [estimate for estimate in estimates if estimate is not None]
    if not known:
        return ""
    found = total(known) * scale
    interval = found.interval if found.is_spread_known else None
    return ("" if len(known) == len(estimates) else "> ") + _shown(found.value, interval)


def _total_cell(row: dict, scale: float) -> str:
    value, low, high = (float(row[name]) * scale for name in ("value", "low", "high"))
    return ("> " if row["note"].startswith("lacks") else "") + _shown(value, (low, high))


def _shown(value: float, interval: tuple[float, float] | None) -> str:
    """A number with its interval, all with as many decimals as give the number three digits."""
    decimals = next((count for count in range(6) if abs(value) * 10**count >= 100), 6) if value else 0
    shown = f"{value:,.{decimals}f}"
    ends = [f"{end:,.{decimals}f}" for end in interval or ()]
    return shown if not ends or ends[0] == ends[1] else f"{shown} ({ends[0]} to {ends[1]})"


def _notes(forecast: Forecast) -> str:
    """Each note once, with the kinds of jobs that it is about."""
    about: dict[str, list[str]] = {}
    for line in forecast.lines:
        for note in line.notes:
            about.setdefault(note, []).append(line.name)
    first = sorted(about, key=lambda note: note != NOT_IN_PILOT)
    return "\n".join(f"- {note}: {', '.join(about[note])}" for note in first)


def budget_sentences(forecast: Forecast, config: dict) -> list[str]:
    """Whether the forecast is within each limit of the budget, which does not count what has no price."""
    found = []
    # Like the budget, it counts the jobs that buy or train.
    counted = [line for line in forecast.lines if line.rule in BUYING_RULES]
    for limited, limit in config.get("budget", {}).items():
        name, unit = {"gpu_hours": ("gpu_hours", "GPU hours"), "usd": ("cost", "USD")}[limited]
        estimate = total([line.amounts[name] for line in counted if name in line.amounts])
        lacking = [rule for rule in forecast.lacking(name, with_unpriced=False) if rule in BUYING_RULES]
        low, high = estimate.interval
        verdict = "is within" if high <= limit else "is above" if low > limit else "may be above"
        if lacking and verdict != "is above":
            verdict = "may be above"
        reason = f", and {_lacks(lacking)}" if lacking else ""
        amount = f"{_shown(estimate.value, (low, high))} {unit}"
        found.append(f"The forecast of {amount} {verdict} the budget of {limit:,} {unit}{reason}.")
    return found
