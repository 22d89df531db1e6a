"""Which model the jobs of a kind run in the configured run, with which engine, and on how many GPUs."""

from synthesis import configuration_dataset, configuration_difficulty, configuration_models
from synthesis.configuration_models import TRAINING_STAGES


def model_of(config: dict, rule: str, kind: str) -> str | None:
    """Name of the model that a rule runs for jobs of a kind (see `forecast_pilot.kind_of`); None if it runs none."""
    first, last = kind.split("/")[0], kind.split("/")[-1]
    if rule in TRAINING_STAGES or rule in ("sample_raw_questions", "sample_fail_rates"):
        stage = "optimize_generator" if rule == "sample_raw_questions" else rule
        return config[stage][kind]["model"]
    if rule == "rewrite_questions":
        return config["optimize_generator"][kind]["rewrite_questions"]["model"]
    if rule == "generate_questions":
        return configuration_dataset.sources(config)[kind].get("empty_prefix", {}).get("model")
    if rule in ("judge_questions", "judge_generators"):
        return next(judge["model"] for judge in configuration_dataset.judges(config) if judge["name"] == first)
    if rule == "measure_judge":
        return configuration_dataset.measured_judges(config)[kind]["model"]
    if rule in ("score_difficulty", "score_generators"):
        name = first if rule == "score_difficulty" else configuration_difficulty.compared_scorer(config)
        return configuration_difficulty.scorers(config)[name]["model"]
    if rule in ("generate_responses", "score_responses", "audit_dataset"):
        return config[rule]["model"]
    if rule == "generate_probe_responses":
        return config["check_agreement"]["model"]
    if rule == "measure_reward":
        return configuration_models.measured_scorers(config)[kind]["model"]
    if rule == "answer_benchmark":
        return config.get("train_student", {}).get(first, {"model": first})["model"]
    return last if rule == "sample_generators" else None


def engine_of(config: dict, rule: str, model: str | None) -> str:
    """The engine that runs a model; empty for a training and for jobs without a model."""
    if model is None or rule in TRAINING_STAGES:
        return ""
    return configuration_models.definition(config, model)["engine"]


def gpus_of(config: dict, rule: str, kind: str) -> int:
    """GPUs that a job of a kind asks for on a machine that has them."""
    if rule in TRAINING_STAGES:
        return config[rule][kind]["launch"]["gpus"]
    model = model_of(config, rule, kind)
    return 0 if model is None else configuration_models.gpus(configuration_models.definition(config, model))
