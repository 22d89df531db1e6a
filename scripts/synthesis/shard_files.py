"""Files of shards as a shell command names them."""

import re
import shlex

from synthesis.layout import SHARD_DIGITS

# A path with a shard's number as its file name, else the whole path as its head.
_SHARD_NAME = re.compile(rf"(.*/)(\d{{{SHARD_DIGITS}}})((?:\.\w+)+)|.*", re.DOTALL)


def compact(paths) -> str:
    """File names for a shell command, with neighbouring shards as one brace range: `a/{00000..00007}.parquet`.

    A command of more than 128 KiB can't be started, which some hundred shards of several stages would reach.
    """
    runs: list[tuple[str, str, int, int]] = []
    for path in map(str, paths):
        found = _SHARD_NAME.fullmatch(path)
        head, number, tail = (found[1], int(found[2]), found[3]) if found[2] else (path, -1, "")
        if runs and number >= 0 and runs[-1] == (head, tail, runs[-1][2], number - 1):
            runs[-1] = (head, tail, runs[-1][2], number)
        else:
            runs.append((head, tail, number, number))
    return " ".join(_spelled(*run) for run in runs)


def _spelled(head: str, tail: str, first: int, last: int) -> str:
    if first < 0:
        return shlex.quote(head + tail)
    names = f"{first:0{SHARD_DIGITS}d}" if first == last else f"{{{first:0{SHARD_DIGITS}d}..{last:0{SHARD_DIGITS}d}}}"
    return shlex.quote(head) + names + shlex.quote(tail)


def compact_files(name: str, of: str = "input"):
    """A function of a job's inputs or outputs: the files listed there under `name`, compacted."""
    if of == "input":
        return lambda wildcards, input: compact(input[name])
    return lambda wildcards, output: compact(output[name])
