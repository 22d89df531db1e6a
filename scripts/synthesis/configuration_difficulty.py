"""The scorers of difficulty in a configuration: which there are, and which of them selects a source's questions."""

from synthesis.configuration_dataset import sources

STAGE = "score_difficulty"
# What each method of a scorer needs beside its model.
METHOD_KEYS = {
    "regression": (),
    "first_token": ("prompt", "words"),
    "fail_rate": ("prompt", "samples", "sampling"),
    "level": ("prompt", "sampling"),
}


def scorers(config: dict) -> dict[str, dict]:
    """The scorers of difficulty: name and settings; none without `score_difficulty`."""
    return config.get(STAGE, {}).get("scorers", {})


def whole_scorers(config: dict) -> list[str]:
    """Names of the scorers that score every question, in their order."""
    return [name for name, settings in scorers(config).items() if "share" not in settings]


def scorer_of(config: dict, source: str) -> str | None:
    """Name of the scorer by which a source's questions are selected: the one it names, else the only one there is."""
    named = config.get("select_questions", {}).get("sources", {}).get(source, {}).get("by")
    alone = list(scorers(config)) if len(scorers(config)) == 1 else []
    return named or next((name for name in alone if name in whole_scorers(config)), None)


def selecting_scorers(config: dict) -> list[str]:
    """Names of the scorers by which some source's questions are selected, in their order."""
    used = {scorer_of(config, source) for source in sources(config)}
    return [name for name in scorers(config) if name in used]


def compared_scorer(config: dict) -> str | None:
    """Name of the scorer of `tabulate_generators`: the one it names, else the first one that scores all questions."""
    settings = config.get("tabulate_generators")
    return None if settings is None else settings.get("scorer") or next(iter(whole_scorers(config)), None)


def has_references(config: dict, source: str) -> bool:
    """Whether answers are compared with references: to questions of a set of problems, and to no others.

    A question of a set that has no answer itself has no fail rate then, so one source never has both measures.
    """
    return "problems" in sources(config)[source].get("imported", {})


def samples(settings: dict) -> int:
    """How many rows a scorer buys for each question."""
    return settings.get("samples", 1)


def shaping(settings: dict) -> dict:
    """The part of a scorer's settings that shapes what it buys: its head, the words it compares, or its sampling."""
    if settings["method"] == "regression":
        return {"method": "regression"}
    if settings["method"] == "first_token":
        words = settings["words"]
        return {"candidates": [words[side] for side in ("hard", "easy") if side in words]}
    return settings["sampling"]
