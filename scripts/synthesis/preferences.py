"""Preference pairs: which rewritten questions a generator shall prefer to its own, and why the others gave no pair."""

import csv
import io
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from synthesis import schema
from synthesis.errors import InputError
from synthesis.text import words

COLUMNS = ["direction", "outcome", "rows"]
TRAINING, HELD_OUT = "training", "held_out"


class Candidate(NamedTuple):
    """A raw question and what became of it: rows of `schema.QUESTIONS` and `schema.REWRITES`."""

    raw: dict
    rewrite: dict


def candidates(questions: Path, rewrites: Path) -> list[Candidate]:
    """The raw questions of a shard with their rewrites, in their order.

    Raises InputError naming the files if they do not hold the same questions, each once, or if a row is kept with a
    reason or without a text, or rejected without a reason.
    """
    raw, rewritten = schema.read(questions, schema.QUESTIONS), schema.read(rewrites, schema.REWRITES)
    ids = [row["question_id"] for row in raw]
    repair = f"the files do not fit together: delete {rewrites} and run the workflow again."
    if len(set(ids)) != len(ids):
        raise InputError(f"{questions} holds a question more than once; delete it and run the workflow again.")
    if ids != [row["question_id"] for row in rewritten]:
        raise InputError(f"{rewrites} has other rows ({len(rewritten)}) than {questions} ({len(ids)}); {repair}")
    for row in rewritten:
        if row["keep"] == bool(row["reason"]) or row["keep"] != bool(row["rewritten"]):
            raise InputError(f"{rewrites}: question {row['question_id']} is both kept and rejected; {repair}")
    return [Candidate(*pair) for pair in zip(raw, rewritten, strict=True)]


def pair_reason(candidate: Candidate, settings: dict) -> str:
    """Why there is no pair: the reason of the rewriting, or `too_long`; empty if there is one.

    `max_characters` and `max_words` of the settings limit both texts, since a pair is only as good as its worse half.
    """
    if not candidate.rewrite["keep"]:
        return candidate.rewrite["reason"]
    texts = (candidate.raw["question"], candidate.rewrite["rewritten"])
    characters, most_words = settings.get("max_characters"), settings.get("max_words")
    if characters and max(map(len, texts)) > characters:
        return "too_long"
    return "too_long" if most_words and max(len(words(text)) for text in texts) > most_words else ""


def outcomes(verdicts: list[dict], pairs: list[dict]) -> dict[str, Counter]:
    """How many raw questions of each direction became pairs, for training or held out, or why they did not.

    `verdicts` are rows of `schema.PAIR_VERDICTS`, `pairs` of `schema.PREFERENCE_PAIRS`. Each question counts once.
    """
    part = {pair["question_id"]: HELD_OUT if pair["held_out"] else TRAINING for pair in pairs}
    found: dict[str, Counter] = {}
    for row in verdicts:
        outcome = part[row["question_id"]] if row["keep"] else row["reason"]
        found.setdefault(row["direction"], Counter())[outcome] += 1
    return dict(sorted(found.items()))


def rejected(counts: Counter) -> dict[str, int]:
    """The reasons of a direction without pairs, the most frequent first."""
    reasons = [(name, rows) for name, rows in counts.items() if name not in (TRAINING, HELD_OUT)]
    return dict(sorted(reasons, key=lambda item: (-item[1], item[0])))


def write_table(path: Path, found: dict[str, Counter]) -> None:
    """Write the tidy table (CSV): one row for each direction and outcome, `training`, `held_out` or a reason."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for direction, counts in found.items():
        parts = {name: counts[name] for name in (TRAINING, HELD_OUT)}
        for outcome, rows in {**parts, **rejected(counts)}.items():
            table.writerow([direction, outcome, rows])
    schema.write_text(path, text.getvalue())
