"""Prompt files: what a model is asked about a question."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from synthesis.errors import InputError
from synthesis.strict_yaml import read_mapping

PLACEHOLDER = "{question}"
# In the prompts that ask about a response to the question, and in no others.
RESPONSE = "{response}"
_KEYS = ("system", "user", "examples")

# A word in braces is meant as a placeholder, unless it is the argument of a LaTeX command: \text{cm}, \frac{a}{b}.
_WORD_IN_BRACES = re.compile(r"(?<![A-Za-z}])\{[a-z_]+\}")


class Example(NamedTuple):
    """A question, for a grader also a response to it, with the answer that the model should have given."""

    question: str
    answer: str
    response: str = ""


_PLACEHOLDERS = re.compile(f"{re.escape(PLACEHOLDER)}|{re.escape(RESPONSE)}")


@dataclass(frozen=True)
class Prompt:
    """A system turn (None: the template's own, an empty text: an empty turn) and a user turn with `{question}`.

    The user turn of a grader's prompt (`with_response`) holds `{response}` too; in others this is text like any other.
    `examples` are asked and answered before the question, each in a user turn and an assistant turn.
    """

    system: str | None
    user: str
    examples: tuple[Example, ...] = ()
    with_response: bool = False

    def messages(self, question: str, response: str = "") -> tuple[tuple[str, str], ...]:
        """The conversation that asks about `question` and, in a grader's prompt, `response`: (role, content) pairs.

        Only the placeholders are replaced, by plain text, so braces in the prompt (`\\boxed{}`) and in the texts stay.
        The examples' questions are put into the same user turn, so that they are asked like the last one.
        """
        system = () if self.system is None else (("system", self.system),)
        shown = [
            turn
            for example in self.examples
            for turn in (("user", self._asked(example.question, example.response)), ("assistant", example.answer))
        ]
        return (*system, *shown, ("user", self._asked(question, response)))

    def _asked(self, question: str, response: str) -> str:
        if not self.with_response:
            return self.user.replace(PLACEHOLDER, question)
        # In one pass: what looks like a placeholder in a question is a part of that question.
        texts = {PLACEHOLDER: question, RESPONSE: response}
        return _PLACEHOLDERS.sub(lambda found: texts[found[0]], self.user)


def load_prompt(path: Path, with_response: bool = False) -> Prompt:
    """Read a prompt: a YAML file with the key `user` and, if wanted, `system` and `examples`.

    `user` holds `{question}` and, in one that asks about a response (`with_response`), `{response}`; its examples then
    have responses too. Raises InputError naming the file if a key is missing or unknown, is not text, or holds another
    placeholder than these, which belong in `user`; and if `examples` is not a list of questions with answers.
    """
    content = read_mapping(path)
    unknown = [key for key in content if key not in _KEYS]
    if unknown:
        raise InputError(
            f"{path} has the key {unknown[0]}, which a prompt does not know; use system, user and examples only."
        )
    for key in ("system", "user"):
        if content.get(key) is not None and not isinstance(content[key], str):
            raise InputError(f"{path}: {key} must be text; put it in quotes, or write it after `{key}: |-`.")
    if not content.get("user"):
        raise InputError(f"{path} has no text under user; add `user:` with what the model is asked.")
    placeholders = (PLACEHOLDER, RESPONSE) if with_response else (PLACEHOLDER,)
    prompt = Prompt(content.get("system"), content["user"], with_response=with_response)
    _check_placeholders(path, prompt, placeholders)
    return replace(prompt, examples=_examples(path, content, placeholders))


def _examples(path: Path, content: dict, placeholders: tuple[str, ...]) -> tuple[Example, ...]:
    if "examples" not in content:
        return ()
    entries = content["examples"]
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: examples must be a list of entries with question and answer; add one or remove it.")
    keys = ("question", "response", "answer") if RESPONSE in placeholders else ("question", "answer")
    listed = f"{', '.join(keys[:-1])} and {keys[-1]}"
    for number, entry in enumerate(entries):
        where = f"{path}: examples[{number}]"
        if not isinstance(entry, dict):
            raise InputError(f"{where} must have the keys {listed}; write `- question: ...` and the others below it.")
        for key in entry:
            if key not in keys:
                raise InputError(f"{where} has the key {key}, which an example does not know; use {listed}.")
        for key in keys:
            _check_example(f"{where}.{key}", entry.get(key), placeholders, key)
    return tuple(Example(**entry) for entry in entries)


def _check_example(where: str, text, placeholders: tuple[str, ...], key: str) -> None:
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{where} must be a text that is not empty; write it after `{key}: |-`.")
    for placeholder in placeholders:
        if placeholder in text:
            raise InputError(f"{where} holds {placeholder}, which is replaced in user only; write a whole example.")


def _check_placeholders(path: Path, prompt: Prompt, placeholders: tuple[str, ...]) -> None:
    for placeholder in placeholders:
        name = placeholder.strip("{}")
        if placeholder not in prompt.user:
            raise InputError(f"{path}: user does not hold {placeholder}; write {placeholder} where the {name} goes.")
        if placeholder in (prompt.system or ""):
            raise InputError(f"{path}: system holds {placeholder}, which is replaced in user only; move it to user.")
    known = f"placeholders are {' and '.join(placeholders)}" if placeholders[1:] else f"placeholder is {PLACEHOLDER}"
    for key, text in (("system", prompt.system or ""), ("user", prompt.user)):
        for found in _WORD_IN_BRACES.findall(text):
            if found not in placeholders:
                raise InputError(f"{path}: {key} holds {found}, but the only {known}; use that.")
