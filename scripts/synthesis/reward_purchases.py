"""Rewards as the programs buy them: those of a run's responses, and those of labelled ones."""

from argparse import Namespace
from collections.abc import Iterable, Iterator
from itertools import groupby

from synthesis import purchase
from synthesis.program import Job
from synthesis.requests import Request
from synthesis.response_scores import reward_row, shaping

# At most two parts of so many characters are in memory at a time. Most shards are one part, unless steps are scored.
PART_CHARACTERS = 50_000_000


def rewards(options: Namespace, job: Job, settings: dict, asked: Iterable[list[Request]]) -> list[dict]:
    """One reward for each response, as `response_scores.reward_row` makes it, in the order of the responses.

    `asked` are the requests about each, as `response_scores.requests` gives them.
    """
    parts = _in_parts(asked)
    bought = purchase.buy(options, job, next(parts, []), shaping(settings), lambda *_: next(parts, []))
    by_response = groupby(bought, key=lambda row: (row["row_id"], row["sample"]))
    return [reward_row(settings, list(rows)) for _, rows in by_response]


def _in_parts(asked: Iterable[list[Request]]) -> Iterator[list[Request]]:
    """The requests, cut between responses as soon as a part has `PART_CHARACTERS`."""
    part, characters = [], 0
    for about in asked:
        part += about
        characters += sum(len(text) for request in about for _, text in request.messages)
        if characters >= PART_CHARACTERS:
            yield part
            part, characters = [], 0
    if part:
        yield part
