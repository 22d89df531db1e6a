"""What counts as the same text, and what counts as a word: used to find duplicates and contamination."""

import hashlib
import unicodedata

import regex

# Characters without width: zero-width space and joiners, directional marks, word joiner, byte order mark, soft hyphen.
_INVISIBLE = regex.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")

# NFKC would turn "5²" into "52" and "2½" into "21⁄2", which are other numbers.
_SUPERSCRIPTS = regex.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱ⁺⁻]+")
_SUBSCRIPTS = regex.compile("[₀₁₂₃₄₅₆₇₈₉₊₋]+")
_FRACTIONS = regex.compile("(?<=[0-9])(?=[¼-¾⅐-⅞])")

# LaTeX that shapes the page and means nothing: without it `\left(\dfrac12\right)` and `(\frac12)` give the same words.
_LAYOUT = regex.compile(
    r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|limits|q?quad|hspace|vspace|text|textbf|textit|textrm"
    r"|mathrm|mathbf|mathit|mathbb|mathcal|mathsf|boldsymbol|operatorname|mbox|hbox|begin|end|label)(?![a-zA-Z])"
)
_FRACTION_COMMAND = regex.compile(r"\\[dt]frac(?![a-zA-Z])")
_SPACING = regex.compile(r"\\[,;:! \\]|~")
_THOUSANDS = regex.compile(r"(?<![\d.,])\d{1,3}(?:\{?,\}?\d{3})+(?![\d,])")
_APOSTROPHES = regex.compile(r"(?<=\p{L})['’ʼ](?=\p{L})")
# Scripts without blanks between words give one word per character.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(rf"\d+(?:\.\d+)?|[{_UNSPACED}]\p{{M}}*|(?:(?![{_UNSPACED}])\p{{L}}\p{{M}}*)+")


def normalise(text: str) -> str:
    """The text as it is compared for exact duplicates.

    Superscripts become `^2`, subscripts `_2`; then Unicode NFKC and casefold, which make one spelling of full-width
    letters, ligatures and upper case; characters without width are dropped; every run of white space (no-break
    spaces and line ends too) becomes one blank; blanks at both ends go. Punctuation and LaTeX stay, because a sign
    can change a problem. Normalising twice changes nothing.
    """
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
    for pattern, replacement in ((_FRACTION_COMMAND, r"\\frac"), (_LAYOUT, " "), (_SPACING, " ")):
        text = pattern.sub(replacement, text)
    text = _APOSTROPHES.sub("", normalise(text))
    text = _THOUSANDS.sub(lambda found: regex.sub(r"\D", "", found[0]), text)
    return _WORD.findall(text)


def word_ngrams(text: str, n: int) -> set[tuple[str, ...]]:
    """All runs of `n` neighbouring words of a text; empty if it has fewer than `n` words."""
    found = words(text)
    return {tuple(found[start : start + n]) for start in range(len(found) - n + 1)}
