r"""Answers as they are compared: their spelling, the plain numbers among them, and formulas that math-verify reads."""

import json
from collections import Counter
from decimal import Context, Decimal

import regex

from synthesis.answer_units import in_digits, is_word, with_last_variables, without_unit
from synthesis.answers import boxed, trimmed, unescaped

# Longer ones are no numbers that anyone meant.
MOST_DIGITS = 400
# Answers that are longer than any reference stay as they are.
MOST_CHARACTERS = 1_000

_BOX = regex.compile(r"\\(?:boxed|fbox)\s*\{")
_FORMULA = regex.compile(r"\$|\\\(|\\\[|\\boxed")
# LaTeX that changes the looks of an answer only.
_LOOKS = regex.compile(r"\\(?:left|right|displaystyle|textstyle)(?![a-zA-Z])|\\[,;:! ]|~")
_FRACTION = regex.compile(r"\\[dtc]frac(?![a-zA-Z])")
_TEXT = regex.compile(r"\\(?:text|textbf|textrm|mathrm|mbox|operatorname)\s*\{([^{}]*)\}")
_NUMBER = regex.compile(r"[+-]?(?:\d+|[1-9]\d{0,2}(?:(?:,|\{,\})\d{3})+)?(?:\.\d+)?")
# A number with blanks between its groups: `1 000` and `1\,000`.
_BLANKS = regex.compile(r"[+-]?\d{1,3}(?:(?:\\,|[ \u00a0\u2009\u202f])\d{3})+(?:\.\d+)?")
_BLANK = regex.compile(r"\\,|\s")
# Marks between the groups of a number that mean nothing else; inside a formula math-verify does not read them.
_GROUPS = regex.compile(r"(?<=\d)(?:,\\!|\{,\})(?=\d{3}(?!\d))")
# Commands before bare digits: `\sqrt2` is `\sqrt{2}`, and `\frac12` is `\frac{1}{2}`.
_BARE_ROOT = regex.compile(r"\\sqrt\s*(\d)")
_BARE_FRACTION = regex.compile(r"\\frac\s*(\d)\s*(\d)")
# All blanks but those between two numbers.
_SPACES = regex.compile(r"(?<!\d)\s+|\s+(?!\d)")
# A comma that can't be a thousands separator.
_DECIMAL_COMMA = regex.compile(r"[+-]?(?:\d+,(?:\d{1,2}|\d{4,})|(?:0|\d{4,}),\d+)")
# What math-verify does not read: the sign of degrees, a blank before a unit, a mixed number, about.
_DEGREES = regex.compile(r"(?<=\d)\s*°(?!\s*\p{L})")
_TILDE = regex.compile(r"(?<=\d)~")
_MIXED = regex.compile(r"([+-]?\d+)\s+(\d{1,3})/(\d{1,3})")
_ABOUT = regex.compile(r"^\s*(?:\\approx(?![a-zA-Z])|≈)\s*(?=[\d.+-])")
# Euler's number and the imaginary unit in upright type, which math-verify does not read.
_UPRIGHT = regex.compile(r"\\mathrm\s*\{([ei])\}")
_WORDS = regex.compile(r"\p{L}{2,}")
_NO_LETTERS = regex.compile(r"\\[a-zA-Z]+|\P{L}")
# What needs no second look: digits with their marks, or letters.
_BARE = regex.compile(r"[+-]?[\d.,]*+|[a-zA-Z]*+")
# Dashes that stand for a minus: that of mathematics everywhere, others where a number or formula begins.
_MINUS = regex.compile(r"[\u2212\uff0d]|(?:^|(?<=[(\[{,;=]))\s*[\u2010\u2011\u2013](?=\s?[\d.\\a-zA-Z])")
_EXPONENT = regex.compile(r"([+-]?(?:\d+(?:\.\d+)?|\.\d+)[eE][+-]?\d{1,3})")
# `1.5 x 10^3`, where x is no variable.
_TIMES = regex.compile(
    r"^([+-]?[\d.,]*\d)\s*[xX]\s*(10\s*\^\s*(?:\d|\{\s*[+-]?\d{1,3}\s*\}|[+-]?\d{1,3}).*)", regex.DOTALL
)


def plain(answer: str) -> str:
    r"""An answer with minus, powers of ten, per cent and words of size in one spelling; otherwise as it is.

    `1e-5` is `0.00001`, `1.5 x 10^3` is `1.5 \\times 10^3`, `5 million` is `5000000`.
    """
    if len(answer) > MOST_CHARACTERS or _BARE.fullmatch(answer):
        return answer
    text = inner = trimmed(answer) or ""
    text = _TIMES.sub(r"\1 \\times \2", _MINUS.sub("-", text)) if text else text
    text = format(Decimal(text), "f") if _EXPONENT.fullmatch(text) else in_digits(text)
    return answer if text == inner else text


def number(answer: str) -> Decimal | None:
    """The plain number that an answer is, without its unit and thousands separators; else None.

    `1000,99` is read as a number with the comma of other languages.
    """
    text = (trimmed(plain(answer)) or "")[: MOST_DIGITS + 1]
    text = without_unit(text).replace("{,}", ",")
    text = _BLANK.sub("", text) if _BLANKS.fullmatch(text) else text
    if len(text) > MOST_DIGITS or not any(sign.isdigit() for sign in text):
        return None
    if _NUMBER.fullmatch(text):
        return Decimal(text.replace(",", ""))
    return Decimal(text.replace(",", ".")) if _DECIMAL_COMMA.fullmatch(text) else None


def before_per_cent(answer: str) -> str | None:
    """What stands before the sign, or the words, of per cent at the end of an answer; None without one."""
    answer = plain(answer)
    text = (trimmed(answer) or "") if "%" in answer else ""
    return text[:-1].removesuffix("\\") if text.endswith("%") else None


def without_per_cent(answer: str) -> str:
    """A number in per cent as its hundredth, `50%` as `0.5`; anything else as it is."""
    bare = before_per_cent(answer)
    value = number(bare) if bare is not None else None
    return answer if value is None else format(value.scaleb(-2), "f")


def normalised(answer: str) -> str:
    """An answer as it is compared by spelling: without layout, units after a number, or thousands separators.

    One that is longer than any reference stays as it is.
    """
    if len(answer) > MOST_CHARACTERS:
        return answer
    text = without_unit(trimmed(plain(answer)) or "")
    text = _LOOKS.sub("", _FRACTION.sub(r"\\frac", _TEXT.sub(r"\1", _GROUPS.sub("", text)))).strip()
    text = with_braces(text)
    if _NUMBER.fullmatch(text) and any(sign.isdigit() for sign in text):
        value = Decimal(text.replace("{,}", "").replace(",", ""))
        return format(value.normalize(Context(prec=len(text))), "f") if value else "0"
    text = _SPACES.sub("", text.replace("$", "").replace(r"\%", "%").strip())
    return text.casefold() if _WORDS.fullmatch(text) else text


def with_braces(answer: str) -> str:
    r"""`\sqrt2` as `\sqrt{2}`, and `\frac12` as `\frac{1}{2}`."""
    return _BARE_FRACTION.sub(r"\\frac{\1}{\2}", _BARE_ROOT.sub(r"\\sqrt{\1}", answer))


def is_spelled_like(wanted: str, answer: str) -> bool:
    """Whether an answer is spelled like a reference, `wanted`, that is normalised.

    `81,256` is a number, and also the list `81, 256` if the reference is one.
    """
    return wanted in (normalised(answer), _SPACES.sub("", answer))


def may_be_list(answer: str) -> bool:
    """Whether an answer such as `1,22` may be a number with a decimal comma, or a list."""
    return bool(_DECIMAL_COMMA.fullmatch(trimmed(answer) or ""))


def reference_text(reference: str) -> str:
    """A reference answer as it is compared: the content of its box, or several values (a JSON list) side by side."""
    if reference.startswith("["):
        try:
            values = json.loads(reference)
        except (ValueError, RecursionError):
            values = []  # a model's answer, as the reference of others
        if isinstance(values, list) and len(values) > 1 and all(isinstance(value, str) for value in values):
            return ", ".join(f"${trimmed(value) or value}$" for value in values)
    reference = unescaped(reference)
    return (boxed(reference) if _BOX.search(reference) else None) or reference


def as_formula(answer: str) -> str:
    """An answer as math-verify reads it: inside a box, unless its formulas are marked already."""
    answer = _GROUPS.sub("", _UPRIGHT.sub(r"\1", without_unit(plain(_ABOUT.sub("", answer)))))
    answer = _TILDE.sub(r"\\,", _DEGREES.sub(r"^{\\circ}", answer))
    mixed = _MIXED.fullmatch(answer)
    if mixed and int(mixed[2]) < int(mixed[3]):
        answer = rf"{mixed[1]}\frac{{{mixed[2]}}}{{{mixed[3]}}}"
    answer = with_last_variables(answer)
    return answer if _FORMULA.search(answer) else rf"\boxed{{{answer}}}"


def are_letters_in_another_order(first: str, second: str) -> bool:
    """Whether one of two answers is a word whose letters the other one has in another order: `ABC` and `BCA`.

    math-verify reads words as products of letters, whose order tells nothing. `xy` and `yx` are products.
    """
    spelled = _letters(first), _letters(second)
    if spelled[0] == spelled[1] or Counter(spelled[0]) != Counter(spelled[1]):
        return False
    return any(is_word(trimmed(answer) or "") for answer in (first, second))


def _letters(answer: str) -> str:
    return _NO_LETTERS.sub("", answer[:MOST_CHARACTERS]).casefold()
