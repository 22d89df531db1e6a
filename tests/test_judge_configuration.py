"""What the configuration of judges and of their measurement may say, and which sentence refuses the rest."""

import copy
import json
from types import SimpleNamespace

import pytest
from changed_configuration import DEMO, GREEDY, JUDGE, TEXT_JUDGE, assert_refused, changed, validate
from conftest import ROOT
from synthesis import configuration, configuration_models, configuration_paths
from synthesis.plan import Plan

SAMPLED = {"temperature": 0.7, "max_tokens": 8, "top_p": 1}
LABELS = {"file": "config/examples/solvability.jsonl"}
TEXT = {**TEXT_JUDGE, "sampling": SAMPLED}
OWN = {name: TEXT[name] for name in ("model", "prompt", "verdict", "sampling")}
FIRST = "judge_questions.judges[0]"


def judge(**settings) -> list[tuple]:
    """An edit of the demo: its judge reads words and has these settings."""
    return [(JUDGE, {**copy.deepcopy(TEXT), **settings})]


def measured(**settings) -> list[tuple]:
    """An edit of the demo: a measurement with these settings."""
    return [("measure_judge", {"m": {"labels": dict(LABELS), **copy.deepcopy(settings)}})]


@pytest.mark.parametrize(
    "edits",
    [
        judge(unclear="reject"),
        judge(unclear="retry", attempts=3),
        judge(unclear="majority", samples=5),
        measured(judge="solvability"),
        measured(**OWN, unclear="majority", samples=3, questions=10),
    ],
)
def test_what_judges_may_say(edits):
    validate(changed(*edits))


@pytest.mark.parametrize(
    ("edits", "fragments"),
    [
        (judge(unclear="retry"), [f"{FIRST}.attempts is missing", "`unclear: retry`", "how many"]),
        (judge(unclear="majority", attempts=3), [f"{FIRST}.samples is missing"]),
        (judge(unclear="retry", attempts=3, samples=3), [f"{FIRST}.samples has no effect", "remove it"]),
        (judge(attempts=3), [f"{FIRST}.attempts has no effect with `unclear: reject`"]),
        (judge(unclear="retry", attempts=1), [f"{FIRST}.attempts", "at least 2"]),
        (judge(unclear="sometimes"), [f"{FIRST}.unclear is 'sometimes'", "reject", "retry", "majority"]),
        (
            judge(unclear="retry", attempts=3, sampling=GREEDY),
            [f"{FIRST}.unclear is retry", "temperature is 0", "would be the same", "`unclear: reject`"],
        ),
        (judge(unclear="majority", samples=3, sampling=GREEDY), [f"{FIRST}.unclear is majority", "temperature is 0"]),
        (
            [(f"{JUDGE}.unclear", "majority"), (f"{JUDGE}.samples", 3)],
            [f"{FIRST}.unclear is majority", "a probability verdict samples nothing"],
        ),
        (measured(judge="solvable"), ["measure_judge.m.judge is 'solvable'", "did you mean solvability?"]),
        (measured(judge="solvability", sampling=SAMPLED), ["measure_judge.m.sampling has no effect", "remove it"]),
        (measured(), ["measure_judge.m needs exactly one of judge, model"]),
        (measured(model="smollm2"), ["measure_judge.m.prompt is missing", "model, prompt and verdict"]),
        (measured(**{**OWN, "model": "smollm"}), ["measure_judge.m.model is 'smollm'", "did you mean smollm2?"]),
        (measured(**{**OWN, "prompt": "no.yaml"}), ["measure_judge.m.prompt is no.yaml", "does not exist"]),
        (
            [("measure_judge", {"m": {"judge": "solvability", "labels": {"file": "config/examples/solvable.jsonl"}}})],
            ["measure_judge.m.labels.file", "does not exist", "did you mean config/examples/solvability.jsonl?"],
        ),
        (
            measured(**{**OWN, "sampling": {"temperature": 1, "max_tokens": 2048}}),
            ["measure_judge.m needs", "2048", "lower measure_judge.m.sampling.max_tokens"],
        ),
    ],
)
def test_what_is_refused(edits, fragments):
    assert_refused(edits, fragments)


def test_a_measurement_is_completed_and_known_everywhere():
    config = validate(changed(*measured(**OWN, questions=10)))
    assert config["measure_judge"]["m"]["sampling"] == {"temperature": 0.7, "max_tokens": 8}
    assert dict(configuration_models.uses(config))["measure_judge.m.model"] == "smollm2"
    assert "measure_judge.m.model" not in dict(configuration_models.uses_for_dataset(config))
    assert configuration_models.asked(config)["measure_judge"] == {"smollm2"}
    assert "measure_judge.m.prompt" in [setting.where for setting in configuration_paths.prompts(config)]
    assert "measure_judge.m.labels.file" in [setting.where for setting in configuration_paths.data_files(config)]
    plan, job = Plan(config), SimpleNamespace(measured="m")
    assert plan.measured_sample(job) == ("question", "keep", config["seed"], 10)
    assert json.loads(plan.measured_settings(job)) == {
        "name": "m", "questions": 10, "sampling": {"max_tokens": 8, "temperature": 0.7}, "verdict": {"text": {}},
    }  # fmt: skip
    assert "measure_judge" not in plan.card_settings()


def test_measurements_that_ask_the_same_wait_for_each_other():
    own = {"labels": LABELS, **OWN}
    names = {"a": own, "b": {**own, "prompt": "config/prompts/safety.yaml"}, "c": {**own, "questions": 5}}
    plan = Plan(validate(changed(("measure_judge", copy.deepcopy(names)))))
    before = {name: plan.measured_before(SimpleNamespace(measured=name)) for name in names}
    assert before == {"a": [], "b": [], "c": ["<results>/measure_judge/a.parquet"]}


def test_a_judge_can_be_measured_without_a_data_set():
    config = {name: copy.deepcopy(DEMO[name]) for name in ("run", "seed", "models", "prices")}
    config |= {"problems": {}, "measure_judge": {"m": {"labels": dict(LABELS), **OWN}}}
    plan = Plan(validate(config))
    assert not plan.makes_dataset()
    assert [rule for rule, _ in plan.priced_jobs()] == ["fetch_model", "measure_judge"]
    assert plan.fetched_models() == ["smollm2"]


def test_the_demo_measures_its_judge_on_as_many_questions_of_both_kinds():
    config = validate(configuration.load(ROOT / "config/demo.yaml"))
    (name,) = config["measure_judge"]
    path = ROOT / config["measure_judge"][name]["labels"]["file"]
    labels = [json.loads(line)["keep"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert (labels.count(True), labels.count(False)) == (12, 12)
