"""The words of a question that are language, and the scripts they are written in."""

import re
from collections.abc import Callable
from functools import lru_cache

import regex

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}"
# What is no prose: drawings, formulas, LaTeX environments' names and commands. Numbers and signs are no words anyway.
# Opening marks with their closing ones, the longer first where two begin alike.
_DRAWING = {"[asy]": "[/asy]"}
_FORMULA = {"$$": "$$", r"\[": r"\]", r"\(": r"\)", "$": "$"}
_COMMAND = re.compile(r"\\(?:begin|end)\{[^{}]*\}|\\[a-zA-Z]+")
# Two neighbouring words: then the signs around are dollars of prices, or the formula holds a sentence.
_SENTENCE = regex.compile(rf"(?<![\\\p{{L}}])\p{{L}}{{2,}}[\s,;]+\p{{L}}{{2,}}|[{_UNSPACED}]")
# Two letters or more, since single ones are variables; or one character of a script without blanks.
_WORD = regex.compile(rf"[{_UNSPACED}]\p{{M}}*|(?:(?![{_UNSPACED}])[\p{{L}}\p{{M}}'’])+")
_ASCII_WORD = re.compile("[A-Za-z][A-Za-z']*[A-Za-z]")
_BLANK_INSIDE = regex.compile(f"(?<=[{_UNSPACED}]) (?=[{_UNSPACED}])")

# The scripts of languages (ISO 639-1) that are not written in Latin letters; the first is the one that tells.
_SCRIPTS = {
    **dict.fromkeys(("be", "bg", "kk", "mk", "mn", "ru", "sr", "uk"), ("Cyrillic",)),
    **dict.fromkeys(("ar", "fa", "ur"), ("Arabic",)),
    **dict.fromkeys(("hi", "mr"), ("Devanagari",)),
    **{"bn": ("Bengali",), "el": ("Greek",), "gu": ("Gujarati",), "he": ("Hebrew",), "hy": ("Armenian",)},
    **{"ka": ("Georgian",), "ko": ("Hangul",), "pa": ("Gurmukhi",), "ta": ("Tamil",), "te": ("Telugu",)},
    **{"th": ("Thai",), "zh": ("Han",), "ja": ("Kana", "Han")},
}  # fmt: skip
_NAMES = {"Kana": r"[\p{Hiragana}\p{Katakana}]"} | {
    name: rf"\p{{{name}}}" for names in [("Latin",), *_SCRIPTS.values()] for name in names if name != "Kana"
}
_SCRIPT = regex.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _NAMES.items()))


def prose(text: str) -> list[str]:
    """The words of a question that are language: two letters or more, or one character of a script without blanks.

    Drawings, formulas, LaTeX commands, numbers and single letters, which are variables, are left out. A formula with
    a sentence in it stays, and so does what stands between the dollar signs of two prices.
    """
    if "\\" in text or "$" in text or "[asy]" in text:
        text = _without(_FORMULA, _without(_DRAWING, text, lambda _: False), _SENTENCE.search)
        text = _COMMAND.sub(" ", text)
    if text.isascii():
        return _ASCII_WORD.findall(text)
    words = (found.strip("'’") for found in _WORD.findall(text))
    return [word for word in words if len(word) > 1 or regex.match(f"[{_UNSPACED}]", word)]


def _without(marks: dict[str, str], text: str, stays: Callable) -> str:
    """The text without what stands between the marks, unless it `stays`; a mark without its closing one is text.

    The time grows with the length of the text and no faster, while a regular expression would look through the rest of
    the text from every opening mark that is not closed.
    """
    opening = re.compile("|".join(map(re.escape, marks)))
    last = {mark: text.rfind(closing) for mark, closing in marks.items()}
    parts, position = [], 0
    while found := opening.search(text, position):
        start = found.start()
        mark = next((each for each in marks if text.startswith(each, start) and start + len(each) <= last[each]), None)
        end = text.index(marks[mark], start + len(mark)) + len(marks[mark]) if mark else start + 1
        passage = text[start:end]
        parts += [text[position:start], " " if mark and not stays(passage) else passage]
        position = end
    return "".join([*parts, text[position:]])


def joined(words: list[str]) -> str:
    """The words as one text, without blanks inside a script that has none."""
    text = " ".join(words)
    return text if text.isascii() else _BLANK_INSIDE.sub("", text)


def scripts_of_language(code: str) -> tuple[str, ...]:
    """The scripts of a language; where there are several, its texts always hold the first."""
    return _SCRIPTS.get(code, ("Latin",))


def script_of_word(word: str) -> str:
    """The script of a word by its first character; `other` for one that none of the known languages uses."""
    return "Latin" if word[0] < "\x80" else _script_of_character(word[0])


@lru_cache(maxsize=100_000)
def _script_of_character(character: str) -> str:
    found = _SCRIPT.match(character)
    return found.lastgroup if found else "other"
