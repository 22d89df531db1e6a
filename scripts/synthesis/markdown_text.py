"""Pieces of Markdown: tables, code blocks and texts that do not break them."""

import re

# What begins markup. An underscore within a word and an ampersand alone do not.
_MARKUP = re.compile(r"[\\`*<|\[~]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])")
_NUMBER = re.compile(r"[\d.,]+( %)?")


def fence(text: str, language: str) -> str:
    """A code block whose fence is longer than any in the text."""
    marks = "`" * max(3, _longest_run(text) + 1)
    return f"{marks}{language}\n{text.rstrip()}\n{marks}"


def code(text: str) -> str:
    """A text as code within a line: its marks are longer than any run of backticks in it."""
    longest = _longest_run(text)
    marks = "`" * (longest + 1)
    # A space beside the marks parts them from a backtick of the text, and is no part of the code.
    edge = " " if longest else ""
    return f"{marks}{edge}{text}{edge}{marks}"


def _longest_run(text: str) -> int:
    """The length of the longest run of backticks in a text."""
    return max((len(run) for run in re.findall("`+", text)), default=0)


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown; columns of numbers are aligned right."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(head)
    numeric = [any(column) and all(_NUMBER.fullmatch(cell) for cell in column if cell) for column in columns]
    lines = [head, ["---:" if right else "---" for right in numeric], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escape(text: str) -> str:
    """A text of somebody else's for a cell of a table, which is one line; what is code in it stays code."""
    return re.sub(r"\s*[\r\n]\s*", " ", text.strip()).replace("|", "\\|")


def plain(text: str) -> str:
    """A text of somebody else's on one line, also for a cell of a table: shown as it is, whatever it holds."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
