"""A small run whose responses vote, whose steps are graded and whose scorers are measured; the stand-in writes."""

import csv
from collections import Counter

import pytest
from workflow import Clone

pytestmark = pytest.mark.workflow

LABELS = {"file": "config/examples/labelled_responses.jsonl"}
STEPS = {
    "model": "writer",
    "method": "steps",
    "prompt": "config/prompts/grade_steps.yaml",
    "verdict": {"probability": {"yes": "Yes", "no": "No"}},
    "steps": {"split": "lines", "method": "grade", "aggregate": "min"},
}
LIKELIHOOD = {"model": "writer", "method": "log_likelihood", "prompt": "config/prompts/response_short.yaml"}
SAMPLES = 4


def rewards_config(clone: Clone) -> dict:
    config = clone.config(
        generate_questions__sources__writer={
            "empty_prefix": clone.config()["generate_questions"]["sources"]["writer"]["empty_prefix"],
            "total": 12, "shard_size": 6,
        },
        select_questions__sources__writer={"method": "none", "shortfall": "warn"},
        generate_responses__samples=SAMPLES,
        select_responses={"method": "best_of_majority", "smallest_majority": 0.25},
    )  # fmt: skip
    config["score_responses"] = STEPS
    config["measure_reward"] = {"own": {"labels": LABELS}, "other": {"score": LIKELIHOOD, "labels": LABELS}}
    return config


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp("rewards"))
    clone.write_config(rewards_config(clone))
    clone.run()
    return clone


def table(clone: Clone, name: str) -> list[dict]:
    with (clone.folder / f"results/trial/tables/{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_question_has_the_best_response_of_its_largest_group(clone):
    groups = {(row["question_id"], row["sample"]): row["group"] for row in clone.rows("group_answers")}
    rewards = {(row["question_id"], row["sample"]): row for row in clone.rows("score_responses")}
    assert groups.keys() == rewards.keys()
    assert all(row["reward"] == min(row["step_rewards"]) for row in rewards.values())
    chosen = [row for row in clone.rows("select_responses") if row["keep"]]
    assert len(chosen) == len({name for name, _ in groups}) == len(clone.rows("dataset/data")) > 5
    for row in chosen:
        name, sample = row["question_id"], row["sample"]
        own = {key: group for key, group in groups.items() if key[0] == name}
        votes = Counter(own.values())
        assert votes[own[name, sample]] == max(votes.values())
        rivals = [key for key in own if votes[own[key]] == max(votes.values())]
        assert row["score"] == max(rewards[key]["reward"] for key in rivals)


def test_the_report_tells_of_rewards_and_measurements(clone):
    rows = table(clone, "rewards")
    assert [row["outcome"] for row in rows] == ["chosen", "rejected"]
    assert sum(int(row["responses"]) for row in rows) == len(clone.rows("score_responses"))
    measured = {row["measurement"]: row for row in table(clone, "measured_rewards")}
    assert {name: (row["method"], row["is_check_of_measurement"]) for name, row in measured.items()} == {
        "own": ("steps of grade", "true"), "other": ("log_likelihood", "true"),
    }  # fmt: skip
    assert all(row["questions_with_choice"] == "3" and 0 <= float(row["auc"]) <= 1 for row in measured.values())
    funnel = {row["outcome"] for row in table(clone, "funnel") if row["stage"] == "select_responses"}
    assert funnel <= {"kept", "lower_reward", "minority_answer"}
    steps = {row["step"]: row for row in table(clone, "costs")}
    assert float(steps["measure_reward"]["spent"]) > 0 and steps["measure_reward"]["phase"] == "Evaluation"
    results = clone.folder / "results/trial"
    assert (results / "figures/rewards.svg").is_file() and (results / "pages/measured_rewards.html").is_file()


def test_a_vote_without_scores_buys_nothing(clone, tmp_path):
    twin = clone.copied_to(tmp_path / "twin")
    before, bought = twin.attempts(), twin.bought()
    config = rewards_config(twin)
    config["select_responses"] = {"method": "majority"}
    del config["measure_reward"]["own"]
    del config["score_responses"]
    twin.write_config(config)
    twin.run("dataset")
    assert twin.bought() == bought
    assert "select_responses" in twin.rules_that_ran(before)
    assert not {"group_answers", "score_responses", "measure_reward"} & twin.rules_that_ran(before)
    assert all(row["score"] is None for row in twin.rows("select_responses"))
