"""Final answers in responses: the forms in which models give them."""

import collections

import regex

_BOX = regex.compile(r"\\(?:boxed|fbox)\s*\{")
# Backslashes that were escaped once too often, as in `\\\\boxed`; a line end before a command has three.
_ESCAPED = regex.compile(
    r"(?<!\\)\\\\(?=(?:boxed|fbox|text|[dt]?frac|sqrt|left|right|leq?|geq?|cdot|times|pi)(?![a-zA-Z]))"
)
# As many boxes are one answer at most.
MOST_LISTED = 20
# What stands between the boxes of a list: commas, `and`, perhaps a unit before it and the next one's `x =`. Not `or`,
# after which the same number often comes in another form.
_MARKS = r"(?:[ \t$]|\\[()\[\],;:! ]|\\q?quad(?![a-zA-Z]))*+"
_AND = r"(?:(?:\p{L}+[ \t]+){0,2}and\b|\\text\s*\{[^{}\n]{0,40}\band\s*\})"
_NAME = r"(?:\p{L}(?:_\w|_\{\w+\})?[ \t]*=)?"
_LISTED = regex.compile(rf"{_MARKS}(?:[,;]{_MARKS})?(?:{_AND}{_MARKS})?(?:{_NAME}{_MARKS}|\+{{2,}}+{_MARKS})")
MOST_BETWEEN = 80
# A command before a number without braces, as in `\boxed 5`; MATH's own code reads this form, too.
_BARE_BOX = regex.compile(
    r"\\(?:boxed|fbox)(?:[ \t]++|(?=[\d-]))"
    r"(-?(?:\d++(?:[.,]\d++)*+|\\[dt]?frac(?:\s*+\d{2}|\{[^{}]{1,60}\}\{[^{}]{1,60}\})))"
)
# The phrases of ScaleQuest's reference code, `he answer is` and `final answer is`, and a word more before `answer`.
_KIND = r"(?:(?:correct|right|best|final)[ \t]+)"
_PHRASE = regex.compile(
    rf"\b(?:(?:the|our|my)[ \t]+{_KIND}?+|{_KIND})answer[ \t]+is\b",
    regex.IGNORECASE,
)
_BEFORE_ANSWER = regex.compile(r"[\s:*_=]*")
_SENTENCE_END = regex.compile(r"[.!?](?=\s)")
# What follows a value as its reason or consequence.
_REASON = regex.compile(r",?\s+(?:because|since|which)\b|,\s+(?:so|as|thus|hence|therefore)\b", regex.IGNORECASE)
_LABEL = regex.compile(
    rf"^[ \t]*#*[ \t]*(?:\*\*)?{_KIND}?(?:answer|a)(?:\*\*)?[ \t]*:(?:\*\*)?[ \t]*+(?:\n\s*+)?(.*)$",
    regex.IGNORECASE | regex.MULTILINE,
)
# The next of several choices.
_CHOICE = regex.compile(r"\s*b\s*:", regex.IGNORECASE)
_WORD = regex.compile(r"\p{L}{2,}")
_COMMAND = regex.compile(r"\\[a-zA-Z]+")
# What has so many words is a sentence.
SENTENCE_WORDS = 3
# A formula, or a number with its sign, decimals, thousands separators and per cent.
_VALUE = regex.compile(
    r"\$\$([^$]{1,300})\$\$|\$((?:[^$\n\\]|\\.){1,300}+)\$|\\\((.{1,300}?)\\\)|\\\[(.{1,300}?)\\\]"
    r"|(-?\\[dt]?frac\{[^{}]{1,60}\}\{[^{}]{1,60}\})"
    r"|((?<![\w.])-?(?:\d{1,3}(?:[, \u00a0\u2009\u202f]\d{3})+(?!\d)|\d+)(?:[.,/]\d+)?(?:\\?%)?)",
    regex.DOTALL,
)
_HASHES = regex.compile(r"^[ \t]*####(?!#)(.*)$", regex.MULTILINE)
_WRAPPINGS = [("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("`", "`")]


def final_answer(text: str, forms: list[str]) -> str | None:
    """The final answer of a response in the first of the `forms` (names in `FORMS`) that it uses, else None.

    With both forms asked for, a number alone after "the answer is" that comes after the last box replaces the boxed
    one, which was then that of a step.
    """
    text = unescaped(text)
    last = the_answer_is(after_last_box(text)) if {"boxed", "the_answer_is"} <= set(forms) else None
    if last and _VALUE.fullmatch(last):
        return last
    return next((answer for answer in (FORMS[form](text) for form in forms) if answer), None)


def after_last_box(text: str) -> str:
    """What follows the last box of a response; nothing if there is none, or it is cut off."""
    boxes = list(_BOX.finditer(text))
    end = _closing_brace(text, boxes[-1].end()) if boxes else None
    return text[end + 1 :] if end is not None else ""


def unescaped(text: str) -> str:
    """The text with `\\\\boxed` and the like as one command, as it was meant."""
    return _ESCAPED.sub("\\\\", text)


def boxed(text: str) -> str | None:
    """The content of the last `\\boxed{...}`; braces inside must balance, escaped ones (`\\{`) do not count.

    Boxes that are listed (`\\boxed{1} and \\boxed{2}`) are one answer: `1, 2`. Without braces a box may hold a number
    (`\\boxed 5`). None without a box, and where the last one is empty or cut off.
    """
    bare = collections.deque(_BARE_BOX.finditer(text), maxlen=1)
    if bare and not _BOX.search(text, bare[0].end()):
        return bare[0][1]
    boxes = [(found.start(), found.end()) for found in _BOX.finditer(text)][-MOST_LISTED:]
    contents: list[str] = []
    following = None
    for start, opened in reversed(boxes):
        end = _closing_brace(text, opened)
        content = trimmed(text[opened:end]) if end is not None else None
        if not content or (following is not None and not _are_listed(text, end + 1, following)):
            break
        contents.insert(0, content)
        following = start
    return ", ".join(dict.fromkeys(contents)) or None


def _are_listed(text: str, end: int, following: int) -> bool:
    """Whether the box that ends at `end` and the following one are items of one list."""
    return 0 <= following - end <= MOST_BETWEEN and bool(_LISTED.fullmatch(text, end, following))


def _closing_brace(text: str, start: int) -> int | None:
    depth, position = 1, start
    while position < len(text):
        if text[position] == "\\":
            position += 1
        elif text[position] in "{}":
            depth += 1 if text[position] == "{" else -1
            if not depth:
                return position
        position += 1
    return None


def the_answer_is(text: str) -> str | None:
    """What follows the last "the answer is" or "final answer is" (any case), up to the end of the sentence or line.

    None without the phrase, and where nothing follows it. In `the answer is \\boxed{5}` the answer is 5, as in
    `the answer is 5, so she has 5 left`.
    """
    line = said(text)
    return _without_reason(trimmed(_SENTENCE_END.split(line, maxsplit=1)[0])) if line else None


def _without_reason(sentence: str | None) -> str | None:
    """A value, with its unit, without the reason behind it; anything else as it is."""
    value, *reason = _REASON.split(sentence, maxsplit=1) if sentence else [""]
    is_value = reason and _VALUE.match(value) and len(_WORD.findall(_COMMAND.sub("", value))) < SENTENCE_WORDS
    return trimmed(value) if is_value else sentence


def said(text: str, phrase: regex.Pattern = _PHRASE) -> str | None:
    """The rest of the line behind the last "the answer is", or another phrase; of a rest with a box, its content."""
    found = collections.deque(phrase.finditer(text), maxlen=1)
    if not found:
        return None
    rest = text[_BEFORE_ANSWER.match(text, found[0].end()).end() :]
    return boxed(rest) if _BOX.search(rest) else _first_line(rest)


def _first_line(rest: str) -> str:
    """The first line; with displayed mathematics, which may stand on lines of its own, up to its end."""
    for opening, closing in (("$$", "$$"), (r"\[", r"\]")):
        if rest.startswith(opening) and closing in rest[len(opening) :]:
            return rest[len(opening) : rest.index(closing, len(opening))].strip()
    return rest.split("\n", 1)[0]


def hashes(text: str) -> str | None:
    """What follows `####` on the last line that begins so, as in GSM8K's solutions, if no further text comes."""
    found = list(_HASHES.finditer(text))
    if not found or text[found[-1].end() :].strip():
        return None
    return trimmed(found[-1][1])


def answer_label(text: str) -> str | None:
    """What follows `Answer:`, `Final answer:` or `A:` at the start of the last line that begins so.

    It may stand on the next line. Of a sentence, its last formula or number. `A:` before `B:` is a choice.
    """
    answer = labelled(text) or ""
    return (last_value(answer) if len(_WORD.findall(answer)) >= SENTENCE_WORDS else None) or trimmed(answer)


def labelled(text: str) -> str | None:
    """The whole rest of the line that `answer_label` reads."""
    # From the end: the search for a choice looks through all that follows.
    labels = reversed(list(_LABEL.finditer(text)))
    return next((label[1] for label in labels if not _CHOICE.match(text, label.end())), None)


def last_value(text: str) -> str | None:
    """The last formula or number of a response, for models that were not told how to give an answer.

    It may be a number of an intermediate step, so a response that breaks off has an answer, too.
    """
    found = collections.deque(_VALUE.finditer(text), maxlen=1)
    return trimmed(next(filter(None, found[0].groups()))) if found else None


def trimmed(answer: str) -> str | None:
    """An answer without blanks, full stops, dollar signs and wrappings of mathematics or bold type around it.

    None if nothing is left.
    """
    before, answer = None, answer.replace(r"\$", "")
    while answer != before:
        before = answer
        answer = _without_full_stops(answer.strip())
        for opening, closing in _WRAPPINGS:
            answer = _unwrapped(answer, opening, closing)
        for sign in ("$", "**"):
            if answer.count(sign) == 1:
                answer = answer.removeprefix(sign).removesuffix(sign)
    return answer or None


def _without_full_stops(answer: str) -> str:
    text = answer.rstrip(". \t\n")
    # The point of `\right.` is no full stop: it stands for a bracket without a right half.
    return f"{text}." if text.endswith(r"\right") and answer[len(text) :].startswith(".") else text


def _unwrapped(answer: str, opening: str, closing: str) -> str:
    inner = answer.removeprefix(opening).removesuffix(closing)
    whole = len(answer) == len(opening) + len(inner) + len(closing)
    return inner if whole and opening not in inner and closing not in inner else answer


FORMS = {
    "boxed": boxed,
    "the_answer_is": the_answer_is,
    "hashes": hashes,
    "answer_label": answer_label,
    "last_value": last_value,
}
