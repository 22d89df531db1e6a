"""Measures how fast answers are graded, beside bare math-verify, on published answers to GSM8K.

Prints the figures as one line of JSON: pairs of answer and reference for each second on one core, and how many verdicts
are those that were published.
"""

import argparse
import gzip
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import math_verify
from synthesis.grading import CORRECT, Grader, answer_in

FILE = "gsm8k/example_model_solutions.jsonl.gz"
# Bare math-verify is so slow that a part of the answers tells its speed.
BARE_PAIRS = 1_000


def pairs(data: Path) -> list[tuple[str, str, bool]]:
    """Reference, response and published verdict of each of 1,319 x 4 answers."""
    with gzip.open(data / FILE, "rt", encoding="utf-8", newline="") as file:
        rows = [json.loads(line) for line in file.read().split("\n") if line]
    return [
        (row["ground_truth"].rsplit("A:", 1)[-1].strip(), answer["solution"], answer["is_correct"])
        for row in rows
        for answer in row.values()
        if isinstance(answer, dict)
    ]


def graded(found: list[tuple[str, str, bool]]) -> int:
    """How many verdicts of the project's grader are those that were published."""
    with Grader() as grader:
        return sum(
            (grader.grade(reference, [answer_in(response)]) == [CORRECT]) == right
            for reference, response, right in found
        )


def bare(found: list[tuple[str, str, bool]]) -> int:
    """How many verdicts of math-verify, used as its page shows, are those that were published."""
    return sum(
        math_verify.verify(math_verify.parse(reference), math_verify.parse(response)) == right
        for reference, response, right in found
    )


def measured(grade: Callable[[list], int], found: list) -> dict:
    """The figures of one way to grade. The clock counts the process that compares as well, for which this one waits."""
    begun = time.monotonic()
    right = grade(found)
    return {"pairs": len(found), "right": right, "pairs_per_second": len(found) / (time.monotonic() - begun)}


def main() -> None:
    """Print the figures of this part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with published sets")
    found = pairs(parser.parse_args().data)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(json.dumps({"ours": measured(graded, found), "bare": measured(bare, found[:BARE_PAIRS])}))


if __name__ == "__main__":
    main()
