"""What groups of texts are about: the words that tell them from all texts."""

import math
from collections import Counter

from synthesis.text import words

WORDS = 4
# Shorter ones are articles, prepositions and the names of variables.
_LEAST_LETTERS = 3


def characteristic_words(texts: list[str], groups: list[int], count: int) -> list[list[str]]:
    """Up to `WORDS` words for each of `count` groups, the most characteristic first.

    A word's weight in a group is p log(p / q), where p and q are the shares of texts that hold it in the group and in
    all: its part of the information that tells the group from the whole. Only words with a weight above 0 count.
    """
    inside, everywhere = [Counter() for _ in range(count)], Counter()
    for text, group in zip(texts, groups, strict=True):
        found = {word for word in words(text) if word.isalpha() and len(word) >= _LEAST_LETTERS}
        inside[group].update(found)
        everywhere.update(found)
    sizes = Counter(groups)
    return [_best(inside[group], sizes[group], everywhere, len(texts)) for group in range(count)]


def _best(inside: Counter, size: int, everywhere: Counter, total: int) -> list[str]:
    weights = {
        word: found / size * math.log(found / size / (everywhere[word] / total)) for word, found in inside.items()
    }
    best = sorted((word for word in weights if weights[word] > 0), key=lambda word: (-weights[word], word))
    return best[:WORDS]
