"""Whether a response repeats itself, as models do that are caught in a loop.

All counts are taken in one pass over runs of 16 tokens, so the time grows with the length of the text and no faster.
Numbers count as they are: `93 - 7 = 86`, `86 - 7 = 79` repeats nothing. Only words of language count as repeated, so
that tables, matrices and long calculations may say the same again, unless one loops over many lines.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate

import regex

# Tokens: LaTeX commands, words (long ones in parts, so that `hahaha...` has a period), single marks.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}"
_TOKEN = regex.compile(rf"\\\p{{L}}+|[{_UNSPACED}]|(?:(?![{_UNSPACED}])\w){{1,12}}|[^\w\s]")
_WORD = regex.compile(rf"[{_UNSPACED}]|\p{{L}}\p{{M}}*\p{{L}}.*")
# Tokens of a run, a power of 2: long enough that two equal ones are no accident.
_RUN = 16
# A loop says at least so many words, or, where it has few, fills so many characters; repeated text says so many words.
_LOOP_WORDS, _LOOP_CHARACTERS = 20, 1000
_REPEATED_WORDS = 30
# Rows of a table may look alike, so their words count in loops alone.
_TABLE_ROW = regex.compile(r"^[ \t]*\|.*\|[ \t]*$\n?", regex.MULTILINE)
# A line counts if it says something, and a copy if the text had said it twice before: a draft and its final form are
# no loop.
_LINE_WORDS, _COPIES = 3, 2


@dataclass(frozen=True)
class RepetitionRule:
    """Rejects a text that says a passage `consecutive` times (count) in direct succession, anywhere in it.

    Also one in which more than `share` (0 to 1) of the words stand in lines, or in runs of 16 tokens, that the text
    had said twice before.
    """

    consecutive: int
    share: float

    def reason(self, text: str) -> str:
        """`repetition:loop`, `repetition:lines`, `repetition:passages`, or an empty text."""
        spans = _spans(text)
        runs = _runs([token for _, token in spans])
        if len(set(runs)) < len(runs) and self._loops(runs, spans, len(text)):
            return "repetition:loop"
        if "|" in text and len(prose := _TABLE_ROW.sub("", text)) < len(text):
            text, spans = prose, _spans(prose)
            runs = _runs([token for _, token in spans])
        tokens = [token for _, token in spans]
        words = sum(map(_is_word, tokens))
        if self._too_many(_in_repeated_lines(text), words):
            return "repetition:lines"
        return "repetition:passages" if self._too_many(_in_repeated_runs(runs, tokens), words) else ""

    def _too_many(self, repeated: int, words: int) -> bool:
        return repeated >= _REPEATED_WORDS and repeated > self.share * words

    def _loops(self, runs: list[int], spans: list[tuple[int, str]], end: int) -> bool:
        """Whether the same run comes back at the same distance often enough in a row: then the distance is a period."""
        said = [0, *accumulate(_is_word(token) for _, token in spans)]
        starts = [*(start for start, _ in spans), end]
        last: dict[int, int] = {}
        distance = begin = 0
        for position, run in enumerate([*runs, -1]):
            found = position - last.get(run, position)
            last[run] = position
            if found == distance:
                continue
            if distance:
                first, behind = begin - distance, position - 1 + _RUN
                is_long = (
                    said[behind] - said[first] >= _LOOP_WORDS or starts[behind] - starts[first] >= _LOOP_CHARACTERS
                )
                if is_long and behind - first >= self.consecutive * distance:
                    return True
            distance, begin = found, position
        return False


def _spans(text: str) -> list[tuple[int, str]]:
    """Where each token begins, and the token."""
    return [(found.start(), found[0]) for found in _TOKEN.finditer(text)]


def _is_word(token: str) -> bool:
    return _WORD.match(token) is not None


def _runs(tokens: list[str]) -> list[int]:
    """A number for the run of 16 tokens from each position, equal for equal runs; doubled in four steps."""
    numbers, width = tokens, 1
    while width < _RUN:
        known: dict[tuple, int] = {}
        pairs = zip(numbers, numbers[width:], strict=False)
        numbers = [known.setdefault(pair, len(known)) for pair in pairs]
        width *= 2
    return numbers


def _in_repeated_runs(runs: list[int], tokens: list[str]) -> int:
    """Words that stand in a run of tokens of which the text had two before."""
    times: Counter[int] = Counter()
    count = covered = 0
    for position, run in enumerate(runs):
        times[run] += 1
        if times[run] > _COPIES:
            fresh = tokens[max(covered, position) : position + _RUN]
            count += sum(map(_is_word, fresh))
            covered = position + _RUN
    return count


def _in_repeated_lines(text: str) -> int:
    """Words that stand in a line of which the text had two before."""
    times = Counter(line for line in map(str.strip, text.split("\n")) if line)
    count = 0
    for line, copies in times.items():
        if copies > _COPIES:
            words = sum(_is_word(found[0]) for found in _TOKEN.finditer(line))
            count += words * (copies - _COPIES) if words >= _LINE_WORDS else 0
    return count
