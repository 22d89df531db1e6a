"""What the configuration of graders, steps and measured scorers may say, and which sentence refuses the rest."""

from types import SimpleNamespace

import pytest
from changed_configuration import REMOVE, assert_refused, changed, validate
from synthesis.plan import Plan
from test_server_configuration import SERVED

FIRST = [("select_responses.method", "first"), ("score_responses", REMOVE)]
EXAMPLE = "config/examples/labelled_responses.jsonl"
PLAIN = "config/prompts/response_short.yaml"
REWARD = {"model": "smollm2", "method": "reward", "prompt": PLAIN}
GRADER = {"model": "smollm2", "method": "grade", "prompt": "config/prompts/grade_score.yaml"}
NUMBER = {"verdict": {"number": {"lowest": 1, "highest": 10}}, "sampling": {"temperature": 0, "max_tokens": 8}}
WORDS = {"verdict": {"probability": {"yes": "Yes", "no": "No"}}}
STEPS = {**GRADER, "method": "steps", "steps": {"split": "lines", "method": "grade", "aggregate": "product"}}
BY_REWARD = {**REWARD, "method": "steps", "steps": {"split": "lines", "method": "reward", "aggregate": "min"}}


@pytest.mark.parametrize("scorer", [{**GRADER, **NUMBER}, {**GRADER, **WORDS}, {**STEPS, **WORDS}, BY_REWARD])
def test_graders_and_steps_are_allowed(scorer):
    validate(changed(("score_responses", scorer)))
    validate(changed(("measure_reward", {"gsm8k": {"score": scorer, "labels": {"file": EXAMPLE}, "responses": 9}})))


def test_a_server_may_grade_and_gives_no_scores():
    validate(changed(("models.teacher", SERVED), ("score_responses", {**GRADER, **NUMBER, "model": "teacher"})))
    refused = {**GRADER, "method": "reward", "model": "teacher", "prompt": PLAIN}
    measured = {"x": {"score": refused, "labels": {"file": EXAMPLE}}}
    edits = [("models.teacher", SERVED), ("measure_reward", measured)]
    assert_refused(edits, ["measure_reward.x.score.model is teacher, but a server gives no scores"])


@pytest.mark.parametrize(
    ("scorer", "fragments"),
    [
        (GRADER, ["score_responses.verdict is missing", "number with lowest and highest"]),
        ({**GRADER, "verdict": NUMBER["verdict"]}, ["score_responses.sampling is missing", "max_tokens"]),
        ({**GRADER, **NUMBER, **WORDS}, ["score_responses.sampling has no effect", "remove it"]),
        (
            {**GRADER, "verdict": {"probability": {"yes": "A", "no": "A"}}},
            ["score_responses.verdict.probability has the same word", "two words"],
        ),
        (
            {**GRADER, **NUMBER, "verdict": {"number": {"lowest": 5, "highest": 5}}},
            ["score_responses.verdict.number.lowest is 5, not below highest"],
        ),
        ({**REWARD, **NUMBER}, ["score_responses.verdict is for grades", "method is reward"]),
        ({**STEPS, **NUMBER}, ["score_responses.steps.aggregate is product", "min, mean or last"]),
        ({**GRADER, **WORDS, "method": "steps"}, ["score_responses.steps is missing"]),
        ({**GRADER, **WORDS, "steps": STEPS["steps"]}, ["score_responses.steps has no effect with the method grade"]),
        (
            {**GRADER, **WORDS, "prompt": PLAIN},
            ["score_responses.prompt: ", "user does not hold {response}"],
        ),
        ({**REWARD, "prompt": GRADER["prompt"]}, ["user holds {response}", "only placeholder is {question}"]),
        (
            {**GRADER, **NUMBER, "sampling": {"temperature": 0, "max_tokens": 2000}},
            ["score_responses needs at least", "models.smollm2.context is 2048"],
        ),
    ],
)
def test_scorers_that_do_not_fit_are_refused(scorer, fragments):
    assert_refused([("score_responses", scorer)], fragments)


@pytest.mark.parametrize(
    ("edits", "fragments"),
    [
        (
            [("measure_reward", {"x": {"labels": {"file": EXAMPLE}}}), *FIRST],
            ["measure_reward.x.score is missing", "no score_responses"],
        ),
        (
            [("measure_reward", {"x": {"labels": {"file": "none.jsonl"}}})],
            ["measure_reward.x.labels.file is none.jsonl, which does not exist"],
        ),
        (
            [("measure_reward", {"x": {"labels": {"file": EXAMPLE}, "responses": 1}})],
            ["measure_reward.x.responses is 1", "at least 2"],
        ),
    ],
)
def test_measurements_that_do_not_fit_are_refused(edits, fragments):
    assert_refused(edits, fragments)


def test_measurements_that_ask_the_same_wait_for_each_other():
    by_mean = {**BY_REWARD, "steps": {**BY_REWARD["steps"], "aggregate": "mean"}}
    scorers = {"a": BY_REWARD, "b": {**GRADER, **WORDS}, "c": by_mean, "d": REWARD}
    measured = {name: {"score": scorer, "labels": {"file": EXAMPLE}} for name, scorer in scorers.items()}
    plan = Plan(validate(changed(("measure_reward", measured))))
    before = {name: plan.measured_rewards_before(SimpleNamespace(scored=name)) for name in measured}
    first, third = (f"<results>/measure_reward/{name}.parquet" for name in "ac")
    assert before == {"a": [], "b": [], "c": [first], "d": [first, third]}
