"""Shards: which rows of a source lie in which piece. Computed from the configuration alone."""

from dataclasses import dataclass

SHARD_DIGITS = 5


@dataclass(frozen=True)
class Shard:
    """Rows `start` (included) to `stop` (excluded) of a source, counted from 0."""

    name: str
    start: int
    stop: int


def shards(total: int, shard_size: int) -> list[Shard]:
    """Cut `total` rows into shards of `shard_size` rows; the last one may be smaller.

    Names are zero-padded numbers, so that growing the total adds names and changes none.
    """
    count = -(-total // shard_size)
    if count > 10**SHARD_DIGITS:
        raise ValueError(f"{count} shards do not fit in {SHARD_DIGITS} digits; use a larger shard_size")
    return [
        Shard(f"{number:0{SHARD_DIGITS}d}", number * shard_size, min((number + 1) * shard_size, total))
        for number in range(count)
    ]


def shard(total: int, shard_size: int, name: str) -> Shard:
    """The shard called `name`. Raises ValueError if the configuration has no such shard."""
    number = int(name)
    found = shards(total, shard_size)
    if number >= len(found):
        raise ValueError(f"there is no shard {name}: the configuration gives {len(found)} shards")
    return found[number]
