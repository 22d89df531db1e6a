"""What the schema can't say about the selection of questions, and about the scorers of difficulty it goes by."""

from collections.abc import Iterator
from itertools import pairwise

from synthesis.canonical import canonical_json
from synthesis.configuration_dataset import sources
from synthesis.configuration_difficulty import (
    METHOD_KEYS,
    STAGE,
    compared_scorer,
    has_references,
    samples,
    scorer_of,
    scorers,
    shaping,
    whole_scorers,
)
from synthesis.configuration_sentences import key, suggestion
from synthesis.sampling import normalised

# What each method of select_questions needs beside the scores of difficulty.
SELECTION_KEYS = {
    "none": (),
    "threshold": ("threshold",),
    "quantile": ("share", "calibration_shards"),
    "count": ("count",),
    "target": ("count", "target"),
}


def question_counts(config: dict) -> Iterator[str]:
    """Selections of sources that are not there, by what is not there, or of more questions than there are."""
    known, selected = sources(config), config.get("select_questions", {}).get("sources", {})
    for name in selected:
        if name not in known:
            yield f"select_questions.sources.{name} is no source of generate_questions; {suggestion(name, known)}"
    for name, source in known.items():
        where, settings = f"select_questions.sources.{name}", selected.get(name, {"method": "none"})
        if name not in selected:
            yield f"select_questions.sources has no entry {name}; add `{name}: {{method: none, shortfall: warn}}`."
        yield from _keys(where, settings)
        yield from _scorer(config, where, name, settings)
        yield from _target(where, settings)
        if settings.get("cap", 0) > source["total"]:
            yield (
                f"{where}.cap is {settings['cap']}, but the source has only {source['total']} questions; lower the cap "
                f"or raise generate_questions.sources.{name}.total."
            )


def _keys(where: str, settings: dict) -> Iterator[str]:
    needed = SELECTION_KEYS[settings["method"]]
    for name in (name for name in needed if name not in settings):
        yield f"{where}.{name} is missing; the method {settings['method']} needs it."
    for name in dict.fromkeys(name for names in SELECTION_KEYS.values() for name in names):
        if name in settings and name not in needed:
            yield f"{where}.{name} has no effect with the method {settings['method']}; remove it."
    if "cap" in settings and settings["method"] == "target":
        yield f"{where}.cap has no effect with the method target, whose count says how many; remove it."


def _scorer(config: dict, where: str, source: str, settings: dict) -> Iterator[str]:
    """A selection by difficulty that no scorer, or no single one, tells."""
    named, known = settings.get("by"), list(scorers(config))
    if named is not None and named not in known:
        yield f"{where}.by is '{named}', which is no scorer of {STAGE}; {suggestion(named, known)}"
    elif named is not None and named not in whole_scorers(config):
        share = f"{STAGE}.scorers.{named}.share"
        yield f"{where}.by is {named}, which scores a share of the questions only; remove {share}."
    elif settings["method"] != "none" and not known:
        yield f"{where}.method is {settings['method']}, but nothing scores difficulty; add {STAGE}."
    elif settings["method"] != "none" and scorer_of(config, source) is None:
        repair = f"remove {STAGE}.scorers.{known[0]}.share" if len(known) == 1 else f"name one of: {', '.join(known)}"
        yield f"{where}.by is missing, and which scorer the method {settings['method']} goes by is not clear; {repair}."


def _target(where: str, settings: dict) -> Iterator[str]:
    """Ranges that do not rise, that have no last one, or whose shares leave something over."""
    ranges = settings.get("target")
    if not ranges:
        return
    for number, (part, following) in enumerate(pairwise(ranges)):
        if part["up_to"] is None:
            yield f"{where}.target[{number}].up_to is null, which is for the last range alone; give a number."
        elif following["up_to"] is not None and following["up_to"] <= part["up_to"]:
            yield (
                f"{where}.target[{number + 1}].up_to is {following['up_to']}, not above the {part['up_to']} of the one "
                "before it; write the ranges from the lowest score up."
            )
    if ranges[-1]["up_to"] is not None:
        last = f"{where}.target[{len(ranges) - 1}].up_to"
        yield f"{last} is {ranges[-1]['up_to']}, but the last range has no end; write null (with share 0 to take none)."
    total = sum(part["share"] for part in ranges)
    if abs(total - 1) > 1e-5:
        yield f"{where}.target has shares that add up to {total:g}; they must add up to 1."


def difficulty_scorers(config: dict) -> Iterator[str]:
    """Scorers that lack what their method needs, that can't tell anything, or that ask the same twice."""
    asked: dict[str, str] = {}
    for name, settings in scorers(config).items():
        where, method = key(STAGE, "scorers", name), settings["method"]
        missing = [item for item in METHOD_KEYS[method] if item not in settings]
        yield from (f"{where}.{item} is missing; the method {method} needs it." for item in missing)
        for item in dict.fromkeys(item for items in METHOD_KEYS.values() for item in items):
            if item in settings and item not in METHOD_KEYS[method]:
                yield f"{where}.{item} has no effect with the method {method}; remove it."
        if missing:
            continue
        yield from _words(where, settings)
        yield from _agreement(config, where, settings)
        asked_with = normalised(settings["sampling"]) if "sampling" in settings else shaping(settings)
        same = canonical_json([settings["model"], settings.get("prompt"), asked_with])
        if same in asked:
            yield (
                f"{where} asks the same as {asked[same]}, so that two jobs might buy the same rows; remove one of "
                "them, or give it another model, prompt or sampling."
            )
        asked.setdefault(same, where)
    yield from _comparison(config)


def _words(where: str, settings: dict) -> Iterator[str]:
    words = settings.get("words", {})
    if "hard" in words and words["hard"] == words["easy"]:
        yield f"{where}.words has the same word for hard and easy ('{words['easy']}'); give two words."


def _agreement(config: dict, where: str, settings: dict) -> Iterator[str]:
    if settings["method"] != "fail_rate":
        return
    without = next((name for name in sources(config) if not has_references(config, name)), None)
    if samples(settings) == 1 and without is not None:
        yield (
            f"{where}.samples is 1, but the questions of source {without} have no reference answers, and one answer "
            "agrees with itself; write at least 2."
        )


def _comparison(config: dict) -> Iterator[str]:
    named, known = config.get("tabulate_generators", {}).get("scorer"), whole_scorers(config)
    if named is not None and compared_scorer(config) not in known:
        yield (
            f"tabulate_generators.scorer is '{named}', which is no scorer of {STAGE} that scores all questions; "
            f"{suggestion(named, known)}"
        )
