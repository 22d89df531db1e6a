"""The five levels of difficulty that a model may write, and how one is read from the end of its answer.

BoostQA's annotation has levels; ScaleQuest's evaluation maps five to 20, 40, 60, 80 and 100 points (arXiv 2410.18693).
"""

import regex

from synthesis.text import normalise

LEVELS = {"very easy": 20, "easy": 40, "medium": 60, "hard": 80, "very hard": 100}

# A last line of braces, fences or stars alone says nothing; the line before it does.
_LETTER = regex.compile(r"[^\W_]")
_TAG = regex.compile(r"</?\w+>|<\|\w+\|>|\\(?:boxed|fbox|text|textbf|textit|textrm|mathrm|mathbf)(?![a-zA-Z])")
_WORD = regex.compile(r"[^\W_]+")
# All that may stand on the line before the level. Any other word may turn its meaning round, as `not` does, or name a
# second level.
_BEFORE = {
    "the", "this", "my", "so", "final", "overall", "therefore", "thus", "answer", "verdict", "rating", "classification",
    "difficulty", "level", "question", "problem", "is", "of", "be", "as", "s", "rated", "would", "i", "rate", "it",
}  # fmt: skip


def score_of_level(text: str) -> int | None:
    """The points (20 to 100) of the level that an answer ends with; None if it can't be told.

    The last line with a letter or digit must end with exactly one level, in any case, and hold nothing before it but
    words such as `Difficulty level:`. Punctuation, Markdown, brackets, quotes, closing tags and LaTeX around them are
    ignored; a number, another word or a second level makes the answer unclear.
    """
    lines = [line for line in _TAG.sub(" ", text).splitlines() if _LETTER.search(line)]
    words = _WORD.findall(normalise(lines[-1])) if lines else []
    for length in (2, 1):
        level = " ".join(words[-length:])
        if level in LEVELS and len(words) >= length:
            return LEVELS[level] if _BEFORE.issuperset(words[:-length]) else None
    return None
