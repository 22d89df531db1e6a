"""Final answers in responses: the forms in which models give them."""

import regex

_BOX = regex.compile(r"\\(?:boxed|fbox)\s*\{")
# The phrases of ScaleQuest's reference code: `he answer is` and `final answer is`.
_PHRASE = regex.compile(r"\b(?:the|final)[ \t]+answer[ \t]+is\b", regex.IGNORECASE)
_BEFORE_ANSWER = regex.compile(r"[\s:*_=]*")
_SENTENCE_END = regex.compile(r"[.!?](?=\s)")
_HASHES = regex.compile(r"^[ \t]*####(?!#)(.*)$", regex.MULTILINE)
# The point of `\right.` is no full stop: it stands for a bracket without a right half.
_FULL_STOPS = regex.compile(r"(?<!\\right)\.+$")
_WRAPPINGS = [("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("`", "`")]


def final_answer(text: str, forms: list[str]) -> str | None:
    """The final answer of a response in the first of the `forms` (names in `FORMS`) that it uses, else None."""
    return next((answer for answer in (FORMS[form](text) for form in forms) if answer), None)


def boxed(text: str) -> str | None:
    """The content of the last `\\boxed{...}`; braces inside must balance, escaped ones (`\\{`) do not count.

    None without a box, and where the last one is empty or cut off.
    """
    starts = [found.end() for found in _BOX.finditer(text)]
    end = _closing_brace(text, starts[-1]) if starts else None
    return trimmed(text[starts[-1] : end]) if end is not None else None


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

    None without the phrase, and where nothing follows it. In `the answer is \\boxed{5}` the answer is 5.
    """
    found = list(_PHRASE.finditer(text))
    if not found:
        return None
    rest = text[_BEFORE_ANSWER.match(text, found[-1].end()).end() :]
    if _BOX.search(rest):
        return boxed(rest)
    line = _first_line(rest)
    return trimmed(_SENTENCE_END.split(line, maxsplit=1)[0])


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


def trimmed(answer: str) -> str | None:
    """An answer without blanks, full stops, dollar signs and wrappings of mathematics or bold type around it.

    None if nothing is left.
    """
    before, answer = None, answer.replace(r"\$", "")
    while answer != before:
        before = answer
        answer = _FULL_STOPS.sub("", answer.strip()).rstrip()
        for opening, closing in _WRAPPINGS:
            answer = _unwrapped(answer, opening, closing)
        for sign in ("$", "**"):
            if answer.count(sign) == 1:
                answer = answer.removeprefix(sign).removesuffix(sign)
    return answer or None


def _unwrapped(answer: str, opening: str, closing: str) -> str:
    inner = answer.removeprefix(opening).removesuffix(closing)
    whole = len(answer) == len(opening) + len(inner) + len(closing)
    return inner if whole and opening not in inner and closing not in inner else answer


FORMS = {"boxed": boxed, "the_answer_is": the_answer_is, "hashes": hashes}
