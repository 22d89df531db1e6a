"""When a run may end, told from how long its last jobs took and what is left."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from synthesis.status import BUYING_RULES, RuleStatus, RunStatus, Sign

# How many of a rule's last jobs say how long the next one takes.
LAST_JOBS = 10


@dataclass(frozen=True)
class ExpectedEnd:
    """What is left of a run, and how long that takes if as many jobs as now go on side by side.

    `wait` (seconds) counts the jobs that are left of all rules that tell how long a job takes. `unknown` names those
    that buy and do not tell it yet, `left_out` counts the jobs of the other ones, which are usually short.
    """

    left: int
    side_by_side: int
    wait: float
    unknown: list[str]
    left_out: int


def expected_end(status: RunStatus) -> ExpectedEnd:
    """Add up what is left. Steps that wait for others are not thought of: all jobs could begin at once."""
    left = {rule.rule: len(rule.jobs) - rule.done for rule in status.rules}
    side_by_side = sum(rule.running for rule in status.rules)
    seconds, longest, unknown, left_out = 0.0, 0.0, [], 0
    for rule in (rule for rule in status.rules if left[rule.rule]):
        at_work = [found[-1] for job, found in rule.signs.items() if _is_at_work(rule, job, found)]
        usual = _usual_seconds(rule, at_work)
        if usual is None and rule.rule in BUYING_RULES:
            unknown.append(rule.rule)
        elif usual is None:
            left_out += left[rule.rule]
        else:
            rest = [_rest(sign, usual) for sign in at_work]
            longest = max([longest, *rest])
            seconds += sum(rest) + (left[rule.rule] - len(rest)) * usual
    wait = max(longest, seconds / max(1, side_by_side))
    return ExpectedEnd(sum(left.values()), side_by_side, wait, unknown, left_out)


def _is_at_work(rule: RuleStatus, job: str, found: list[Sign]) -> bool:
    return job in rule.jobs and job not in rule.ledgers and found[-1].state == "running"


def _usual_seconds(rule: RuleStatus, at_work: list[Sign]) -> float | None:
    """How long a job takes: the mean of the last that are done, else of those at work, by what they expect."""
    # A job that found all its rows in the store says nothing of those that do not.
    done = [ledger for ledger in rule.ledgers.values() if ledger["rows"].get("bought", 1)]
    ends = sorted(
        (_end(ledger["attempt"]), ledger["attempt"]["wall_seconds"]) for ledger in done or rule.ledgers.values()
    )
    lengths = [seconds for _, seconds in ends[-LAST_JOBS:]] or [
        sign.attempt["wall_seconds"] + sign.attempt["seconds_to_go"]
        for sign in at_work
        if sign.attempt.get("seconds_to_go") is not None
    ]
    return sum(lengths) / len(lengths) if lengths else None


def _end(attempt: dict) -> datetime:
    return datetime.fromisoformat(attempt["started"]) + timedelta(seconds=attempt["wall_seconds"])


def _rest(sign: Sign, usual: float) -> float:
    """Seconds that a job at work still takes: as it expects itself, else what is left of the usual time."""
    told = sign.attempt.get("seconds_to_go")
    rest = usual - sign.attempt["wall_seconds"] if told is None else told
    return max(0.0, rest - sign.age)
