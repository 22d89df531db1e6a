"""Whether a response is in another language than wanted, as a whole or in a part of it."""

from collections import Counter

import regex

from synthesis.filters.language import LanguageFilter, prose
from synthesis.response_rules.endings import without_code

# Words of prose that are looked at together: about two sentences, which is enough to tell a language.
WINDOW_WORDS = 25
# Fewer different words than these tell none.
LEAST_WORDS = 8
_LATIN = regex.compile(r"\p{Latin}")


class LanguageRule:
    """Keeps responses in the languages `keep`, as the filter of questions tells them, window by window.

    Looked at are the different words of the prose outside code blocks, in the order in which they come first, and
    without those that begin with a capital, unless most do: names come from everywhere. They are cut into windows of
    25 (up to 49 in the last), words in Latin letters apart from all others, so that a sentence in another script is
    found too. Fewer than 8 words tell no language. Where most windows are in other languages the reason is
    `language:<code>`, where some are, `language_switch:<code>`, by the most frequent of these. For a script that none
    or several of the candidates use its name stands in place of the code: `language:Cyrillic`.
    """

    def __init__(self, settings: dict):
        self._filter = LanguageFilter("language", settings, {}, where="filter_responses.language")

    def reasons(self, texts: list[str]) -> list[str]:
        """For each text the reason to reject it, or an empty text."""
        windows = [_windows(without_code(text) or "") for text in texts]
        told = iter(self._filter.reasons([{"question": window} for found in windows for window in found]))
        return [_reason([next(told) for _ in found]) for found in windows]


def _windows(text: str) -> list[str]:
    words = list(dict.fromkeys(prose(text)))
    latin = [word for word in words if _LATIN.match(word)]
    others = [word for word in words if not _LATIN.match(word)]
    groups = (_without_names(latin), others)
    return [window for group in groups if len(group) >= LEAST_WORDS for window in _cut(group)]


def _without_names(words: list[str]) -> list[str]:
    small = [word for word in words if not word[0].isupper()]
    is_prose = 2 * len(small) >= len(words)
    return small if is_prose else list(dict.fromkeys(word.casefold() for word in words))


def _cut(words: list[str]) -> list[str]:
    starts = range(0, max(1, len(words) - WINDOW_WORDS + 1), WINDOW_WORDS)
    return [" ".join(words[start : None if start == starts[-1] else start + WINDOW_WORDS]) for start in starts]


def _reason(told: list[str]) -> str:
    others = Counter(reason.partition(":")[2] for reason in told if reason)
    if not others:
        return ""
    kind = "language" if 2 * others.total() > len(told) else "language_switch"
    return f"{kind}:{others.most_common(1)[0][0]}"
