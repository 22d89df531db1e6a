"""What the schema can't say about scorers: which solvers there are, what they solve, and who learns from them."""

from collections.abc import Iterator

from synthesis import configuration_models
from synthesis.configuration_dataset import makes_dataset
from synthesis.configuration_sentences import key, suggestion

# How a model that a stage trains scores. All others write, and score by the likelihood of what was written.
_METHODS = {"train_difficulty_scorer": "regression", "train_reward_model": "reward"}
_PURPOSES = {
    "regression": "for score_difficulty alone",
    "reward": "for score_responses alone",
    "log_likelihood": "to write text",
}


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
    for name, settings in config["train_reward_model"].items():
        yield from _unless_solver(key("train_reward_model", name), settings["sample_fail_rates"], solvers)
    for name, settings in config["train_difficulty_scorer"].items():
        where, labels = key("train_difficulty_scorer", name, "labels"), settings["labels"]
        if "sample_fail_rates" not in labels:
            continue
        yield from _unless_solver(where, labels["sample_fail_rates"], solvers)
        for column in (column for column in ("text", "label") if column in labels):
            yield f"{where}.{column} has no effect on fail rates; remove it, or give labels.file instead."


def scores(config: dict) -> Iterator[str]:
    """Scores of responses that their choice needs and that are not there, or that it does not need."""
    if not makes_dataset(config):
        return
    by_score, scored = config["select_responses"]["method"] == "best", "score_responses" in config
    if by_score and not scored:
        yield (
            "score_responses is missing, but select_responses.method is best, which takes the response with the "
            "highest score; add it, or write `method: first`."
        )
    if scored and not by_score:
        yield (
            "score_responses has no effect, because select_responses.method is first; remove it, or write "
            "`method: best`."
        )
    for name in config["train_reward_model"]:
        if not by_score:
            yield (
                f"{key('train_reward_model', name)} would be trained for nothing, because select_responses.method is "
                "first and no response is scored; remove it."
            )


def scorer_uses(config: dict) -> Iterator[str]:
    """Models that are trained here to do something else than what the stage that names them asks of a model."""
    trained, asked = configuration_models.trained(config), config.get("score_responses", {}).get("method")
    methods = {"score_difficulty.model": "regression", "score_responses.model": asked}
    for where, name in configuration_models.uses(config):
        stage, _ = trained.get(name, (None, None))
        method = _METHODS.get(stage, "log_likelihood")
        if stage is None or method == methods.get(where, "log_likelihood"):
            continue
        if where == "score_responses.model" and method != "regression":
            yield (
                f"score_responses.method is {asked}, but {stage} trains {name} for {method}; write "
                f"`method: {method}`, or name another model."
            )
        else:
            yield f"{where} is {name}, which {stage} trains {_PURPOSES[method]}; name another model."


def _unless_solver(where: str, name: str, solvers: dict) -> Iterator[str]:
    if name not in solvers:
        yield f"{where}.sample_fail_rates is '{name}', which is not defined there; {suggestion(name, solvers)}"
