"""What the schema can't say about the lines of the table of costs: names of rules, and jobs that stand in two lines."""

from collections.abc import Iterator

from synthesis.configuration_sentences import key, suggestion
from synthesis.cost_phases import RULES, RULES_AFTER_DATASET

STAGE = "tabulate_costs"


def cost_lines(config: dict) -> Iterator[str]:
    """Lines of no rule of the data set or named like another rule, and jobs that stand in two lines.

    Jobs need not be of this run: a configuration that is derived from this one may leave some of them out.
    """
    lines = config.get(STAGE, {}).get("lines", {})
    seen: dict[str, str] = {}
    for name, members in lines.items():
        for number, member in enumerate(members):
            where, rule = f"{key(STAGE, 'lines', name)}[{number}]", member.partition("/")[0]
            if rule not in RULES:
                yield f"{where} is {member}, which is no rule that costs something; {suggestion(rule, RULES)}"
            if rule in RULES_AFTER_DATASET:
                yield f"{where} is {member}, which comes after the data set, whose steps the lines are; remove it."
            if name in RULES and name != rule:
                yield (
                    f"{where} is {member}, but the line is called {name} like the line of that rule's jobs; give it "
                    "another name."
                )
            other = next((place for known, place in seen.items() if _overlap(known, member)), None)
            if other:
                yield f"{where} is {member}, whose jobs stand in {other} already; keep them in one line."
            seen[member] = where


def _overlap(first: str, second: str) -> bool:
    """Whether two members of lines have jobs in common."""
    return f"{first}/".startswith(f"{second}/") or f"{second}/".startswith(f"{first}/")
