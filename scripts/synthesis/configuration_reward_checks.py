"""What the schema can't say about scorers of responses: which settings a method needs, and what it has no use for."""

from collections.abc import Iterator

from synthesis.configuration_models import response_scorers
from synthesis.configuration_sentences import key
from synthesis.score_methods import GRADE, STEPS, text_method


def response_scores(config: dict) -> Iterator[str]:
    """Settings of scorers that are missing, have no effect or make no sense together."""
    for where, settings in response_scorers(config):
        yield from _steps(where, settings)
        if settings["method"] == STEPS and "steps" not in settings:
            continue
        if text_method(settings) == GRADE:
            yield from _grade(where, settings)
        else:
            for name in (name for name in ("verdict", "sampling") if name in settings):
                yield f"{where}.{name} is for grades, and {where}.method is {text_method(settings)}; remove it."


def measured_rewards(config: dict) -> Iterator[str]:
    """Measurements of no scorer."""
    for name, settings in config["measure_reward"].items():
        if "score" not in settings and "score_responses" not in config:
            where = key("measure_reward", name)
            yield f"{where}.score is missing, and there is no score_responses to measure; add one of them."


def _steps(where: str, settings: dict) -> Iterator[str]:
    method = settings["method"]
    if (method == STEPS) != ("steps" in settings):
        yield (
            f"{where}.steps is missing; the method steps needs it: add split, method and aggregate."
            if method == STEPS
            else f"{where}.steps has no effect with the method {method}; remove it, or write `method: steps`."
        )
    elif settings.get("steps", {}).get("aggregate") == "product" and "probability" not in settings.get("verdict", {}):
        yield (
            f"{where}.steps.aggregate is product, which is for scores from 0 to 1; grade the steps with the verdict "
            "probability, or write min, mean or last."
        )


def _grade(where: str, settings: dict) -> Iterator[str]:
    if "verdict" not in settings:
        yield f"{where}.verdict is missing; a grade needs it: add number with lowest and highest, or probability."
    elif "probability" in settings["verdict"]:
        words = settings["verdict"]["probability"]
        if "sampling" in settings:
            yield f"{where}.sampling has no effect, because a probability verdict samples nothing; remove it."
        if words["yes"] == words["no"]:
            yield f"{where}.verdict.probability has the same word for yes and no ('{words['no']}'); give two words."
    else:
        number = settings["verdict"]["number"]
        if "sampling" not in settings:
            yield f"{where}.sampling is missing; a grade in numbers needs it: add temperature and max_tokens."
        if number["lowest"] >= number["highest"]:
            yield (
                f"{where}.verdict.number.lowest is {number['lowest']:g}, not below highest, which is "
                f"{number['highest']:g}; correct one of them."
            )
