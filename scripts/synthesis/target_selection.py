"""Selection of questions so that their difficulty follows a given distribution: so many of each range of the score."""

import logging
import math

import pyarrow as pa
import pyarrow.compute as pc

from synthesis.errors import InputError

log = logging.getLogger("synthesis")


def wanted(target: list[dict], count: int) -> list[int]:
    """How many questions of each range make up `count`: its share rounded down, then the largest remainders up."""
    total = sum(part["share"] for part in target)  # 1 but for the digits that were written
    exact = [part["share"] / total * count for part in target]
    # A share such as 0.29 of 100 is a hair below 29 in binary.
    found = [math.floor(round(value, 6)) for value in exact]
    order = sorted(range(len(target)), key=lambda place: found[place] - exact[place])
    for place in order[: count - sum(found)]:
        found[place] += 1
    return found


def in_range(scores: pa.ChunkedArray, target: list[dict], place: int) -> pa.ChunkedArray:
    """Whether each score lies in a range: above the end of the one before it, and up to its own end."""
    inside = pc.is_valid(scores)
    if place:
        inside = pc.and_(inside, pc.fill_null(pc.greater(scores, target[place - 1]["up_to"]), False))
    if target[place]["up_to"] is not None:
        inside = pc.and_(inside, pc.fill_null(pc.less_equal(scores, target[place]["up_to"]), False))
    return inside


def count_in_range(scores: list[float | None], target: list[dict], place: int) -> int:
    """How many scores lie in a range; see `in_range`."""
    return pc.sum(in_range(pa.chunked_array([scores], pa.float64()), target, place)).as_py() or 0


def fill(source: str, rows: pa.Table, settings: dict) -> tuple[pa.Array, list[dict]]:
    """Whether each row (`index`, `difficulty`) is taken, and what became of each range.

    Each range takes its first questions in index order. So a source that grows at its end keeps its earlier picks, as
    long as the ranges and the count stay. A range that has too few leaves its places empty: filled from another one,
    they would be lost to growth, and the distribution with them. Raises InputError if a range has too few and
    `shortfall` is `fail`.
    """
    target, counts = settings["target"], wanted(settings["target"], settings["count"])
    taken, ranges = pa.array([], pa.uint64()), []
    for place, (part, count) in enumerate(zip(target, counts, strict=True)):
        there = pc.indices_nonzero(in_range(rows["difficulty"], target, place))
        first = there.take(pc.sort_indices(rows["index"].take(there)))[:count]
        taken = pa.concat_arrays([taken, first])
        ranges.append({**part, "wanted": count, "there": len(there), "taken": len(first)})
        if len(first) < count:
            _too_few(source, place, ranges[-1], settings["shortfall"])
    return pc.is_in(pa.array(range(len(rows)), pa.uint64()), taken), ranges


def _too_few(source: str, place: int, found: dict, shortfall: str) -> None:
    where = f"select_questions.sources.{source}.target[{place}]"
    end = "without an end" if found["up_to"] is None else f"up to {found['up_to']}"
    there = f"source {source} has {found['there']} questions in the range {end}"
    sentence = f"{there}, fewer than the {found['wanted']} of {where}"
    if shortfall == "fail":
        raise InputError(
            f"{sentence}; raise generate_questions.sources.{source}.total, lower its share or "
            f"select_questions.sources.{source}.count, or set shortfall to warn."
        )
    log.warning("%s; going on with all of them, as shortfall is warn.", sentence)
