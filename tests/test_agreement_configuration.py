"""What a configuration may say about the rules for responses and the comparison with a probe."""

import pytest
from changed_configuration import GREEDY, REMOVE, assert_refused, changed, validate
from synthesis import configuration_models
from synthesis.plan import Plan

PROBE = {
    "model": "smollm2",
    "prompt": "config/prompts/response_short.yaml",
    "samples": 1,
    "sampling": GREEDY,
    "answer": ["boxed", "the_answer_is"],
    "keep": "differing",
}
LANGUAGE = {"keep": ["en"], "candidates": ["en", "de"]}
RULES = {"complete": True, "refusal": True, "repetition": {"consecutive": 5, "share": 0.5}, "language": LANGUAGE}


def added(**settings) -> tuple:
    return "check_agreement", {**PROBE, **settings}


@pytest.mark.parametrize(
    ("edits", "fragments"),
    [
        ([added(model="smollm")], ["check_agreement.model is 'smollm'", "did you mean smollm2?"]),
        ([added(prompt="config/prompts/x.yaml")], ["check_agreement.prompt is config/prompts/x.yaml", "not exist"]),
        ([added(samples=3)], ["check_agreement.sampling.temperature is 0", "all 3 samples", "`samples: 1`"]),
        ([added(keep="both")], ["check_agreement.keep is 'both'"]),
        ([added(agrees="all")], ["check_agreement.agrees is 'all'"]),
        ([added(answer=[])], ["check_agreement.answer", "at least"]),
        ([added(answer=["guess"])], ["check_agreement.answer[0] is 'guess'"]),
        (
            [added(sampling={"temperature": 0, "max_tokens": 10**6})],
            ["check_agreement needs", "lower check_agreement.sampling.max_tokens"],
        ),
        (
            [added(), ("filter_responses.answer", [])],
            ["check_agreement compares final answers", "filter_responses.answer is empty"],
        ),
        (
            [("filter_responses.language", {**LANGUAGE, "keep": ["fr"]})],
            ["filter_responses.language.keep[0] is 'fr'", "filter_responses.language.candidates lacks"],
        ),
        ([("filter_responses.repetition", {"consecutive": 1, "share": 0.5})], ["repetition.consecutive is 1"]),
        ([("filter_responses.repetition", {"share": 0.5})], ["filter_responses.repetition", "consecutive"]),
        ([("filter_responses.repetition", {"consecutive": 5, "share": 0})], ["repetition.share is 0", "above 0"]),
        ([("filter_responses.refusal", "yes")], ["filter_responses.refusal must be true or false"]),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence_with_the_key(edits, fragments):
    assert_refused(edits, fragments)


def test_without_the_keys_the_plan_is_as_ever():
    plan = Plan(validate(changed()))
    assert "check_agreement" not in plan.every_stage()
    assert not [path for path in plan.every_ledger() if "probe" in path or "check_agreement" in path]
    assert plan.agreements() == [] and plan.probe_settings() == plan.agreement_settings() == "{}"
    assert plan.scored_verdicts() == "<results>/filter_responses/{source}/{shard}.parquet"
    assert plan.bought_pieces("generate_probe_responses") == []
    assert set(plan.config["filter_responses"]) <= {"finished", "answer", "min_characters"}


def test_the_comparison_stands_between_filter_and_scores():
    plan = Plan(validate(changed(added(), ("filter_responses", {"finished": True, "answer": ["boxed"], **RULES}))))
    stages = plan.every_stage()
    assert stages[stages.index("filter_responses") :] == [
        "filter_responses", "check_agreement", "score_responses", "select_responses",
    ]  # fmt: skip
    ledgers = plan.every_ledger()
    for rule in ("generate_probe_responses", "check_agreement"):
        assert sum(f"/ledger/{rule}/" in path for path in ledgers) == len(plan.pieces())
    assert plan.scored_verdicts() == plan.agreements()[0] == "<results>/check_agreement/{source}/{shard}.parquet"
    assert plan.bought_pieces("generate_probe_responses") == plan.bought_pieces("generate_responses")
    assert "config/prompts/response_short.yaml" in plan.prompts()
    assert configuration_models.asked(plan.config)["generate_probe_responses"] == {"smollm2"}


def test_how_answers_are_compared_is_no_setting_of_the_purchase():
    one, other = (Plan(validate(changed(added(keep=keep, agrees=agrees)))) for keep, agrees in WAYS)
    assert one.probe_settings() == other.probe_settings()
    assert one.agreement_settings() != other.agreement_settings()


WAYS = [("differing", "any"), ("agreeing", "majority")]


def test_a_probe_needs_a_data_set():
    from synthesis.configuration_dataset import STAGES

    edits = [(stage, REMOVE) for stage in (*STAGES, "score_responses")]
    assert_refused([*edits, added()], ["check_agreement is for runs that make a data set"])
