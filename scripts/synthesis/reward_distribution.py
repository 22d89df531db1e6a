"""How the rewards of the chosen responses are distributed, against those of the rejected ones."""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from synthesis import csv_tables, schema
from synthesis.funnel import Stage
from synthesis.ledger import read_json

CHOSEN, REJECTED = "chosen", "rejected"
OUTCOMES = (CHOSEN, REJECTED)
BINS = 40
# Axes for numbers near the largest there are can't be drawn.
LARGEST = 1e100

HISTOGRAM_COLUMNS = ["bin", "low", "high", *OUTCOMES]
COLUMNS = [
    "source", "outcome", "responses", "with_reward", "mean", "standard_deviation", "lowest", "median", "highest",
    "infinite", "missing_rewards", "not_a_number", "ties",
]  # fmt: skip


@dataclass
class Rewards:
    """The rewards of some responses: finite ones as an array, the others as counts."""

    parts: list[np.ndarray] = field(default_factory=list)
    responses: int = 0
    missing: int = 0
    nan: int = 0
    infinite: int = 0

    @property
    def finite(self) -> np.ndarray:
        """All finite rewards."""
        return np.concatenate([np.empty(0), *self.parts])

    def add(self, rewards) -> None:
        """Count an Arrow array of rewards, null where there is none."""
        numbers = pc.drop_null(rewards).to_numpy()
        self.responses += len(rewards)
        self.missing += len(rewards) - len(numbers)
        self.nan += int(np.isnan(numbers).sum())
        self.infinite += int(np.isinf(numbers).sum())
        self.parts.append(numbers[np.isfinite(numbers)])


def read(scored: Stage, chosen: Stage) -> dict[str, dict[str, Rewards]]:
    """The rewards by source and outcome, shard after shard; only rewards stay in memory."""
    found: dict[str, dict[str, Rewards]] = {}
    for piece, path in chosen.files.items():
        of_source = found.setdefault(piece.source, {outcome: Rewards() for outcome in OUTCOMES})
        keys = ["question_id", "sample"]
        verdicts = schema.read_table(path, schema.RESPONSE_VERDICTS, [*keys, "keep"])
        rows = schema.read_table(scored.files[piece], schema.REWARDS, [*keys, "reward"])
        rows = rows.join(verdicts, keys, use_threads=False)
        for outcome, keep in ((CHOSEN, True), (REJECTED, False)):
            of_source[outcome].add(rows["reward"].filter(pc.equal(rows["keep"], keep)).combine_chunks())
    return found


def ties(ledgers: list[Path]) -> dict[str, int]:
    """Questions by source whose first place several responses or groups shared, from the choice's ledgers."""
    found: dict[str, int] = {}
    for path in ledgers:
        ledger = read_json(path)
        source = ledger["job"].partition("/")[0]
        found[source] = found.get(source, 0) + ledger["rows"].get("ties", 0)
    return found


def histogram(found: dict[str, dict[str, Rewards]]) -> list[dict]:
    """`BINS` bins of one width over all finite rewards, with the counts of each outcome; no bins without rewards.

    Rewards beyond `LARGEST` on either side are counted in the last bin there.
    """
    values = {
        outcome: np.concatenate([np.empty(0), *(item[outcome].finite for item in found.values())]).clip(
            -LARGEST, LARGEST
        )
        for outcome in OUTCOMES
    }
    every = np.concatenate(list(values.values()))
    if not len(every):
        return []
    edges = _edges(every)
    counts = {outcome: np.histogram(values[outcome], edges)[0] for outcome in OUTCOMES}
    return [
        {
            "bin": number,
            "low": float(low),
            "high": float(high),
            **{name: int(counts[name][number]) for name in OUTCOMES},
        }
        for number, (low, high) in enumerate(pairwise(edges))
    ]


def _edges(rewards: np.ndarray) -> np.ndarray:
    """The edges of the bins; on a range that is too small to be cut into so many, a wider one around it."""
    low, high = rewards.min(), rewards.max()
    smallest = 2 * BINS * np.spacing(max(abs(low), abs(high)))
    if high - low < smallest:
        margin = max(0.5, smallest)
        low, high = low - margin, high + margin
    return np.linspace(low, high, BINS + 1)


def table(found: dict[str, dict[str, Rewards]], tied: dict[str, int]) -> list[dict[str, str]]:
    """One row for each source and outcome, as text; ties stand in the row of the chosen ones."""
    rows = []
    for source, outcomes in found.items():
        for outcome, rewards in outcomes.items():
            values = rewards.finite
            described = (
                [values.mean(), values.std(), values.min(), np.median(values), values.max()] if len(values) else []
            )
            shown = [f"{value:.6g}" for value in described] or [""] * 5
            counts = [rewards.infinite, rewards.missing, rewards.nan, tied.get(source, 0) if outcome == CHOSEN else ""]
            cells = [source, outcome, rewards.responses, len(values), *shown, *counts]
            rows.append(dict(zip(COLUMNS, map(str, cells), strict=True)))
    return rows


def read_histogram(path: Path) -> list[dict]:
    """The bins of a table that `histogram` gave. Raises InputError if it is missing."""
    kinds = {"bin": int, "low": float, "high": float, CHOSEN: int, REJECTED: int}
    return [{name: kinds[name](value) for name, value in row.items()} for row in csv_tables.read(path)]
