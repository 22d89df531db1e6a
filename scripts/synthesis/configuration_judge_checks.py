"""What the schema can't say about judges: how they are sampled, what an unclear answer leads to, who is measured."""

from collections.abc import Iterator
from itertools import chain

from synthesis import configuration_dataset
from synthesis.configuration_audit import audited
from synthesis.configuration_sentences import key, suggestion
from synthesis.judge_samples import COUNTS, REJECT

# What a judge is made of; a measurement has all of it, or the name of a judge that has.
_OF_A_JUDGE = ("prompt", "verdict", "sampling", "unclear", *COUNTS.values())


def judges(config: dict) -> Iterator[tuple[str, dict]]:
    """The judges with settings of their own, for the data set or for a measurement alone: place and settings."""
    for number, judge in enumerate(configuration_dataset.judges(config)):
        yield key("judge_questions", "judges", number), judge
    for name, judge in configuration_dataset.own_judges(config).items():
        if "prompt" in judge and "verdict" in judge:
            yield key("measure_judge", name), judge


def judge_settings(config: dict) -> Iterator[str]:
    """Judges that lack a setting, or have one without effect, and measurements of judges that are not there."""
    yield from _measurements(config)
    for where, judge in chain(judges(config), audited(config)):
        yield from _sampling(where, judge)
        yield from _unclear(where, judge)


def _measurements(config: dict) -> Iterator[str]:
    known = [judge["name"] for judge in configuration_dataset.judges(config)]
    for name, settings in config.get("measure_judge", {}).items():
        where = key("measure_judge", name)
        if "judge" in settings:
            if settings["judge"] not in known:
                place, hint = f"{where}.judge is '{settings['judge']}'", suggestion(settings["judge"], known)
                yield f"{place}, which is no judge of judge_questions; {hint}"
            for other in (other for other in _OF_A_JUDGE if other in settings):
                yield f"{where}.{other} has no effect, because {where}.judge names a judge that has its own; remove it."
        else:
            for missing in (missing for missing in ("prompt", "verdict") if missing not in settings):
                yield f"{where}.{missing} is missing; a judge of a measurement's own needs model, prompt and verdict."


def _sampling(where: str, judge: dict) -> Iterator[str]:
    if "text" in judge["verdict"] and "sampling" not in judge:
        yield f"{where}.sampling is missing; a text verdict needs it: add temperature and max_tokens."
    if "probability" not in judge["verdict"]:
        return
    if "sampling" in judge:
        yield f"{where}.sampling has no effect, because a probability verdict samples nothing; remove it."
    words = judge["verdict"]["probability"]
    if words["yes"] == words["no"]:
        yield f"{where}.verdict.probability has the same word for yes and no ('{words['no']}'); give two words."


def _unclear(where: str, judge: dict) -> Iterator[str]:
    policy = judge.get("unclear", REJECT)
    needed = COUNTS.get(policy)
    if needed and needed not in judge:
        yield f"{where}.{needed} is missing; `unclear: {policy}` needs it: say how many judgements of a question."
    for name in COUNTS.values():
        if name != needed and name in judge:
            yield f"{where}.{name} has no effect with `unclear: {policy}`; remove it."
    if policy == REJECT:
        return
    if "probability" in judge["verdict"]:
        yield (
            f"{where}.unclear is {policy}, but a probability verdict samples nothing, so each judgement of a question "
            "would be the same; write `unclear: reject`."
        )
    elif judge.get("sampling", {}).get("temperature") == 0:
        yield (
            f"{where}.unclear is {policy}, but {where}.sampling.temperature is 0, so each judgement of a question "
            "would be the same; write a temperature above 0, such as 0.7, or `unclear: reject`."
        )
