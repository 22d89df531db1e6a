"""Whether a response was brought to its end: what it opened is closed, and its last sentence is whole.

A text that was cut at `max_tokens` is told by its finish reason. These rules find those that say `stop` and are not
whole, as answers of other sets and of servers may be.
"""

from collections import Counter

import regex

# Where models put their reasoning: opening and closing mark.
_THINKING = regex.compile(
    r"<(?P<close>/)?(?:think|thinking|thought|reasoning|scratchpad)>"
    r"|<\|(?:(?P<begin>begin)|(?P<end>end))_of_(?:thought|solution)\|>",
    regex.IGNORECASE,
)
_FENCE = regex.compile(r"^[ \t]{0,12}(?P<marks>`{3,}|~{3,})(?P<info>[^\n]*)$", regex.MULTILINE)
_ENVIRONMENT = regex.compile(r"\\(?P<kind>begin|end)\s*\{(?P<name>[^{}\n]+)\}")
# A bracket of displayed mathematics; `\\[2pt]` is a line break with its height.
_DISPLAY = regex.compile(r"(?<!\\)(?:\\\\)*+\\(?P<bracket>[\[\]()])")
# Elsewhere in a line they may be a slip for one, as in `$$60`.
_DISPLAY_DOLLARS = regex.compile(r"^[ \t]*\$\$", regex.MULTILINE)
_INLINE_CODE = regex.compile(r"(?<!`)`[^`\n]+`(?!`)")
_BOX = regex.compile(r"\\(?:boxed|fbox)\s*\{")

# What may stand behind the last sentence and says nothing about it.
_TRAILING = "*_\"'”’»`|~> \t\n"
# No sentence, formula or list ends so.
_OPEN_ENDS = regex.compile(
    r"(?:[,:(\[{=<≤≥≈×÷∑∫]|(?<=\s)[-–—/*&+]"
    r"|\\(?:frac|dfrac|tfrac|sqrt|times|cdot|div|pm|leq?|geq?|neq?|approx|implies|Rightarrow|to|in|sum|int|left|text"
    r"|mathrm|quad))$"
)
# A dollar sign that opens a formula or an amount of money.
_OPEN_DOLLAR = regex.compile(r"(?<!\d)\s\$$")
_FORMULA_END = regex.compile(r"(?:\$|\\\]|\\\))\s*$")
# Words that always stand before others.
_LEADING_WORDS = regex.compile(
    r"(?:^|(?<=[\s(]))(?:the|an|and|or|but|because|if|when|which|whose|where|of|to|with|from|into|than|as|by|for|its|"
    r"their|his|her|so|then|thus|therefore|hence|since|let|we|let's)$",
    regex.IGNORECASE,
)


def unclosed(text: str) -> str:
    """`unclosed:<what>` for a thinking part, code block, LaTeX environment or displayed formula without its end."""
    if _open_thinking(text):
        return "unclosed:thinking"
    prose = without_code(text)
    if prose is None:
        return "unclosed:code"
    prose = _INLINE_CODE.sub("", prose)
    if _open_environment(prose):
        return "unclosed:environment"
    return "unclosed:formula" if _open_formula(prose) else ""


def ends_midway(text: str) -> str:
    """`ends_midway` for a text whose last words ask for more: a comma, an operator, an open bracket, or "of the"."""
    end = text.rstrip()[-200:].rstrip(_TRAILING)
    if _OPEN_DOLLAR.search(end) and end.rpartition("\n")[2].count("$") % 2:
        return "ends_midway"
    if _FORMULA_END.search(end):
        # A closed formula ends a text, unless it stops at an operator.
        end = _FORMULA_END.sub("", end).rstrip()
        return "ends_midway" if end and _OPEN_ENDS.search(end) else ""
    return "ends_midway" if _OPEN_ENDS.search(end) or _LEADING_WORDS.search(end) else ""


def without_thinking(text: str) -> str:
    """What follows the last closed thinking part; the whole text if there is none."""
    ends = [mark.end() for mark in _THINKING.finditer(text) if not _opens(mark)]
    rest = text[ends[-1] :] if ends else text
    return rest if rest.strip() else text


def without_code(text: str) -> str | None:
    """The text without its fenced code blocks; None if the last one is not closed."""
    parts, position, opening = [], 0, None
    for fence in _FENCE.finditer(text):
        marks, info = fence["marks"], fence["info"].strip()
        if opening is None:
            # As in CommonMark: with backticks in its line it is code inside a sentence.
            if not (marks[0] == "`" and "`" in info):
                parts.append(text[position : fence.start()])
                opening = marks
        elif marks[0] == opening[0] and len(marks) >= len(opening) and not info:
            opening, position = None, fence.end()
    return None if opening else "".join([*parts, text[position:]])


def _opens(mark) -> bool:
    return not (mark["close"] or mark["end"])


def _open_thinking(text: str) -> bool:
    marks = list(_THINKING.finditer(text))
    return bool(marks) and _opens(marks[-1])


def _open_environment(text: str) -> bool:
    names: list[str] = []
    times: Counter[str] = Counter()
    for mark in _ENVIRONMENT.finditer(text):
        name = mark["name"]
        if mark["kind"] == "begin":
            names.append(name)
            times[name] += 1
        elif times[name]:
            # Closes those inside it too: models forget a `\end{cases}` and go on.
            closed = ""
            while closed != name:
                closed = names.pop()
                times[closed] -= 1
    return bool(names)


def _open_formula(text: str) -> bool:
    """Whether the text's last formula or box is open; one that was forgotten further up is a slip, and no end."""
    displays = [mark["bracket"] for mark in _DISPLAY.finditer(text)]
    if displays and displays[-1] in "[(":
        return True
    if text.count("$$") % 2 and _DISPLAY_DOLLARS.search(text):
        return True
    boxes = list(_BOX.finditer(text))
    return bool(boxes) and _unbalanced(text[boxes[-1].end() :])


def _unbalanced(rest: str) -> bool:
    depth = 1
    for mark in regex.finditer(r"\\.|[{}]", rest, regex.DOTALL):
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
        if not depth:
            return False
    return True
