"""What the schema can't say about scorers: which solvers there are, what they solve, and who learns from them."""

from collections.abc import Iterator

from synthesis import configuration_models
from synthesis.configuration_dataset import makes_dataset
from synthesis.configuration_difficulty import scorers
from synthesis.configuration_models import response_scorers
from synthesis.configuration_sentences import key, suggestion
from synthesis.response_choice import METHODS
from synthesis.score_methods import GRADE, text_method

# How a model that a stage trains scores. All others write, and score by the likelihood of what was written.
_METHODS = {"train_difficulty_scorer": "regression", "train_reward_model": "reward"}
WRITES = "log_likelihood"
_PURPOSES = {
    "regression": "for the method regression of score_difficulty alone",
    "reward": "for score_responses alone",
    WRITES: "to write text",
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
    settings, scored = config["select_responses"], "score_responses" in config
    method = settings["method"]
    by_score = METHODS[method].needs_rewards
    if by_score and not scored:
        yield (
            f"score_responses is missing, but select_responses.method is {method}, which takes the response with the "
            "highest score; add it, or write `method: first`."
        )
    if scored and not by_score:
        yield (
            f"score_responses has no effect, because select_responses.method is {method}; remove it, or write "
            "`method: best`."
        )
    for name in config["train_reward_model"]:
        if not by_score:
            yield (
                f"{key('train_reward_model', name)} would be trained for nothing, because select_responses.method is "
                f"{method} and no response is scored; remove it."
            )
    yield from _votes(config)


def _votes(config: dict) -> Iterator[str]:
    """Votes without answers to vote with, and a needed share of votes that nobody counts."""
    settings = config["select_responses"]
    votes = METHODS[settings["method"]].needs_groups
    if votes and not config["filter_responses"]["answer"]:
        yield (
            f"select_responses.method is {settings['method']}, which votes with final answers, but "
            "filter_responses.answer names no form to find them in; name one, such as boxed."
        )
    if "smallest_majority" in settings and not votes:
        yield (
            f"select_responses.smallest_majority has no effect with the method {settings['method']}; remove it, or "
            "write `method: majority`."
        )


def scorer_uses(config: dict) -> Iterator[str]:
    """Models that are trained here to do something else than what the stage that names them asks of a model."""
    trained = configuration_models.trained(config)
    wanted = {f"{where}.model": text_method(settings) for where, settings in response_scorers(config)}
    regressions = [name for name, settings in scorers(config).items() if settings["method"] == "regression"]
    difficulty = {key("score_difficulty", "scorers", name, "model"): "regression" for name in regressions}
    for where, name in configuration_models.uses(config):
        stage, _ = trained.get(name, (None, None))
        method, asked = _METHODS.get(stage, WRITES), (difficulty | wanted).get(where, WRITES)
        if stage is None or method == (WRITES if asked == GRADE else asked):
            continue
        if where in wanted and method != "regression":
            place = where.removesuffix(".model")
            yield (
                f"{place}.method is {asked}, but {stage} trains {name} for {method}; write `method: {method}`, or name "
                "another model."
            )
        else:
            yield f"{where} is {name}, which {stage} trains {_PURPOSES[method]}; name another model."


def _unless_solver(where: str, name: str, solvers: dict) -> Iterator[str]:
    if name not in solvers:
        yield f"{where}.sample_fail_rates is '{name}', which is not defined there; {suggestion(name, solvers)}"
