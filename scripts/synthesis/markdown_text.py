"""Pieces of Markdown: tables, code blocks and texts that do not break them."""

import re

_NUMBER = re.compile(r"[\d.,]+( %)?")


def fence(text: str, language: str) -> str:
    """A code block whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{language}\n{text.rstrip()}\n{marks}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown; columns of numbers are aligned right."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(head)
    numeric = [any(column) and all(_NUMBER.fullmatch(cell) for cell in column if cell) for column in columns]
    lines = [head, ["---:" if right else "---" for right in numeric], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escape(text: str) -> str:
    """A text of somebody else's for a cell of a table."""
    return text.replace("|", "\\|")
