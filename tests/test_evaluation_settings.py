"""What is different for some benchmarks and models: which settings hold where, and what depends on them."""

import json
from types import SimpleNamespace

import pytest
from changed_configuration import EVALUATION, assert_refused, changed, validate
from synthesis import configuration_evaluation
from synthesis.plan import Plan

SAMPLED = {"temperature": 0.6, "top_p": 0.95, "max_tokens": 64}
LONG, SHORT = "config/prompts/response.yaml", "config/prompts/response_short.yaml"
EXCEPTIONS = {
    "per_benchmark": {"arithmetic_test": {"samples": 4, "sampling": SAMPLED, "relative_tolerance": 0.01}},
    "per_model": {
        "small": {"prompt": LONG, "per_benchmark": {"arithmetic_test": {"samples": 2, "answer_forms": ["last_value"]}}}
    },
}


def plan(**settings) -> Plan:
    return Plan(validate(changed(("answer_benchmark", {**EVALUATION, **settings}))))


def asked(found: Plan, model: str, benchmark: str) -> tuple:
    """Prompt, settings of the answers, settings of the grades."""
    wildcards = SimpleNamespace(model=model, benchmark=benchmark)
    settings = json.loads(found.evaluation_settings(wildcards)), json.loads(found.grading_settings(wildcards))
    return found.evaluation_prompt(wildcards), *settings


def test_without_exceptions_all_is_as_it_was_before_there_were_any():
    shaping = {"samples": 1, "sampling": EVALUATION["sampling"]}
    assert asked(plan(), "smollm2", "held_out") == (SHORT, shaping, {})


def test_a_model_goes_before_a_benchmark_and_both_before_what_is_said_of_all():
    found, general = plan(**EXCEPTIONS), {"samples": 1, "sampling": EVALUATION["sampling"]}
    near = {"relative_tolerance": 0.01}
    assert asked(found, "smollm2", "held_out") == (SHORT, general, {})
    assert asked(found, "smollm2", "arithmetic_test") == (SHORT, {"samples": 4, "sampling": SAMPLED}, near)
    # What is said of a student holds for it at every size and seed.
    assert asked(found, "small-all-1", "held_out") == (LONG, general, {})
    both = {"answer_forms": ["last_value"], **near}
    assert asked(found, "small-all-1", "arithmetic_test") == (LONG, {"samples": 2, "sampling": SAMPLED}, both)


def test_all_settings_are_spelled_in_one_way():
    greedy = {"temperature": 0, "top_p": 0.9, "max_tokens": 8}
    found = plan(per_benchmark={"held_out": {"sampling": greedy}})
    assert asked(found, "smollm2", "held_out")[1]["sampling"] == {"temperature": 0, "max_tokens": 8}


def test_every_place_of_a_setting_is_known():
    config = plan(**EXCEPTIONS).config
    assert [where for where, _ in configuration_evaluation.holders(config)] == [
        "answer_benchmark",
        "answer_benchmark.per_benchmark.arithmetic_test",
        "answer_benchmark.per_model.small",
        "answer_benchmark.per_model.small.per_benchmark.arithmetic_test",
    ]


@pytest.mark.parametrize(
    ("settings", "fragments"),
    [
        (
            {"per_benchmark": {"arithmetic": {"samples": 1}}},
            ["answer_benchmark.per_benchmark.arithmetic is for a benchmark", "did you mean arithmetic_test?"],
        ),
        (
            {"per_model": {"smol": {"samples": 1}}},
            ["answer_benchmark.per_model.smol is for a model that answers no benchmark", "did you mean smollm2?"],
        ),
        (
            {"per_model": {"small": {"per_benchmark": {"none": {"samples": 1}}}}},
            ["answer_benchmark.per_model.small.per_benchmark.none is for a benchmark"],
        ),
        (
            {"per_benchmark": {"held_out": {"samples": 8}}},
            ["answer_benchmark.sampling.temperature is 0", "8 samples of answer_benchmark.per_benchmark.held_out"],
        ),
        (
            {"per_model": {"small": {"sampling": {"temperature": 0, "max_tokens": 4096}}}},
            ["answer_benchmark.per_model.small needs at least", "lower answer_benchmark.per_model.small.sampling"],
        ),
        (
            {"per_benchmark": {"held_out": {"prompt": "config/prompts/respons.yaml"}}},
            ["answer_benchmark.per_benchmark.held_out.prompt is config/prompts/respons.yaml", "did you mean"],
        ),
        (
            {"answer_forms": ["box"]},
            ["answer_benchmark.answer_forms[0] is 'box'", "boxed"],
        ),
    ],
)
def test_exceptions_that_do_not_fit_are_refused(settings, fragments):
    assert_refused([("answer_benchmark", {**EVALUATION, **settings})], fragments)


def test_a_benchmark_without_answers_is_refused_before_anything_is_bought():
    columns = {"problem": "p", "answer": None, "solution": "s"}
    entry = {"source": {"hub": {"repo": "a/b", "revision": "main", "split": "test"}}, "columns": columns}
    edits = [
        ("benchmarks.arithmetic_test", entry),
        ("answer_benchmark", {**EVALUATION, "benchmarks": ["arithmetic_test"]}),
    ]
    fragments = ["answer_benchmark.benchmarks[0] is arithmetic_test", "columns.answer is null", "`answer_boxed: true`"]
    assert_refused(edits, fragments)
    validate(changed(("benchmarks.arithmetic_test", {**entry, "answer_boxed": True}), edits[1]))
