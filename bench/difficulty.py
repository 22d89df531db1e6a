"""Selection by difficulty and reading of levels: rows for each second of CPU time and memory, beside the obvious ways.

Each way runs in a process of its own, whose CPU time and peak memory are measured around its work; both ways of a pair
must agree.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from workload import ROOT, answer

sys.path.insert(0, str(ROOT / "scripts"))

import select_questions
from synthesis.difficulty_levels import LEVELS, score_of_level

SHARDS = 20
TARGET = [{"up_to": 0.4, "share": 0.2}, {"up_to": 0.8, "share": 0.5}, {"up_to": None, "share": 0.3}]
_LEVEL = re.compile("|".join(sorted(LEVELS, key=len, reverse=True)))


def shards(rows: int) -> list[pa.Table]:
    """Questions of a source with scores, in shards."""
    scores = np.random.default_rng(1).random(rows)
    parts = np.array_split(np.arange(rows), SHARDS)
    return [
        pa.table({"index": part, "difficulty": scores[part], "unscored": pa.repeat("", len(part))}) for part in parts
    ]


def settings(method: str, rows: int) -> dict:
    """A quantile of half of the questions, or a target of a third of them."""
    if method == "quantile":
        return {"method": method, "share": 0.5, "calibration_shards": SHARDS, "shortfall": "warn"}
    return {"method": method, "count": rows // 3, "target": TARGET, "shortfall": "warn"}


def selected(tables: list[pa.Table], wish: dict) -> int:
    """How many questions the stage takes."""
    reasons, _ = select_questions.chosen_by("bench", tables, wish)
    return pc.sum(pc.equal(reasons, "")).as_py()


def selected_row_by_row(tables: list[pa.Table], wish: dict) -> int:
    """The same from rows as dictionaries, sorted and counted in Python."""
    rows = [row for table in tables for row in table.to_pylist()]
    if wish["method"] == "quantile":
        ranked = sorted((row["difficulty"] for row in rows), reverse=True)
        threshold = ranked[round(len(ranked) * wish["share"]) - 1]
        return len([row for row in rows if row["difficulty"] >= threshold])
    left = select_questions.target_selection.wanted(wish["target"], wish["count"])
    ends = [part["up_to"] if part["up_to"] is not None else float("inf") for part in wish["target"]]
    taken = []
    for row in sorted(rows, key=lambda row: row["index"]):
        place = next(place for place, end in enumerate(ends) if row["difficulty"] <= end)
        if left[place]:
            left[place] -= 1
            taken.append(row)
    return len(taken)


def answers(rows: int) -> list[str]:
    """Answers of some sentences that end in a level."""
    body = "The problem needs two facts about triangles and a short chain of steps.\n\nDifficulty level: "
    names = list(LEVELS)
    return [f"{body}{names[number % len(names)]}" for number in range(rows)]


def last_level(text: str) -> int:
    """The last level that is named anywhere, whatever stands around it."""
    return LEVELS[_LEVEL.findall(text)[-1]]


def _sum(read, texts: list[str]) -> int:
    return sum(map(read, texts))


def measure(way: str, rows: int) -> dict:
    """CPU seconds and peak memory of one way, and what it found, which both ways of a pair must agree on."""
    kind, _, obvious = way.partition(":")
    if kind == "levels":
        work, given = (last_level if obvious else score_of_level), (answers(rows),)
        work = partial(_sum, work)
    else:
        work, given = (selected_row_by_row if obvious else selected), (shards(rows), settings(kind, rows))
    started = time.process_time()
    found = work(*given)
    seconds = time.process_time() - started
    return {"cpu": seconds, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "found": found}


def main() -> None:
    """Measure all ways, or one in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--way", help="measure this one here")
    options = parser.parse_args()
    if options.way:
        answer(measure(options.way, options.rows))
        return
    figures = {"rows": options.rows}
    for kind in ("quantile", "target", "levels"):
        for way in (kind, f"{kind}:obvious"):
            command = [sys.executable, Path(__file__), "--rows", str(options.rows), "--way", way]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            figures[way] = json.loads(output.splitlines()[-1])
        if figures[kind]["found"] != figures[f"{kind}:obvious"]["found"]:
            raise SystemExit(f"the two ways of {kind} do not agree")
    answer(figures)


if __name__ == "__main__":
    main()
