r"""What stands behind a number in an answer: its unit, per cent, or a word that makes it another number."""

from decimal import Decimal

import regex

# Units that are no words: speeds, areas and volumes, without LaTeX and behind a blank.
_LENGTH = r"(?:km|cm|mm|mi|ft|in|yd)"
_SYMBOLS = rf"(?:{_LENGTH}|m)/(?:hr?|s|sec|min)(?:\^2|²)?|{_LENGTH}(?:\^[23]|[²³])"
_NUMBER = r"\p{Sc}?\s*([+-]?(?:[\d.,]|\{,\})*\d)"
_QUANTITY = regex.compile(
    r"\p{Sc}?\s*([+-]?[\d.,]*\d(?:\s*/\s*\d+)?)"
    rf"(?:\s++(?:{_SYMBOLS})\s*+|(\s*+)((?:\p{{L}}{{2,}}+\.?+\s*+)++))?+"
)
# Words after a number that are no unit: with them the number alone is another answer.
_NO_UNIT = regex.compile(
    r"\b(?:and|or|to|times|plus|minus|over|base|pi|sqrt|root|sin|cos|tan|log|ln|exp|mod|per\s*cent|squared|cubed"
    r"|factorial|half|halves|thirds?|quarters?|fourths?|fifths?|sixths?|eighths?|tenths?|dozens?|am|pm"
    r"|(?:hundred|thousand|lakh|crore|(?:[mbtr]|quadr)+illion)(?:ths?|s)?)\b",
    regex.IGNORECASE,
)
# Units that may stand right behind a number; other letters there are variables.
_UNITS = regex.compile(
    r"[kcmdn]m|mi|ft|in|yd|[km]g|lbs?|oz|[mcdk]l|gal|qt|hrs?|mins?|secs?|yrs?|mph|kph|kmph|kmh|sq|cu|deg|rad|pts|pcs"
    r"|[kmg]?hz|kw|mw|kwh|kj|k?cal|k?pa|kv|ev|usd|eur|gbp|rmb|inr|st|nd|rd|th|(?:centi|milli|kilo)?(?:met(?:er|re)|gram)s?"
    r"|feet|foot|inch(?:es)?|yards?|miles?|pounds?|ounces?|lit(?:er|re)s?|gallons?|hours?|minutes?|seconds?|days?|weeks?"
    r"|months?|years?|dollars?|euros?|cents?|degrees?|units?|points?|people|items?",
    regex.IGNORECASE,
)
# Letters that are a product of variables rather than a word.
_VARIABLES = regex.compile(r"[b-df-hj-np-tv-z]{2,4}|[a-d]{2,4}|[a-np-tv-z]{2}")
_TYPE = r"\\(?:text|textbf|textrm|mathrm|mbox|operatorname)\s*"
_BLANKS = r"(?:\s|~|\\[,;:! ])*+"
_IN_TYPE = regex.compile(rf"({_NUMBER}){_BLANKS}{_TYPE}\{{([^{{}}]{{1,100}})\}}")
_PER_CENT = regex.compile(rf"({_NUMBER})\s*(?:per[ -]?cent\b([\p{{L}}\s]*)|\\?%)", regex.IGNORECASE)
_SCALES = {
    "hundred": 2, "thousand": 3, "lakh": 5, "million": 6, "crore": 7, "billion": 9, "trillion": 12, "quadrillion": 15,
}  # fmt: skip
_SCALED = regex.compile(
    r"\p{Sc}?\s*([+-]?(?:\d++|\d{1,3}(?:(?:,|\{,\})\d{3})++)(?:\.\d+)?)"
    rf"\s*({'|'.join(_SCALES)})s?\b([\p{{L}}\s]*)",
    regex.IGNORECASE,
)
_JOINED = regex.compile(r"\b(?:and|or|to|times|plus|minus|over)\b", regex.IGNORECASE)
# What math-verify takes as a unit at the end of a formula, although it may be variables.
_LAST_LETTERS = regex.compile(r"(?<=[\d}\s])(ab|bc|[cdghlmost])(\s*\$?\s*)$")
_NEVER_UNITS = ("c", "d", "o", "t")
_COMMAND = regex.compile(rf"{_TYPE}\{{[^{{}}]*\}}|\\[a-zA-Z]+")
_LETTER = regex.compile(r"[a-zA-Z]")
_WORD = regex.compile(rf"({_TYPE}\{{)?\s*(\p{{L}}{{2,}})\s*(?(1)\}})")


def without_unit(answer: str) -> str:
    """`18 dollars` and `€18` as `18`; anything else as it is. LaTeX of units is math-verify's own work.

    Letters that may be variables (`2xy`, `2 xy`) are no unit.
    """
    found = _QUANTITY.fullmatch(answer)
    if not found:
        return answer
    names = (found[3] or "").replace(".", "").split()
    is_number = not names or (_are_unit(names, is_apart=bool(found[2])) and not _NO_UNIT.search(found[3]))
    return found[1] if is_number else answer


def _are_unit(names: list[str], is_apart: bool) -> bool:
    if not is_apart:
        return bool(_UNITS.fullmatch(names[0]))
    return any(_UNITS.fullmatch(name) or not _is_product(name) for name in names)


def _is_product(name: str) -> bool:
    """Whether letters may be variables: such as `xy` and `pqr`, and two of the alphabet whatever they are."""
    return bool(_VARIABLES.fullmatch(name)) or (len(name) == 2 and name.isascii())


def in_digits(answer: str) -> str:
    r"""A number with words that change it, in digits: `5 million` as `5000000`, `50\text{ per cent}` as `50\%`.

    Other words of this kind in upright type (`2\text{ thirds}`) become plain ones, since math-verify would leave them
    out as a unit. Anything else stays as it is.
    """
    found = _IN_TYPE.fullmatch(answer)
    if found and (_NO_UNIT.search(found[3]) or found[3].strip() in ("%", r"\%")):
        answer = f"{found[1]} {found[3].strip()}"
    found = _PER_CENT.fullmatch(answer)
    if found:
        return answer if _NO_UNIT.search(found[3] or "") else rf"{found[1]}\%"
    while (found := _SCALED.fullmatch(answer)) and not _JOINED.search(found[3]):
        number = Decimal(found[1].replace("{,}", "").replace(",", ""))
        answer = format(number.scaleb(_SCALES[found[2].lower()]), "f") + found[3]
    return answer


def with_last_variables(answer: str) -> str:
    """A formula with its last letters in braces if they may be variables: math-verify would leave out `t` of `x + 2t`.

    Behind a number alone `m`, `s`, `g`, `h` and `l` are units.
    """
    found = _LAST_LETTERS.search(answer)
    if not found:
        return answer
    before = answer[: found.start()]
    side = before.rpartition("=")[2]
    alone = found[1] in _NEVER_UNITS and not side[-1:].isspace()
    if alone or len(found[1]) > 1 or _LETTER.search(_COMMAND.sub("", side)):
        return f"{before}{{{found[1]}}}{found[2]}"
    return answer


def is_word(answer: str) -> bool:
    """Whether an answer is one run of letters that is no product of variables."""
    found = _WORD.fullmatch(answer)
    return bool(found) and (bool(found[1]) or not _VARIABLES.fullmatch(found[2]))
