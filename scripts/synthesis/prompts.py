"""Prompt files: what a model is asked about a question."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from synthesis.errors import InputError
from synthesis.strict_yaml import read_mapping

PLACEHOLDER = "{question}"
_KEYS = ("system", "user", "examples")
_EXAMPLE_KEYS = ("question", "answer")

# A word in braces is meant as a placeholder, unless it is the argument of a LaTeX command: \text{cm}, \frac{a}{b}.
_WORD_IN_BRACES = re.compile(r"(?<![A-Za-z}])\{[a-z_]+\}")


class Example(NamedTuple):
    """A question with the answer that the model should have given."""

    question: str
    answer: str


@dataclass(frozen=True)
class Prompt:
    """A system turn (None: the template's own, an empty text: an empty turn) and a user turn with `{question}`.

    `examples` are asked and answered before the question, each in a user turn and an assistant turn.
    """

    system: str | None
    user: str
    examples: tuple[Example, ...] = ()

    def messages(self, question: str) -> tuple[tuple[str, str], ...]:
        """The conversation that asks about `question`, as (role, content) pairs.

        Only `{question}` is replaced, by plain text, so braces in the prompt (`\\boxed{}`) and in the question stay.
        The examples' questions are put into the same user turn, so that they are asked like the last one.
        """
        system = () if self.system is None else (("system", self.system),)
        shown = [
            turn
            for example in self.examples
            for turn in (("user", self._asked(example.question)), ("assistant", example.answer))
        ]
        return (*system, *shown, ("user", self._asked(question)))

    def _asked(self, question: str) -> str:
        return self.user.replace(PLACEHOLDER, question)


def load_prompt(path: Path) -> Prompt:
    """Read a prompt: a YAML file with the key `user` and, if wanted, `system` and `examples`.

    Raises InputError naming the file if a key is missing or unknown, is not text, or holds another placeholder
    than `{question}`, which belongs in `user`; and if `examples` is not a list of questions with answers.
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
    prompt = Prompt(content.get("system"), content["user"], _examples(path, content))
    _check_placeholders(path, prompt)
    return prompt


def _examples(path: Path, content: dict) -> tuple[Example, ...]:
    if "examples" not in content:
        return ()
    entries = content["examples"]
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: examples must be a list of entries with question and answer; add one or remove it.")
    for number, entry in enumerate(entries):
        where = f"{path}: examples[{number}]"
        if not isinstance(entry, dict):
            raise InputError(f"{where} must have the keys question and answer; write `- question: ...` and `answer:`.")
        for key in entry:
            if key not in _EXAMPLE_KEYS:
                raise InputError(f"{where} has the key {key}, which an example does not know; use question and answer.")
        for key in _EXAMPLE_KEYS:
            text = entry.get(key)
            if not isinstance(text, str) or not text.strip():
                raise InputError(f"{where}.{key} must be a text that is not empty; write it after `{key}: |-`.")
            if PLACEHOLDER in text:
                raise InputError(
                    f"{where}.{key} holds {PLACEHOLDER}, which is replaced in user only; write a whole example."
                )
    return tuple(Example(entry["question"], entry["answer"]) for entry in entries)


def _check_placeholders(path: Path, prompt: Prompt) -> None:
    if PLACEHOLDER not in prompt.user:
        raise InputError(f"{path}: user does not hold {PLACEHOLDER}; write {PLACEHOLDER} where the question goes.")
    if PLACEHOLDER in (prompt.system or ""):
        raise InputError(f"{path}: system holds {PLACEHOLDER}, which is replaced in user only; move it to user.")
    for key, text in (("system", prompt.system or ""), ("user", prompt.user)):
        for found in _WORD_IN_BRACES.findall(text):
            if found != PLACEHOLDER:
                raise InputError(f"{path}: {key} holds {found}, but the only placeholder is {PLACEHOLDER}; use that.")
