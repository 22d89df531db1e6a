"""A whole run whose scorers learn from a solver's answers: the stand-in writes, two-layer models score."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import ROOT
from synthesis import configuration, identity
from synthesis.engines.stand_in_engine import StandInEngine
from synthesis.grading import answer_in
from synthesis.pending import gpus_for
from synthesis.plan import Plan
from synthesis.prompts import load_prompt
from synthesis.requests import problem_requests
from test_trained_run import TRAINING, make_base_model, trained_config
from workflow import Clone, Inputs, bought_since

pytestmark = pytest.mark.workflow

PROMPT = "config/prompts/response_short.yaml"
SAMPLING = {"temperature": 0.7, "max_tokens": 64}
SAMPLES = 2
FAIL_RATES = {"sample_fail_rates", "grade_fail_rates"}
SCORING = {"train_difficulty_scorer", "train_reward_model", "score_difficulty", "score_responses"}


def scorer_config(clone: Clone, samples: int = SAMPLES) -> dict:
    """The small run, all of whose scores come from models that learnt from the stand-in's answers to the problems."""
    config = clone.config(
        problems__seeds__source={"file": {"path": "seeds.jsonl"}},
        generate_questions__sources__writer__shard_size=42,
    )
    config["models"]["base"] = trained_config(clone)["models"]["base"]
    solver = {"model": "writer", "prompt": PROMPT, "samples": samples, "sampling": SAMPLING, "shards": 2}
    config["sample_fail_rates"] = {"solver": solver}
    scorer = {"model": "base", "held_out": 0.2, "training": {**TRAINING, "packing": False, "epochs": 4}}
    config["train_difficulty_scorer"] = {"difficulty": {**scorer, "labels": {"sample_fail_rates": "solver"}}}
    config["train_reward_model"] = {"reward": {**scorer, "sample_fail_rates": "solver"}}
    config["score_difficulty"] = {"scorers": {"head": {"method": "regression", "model": "difficulty"}}}
    config["select_questions"]["sources"]["writer"] = {
        "method": "quantile", "share": 0.5, "calibration_shards": 1, "shortfall": "warn",
    }  # fmt: skip
    config["score_responses"] = {"model": "reward", "method": "reward", "prompt": PROMPT}
    return config


def write_problems(clone: Clone) -> dict[str, float]:
    """Write 60 problems of which the stand-in gets two thirds right in some sample; returns their fail rates by id."""
    texts = [f"A farm has {number} hens and buys {number * 3 % 7} more. How many are there?" for number in range(60)]
    problems = [
        {"problem_id": identity.problem_id("seeds", text), "source": "seeds", "problem": text, "answer": "?"}
        for text in texts
    ]
    requests = problem_requests(7, "sample_fail_rates", problems, load_prompt(ROOT / PROMPT), SAMPLES)
    written = [answer_in(found.text) for [(_, found)] in StandInEngine().generate(requests, SAMPLING)]
    rates = {}
    with (clone.folder / "seeds.jsonl").open("w") as file:
        for number, problem in enumerate(problems):
            answers = written[number * SAMPLES :][:SAMPLES]
            reference = [*answers, "1000"][number % 3]
            file.write(json.dumps({"problem": problem["problem"], "answer": reference}) + "\n")
            rates[problem["problem_id"]] = sum(answer != reference for answer in answers) / SAMPLES
    return rates


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp("scorers"))
    make_base_model(clone)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
        rates = write_problems(clone)
    clone.write_config(scorer_config(clone))
    clone.run("scorers")
    assert clone.rules_that_ran({}) - {"fetch_model", "fetch_problems", "fetch_benchmark", "merge_problems"} == {
        *FAIL_RATES, "train_difficulty_scorer", "train_reward_model",
    }  # fmt: skip
    clone.run()
    return clone, rates


def test_the_rates_are_those_of_the_training_problems_alone(finished):
    clone, expected = finished
    rates = {row["problem_id"]: row["fail_rate"] for row in clone.rows("grade_fail_rates")}
    trained = {row["problem_id"] for row in clone.rows("merge_problems", suffix="train")}
    assert 40 < len(trained) < 60
    assert rates == {name: rate for name, rate in expected.items() if name in trained}
    assert {0.5, 1.0} <= set(rates.values())
    answers = clone.rows("sample_fail_rates")
    assert len(answers) == clone.bought()["sample_fail_rates"] == SAMPLES * len(trained)


def test_both_scorers_learn_and_decide(finished):
    clone, _ = finished
    results = clone.folder / "results/trial"
    reports = [
        json.loads((results / path / "training.json").read_text())
        for path in ("train_difficulty_scorer/difficulty", "train_reward_model/reward")
    ]
    rates = [row["fail_rate"] for row in clone.rows("grade_fail_rates")]
    assert [report["rows"] + report["rows_held_out"] for report in reports] == [len(rates), rates.count(0.5)]
    scores = {row["question_id"]: row["score"] for row in clone.rows("score_difficulty")}
    threshold = json.loads((results / "select_questions/thresholds.json").read_text())["writer"]
    kept = {row["question_id"]: row["keep"] for row in clone.rows("select_questions")}
    assert kept == {name: score >= threshold for name, score in scores.items()}
    assert 0 < sum(kept.values()) < len(kept)
    rewards = {(row["question_id"], row["sample"]): row["reward"] for row in clone.rows("score_responses")}
    assert len(set(rewards.values())) > len(rewards) / 2
    chosen = {row["question_id"]: row["reward"] for row in clone.rows("dataset/data")}
    assert chosen == {
        name: max(reward for (question, _), reward in rewards.items() if question == name) for name in chosen
    }
    assert "Nothing to be done" in clone.run()


def test_the_bill_and_the_card_name_what_the_scores_rest_on(finished):
    clone, _ = finished
    with (clone.folder / "results/trial/tables/costs.csv").open(newline="") as file:
        steps = {row["step"]: row for row in csv.DictReader(file)}
    scorers = {step for step, row in steps.items() if row["phase"] == "Scorers"}
    assert scorers == {*FAIL_RATES, "train_difficulty_scorer", "train_reward_model"}
    assert float(steps["sample_fail_rates"]["cost"]) > 0
    card = (clone.folder / "results/trial/dataset/README.md").read_text()
    for role in ("solver `solver`", "start of `difficulty`, start of `reward`", "difficulty |", "scores |"):
        assert role in card


def test_jobs_whose_rows_or_model_are_there_ask_for_no_gpu(finished, monkeypatch):
    clone, _ = finished
    monkeypatch.chdir(clone.folder)
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    config = configuration.load(Path("trial.yaml"))
    configuration.validate(config)
    plan = Plan(config)

    def real(path: str) -> str:
        return path.replace("<results>", "results/trial").replace("<resources>", "resources")

    def inputs(**files) -> Inputs:
        return Inputs(
            **{
                name: real(value) if isinstance(value, str) else [real(path) for path in value]
                for name, value in files.items()
            }
        )

    problems = "<results>/merge_problems/train.parquet"
    solver = SimpleNamespace(sampled="solver", shard="00001")
    difficulty, reward = SimpleNamespace(trained="difficulty"), SimpleNamespace(trained="reward")
    jobs = {
        "sample_fail_rates": (solver, inputs(model=plan.manifest("writer"), problems=problems, prompt=PROMPT)),
        "train_difficulty_scorer": (
            difficulty,
            inputs(model=plan.manifest("base"), labels=[], rates=plan.label_rates(difficulty), problems=problems),
        ),
        "train_reward_model": (
            reward,
            inputs(
                model=plan.manifest("base"),
                problems=problems,
                prompt=plan.ranking_prompt(reward),
                answers=plan.ranking_files("sample_fail_rates")(reward),
                grades=plan.ranking_files("grade_fail_rates", ".grades")(reward),
            ),
        ),
    }
    for stage, job in jobs.items():
        assert gpus_for(plan, stage, "results/store")(*job) == 0, stage
        assert gpus_for(plan, stage, "another/store")(*job) == 1, stage


def test_another_way_to_write_grades_buys_nothing(finished):
    clone, _ = finished
    path = clone.folder / "scripts/code_versions.json"
    versions = json.loads(path.read_text())
    versions["grade_fail_rates"]["output"] += 1
    path.write_text(json.dumps(versions))
    ledgers, rows = clone.attempts(), clone.bought()
    clone.run()
    ran = clone.rules_that_ran(ledgers)
    assert {"grade_fail_rates", *SCORING} <= ran
    assert not {"sample_fail_rates", "generate_questions", "judge_questions"} & ran
    assert bought_since(rows, clone.bought()) == {}


def test_one_more_sample_buys_only_the_added_ones(finished):
    clone, _ = finished
    before, rows = clone.rows("sample_fail_rates"), clone.bought()
    clone.write_config(scorer_config(clone, SAMPLES + 1))
    clone.run("--until", "grade_fail_rates")
    assert bought_since(rows, clone.bought()) == {"sample_fail_rates": len(before) // SAMPLES}
    after = clone.rows("sample_fail_rates")
    assert [row for row in after if row["sample"] < SAMPLES] == before
    assert {row["samples"] for row in clone.rows("grade_fail_rates")} == {SAMPLES + 1}


def test_answers_of_a_solver_can_be_forgotten(finished):
    clone, _ = finished
    count = len(clone.rows("sample_fail_rates"))
    refused = clone.make("forget", "CONFIG=trial.yaml", "STAGE=sample_fail_rates", "SHARD=solver/00000", fails=True)
    assert "sample_fail_rates stores no rows by shard" in refused
    assert f"{count} rows of sample_fail_rates moved" in clone.make(
        "forget", "CONFIG=trial.yaml", "STAGE=sample_fail_rates"
    )
    assert clone.rows("sample_fail_rates") == []
