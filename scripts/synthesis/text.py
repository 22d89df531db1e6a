"""What counts as the same text, and what counts as a word: used to find duplicates and contamination."""

import hashlib
import re
import unicodedata

import regex

# Characters without width: zero-width space and joiners, directional marks, word joiner, byte order mark, soft hyphen.
_INVISIBLE = regex.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")

# NFKC would turn "5²" into "52" and "2½" into "21⁄2", which are other numbers.
_SUPERSCRIPTS = regex.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱ⁺⁻]+")
_SUBSCRIPTS = regex.compile("[₀₁₂₃₄₅₆₇₈₉₊₋]+")
_FRACTIONS = regex.compile("(?<=[0-9])(?=[¼-¾⅐-⅞])")

# LaTeX that shapes the page and means nothing: without it `\left(\dfrac12\right)` and `(\frac12)` give the same words.
LAYOUT_COMMANDS = (
    *("left", "right", "displaystyle", "textstyle", "limits", "quad", "qquad", "hspace", "vspace", "begin", "end"),
    *("text", "textbf", "textit", "textrm", "mathrm", "mathbf", "mathit", "mathbb", "mathcal", "mathsf", "boldsymbol"),
    *("operatorname", "mbox", "hbox", "label"),
    *(f"{size}{side}" for size in ("big", "bigg", "Big", "Bigg") for side in ("", "l", "r", "m")),
)
FRACTION_COMMANDS = ("dfrac", "tfrac")
_LAYOUT = regex.compile(rf"\\(?:{'|'.join(LAYOUT_COMMANDS)})(?![a-zA-Z])")
_FRACTION_COMMAND = regex.compile(rf"\\(?:{'|'.join(FRACTION_COMMANDS)})(?![a-zA-Z])")
_SPACING = regex.compile(r"\\[,;:! \\]|~")
_THOUSANDS = regex.compile(r"(?<![\d.,])\d{1,3}(?:\{?,\}?\d{3})+(?![\d,])")
_APOSTROPHES = regex.compile(r"(?<=\p{L})['’ʼ](?=\p{L})")
# Scripts without blanks between words give one word per character.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(rf"\d+(?:\.\d+)?|[{_UNSPACED}]\p{{M}}*|(?:(?![{_UNSPACED}])\p{{L}}\p{{M}}*)+")

_RUN = regex.compile(r"[^\W_]+")
_DELIMITER = regex.compile(r"\\[()\[\]]")
# Between digits a dot or comma belongs to a number.
_MARK = regex.compile(r"[\s$;:?\"'‘’“”]|(?<!\d)[.,]|[.,](?!\d)")
_SIGN = r"[\p{Sm}\-*/^!%·]"
_TOKEN = regex.compile(f"{_WORD.pattern}|{_SIGN}")
# The same where all characters are ASCII, in a fifth of the time.
_ASCII_WORD = re.compile(r"[0-9]+(?:\.[0-9]+)?|[a-z]+")
_ASCII_TOKEN = re.compile(rf"{_ASCII_WORD.pattern}|[-+*/=<>^!%|]")


def normalise(text: str) -> str:
    """The text as it is compared for exact duplicates.

    Superscripts become `^2`, subscripts `_2`; then Unicode NFKC and casefold, which make one spelling of full-width
    letters, ligatures and upper case; characters without width are dropped; every run of white space (no-break
    spaces and line ends too) becomes one blank; blanks at both ends go. Punctuation and LaTeX stay, because a sign
    can change a problem. Normalising twice changes nothing.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    text = _SUPERSCRIPTS.sub(lambda found: "^" + found[0], text)
    text = _SUBSCRIPTS.sub(lambda found: "_" + found[0], text)
    text = _FRACTIONS.sub(" ", text)
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    # Again, because folding case undoes some of the compositions that NFKC made.
    return " ".join(unicodedata.normalize("NFKC", text).split())


def signature(text: str) -> str:
    """SHA-256 (64 hexadecimal digits) of the normalised text: equal for exact duplicates."""
    return hashlib.sha256(normalise(text).encode()).hexdigest()


def words(text: str) -> list[str]:
    """The words of a text in lower case, for n-grams: runs of letters, and numbers with their decimals.

    Punctuation, mathematical signs and LaTeX layout commands (`\\left`, `\\text`, `\\quad`) are not words; other
    commands are, under their name (`\\sqrt` is `sqrt`, `\\dfrac` is `frac`). `1,000` is `1000` and `don't` is `dont`.
    Each character of a script without blanks, such as Chinese, is a word.
    """
    text = _spelled(text)
    return (_ASCII_WORD if text.isascii() else _WORD).findall(text)


def tokens(text: str) -> list[str]:
    """The words of a text and the mathematical signs, each by itself: `$x^2 - 1$` has the tokens `x ^ 2 - 1`.

    By their words alone `3 + 4` and `3 - 4` would be the same.
    """
    text = _spelled(text)
    return (_ASCII_TOKEN if text.isascii() else _TOKEN).findall(text)


def _spelled(text: str) -> str:
    """The normalised text without what has no part in its words."""
    # Most texts have none of these, and a search with a pattern takes longer than a look for a character.
    if "\\" in text or "~" in text:
        for pattern, replacement in ((_FRACTION_COMMAND, r"\\frac"), (_LAYOUT, " "), (_SPACING, " ")):
            text = pattern.sub(replacement, text)
    text = _APOSTROPHES.sub("", normalise(text))
    if "," in text:
        text = _THOUSANDS.sub(lambda found: regex.sub(r"\D", "", found[0]), text)
    return text


def plain_words(text: str) -> list[str]:
    """The words of a text as tests of contamination usually count them: runs of letters and digits in lower case.

    Other than with `words`, all LaTeX commands are words, and so are both parts of `3.5`, while `3x` is one.
    """
    return _RUN.findall(_APOSTROPHES.sub("", normalise(text)))


def compact(text: str) -> str:
    """The text as short problems are compared: normalised, without LaTeX layout, blanks, dollars and sentence marks.

    The signs of a formula stay, because they tell apart what has the same words.
    """
    for pattern, replacement in ((_FRACTION_COMMAND, r"\\frac"), (_LAYOUT, " "), (_DELIMITER, " "), (_SPACING, " ")):
        text = pattern.sub(replacement, text)
    return _MARK.sub("", normalise(text))


def word_ngrams(text: str, n: int) -> set[tuple[str, ...]]:
    """All runs of `n` neighbouring words of a text; empty if it has fewer than `n` words."""
    found = words(text)
    return {tuple(found[start : start + n]) for start in range(len(found) - n + 1)}
