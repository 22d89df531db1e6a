"""Rounded answers: whether two numbers, also in scientific notation, differ by a small share only."""

from decimal import Decimal

import regex

from synthesis.answer_spelling import MOST_CHARACTERS, before_per_cent, number, plain, with_braces

_UPRIGHT = r"\\(?:text|textrm|mathrm|mbox|operatorname)\s*"
# What stands between a number and its unit, and degrees.
_BLANK = r"(?:\s|~|\\[,;:! ]|\\cdot(?![a-zA-Z]))"
_DEGREES = r"(?:°|\^\s*(?:\{\s*\\circ\s*\}|\\circ(?![a-zA-Z]))|\\(?:degree|circ)(?![a-zA-Z]))"
# Units of physics with their prefixes; other letters are variables.
_SYMBOL = (
    r"(?:[YZEPTGMkhdcmuµμnpf]?(?:Hz|Pa|eV|Wb|Gy|Sv|Bq|mol|cal|bar|erg|dyne?|rad|pc|[msgAKNJWCVFSTHLl])"
    r"|Å|Ω|\\Omega(?![a-zA-Z])|ohms?|atm|AU|ly|hr?|min|yrs?|days?|sr|cd|lm|lx|mi|ft|in|yd|lbs?|oz|G|M)"
)
_POWERED = r"(?:\s*\^\s*(?:\{\s*[-+]?\d{1,2}\s*\}|[-+]?\d{1,2})|[²³])?"
_FACTOR = rf"(?:{_UPRIGHT}\{{[^{{}}]*\}}|{_SYMBOL}(?![a-zA-Z])){_POWERED}"
_PRODUCT = rf"{_FACTOR}(?:(?:{_BLANK}|[/·*])++{_FACTOR})*+"
_QUOTIENT = rf"\\[dt]?frac\s*\{{\s*{_PRODUCT}\s*\}}\s*\{{\s*{_PRODUCT}\s*\}}"
# A unit stands behind a blank, or in upright type.
_UNIT = regex.compile(
    rf"(?:{_DEGREES}\s*(?:[CFK](?![a-zA-Z]))?|(?:{_BLANK}++|(?=\\)){_BLANK}*+(?:{_QUOTIENT}|{_PRODUCT})|{_BLANK}++)++$"
)
_POWER = r"(?:\{\s*(?P<power>[-+]?\d{1,4})\s*\}|(?P<power>[-+]?\d{1,4}))"
_SCIENTIFIC = regex.compile(
    rf"(?P<digits>.*\d)[eE]{_POWER}|(?:(?P<digits>.*\d)\s*(?:\\times|\\cdot|[×·*xX])\s*|(?P<sign>[-+]))?10\s*(?:\^|\*\*)\s*{_POWER}"
)
_PLAIN_FRACTION = regex.compile(r"(?P<sign>[-+]?)\s*(?P<over>[\d.]+)\s*/\s*(?P<under>[\d.]+)")
# `x = 5`, `\approx 5`: what stands before the number.
_BEFORE = regex.compile(r"(?:[a-zA-Z](?:_\w|_\{\w+\})?\s*(?:=|\\approx(?![a-zA-Z])|≈)|\\approx(?![a-zA-Z])|≈)\s*")
_FRACTION = regex.compile(r"(?P<sign>[-+]?)\s*\\[dt]?frac\s*\{(?P<over>[^{}]*)\}\s*\{(?P<under>[^{}]*)\}")


def is_near(reference: str, answer: str, share: float) -> bool:
    """Whether both are numbers that differ by at most this share of the reference.

    Per cent is read as in `grading.by_number`: beside `34%` both `33.9` and `0.339` are near, and beside `0.34` the
    hundredth of an answer in per cent alone.
    """
    wanted, wanted_in_per_cent = _read(reference)
    given, given_in_per_cent = _read(answer)
    if wanted is None or given is None:
        return False
    meant = [given]
    if wanted_in_per_cent and not given_in_per_cent:
        meant.append(given.scaleb(2))
    elif given_in_per_cent and not wanted_in_per_cent:
        meant = [given.scaleb(-2)] if abs(wanted) < 1 else [given, given.scaleb(-2)]
    return any(abs(each - wanted) <= Decimal(str(share)) * abs(wanted) for each in meant)


def _read(text: str) -> tuple[Decimal | None, bool]:
    """The number that a text is, or None, and whether it is in per cent."""
    if len(text) > MOST_CHARACTERS:
        return None, False
    text = text.strip().strip("$").strip()
    text = text[found.end() :] if (found := _BEFORE.match(text)) else text
    bare = before_per_cent(text)
    return value(text if bare is None else bare), bare is not None


def value(text: str) -> Decimal | None:
    """The number that an answer is, without its unit: plain, `4.5e33`, `4.5 \\times 10^{33}` or a fraction; or None."""
    text = plain(text).strip().strip("$").strip()
    text = text[found.end() :] if (found := _BEFORE.match(text)) else text
    text = with_braces(_UNIT.sub("", text).strip("$ "))
    whole = number(text)
    if whole is not None:
        return whole
    if found := _SCIENTIFIC.fullmatch(text):
        digits = number(found["digits"]) if found["digits"] else Decimal(f"{found['sign'] or ''}1")
        return None if digits is None else digits.scaleb(int(found["power"]))
    if found := _FRACTION.fullmatch(text) or _PLAIN_FRACTION.fullmatch(text):
        over, under = number(found["over"]), number(found["under"])
        if over is not None and under:
            return (-over if found["sign"] == "-" else over) / under
    return None
