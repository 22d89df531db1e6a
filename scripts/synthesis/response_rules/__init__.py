"""The rules that reject responses by their text alone, each switched on by its key under `filter_responses`.

A new rule is a module with a function that builds it, an entry in `RULES` and one in the schema.
"""

from collections.abc import Callable

from synthesis.response_rules.endings import ends_midway, unclosed
from synthesis.response_rules.languages import LanguageRule
from synthesis.response_rules.refusals import refusal
from synthesis.response_rules.repetition import RepetitionRule

# For each text the reason to reject it, empty to keep it.
Rule = Callable[[list[str]], list[str]]


def _each(reason: Callable[[str], str]) -> Rule:
    return lambda texts: [reason(text) for text in texts]


# The rules of each key, cheap ones first, as functions of the key's settings; a switch (true) has none.
RULES: dict[str, Callable[..., list[Rule]]] = {
    "complete": lambda _: [_each(unclosed), _each(ends_midway)],
    "refusal": lambda _: [_each(refusal)],
    "repetition": lambda settings: [_each(RepetitionRule(**settings).reason)],
    "language": lambda settings: [LanguageRule(settings).reasons],
}


def build(settings: dict) -> list[Rule]:
    """The rules that the settings of `filter_responses` ask for, in their order; none where they name none."""
    return [rule for key, make in RULES.items() if settings.get(key) for rule in make(settings[key])]


def first_reasons(rules: list[Rule], texts: list[str], reasons: list[str]) -> list[str]:
    """The reasons with those of the rules for texts that had none; each rule sees what all before it let pass."""
    found = list(reasons)
    for rule in rules:
        open_rows = [number for number, reason in enumerate(found) if not reason]
        for number, reason in zip(open_rows, rule([texts[number] for number in open_rows]), strict=True):
            found[number] = reason
    return found
