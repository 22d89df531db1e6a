"""What the schema can't say about scorers: which solvers there are, what they solve, and who learns from them."""

from collections.abc import Iterator

from synthesis import configuration_models
from synthesis.configuration_sentences import key, suggestion


def fail_rates(config: dict) -> Iterator[str]:
    """Fail rates on problems that are not there, and labels that are no fail rates."""
    solvers, merged = configuration_models.solvers(config), config.get("merge_problems", {}).get("problems", [])
    for name, settings in solvers.items():
        where = key("sample_fail_rates", name)
        if not merged:
            yield f"{where} solves seed problems, but there are none; add problems and merge_problems."
        for number, problems in enumerate(settings.get("problems", [])):
            if problems not in merged:
                place = key("sample_fail_rates", name, "problems", number)
                yield f"{place} is '{problems}', which merge_problems does not merge; {suggestion(problems, merged)}"
    for name, settings in config["train_difficulty_scorer"].items():
        where, labels = key("train_difficulty_scorer", name, "labels"), settings["labels"]
        if "sample_fail_rates" not in labels:
            continue
        yield from _unless_solver(where, labels["sample_fail_rates"], solvers)
        for column in (column for column in ("text", "label") if column in labels):
            yield f"{where}.{column} has no effect on fail rates; remove it, or give labels.file instead."


def _unless_solver(where: str, name: str, solvers: dict) -> Iterator[str]:
    if name not in solvers:
        yield f"{where}.sample_fail_rates is '{name}', which is not defined there; {suggestion(name, solvers)}"
