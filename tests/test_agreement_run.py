"""A whole run in which a probe answers too: whom it is asked about, what is kept either way, and what is bought."""

import csv
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from synthesis import costs
from synthesis.answers import the_answer_is
from synthesis.pending import gpus_for
from workflow import Clone, Inputs, bought_since, plan_in

pytestmark = pytest.mark.workflow

PROMPT = "config/prompts/response_short.yaml"
# The stand-in engine answers at random, so that only many samples find the same answer.
PROBE = {
    "model": "writer",
    "prompt": PROMPT,
    "samples": 40,
    "sampling": {"temperature": 0.7, "max_tokens": 64},
    "answer": ["the_answer_is"],
    "keep": "differing",
}
# A filter that rejects both responses of some questions: numbers of one digit end in fewer characters.
MIN_CHARACTERS = len("We add the two numbers. The answer is 10.")
LATER = {"score_responses", "select_responses", "assemble_dataset", "write_dataset_card", "tabulate_funnel"}
LATER |= {"check_funnel", "tabulate_costs", "plot_costs", "plot_funnel", "plot_rewards", "sample_rejections"}
LATER |= {"tabulate_reward_distribution"}
LATER |= {"tabulate_contamination", "sample_pairs"}


def with_probe(clone: Clone, **changes) -> dict:
    config = clone.config(filter_responses__min_characters=MIN_CHARACTERS)
    config["check_agreement"] = {**PROBE, **changes}
    return config


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp("finished"))
    clone.write_config(with_probe(clone))
    clone.run()
    return clone


@pytest.fixture
def clone(finished, tmp_path):
    return finished.copied_to(tmp_path / "moved")


def kept(rows) -> set[tuple]:
    return {(row["question_id"], row["sample"]) for row in rows if row["keep"]}


def solved(clone: Clone) -> set[tuple]:
    """The responses that passed the filter and whose answer the probe gives in one of its samples."""
    found: dict[str, set] = {}
    for row in clone.rows("generate_probe_responses"):
        found.setdefault(row["question_id"], set()).add(the_answer_is(row["response"]))
    filtered = [row for row in clone.rows("filter_responses") if row["keep"]]
    return {(row["question_id"], row["sample"]) for row in filtered if row["answer"] in found[row["question_id"]]}


def test_the_probe_is_asked_last_and_only_survivors_are_scored(finished):
    passed, agreeing = kept(finished.rows("filter_responses")), solved(finished)
    probed = {row["question_id"] for row in finished.rows("generate_probe_responses")}
    selected = {row["question_id"] for row in finished.rows("select_questions") if row["keep"]}
    assert probed == {question for question, _ in passed} < selected
    assert agreeing and agreeing < passed
    easy = {question for question, _ in agreeing}
    survivors = {key for key in passed if key[0] not in easy}
    verdicts = finished.rows("check_agreement")
    assert {(row["question_id"], row["sample"]) for row in verdicts} == passed
    assert kept(verdicts) == survivors
    reasons = {(row["question_id"], row["sample"]): row["reason"] for row in verdicts if not row["keep"]}
    assert {key for key, reason in reasons.items() if reason == "agrees_with_probe"} == agreeing
    assert set(reasons.values()) <= {"agrees_with_probe", "sibling_agrees_with_probe"}
    assert {(row["question_id"], row["sample"]) for row in finished.rows("score_responses")} == survivors
    assert {row["question_id"] for row in finished.rows("dataset/data")} == {question for question, _ in survivors}


def test_the_funnel_the_bill_the_card_and_the_status_tell_of_it(finished):
    results = finished.folder / "results/trial"
    stages = json.loads((results / "check_funnel/check_funnel.json").read_text())["stages"]["writer"]
    assert stages["filter_responses"]["kept"] == stages["check_agreement"]["in"]
    assert stages["check_agreement"]["kept"] == stages["score_responses"]["in"]
    assert "writer,check_agreement," in (results / "tables/funnel.csv").read_text()
    steps = {row["step"]: row for row in costs.read(results / "tables/costs.csv")}
    assert int(steps["generate_probe_responses"]["rows_bought"]) == finished.bought()["generate_probe_responses"] > 0
    assert steps["check_agreement"]["type"] == "CPU"
    card = (results / "dataset/README.md").read_text()
    assert "comparison with a probe" in card and "the probe" in card
    shown = finished.make("status", "CONFIG=trial.yaml")
    assert "generate_probe_responses" in shown and "check_agreement" in shown


def test_a_second_run_does_nothing_and_asks_for_no_gpu(clone, monkeypatch):
    assert "Nothing to be done" in clone.run()
    plan = plan_in(clone, monkeypatch)
    inputs = Inputs(
        model=str(next(Path("resources/models").glob("*/manifest.json"))),
        prompt=PROMPT,
        questions="results/trial/generate_questions/writer/00000.parquet",
        verdicts="results/trial/filter_responses/writer/00000.parquet",
    )
    asked = gpus_for(plan, "generate_probe_responses", "results/store")
    wildcards = SimpleNamespace(source="writer", shard="00000")
    assert asked(wildcards, inputs) == 0
    shutil.rmtree("results/store/generate_probe_responses")
    assert asked(wildcards, inputs) == 1


def test_the_other_side_and_then_no_comparison_buy_no_answer_again(clone):
    rows, ledgers = clone.bought(), clone.attempts()
    clone.write_config(with_probe(clone, keep="agreeing"))
    clone.run()
    assert clone.rules_that_ran(ledgers) == {"check_agreement", *LATER}
    assert kept(clone.rows("check_agreement")) == solved(clone)
    assert {row["reason"] for row in clone.rows("check_agreement")} == {"", "differs_from_probe"}
    assert {(row["question_id"], row["sample"]) for row in clone.rows("dataset/data")} <= solved(clone)
    first = bought_since(rows, clone.bought())
    assert first == {"score_responses": len(solved(clone))}

    rows, ledgers = clone.bought(), clone.attempts()
    config = with_probe(clone)
    del config["check_agreement"]
    clone.write_config(config)
    clone.run()
    assert clone.rules_that_ran(ledgers) == LATER
    assert set(bought_since(rows, clone.bought())) <= {"score_responses"}
    assert {row["question_id"] for row in clone.rows("dataset/data")} == {
        question for question, _ in kept(clone.rows("filter_responses"))
    }


def test_a_forecast_from_a_pilot_with_a_probe_counts_its_rows(clone):
    config = with_probe(clone) | {"run": "large", "forecast_cost": {"pilot": "trial", "gpus": 1}}
    config["generate_questions"]["sources"]["writer"]["total"] = 420
    config["select_questions"]["sources"]["writer"]["cap"] = 300
    clone.write_config(config)
    clone.run("forecast")
    with (clone.folder / "results/large/tables/forecast.csv").open() as file:
        rows = {row["step"]: row for row in csv.DictReader(file) if row["quantity"] == "rows"}
    asked, checked = (float(rows[rule]["value"]) for rule in ("generate_probe_responses", "check_agreement"))
    assert PROBE["samples"] < asked <= PROBE["samples"] * 300
    assert asked / PROBE["samples"] <= checked <= 2 * asked / PROBE["samples"]
