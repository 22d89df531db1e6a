"""Hashes of runs of tokens, of many texts at once: a coarse form of texts by which most can be told apart.

A token is a run of letters, apostrophes inside left out, or a single digit. Every word of `text.plain_words` is one
or more tokens, always the same ones, and so is every word of `text.words` once the commands are left out that it leaves
out. So texts that share n neighbouring words share n neighbouring tokens.
"""

from functools import lru_cache

import numpy as np
import regex

from synthesis.text import FRACTION_COMMANDS, LAYOUT_COMMANDS, plain_words, words

# Bytes that are cut at a time: arrays of this length stay in the processor's cache.
_PART = 1 << 18
_BACKSLASH, _APOSTROPHE = b"\\'"
_LETTER, _DIGIT = 1, 2
# Commands to which bytes in lower case do no justice: an apostrophe after the name, and capitals, as in `\Big`.
_UNUSUAL = regex.compile(
    rf"\\[a-zA-Z]+'[a-zA-Z]|\\(?=[a-z]*[A-Z])(?i:{'|'.join([*LAYOUT_COMMANDS, *FRACTION_COMMANDS])})(?![a-zA-Z])"
)
# Odd numbers, so that they have an inverse modulo 2**64.
_CHARACTER_BASE, _TOKEN_BASE = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93
_MIX = np.uint64(0xFF51AFD7ED558CCD)


def _kinds() -> np.ndarray:
    kinds = np.zeros(256, np.uint8)
    kinds[[*range(ord("a"), ord("z") + 1), *range(ord("A"), ord("Z") + 1), *range(128, 256)]] = _LETTER
    kinds[range(ord("0"), ord("9") + 1)] = _DIGIT
    return kinds


def _values() -> np.ndarray:
    """A number for each byte, the same for both cases of a letter, and 0 for what is no part of a token."""
    values = np.random.default_rng(0).integers(1, 1 << 63, 256, np.uint64)
    values[ord("A") : ord("Z") + 1] = values[ord("a") : ord("z") + 1]
    return np.where(_KINDS == 0, np.uint64(0), values)


_KINDS = _kinds()
_VALUES = _values()


def run_hashes(texts: list[str], n: int) -> tuple[np.ndarray, np.ndarray]:
    """The hashes (uint64) of all runs of n tokens, with and without LaTeX layout, and the number of each one's text."""
    rows = [row for number, text in enumerate(texts) for row in _rows(number, text)]
    found = [_part_hashes(part, n) for part in _parts(rows)]
    if not found:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    return tuple(np.concatenate(arrays) for arrays in zip(*found, strict=True))


def _rows(number: int, text: str) -> list[tuple[int, str]]:
    """What is cut into tokens: the text itself, or its words where bytes alone do not tell them."""
    if text.isascii() and not ("\\" in text and _UNUSUAL.search(text)):
        return [(number, text)]
    return [(number, " ".join(cut(text))) for cut in (plain_words, words)]


def _parts(rows: list[tuple[int, str]]):
    """The rows in lists of about `_PART` bytes, with their texts as bytes."""
    part, size = [], 0
    for number, text in rows:
        content = text.encode()
        if part and size + len(content) > _PART:
            yield part
            part, size = [], 0
        part.append((number, content))
        size += len(content) + 1
    if part:
        yield part


def _part_hashes(rows: list[tuple[int, bytes]], n: int) -> tuple[np.ndarray, np.ndarray]:
    numbers, contents = zip(*rows, strict=True)
    content = np.frombuffer(b"\n".join(contents) + b"\n", np.uint8)
    ends = np.cumsum(np.fromiter(map(len, contents), np.int64) + 1)
    content, ends = _without_apostrophes(content, ends)
    tokens, starts = _tokens(content)
    rows_of_tokens = np.repeat(np.arange(len(ends)), np.diff(np.searchsorted(starts, ends), prepend=0))
    found = [_hashes_of_runs(tokens, rows_of_tokens, n)]
    # The same without layout, of the rows that have some.
    commands = np.flatnonzero(content[starts - 1] == _BACKSLASH)
    fractions = commands[np.isin(tokens[commands], _FRACTION_TOKENS)]
    layout = commands[np.isin(tokens[commands], _LAYOUT_TOKENS)]
    if len(fractions) or len(layout):
        tokens[fractions] = _FRACTION
        changed = np.zeros(len(ends), bool)
        changed[rows_of_tokens[fractions]] = changed[rows_of_tokens[layout]] = True
        kept = changed[rows_of_tokens]
        kept[layout] = False
        found.append(_hashes_of_runs(tokens[kept], rows_of_tokens[kept], n))
    hashes, places = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    return hashes, np.array(numbers)[places]


def _without_apostrophes(content: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bytes without apostrophes between letters, and where the rows end then."""
    marks = np.flatnonzero(content[:-1] == _APOSTROPHE)
    inside = marks[(_KINDS[content[marks - 1]] == _LETTER) & (_KINDS[content[marks + 1]] == _LETTER) & (marks > 0)]
    return (np.delete(content, inside), ends - np.searchsorted(inside, ends)) if len(inside) else (content, ends)


def _tokens(content: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hash and start of each token of the bytes."""
    kinds = _KINDS[content]
    letter, digit = kinds == _LETTER, kinds == _DIGIT
    first, last = letter | digit, letter | digit
    first[1:] &= ~(letter[1:] & letter[:-1])
    last[:-1] &= ~(letter[1:] & letter[:-1])
    starts, ends = np.flatnonzero(first), np.flatnonzero(last) + 1
    powers, inverses = _powers(_CHARACTER_BASE, _rounded(len(content)))
    sums = np.zeros(len(content) + 1, np.uint64)
    np.cumsum(_VALUES[content] * powers[: len(content)], out=sums[1:])
    return _mixed((sums[ends] - sums[starts]) * inverses[starts]), starts


def _hashes_of_runs(tokens: np.ndarray, rows: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Hash of each run of n tokens within a row, and the row."""
    count = len(tokens) - n + 1
    if count <= 0:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    powers, inverses = _powers(_TOKEN_BASE, _rounded(len(tokens)))
    sums = np.zeros(len(tokens) + 1, np.uint64)
    np.cumsum(tokens * powers[: len(tokens)], out=sums[1:])
    hashes = (sums[n:] - sums[:-n]) * inverses[:count]
    inside = rows[:count] == rows[n - 1 :]
    return _mixed(hashes[inside]), rows[:count][inside]


def _mixed(values: np.ndarray) -> np.ndarray:
    """The same numbers with their bits spread, since sums of products leave the low ones alike."""
    values ^= values >> np.uint64(32)
    values *= _MIX
    values ^= values >> np.uint64(29)
    return values


def _rounded(length: int) -> int:
    return max(2 * _PART, 1 << length.bit_length())


@lru_cache(maxsize=4)
def _powers(base: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Powers of a number and of its inverse modulo 2**64, from the power 0 on."""
    both = []
    for factor in (base, pow(base, -1, 1 << 64)):
        factors = np.full(length, factor, np.uint64)
        factors[0] = 1
        both.append(np.cumprod(factors))
    return both[0], both[1]


def _tokens_of(names) -> np.ndarray:
    return _tokens(np.frombuffer("\n".join(names).encode(), np.uint8))[0]


_LAYOUT_TOKENS = _tokens_of(LAYOUT_COMMANDS)
_FRACTION_TOKENS = _tokens_of(FRACTION_COMMANDS)
_FRACTION = _tokens_of(["frac"])[0]
