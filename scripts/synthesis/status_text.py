"""The status of a run as text for a terminal of 80 columns."""

import textwrap
from collections import Counter
from datetime import datetime, timedelta

from synthesis import durations
from synthesis.bills import Bill
from synthesis.budget import Account
from synthesis.expected_end import ExpectedEnd, expected_end
from synthesis.status import UNFINISHED, RuleStatus, RunStatus

WIDTH = 80
MOST_FAILED = 5
NOTHING = "-"


def text(status: RunStatus, run: str, prices: dict, account: Account, now: datetime) -> str:
    """The whole text. `account` is what is spent of the budget, `now` the local time."""
    done, jobs = sum(rule.done for rule in status.rules), sum(len(rule.jobs) for rule in status.rules)
    parts = [
        f"Run {run} at {now:%Y-%m-%d %H:%M}: {done:,} of {jobs:,} jobs done",
        _table(status, prices["currency"]),
        "\n".join(_lines(status, prices, account, now)),
        "\n".join(_failed(status, run)),
    ]
    return "\n\n".join(filter(None, parts))


def _table(status: RunStatus, currency: str) -> str:
    heads = ["", "done", "run", "queue", "fail", "wait", "rows", "tokens/s", "GPU h", currency]
    rows = [heads, *map(_row, status.rules), _total(status)]
    if not status.slurm:
        rows = [[cell for head, cell in zip(heads, row, strict=True) if head != "queue"] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    gap = "  " if sum(widths) + 2 * (len(widths) - 1) <= WIDTH else " "
    # Numbers are wanted whole; a long name is known by its beginning.
    widths[0] = min(widths[0], WIDTH - sum(widths[1:]) - len(gap) * (len(widths) - 1))
    return "\n".join(gap.join(_aligned(row, widths)).rstrip() for row in rows)


def _aligned(row: list[str], widths: list[int]) -> list[str]:
    """The first cell to the left, numbers to the right."""
    numbers = [f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)]
    name = row[0] if len(row[0]) <= widths[0] else f"{row[0][: widths[0] - 1]}\N{HORIZONTAL ELLIPSIS}"
    return [f"{name:<{widths[0]}}", *numbers]


def _row(rule: RuleStatus) -> list[str]:
    counts = [rule.done, rule.running, rule.queued, len(rule.failed), rule.waiting]
    speed = NOTHING if rule.tokens_per_second is None else _amount(rule.tokens_per_second, 0)
    return [rule.rule, *map(_count, counts), _count(rule.rows), speed, *_spent(rule.spent)]


def _total(status: RunStatus) -> list[str]:
    rules = status.rules
    counts = [[rule.done, rule.running, rule.queued, len(rule.failed), rule.waiting] for rule in rules]
    return ["total", *(_count(sum(column)) for column in zip(*counts, strict=True)), "", "", *_spent(status.spent)]


def _spent(bill: Bill) -> list[str]:
    """GPU hours and money; what is not known stays empty."""
    return [_amount(bill.gpu_hours, 1), _amount(bill.cost, 2)]


def _amount(number: float | None, digits: int) -> str:
    if number is None:
        return ""
    if not number:
        return NOTHING
    small = number < 0.5 / 10**digits
    return f"<{1 / 10**digits:.{digits}f}" if small else f"{number:,.{0 if number >= 1000 else digits}f}"


def _count(number: int) -> str:
    """A number of at most six characters."""
    if not number:
        return NOTHING
    if number < 100_000:
        return f"{number:,}"
    return f"{number / 1e3:,.0f}k" if number < 1_000_000 else f"{number / 1e6:,.2f}M"


def _lines(status: RunStatus, prices: dict, account: Account, now: datetime) -> list[str]:
    facts = {"Spent": _money(status.spent, prices), "Attempts": _attempts(status)}
    if account.limits:
        facts["Budget"] = f"{account} spent"
    if not status.slurm_answers:
        facts["SLURM"] = "does not answer, so jobs in its queue are not shown"
    elif status.slurm:
        facts["SLURM"] = _queue(status)
    facts["Expected end"] = _end(expected_end(status), now)
    width = max(map(len, facts)) + 2
    return [
        textwrap.fill(f"{name + ':':<{width}}{fact}", WIDTH, subsequent_indent=" " * width, break_on_hyphens=False)
        for name, fact in facts.items()
    ]


def _money(spent: Bill, prices: dict) -> str:
    hours = f"{spent.gpu_hours:,.2f} GPU hours, {spent.cpu_core_hours:,.2f} CPU core hours"
    if spent.cost is None:
        return f"{hours}; {prices['currency']} not known: no price for {', '.join(sorted(spent.unpriced))}"
    return f"{hours}, {spent.cost:,.2f} {prices['currency']}"


def _attempts(status: RunStatus) -> str:
    if not status.signs:
        return "none yet"
    counts = Counter(sign.state for sign in status.signs)
    words = ", ".join(f"{counts[state]:,} {state}" for state in ("running", "finished", *UNFINISHED) if counts[state])
    lost = status.came_to_nothing()
    hours = sum(attempt["wall_seconds"] * attempt["gpus"] for attempt in lost) / 3600
    return f"{words}; {len(lost):,} came to nothing ({hours:,.2f} GPU hours)" if lost else words


def _queue(status: RunStatus) -> str:
    """SLURM's jobs by state, and why those that wait do so."""
    states = Counter(job.state.lower() for job in status.slurm)
    reasons = Counter(job.reason for job in status.slurm if job.state == "PENDING")
    words = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
    why = ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common())
    return f"{words} ({why})" if why else words


def _end(end: ExpectedEnd, now: datetime) -> str:
    if not end.left:
        return "all jobs are done"
    if not end.side_by_side:
        return "not known, no job is seen at work"
    beside = f"with {end.side_by_side:,} jobs side by side" if end.side_by_side > 1 else "with one job at a time"
    known = durations.shown(end.wait)
    if end.unknown:
        rules = "1 rule has" if len(end.unknown) == 1 else f"{len(end.unknown)} rules have"
        names = f"{end.unknown[0]} has" if len(end.unknown) == 1 else f"{' and '.join(end.unknown)} have"
        rest = f"; what is known takes {known} {beside}, as now" if end.wait else ""
        return f"not known yet, as {names if len(end.unknown) < 3 else rules} finished no job{rest}"
    left_out = f"; {end.left_out:,} jobs that buy nothing are not counted" if end.left_out else ""
    return f"{now + timedelta(seconds=end.wait):%Y-%m-%d %H:%M}, in {known} {beside}, as now{left_out}"


def _failed(status: RunStatus, run: str) -> list[str]:
    """The first failed jobs with the end of their last attempt, and where their logs are."""
    failed = [(rule, job) for rule in status.rules for job in rule.failed]
    if not failed:
        return []
    lines = [f"Failed (logs in results/{run}/logs/<rule>/<job>.log):"]
    for rule, job in failed[:MOST_FAILED]:
        last = rule.signs[job][-1]
        where = f"{durations.shown(last.age)} ago on {last.attempt['host']}"
        lines.append(f"  {rule.rule} {job}: {last.state} {where}")
    return lines + ([f"  and {len(failed) - MOST_FAILED:,} more"] if len(failed) > MOST_FAILED else [])
