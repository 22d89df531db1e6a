"""The cheap filters of questions. A new kind is a module with a class, an entry in `KINDS` and one in the schema."""

from pathlib import Path

from synthesis import schema
from synthesis.errors import InputError
from synthesis.filters.contamination import ContaminationFilter
from synthesis.filters.language import LanguageFilter
from synthesis.filters.rules import RulesFilter

# A kind is built as kind(name, settings, problem_files) and has `reasons(questions) -> list[str]`: for each row of
# `schema.QUESTIONS` the reason to reject it, empty to keep it. One that compares with problems holds in `overlaps`
# (rows of `schema.OVERLAPS`) what it found then.
KINDS = {"rules": RulesFilter, "language": LanguageFilter, "contamination": ContaminationFilter}


def build(settings: list[dict], problem_files: dict[str, Path]) -> dict:
    """The filters of a configuration's list `[{name, <kind>: {...}}, ...]`, under their names, in its order.

    `problem_files` maps the names of benchmarks, and `held_out`, to files of `schema.PROBLEMS`. Raises InputError
    for an unknown kind, for a name given twice or taken, and for whatever a filter finds wrong in its settings.
    """
    filters = {}
    for entry in settings:
        name, kind = entry["name"], _kind(entry)
        if name in filters or f"{name}_reason" in schema.QUESTION_VERDICTS.names:
            raise InputError(f"filter_questions.filters has the name {name} twice; give each filter its own name.")
        filters[name] = KINDS[kind](name, entry[kind], problem_files)
    return filters


def _kind(entry: dict) -> str:
    kinds = [key for key in entry if key != "name"]
    if len(kinds) != 1 or kinds[0] not in KINDS:
        raise InputError(
            f"filter_questions.filters: {entry['name']} has the kind {', '.join(kinds) or 'none'}; "
            f"give exactly one of {', '.join(KINDS)}."
        )
    return kinds[0]
