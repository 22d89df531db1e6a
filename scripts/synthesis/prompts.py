"""Prompt files: what a model is asked about a question."""

import re
from dataclasses import dataclass
from pathlib import Path

from synthesis.errors import InputError
from synthesis.strict_yaml import read_mapping

PLACEHOLDER = "{question}"

# A word in braces is meant as a placeholder, unless it is the argument of a LaTeX command: \text{cm}, \frac{a}{b}.
_WORD_IN_BRACES = re.compile(r"(?<![A-Za-z}])\{[a-z_]+\}")


@dataclass(frozen=True)
class Prompt:
    """A system turn (None: the template's own, an empty text: an empty turn) and a user turn with `{question}`."""

    system: str | None
    user: str

    def messages(self, question: str) -> tuple[tuple[str, str], ...]:
        """The conversation that asks about `question`, as (role, content) pairs.

        Only `{question}` is replaced, by plain text, so braces in the prompt (`\\boxed{}`) and in the question stay.
        """
        system = () if self.system is None else (("system", self.system),)
        return (*system, ("user", self.user.replace(PLACEHOLDER, question)))


def load_prompt(path: Path) -> Prompt:
    """Read a prompt: a YAML file with the key `user` and, if wanted, `system`.

    Raises InputError naming the file if a key is missing or unknown, is not text, or holds another placeholder
    than `{question}`, which belongs in `user`.
    """
    content = read_mapping(path)
    unknown = [key for key in content if key not in ("system", "user")]
    if unknown:
        raise InputError(f"{path} has the key {unknown[0]}, which a prompt does not know; use system and user only.")
    for key in ("system", "user"):
        if content.get(key) is not None and not isinstance(content[key], str):
            raise InputError(f"{path}: {key} must be text; put it in quotes, or write it after `{key}: |-`.")
    if not content.get("user"):
        raise InputError(f"{path} has no text under user; add `user:` with what the model is asked.")
    prompt = Prompt(content.get("system"), content["user"])
    _check_placeholders(path, prompt)
    return prompt


def _check_placeholders(path: Path, prompt: Prompt) -> None:
    if PLACEHOLDER not in prompt.user:
        raise InputError(f"{path}: user does not hold {PLACEHOLDER}; write {PLACEHOLDER} where the question goes.")
    if PLACEHOLDER in (prompt.system or ""):
        raise InputError(f"{path}: system holds {PLACEHOLDER}, which is replaced in user only; move it to user.")
    for key, text in (("system", prompt.system or ""), ("user", prompt.user)):
        for found in _WORD_IN_BRACES.findall(text):
            if found != PLACEHOLDER:
                raise InputError(f"{path}: {key} holds {found}, but the only placeholder is {PLACEHOLDER}; use that.")
