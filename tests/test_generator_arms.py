"""Which generators are compared, and which questions of theirs."""

import copy
from types import SimpleNamespace

from changed_configuration import COMPARISON, DEMO, SOURCE, assert_refused, changed, validate
from synthesis.generator_arms import arms
from synthesis.plan import Plan

OPTIMISED = "optimize_generator.smollm2_optimized"


def found(*edits) -> list[tuple]:
    return [tuple(arm) for arm in arms(validate(changed(*edits)))]


def test_the_demo_has_an_arm_for_each_step_and_samples_the_untuned_model_alone():
    assert found() == [
        ("smollm2", "smollm2", "none", "sample_generators", "smollm2-smollm2"),
        ("smollm2", "smollm2_tuned", "train_generator", "sample_raw_questions", "smollm2_optimized"),
        ("smollm2", "smollm2_optimized", "optimize_generator", "generate_questions", "smollm2"),
    ]


def test_without_preference_pairs_there_are_two_steps():
    assert [arm[1] for arm in found((f"{SOURCE}.empty_prefix.model", "smollm2_tuned"))] == ["smollm2", "smollm2_tuned"]


def test_raw_questions_that_were_sampled_otherwise_are_not_compared():
    for edit in [(f"{OPTIMISED}.system", None), (f"{OPTIMISED}.sample_raw_questions.sampling.top_p", 0.9)]:
        assert found(edit)[1][3:] == ("sample_generators", "smollm2-smollm2_tuned")
    greedy = [(f"{SOURCE}.empty_prefix.sampling.top_k", 0), (f"{OPTIMISED}.sample_raw_questions.sampling.top_k", -1)]
    assert found(*greedy)[1][3] == "sample_raw_questions"


def test_sources_without_a_tuned_model_are_left_out():
    imported = {"imported": {"file": "config/examples/questions.jsonl"}, "total": 4, "shard_size": 4}
    plain = copy.deepcopy(DEMO["generate_questions"]["sources"]["smollm2"])
    plain["empty_prefix"]["model"] = "smollm2"
    edits = []
    for name, source in {"own": imported, "plain": plain}.items():
        edits += [(f"generate_questions.sources.{name}", source)]
        edits += [(f"select_questions.sources.{name}", {"method": "none", "shortfall": "warn"})]
    assert {arm[0] for arm in found(*edits)} == {"smollm2"}


def test_only_the_shards_that_are_needed_are_inputs():
    sharded = changed((f"{SOURCE}.shard_size", 32), ("tabulate_generators", {**COMPARISON, "questions": 33}))
    plan = Plan(validate(sharded))
    assert plan.arm_questions() == [
        "<results>/sample_generators/smollm2/smollm2.parquet",
        "<results>/sample_raw_questions/smollm2_optimized/00000.parquet",
        "<results>/generate_questions/smollm2/00000.parquet",
        "<results>/generate_questions/smollm2/00001.parquet",
    ]
    sharded["tabulate_generators"]["questions"] = 32
    assert len(Plan(validate(sharded)).arm_questions()) == 3


def test_without_a_comparison_nothing_is_planned_for_it():
    config = changed()
    config.pop("tabulate_generators", None)
    plan = Plan(validate(config))
    assert plan.comparison_files() == plan.comparison_ledgers() == plan.arm_questions() == plan.scored_before() == []


def test_judges_that_ask_the_same_wait_for_one_another():
    judge = DEMO["judge_questions"]["judges"][0]
    probability = {"yes": "Yes", "no": "No", "threshold": 0.5}
    strict = {**judge, "name": "strict", "verdict": {"probability": probability}}
    other = {**judge, "name": "other", "prompt": "config/prompts/solvability.yaml"}
    shares = {name: {"judge": name} for name in ("strict", "other", "solvability")}
    edits = [("judge_questions.judges", [judge, strict, other])]
    plan = Plan(validate(changed(*edits, ("tabulate_generators", {"questions": 8, "shares": shares}))))
    before = {name: plan.judged_before(SimpleNamespace(judge=name)) for name in shares}
    assert before["solvability"][-1] == "<results>/judge_generators/strict.parquet"
    assert [len(files) for files in before.values()] == [1, 1, 2]


def test_a_source_with_the_name_of_an_optimised_generator_is_not_compared():
    source = DEMO["generate_questions"]["sources"]["smollm2"]
    edits = [
        ("generate_questions.sources", {"smollm2_optimized": source}),
        ("select_questions.sources", {"smollm2_optimized": DEMO["select_questions"]["sources"]["smollm2"]}),
        ("tabulate_generators", {**COMPARISON, "questions": 8}),
    ]
    assert_refused(edits, ["sources.smollm2_optimized has the name of an optimised generator", "another name"])
