r"""Texts of models with their mathematics, as HTML: TeX becomes MathML, which a browser shows without anything loaded.

Only elements and attributes that are listed here reach a page, whatever the TeX holds; all else of a text is escaped.
What can't be rendered stays as it was written.
"""

import re
import unicodedata
from collections.abc import Iterator
from html import escape
from itertools import islice
from xml.etree.ElementTree import Element

# A formula of more characters, or with more brackets in each other, stays as it was written. Both bound the time.
LONGEST = 2000
DEEPEST = 30
# Formulas of a text that are rendered; those after them stay as they were written.
MOST_FORMULAS = 200
# The result has at most so many elements for each character of the formula.
ELEMENTS_FOR_A_CHARACTER = 12

# Commands that define others or write down their operands several times, so that a short formula becomes a long one.
_REFUSED = re.compile(
    r"\\(?:(?:re|provide)?newcommand|newenvironment|[egx]?def|let|DeclareMathOperator|sideset|require)(?![a-zA-Z])"
)
_ENVIRONMENTS = r"(?:align|aligned|equation|gather|gathered|multline|alignat|eqnarray|array|cases|[pbBvV]?matrix)\*?"
# A formula begins with one of these. `\\` and `\$` are named so that neither begins one.
_BEGINNING = re.compile(
    rf"\\\\|\\\$|(?P<display>\$\$|\\\[)|(?P<inline>\\\()|(?P<dollar>\$(?=[^\s$]))"
    rf"|(?P<environment>\\begin\{{(?P<name>{_ENVIRONMENTS})\}})|(?P<boxed>\\boxed\s*\{{)"
)
_ENDS = {"$$": "$$", r"\[": r"\]", r"\(": r"\)"}
_BRACKET = re.compile(r"\\\\|\\[{}]|[{}]|\\left(?![a-zA-Z])|\\right(?![a-zA-Z])|\\begin(?![a-zA-Z])|\\end(?![a-zA-Z])")
_OPENS = {"{": 1, r"\left": 1, r"\begin": 1, "}": -1, r"\right": -1, r"\end": -1}

# A sign of per cent that would begin a comment and so hide what follows.
_PERCENT = re.compile(r"(?<!\\)((?:\\\\)*)%")

_SCRIPTS = ("msup", "msub", "msubsup", "mover", "munder", "munderover")
_ROWS = ("math", "mrow", "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom")
_ELEMENTS = frozenset(["mi", "mo", "mn", "mtext", "mspace", "mfrac", "msqrt", "mroot", *_SCRIPTS, *_ROWS])
_FLAG, _LENGTH = r"true|false", r"-?\d{0,2}(?:\.\d{1,3})?(?:em|ex|px|pt)?"
# What the value of an attribute may be. Lengths have two digits at most, so that nothing is moved out of sight.
_ATTRIBUTES = {
    name: re.compile(pattern)
    for name, pattern in {
        **dict.fromkeys(("stretchy", "fence", "largeop", "movablelimits", "accent", "displaystyle"), _FLAG),
        **dict.fromkeys(("lspace", "rspace", "width", "linethickness", "minsize", "maxsize"), _LENGTH),
        **dict.fromkeys(("height", "depth"), _LENGTH),
        "display": "inline|block",
        "form": "prefix|infix|postfix",
        "scriptlevel": r"[+-]?[0-3]",
    }.items()
}
# Browsers draw no `menclose`; the pages draw these classes.
_ENCLOSED = {"box": "boxed", "horizontalstrike": "struck"}
_REFERENCE = re.compile(r"&#x([0-9A-Fa-f]{1,6});")

# Letters of mathematical alphabets, as Unicode names them. Of `mathvariant` browsers know only `normal`.
_ALPHABETS = {
    "bold": "MATHEMATICAL BOLD",
    "italic": "MATHEMATICAL ITALIC",
    "bold-italic": "MATHEMATICAL BOLD ITALIC",
    "double-struck": "MATHEMATICAL DOUBLE-STRUCK",
    "script": "MATHEMATICAL SCRIPT",
    "bold-script": "MATHEMATICAL BOLD SCRIPT",
    "fraktur": "MATHEMATICAL FRAKTUR",
    "bold-fraktur": "MATHEMATICAL BOLD FRAKTUR",
    "sans-serif": "MATHEMATICAL SANS-SERIF",
    "bold-sans-serif": "MATHEMATICAL SANS-SERIF BOLD",
    "monospace": "MATHEMATICAL MONOSPACE",
}
# Unicode had these before it had the alphabets, under names of their own.
_EARLIER = {"MATHEMATICAL DOUBLE-STRUCK": "DOUBLE-STRUCK", "MATHEMATICAL SCRIPT": "SCRIPT"}
_EARLIER["MATHEMATICAL FRAKTUR"] = "BLACK-LETTER"


def to_html(text: str) -> str:
    r"""The text as HTML: escaped, with its formulas as MathML.

    Formulas stand in `$...$`, `$$...$$`, `\(...\)`, `\[...\]` or in an environment such as `align`, or are a
    `\boxed{...}`. As in pandoc a dollar sign begins a formula only before a character that is no space, and the next
    dollar sign ends it only behind such a character and not before a digit; so `$5 and $7` are amounts. Never raises.
    """
    parts, place = [], 0
    for start, end, formula, display in islice(_formulas(text), MOST_FORMULAS):
        rendered = _rendered(formula, display)
        if rendered is not None:
            parts += [escape(text[place:start]), rendered]
            place = end
    return "".join([*parts, escape(text[place:])])


def _formulas(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Each formula of a text: its start and end with its delimiters, the TeX between them, and how it is shown."""
    place = 0
    while found := _BEGINNING.search(text, place):
        start, body = found.span()
        end, after, tex = _end(text, found)
        if end is None:
            place = body
            continue
        block = bool(found["display"] or found["environment"])
        yield start, after, text[body:end] if tex is None else tex, "block" if block else "inline"
        place = after


def _end(text: str, found: re.Match) -> tuple[int | None, int, str | None]:
    """Where the TeX of a formula ends and where what follows begins; the TeX if it is not what stands between them.

    The end is None if nothing begins here.
    """
    start, body = found.span()
    if found["dollar"]:
        end = _closing_dollar(text, body)
        return end, (end or 0) + 1, None
    if found["boxed"]:
        end = _closing_brace(text, body)
        return end, (end or 0) + 1, None if end is None else text[start : end + 1]
    mark = rf"\end{{{found['name']}}}" if found["environment"] else _ENDS.get(found[0])
    if mark is None:
        return None, 0, None
    end = text.find(mark, body, body + LONGEST + len(mark))
    if end < 0:
        return None, 0, None
    return end, end + len(mark), text[start : end + len(mark)] if found["environment"] else None


def _closing_dollar(text: str, body: int) -> int | None:
    r"""The dollar sign that ends a formula: the next one, if it stands where one may end. `\$` is none."""
    for found in re.compile(r"\\.|\$|\n[ \t]*\n", re.DOTALL).finditer(text, body, body + LONGEST + 1):
        if found[0].startswith("\\"):
            continue
        end = found.start()
        fits = found[0] == "$" and end > body and not text[end - 1].isspace() and not text[end + 1 : end + 2].isdigit()
        return end if fits else None
    return None


def _closing_brace(text: str, body: int) -> int | None:
    """The brace that closes the one before `body`."""
    depth = 1
    for found in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, body, body + LONGEST + 1):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if not depth:
            return found.start()
        if depth > DEEPEST:
            return None
    return None


def _rendered(tex: str, display: str) -> str | None:
    """A formula as MathML, or None if that can't be had."""
    if len(tex) > LONGEST or not tex.strip() or _REFUSED.search(tex) or not _is_flat(tex):
        return None
    from latex2mathml.converter import convert_to_element

    try:
        element = convert_to_element(_PERCENT.sub(r"\1\\%", tex).replace("\n", " "), display=display)
        if sum(1 for _ in element.iter()) > ELEMENTS_FOR_A_CHARACTER * (len(tex) + 1):
            return None
        element.set("title", tex)
        return _markup(element)
    # Whatever the library makes of text that is no TeX, among it StopIteration and RecursionError.
    except Exception:
        return None


def _is_flat(tex: str) -> bool:
    """Whether few enough brackets stand in each other, and each one that opens is closed."""
    depth = 0
    for found in _BRACKET.finditer(tex):
        depth += _OPENS.get(found[0], 0)
        if not 0 <= depth <= DEEPEST:
            return False
    return depth == 0


def _markup(element: Element) -> str:
    """An element of MathML as HTML, of what is allowed alone. Raises ValueError for an element that is not."""
    name, classes = element.tag, []
    if name == "menclose":
        notation = element.get("notation", "").split()
        name, classes = "mrow", sorted({_ENCLOSED.get(kind, "crossed") for kind in notation})
    if name not in _ELEMENTS:
        raise ValueError(name)
    attributes = {key: value for key, value in element.items() if key in _ATTRIBUTES}
    kept = {key: value for key, value in attributes.items() if _ATTRIBUTES[key].fullmatch(value)}
    kept |= {"class": " ".join(classes)} if classes else {}
    kept |= {"title": element.get("title")} if name == "math" else {}
    if element.get("columnalign") in ("left", "right"):
        kept["style"] = f"text-align: {element.get('columnalign')}"
    text = _text(element, kept)
    spelled = "".join(f' {key}="{escape(value)}"' for key, value in kept.items())
    return f"<{name}{spelled}>{escape(text)}{''.join(map(_markup, element))}</{name}>"


def _text(element: Element, kept: dict) -> str:
    """The text of an element: characters that the library names by number, and letters of its alphabet."""
    text = _REFERENCE.sub(lambda found: chr(int(found[1], 16)), element.text or "")
    # Half of a pair of UTF-16, or a control character, can't stand in a page.
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise ValueError(text)
    variant = element.get("mathvariant")
    if variant == "normal" and element.tag == "mi":
        kept["mathvariant"] = "normal"
    alphabet = _ALPHABETS.get(variant or "")
    return "".join(_letter(character, alphabet) for character in text) if alphabet else text


def _letter(character: str, alphabet: str) -> str:
    """A letter or digit of a mathematical alphabet; the character itself where that has none."""
    name = unicodedata.name(character, "").replace("LATIN ", "").replace(" LETTER ", " ").replace("GREEK ", "")
    for prefix in (alphabet, _EARLIER.get(alphabet, alphabet)):
        try:
            return unicodedata.lookup(f"{prefix} {name}")
        except KeyError:
            continue
    return character
