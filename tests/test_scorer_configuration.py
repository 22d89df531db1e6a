"""What the configuration of fail rates and scorers may say, and which sentence refuses the rest."""

import copy
from types import SimpleNamespace

import pytest
from changed_configuration import REMOVE, STUDENT, assert_refused, changed, validate
from synthesis import configuration_models, configuration_paths
from synthesis.plan import Plan

SOLVER = {
    "model": "smollm2",
    "prompt": "config/prompts/response_short.yaml",
    "samples": 4,
    "sampling": {"temperature": 0.7, "top_p": 1, "max_tokens": 64},
}
TRAINING = {**STUDENT["training"], "seed": 1}
SCORER = {"model": "smollm2", "labels": {"sample_fail_rates": "solver"}, "held_out": 0.2, "training": TRAINING}
REWARD = {"model": "smollm2", "sample_fail_rates": "solver", "held_out": 0.2, "training": dict(TRAINING)}
RATES = "sample_fail_rates.solver"
LABELS = "train_difficulty_scorer.scorer.labels"


def with_scorers(*edits):
    """Edits of the demo that give it a solver and scorers that learn from it, and then change these."""
    added = {"sample_fail_rates": {"solver": SOLVER}, "train_difficulty_scorer": {"scorer": SCORER}}
    added["train_reward_model"] = {"reward": REWARD}
    return [*copy.deepcopy(added).items(), *edits]


def test_the_example_is_valid_and_completed():
    config = validate(changed(*with_scorers()))
    solver = config["sample_fail_rates"]["solver"]
    assert (solver["shards"], solver["sampling"]) == (1, {"temperature": 0.7, "max_tokens": 64})
    assert dict(configuration_models.uses_for_dataset(config))[f"{RATES}.model"] == "smollm2"
    assert f"{RATES}.prompt" in [setting.where for setting in configuration_paths.prompts(config)]
    assert not any("labels" in setting.where for setting in configuration_paths.data_files(config))
    assert config["train_reward_model"]["reward"]["pairs_per_problem"] == 1
    assert Plan(config).solver("solver")["problems"] == ["arithmetic", "word_problems"]


def test_without_scorers_there_are_none():
    config = validate(changed())
    assert config["sample_fail_rates"] == config["train_reward_model"] == {}


def scored_by(model: str) -> tuple[str, dict]:
    """The edit that has a model's head score difficulty."""
    return "score_difficulty", {"scorers": {"head": {"method": "regression", "model": model}}}


USED = [scored_by("scorer"), ("score_responses.model", "reward")]


def test_scorers_are_used_where_they_score():
    validate(changed(*with_scorers(*USED, ("score_responses.method", "reward"))))
    # What a fetched model is, only its files tell.
    validate(changed(*with_scorers(("score_responses.method", "reward"), scored_by("smollm2"))))


FIRST = [("select_responses.method", "first"), ("score_responses", REMOVE)]


def test_without_a_choice_by_score_nothing_scores():
    config = validate(changed(*FIRST))
    assert "score_responses" not in Plan(config).every_stage()
    assert "score_responses.model" not in dict(configuration_models.uses(config))


@pytest.mark.parametrize(
    ("edits", "fragments"),
    [
        ([FIRST[0]], ["score_responses has no effect", "method is first", "remove it, or write `method: best`"]),
        ([FIRST[1]], ["score_responses is missing", "method is best", "add it, or write `method: first`"]),
        (
            with_scorers(*FIRST),
            ["train_reward_model.reward would be trained for nothing", "select_responses.method is first", "remove it"],
        ),
    ],
)  # fmt: skip
def test_scores_are_there_exactly_for_the_choice_by_score(edits, fragments):
    assert_refused(edits, fragments)


@pytest.mark.parametrize(
    ("edits", "fragments"),
    [
        (
            [("select_responses.method", "majority")],
            ["score_responses has no effect", "method is majority", "remove it, or write `method: best`"],
        ),
        (
            [("select_responses", {"method": "best", "smallest_majority": 0.5})],
            ["select_responses.smallest_majority has no effect with the method best", "`method: majority`"],
        ),
        (
            [("select_responses.method", "best_of_majority"), ("filter_responses.answer", [])],
            ["select_responses.method is best_of_majority, which votes", "filter_responses.answer names no form"],
        ),
        (USED, ["score_responses.method is log_likelihood", "train_reward_model trains reward", "`method: reward`"]),
        (
            [("score_responses", {"model": "smollm2_tuned", "method": "reward", "prompt": SOLVER["prompt"]})],
            ["score_responses.method is reward", "train_generator trains smollm2_tuned", "`method: log_likelihood`"],
        ),
        (
            [("score_responses.model", "scorer")],
            ["score_responses.model is scorer", "for the method regression of score_difficulty alone"],
        ),
        ([scored_by("reward")], ["score_difficulty.scorers.head.model is reward", "score_responses alone"]),
        (
            [scored_by("smollm2_tuned")],
            ["score_difficulty.scorers.head.model is smollm2_tuned", "which train_generator trains to write text"],
        ),
        (
            [("generate_responses.model", "reward")],
            ["generate_responses.model is reward, which train_reward_model trains for score_responses alone"],
        ),
        ([("judge_questions.judges.0.model", "scorer")], ["judges[0].model is scorer", "name another model"]),
        ([(f"{RATES}.model", "reward")], ["train_reward_model.reward needs itself: reward needs reward"]),
        ([("answer_benchmark.models", ["scorer"])], ["answer_benchmark.models[0] is scorer"]),
        (
            [("train_student.small.model", "reward")],
            ["train_student.small.model is reward", "for score_responses alone", "name another model"],
        ),
        (
            [("train_reward_model.reward.sample_fail_rates", "x")],
            ["train_reward_model.reward.sample_fail_rates is 'x'", "use one of: solver"],
        ),
        (
            [("train_reward_model.reward.training.packing", True)],
            ["train_reward_model.reward.training.packing is true", "write false"],
        ),
        (
            [("train_reward_model.reward.pairs_per_problem", 0)],
            ["train_reward_model.reward.pairs_per_problem is 0", "at least 1"],
        ),
    ],
)  # fmt: skip
def test_a_model_that_is_trained_for_something_else_is_refused(edits, fragments):
    assert_refused(with_scorers(*edits), fragments)


@pytest.mark.parametrize(
    ("edits", "fragments"),
    [
        ([(f"{RATES}.model", "smollm")], [f"{RATES}.model is 'smollm'", "did you mean smollm2?"]),
        ([(f"{RATES}.prompt", "config/prompts/none.yaml")], [f"{RATES}.prompt", "does not exist"]),
        ([(f"{RATES}.shards", 0)], [f"{RATES}.shards is 0", "at least 1"]),
        (
            [(f"{RATES}.problems", ["word_problem"])],
            [f"{RATES}.problems[0] is 'word_problem'", "which merge_problems does not merge", "did you mean word_"],
        ),
        (
            [(f"{RATES}.sampling", {"temperature": 0, "max_tokens": 8})],
            [f"{RATES}.sampling.temperature is 0", "all 4 samples", "`samples: 1`"],
        ),
        (
            [(f"{RATES}.sampling.max_tokens", 2048)],
            [f"{RATES} needs at least", "models.smollm2.context is 2048", f"lower {RATES}.sampling.max_tokens"],
        ),
        (
            [
                *(("problems", {}), ("merge_problems", REMOVE), ("answer_benchmark", REMOVE)),
                *(("train_generator", {}), ("optimize_generator", {}), ("filter_questions.filters", [])),
                ("generate_questions.sources.smollm2.empty_prefix.model", "smollm2"),
            ],
            [f"{RATES} solves seed problems, but there are none", "add problems and merge_problems"],
        ),
        ([(f"{LABELS}.sample_fail_rates", "solvr")], [f"{LABELS}.sample_fail_rates is 'solvr'", "did you mean solver"]),
        ([("sample_fail_rates", {}), ("train_reward_model", {})], [f"{LABELS}.sample_fail_rates is 'solver'"]),
        ([(f"{LABELS}.label", "rate")], [f"{LABELS}.label has no effect on fail rates", "remove it"]),
        ([(LABELS, {})], [f"{LABELS} needs exactly one of file, sample_fail_rates"]),
        ([(f"{LABELS}.file", "labels.jsonl")], [f"{LABELS} needs exactly one of", "remove all but one"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(edits, fragments):
    assert_refused(with_scorers(*edits), fragments)


def test_solvers_that_ask_the_same_wait_for_one_another():
    again, greedy = copy.deepcopy(SOLVER) | {"samples": 9}, {**SOLVER, "sampling": {"temperature": 0, "max_tokens": 8}}
    solvers = {"solver": SOLVER, "again": {**again, "shards": 2}, "greedy": {**greedy, "samples": 1}}
    plan = Plan(validate(changed(*with_scorers(), ("sample_fail_rates", solvers))))
    before = [plan.solved_before(SimpleNamespace(sampled=name)) for name in solvers]
    assert before == [[], ["<results>/sample_fail_rates/solver/00000.parquet"], []]
