"""Multiple choice: a question with lettered options, and the letter of the right one."""

import re
import string
from collections.abc import Sequence

from synthesis.errors import InputError

LETTERS = string.ascii_uppercase
# What would be read as the next option.
_LIKE_AN_OPTION = re.compile(r"\n[A-Z]\. ")


def with_options(question: str, options: Sequence[str]) -> str:
    """The question, an empty line, and each option on a line of its own behind its letter.

    An option with a line that begins like another one (`B. `) stands on one line.
    """
    lettered = (f"{letter}. {_option(option.strip())}" for letter, option in zip(LETTERS, options, strict=False))
    return "\n".join([question.rstrip(), "", *lettered])


def _option(option: str) -> str:
    return " ".join(option.split()) if _LIKE_AN_OPTION.search(option) else option


def options_in(problem: str) -> list[str]:
    """The options at the end of a problem that `with_options` has written; empty if there are none."""
    start = problem.rfind("\n\nA. ")
    if start < 0:
        return []
    rest, found = problem[start + 2 + len("A. ") :], []
    for letter in LETTERS[1:]:
        option, mark, rest = rest.partition(f"\n{letter}. ")
        found.append(option)
        if not mark:
            break
    return found if len(found) > 1 else []


def graded_options(problem: dict) -> list[str]:
    """The options of a row of `schema.PROBLEMS` whose reference is one of their letters; empty for others."""
    options = options_in(problem["problem"])
    return options if problem["answer"] in LETTERS[: len(options)] else []


def right_letter(answer, options: Sequence[str], where: str) -> str | None:
    """The letter of the right option: of an index from 0, a letter, or the text of one option; None without an answer.

    Raises InputError, naming the row, for an answer that is none of these, or the text of several options.
    """
    if answer is None or (isinstance(answer, str) and not answer.strip()):
        return None
    if isinstance(answer, int) and not isinstance(answer, bool):
        if 0 <= answer < len(options):
            return LETTERS[answer]
        raise InputError(
            f"{where}: the answer {answer} is no option, which are numbered from 0 to {len(options) - 1}; correct it."
        )
    text = str(answer).strip()
    equal = [letter for letter, option in zip(LETTERS, options, strict=False) if option.strip() == text]
    named = _named(text, len(options))
    if named and set(equal) - {named}:
        raise InputError(
            f"{where}: the answer '{text[:60]}' may mean option {named}, or option {equal[0]} by its text; give the "
            "answer of such a row as a number from 0, or change the texts of its options."
        )
    if len(text) == 1 and text in LETTERS[: len(options)]:
        return text
    if len(equal) == 1:
        return equal[0]
    found = "several options" if equal else "no option"
    raise InputError(
        f"{where}: the answer '{text[:60]}' is {found}; give the number of the right one from 0, its letter or its "
        "text."
    )


def _named(text: str, count: int) -> str | None:
    """The letter of the option that a text names by its letter, or by its number from 0."""
    if text.isascii() and text.isdigit() and len(text) < 3 and int(text) < count:
        return LETTERS[int(text)]
    return text if len(text) == 1 and text in LETTERS[:count] else None
