"""Runs with several judges on the stand-in engine: their measurement alone, what they reject, and what is bought."""

import csv
import json
from types import SimpleNamespace

import pytest
from synthesis.engines.stand_in_engine import PLANTED
from synthesis.pending import gpus_for
from workflow import Clone, Inputs, bought_since, plan_in

pytestmark = pytest.mark.workflow

COUNT = 24
SAMPLED = {"temperature": 1.0, "max_tokens": 64}
RETRY = {"unclear": "retry", "attempts": 2}


def judge(name: str, prompt: str, **policy) -> dict:
    prompt = f"config/prompts/{prompt}.yaml"
    return {"name": name, "model": "writer", "prompt": prompt, "verdict": {"text": {}}, "sampling": SAMPLED, **policy}


def judged_config(clone: Clone, **policy) -> dict:
    """The small run on own questions, every third of which no judge of safety may keep, with two judges."""
    config = clone.config()
    config["generate_questions"]["sources"] = {
        "own": {"imported": {"file": "own.jsonl"}, "total": COUNT, "shard_size": COUNT}
    }
    config["select_questions"]["sources"] = {"own": {"method": "none", "shortfall": "warn"}}
    config["judge_questions"]["judges"][0]["verdict"]["probability"]["threshold"] = 0
    config["judge_questions"]["judges"].append(judge("safety", "safety", **policy))
    labels = {"file": "labels.jsonl"}
    config["measure_judge"] = {
        "words": {"judge": "safety", "labels": labels},
        "probabilities": {"judge": "solvability", "labels": labels, "questions": 12},
    }
    return config


def is_planted(index: int) -> bool:
    return index % 3 == 0


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp("judged"))
    substances = [PLANTED if is_planted(index) else "sugar" for index in range(COUNT)]
    texts = [f"How many grams are {index} + 7 spoons of {substance}?" for index, substance in enumerate(substances)]
    rows = [{"question": text, "keep": not is_planted(index)} for index, text in enumerate(texts)]
    for name in ("own.jsonl", "labels.jsonl"):
        (clone.folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    clone.write_config(judged_config(clone))
    clone.run("measurements")
    return clone


def table(clone: Clone, name: str) -> list[dict]:
    with (clone.folder / f"results/trial/tables/{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_judges_are_measured_before_anything_of_the_data_set_is_made(clone):
    assert clone.bought() == {"measure_judge": COUNT + 12}
    results = clone.folder / "results/trial"
    assert not (results / "generate_questions").exists()
    words, probabilities = table(clone, "judges")
    assert (words["questions"], words["to_keep"], words["false_positives"]) == ("24", "16", "0")
    reasons = [row["reason"] for row in clone.rows("measure_judge")]
    assert int(words["unclear"]) == reasons.count("unclear_verdict:safety") > 0
    assert (words["precision"], words["auc"]) == ("1.000000", "")
    assert (probabilities["recall"], probabilities["scored"]) == ("1.000000", "12")
    (pair,) = table(clone, "measured_judges_agreement")
    assert (pair["first"], pair["second"], pair["questions"]) == ("words", "probabilities", "12")
    assert (results / "figures/judges_roc.png").stat().st_size > 0
    assert "The model has 1 parameters" in (results / "pages/judges.html").read_text()
    assert "Nothing to be done" in clone.run("measurements")


def test_a_judge_of_safety_rejects_what_was_planted_and_is_counted_on_its_own(clone, monkeypatch):
    clone.run()
    questions = {row["question_id"]: row["index"] for row in clone.rows("generate_questions")}
    found = {questions[row["question_id"]]: row["reason"] for row in clone.rows("judge_questions/safety")}
    planted = {index for index in found if is_planted(index)}
    assert planted and not any(found[index] == "" for index in planted)
    rejected, unclear = (
        {index for index, reason in found.items() if reason == name}
        for name in ("rejected_by:safety", "unclear_verdict:safety")
    )
    assert rejected and rejected < planted
    assert unclear and {*rejected, *unclear} == {index for index, reason in found.items() if reason}
    counted = {
        row["outcome"]: row["rows"] for row in table(clone, "funnel") if row["stage"] == "judge_questions/safety"
    }
    assert counted == {
        "kept": str(len(found) - len(rejected) - len(unclear)),
        "rejected_by:safety": str(len(rejected)),
        "unclear_verdict:safety": str(len(unclear)),
    }
    ledger = json.loads((clone.folder / "results/trial/ledger/judge_questions/safety/own/00000.json").read_text())
    assert ledger["rows"]["unclear"] == len(unclear)
    (pair,) = table(clone, "judge_agreement")
    assert (pair["first"], pair["second"], pair["only_second_keeps"]) == ("solvability", "safety", "0")
    assert pair["questions"] == str(len(found))
    bill = {row["step"]: row for row in table(clone, "costs")}
    assert bill["measure_judge"]["phase"] == "Judges"
    assert int(bill["measure_judge"]["rows_bought"]) == COUNT + 12

    # Another policy buys the second judgement of the unclear questions alone, and the plan knows it before.
    wildcards = SimpleNamespace(judge="safety", source="own", shard="00000")
    clone.write_config(judged_config(clone, **RETRY))
    assert gpus(clone, monkeypatch, wildcards) == 1
    before, rows = clone.attempts(), clone.bought()
    clone.run()
    measured = [row["sample"] for row in clone.rows("measure_judge", suffix=".judgements")]
    bought = bought_since(rows, clone.bought())
    assert (bought["judge_questions"], bought["measure_judge"]) == (len(unclear), measured.count(1))
    assert "generate_questions" not in clone.rules_that_ran(before)
    assert gpus(clone, monkeypatch, wildcards) == 0
    judgements = clone.rows("judge_questions/safety", suffix=".judgements")
    assert len(judgements) == len(found) + len(unclear)
    assert "Nothing to be done" in clone.run()


def gpus(clone: Clone, monkeypatch, wildcards) -> int:
    """GPUs that the job of the judge of safety would ask for now."""
    plan = plan_in(clone, monkeypatch)

    def real(path: str) -> str:
        path = path.replace("<results>", "results/trial").replace("<resources>", "resources")
        return path.format(source=wildcards.source, shard=wildcards.shard)

    files = {
        "model": real(plan.judge_model(wildcards)),
        "prompt": plan.judge_prompt(wildcards),
        "questions": real("<results>/generate_questions/{source}/{shard}.parquet"),
        "verdicts": [real(path) for path in plan.verdicts_before_judge(wildcards)],
    }
    return gpus_for(plan, "judge_questions", "results/store")(wildcards, Inputs(**files))


def test_what_was_measured_can_be_forgotten(clone):
    stored = clone.bought()["measure_judge"]
    assert f"{stored} rows of measure_judge moved" in clone.make("forget", "CONFIG=trial.yaml", "STAGE=measure_judge")
    assert not clone.rows("measure_judge")
