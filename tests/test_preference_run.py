"""A whole run with preference pairs on the stand-in engine: what is made, what runs again, what is bought."""

import csv

import pytest
from workflow import Clone, bought_since

pytestmark = pytest.mark.workflow

PAIRS = {"sample_raw_questions", "rewrite_questions", "build_preference_pairs"}
OPTIMISED = {
    "model": "writer",
    "system": None,
    "sample_raw_questions": {
        "total": 30,
        "shard_size": 20,
        "sampling": {"temperature": 1.0, "max_tokens": 64},
    },
    "rewrite_questions": {
        "model": "writer",
        "sampling": {"temperature": 0, "max_tokens": 128},
        "directions": {
            "solvability": {"prompt": "config/prompts/rewrite_solvability.yaml", "marker": "FINAL QUESTION"},
            "difficulty": {"prompt": "config/prompts/rewrite_difficulty.yaml", "marker": "Finally Rewritten Problem"},
        },
    },
    "build_preference_pairs": {"max_characters": 400, "held_out": 0.2},
    "training": {
        "epochs": 1,
        "learning_rate": 5.0e-7,
        "global_batch": 4,
        "max_tokens": 256,
        "packing": False,
        "precision": "float32",
        "seed": 1,
    },
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp("preferences"))
    clone.write_config(clone.config(optimize_generator={"better": OPTIMISED}))
    clone.run("preferences")  # the training that follows needs a real model
    return clone


def test_a_run_makes_the_pairs_and_then_nothing(clone):
    results = clone.folder / "results/trial"
    pairs, verdicts = (clone.rows("build_preference_pairs", suffix=suffix) for suffix in ("better", "better.verdicts"))
    assert len(verdicts) == 30
    assert len(pairs) == sum(row["keep"] for row in verdicts) > 10
    with (results / "tables/preference_pairs_better.csv").open() as file:
        assert sum(int(row["rows"]) for row in csv.DictReader(file)) == 30
    assert "Nothing to be done" in clone.run("preferences")


def test_changes_buy_only_what_is_new(clone):
    ledgers, rows = clone.attempts(), clone.bought()
    config = clone.config(optimize_generator={"better": OPTIMISED})
    settings = config["optimize_generator"]["better"]
    settings["build_preference_pairs"] = {"held_out": 0.5}
    settings["rewrite_questions"]["directions"]["difficulty"]["marker"] = "finally rewritten problem"
    clone.write_config(config)
    clone.run("preferences")
    assert clone.rules_that_ran(ledgers) == {"rewrite_questions", "build_preference_pairs"}
    assert bought_since(rows, clone.bought()) == {}
    ledgers = clone.attempts()
    settings["sample_raw_questions"].update(total=36, shard_size=12)
    clone.write_config(config)
    clone.run("preferences")
    assert clone.rules_that_ran(ledgers) == PAIRS
    assert bought_since(rows, clone.bought()) == {"sample_raw_questions": 6, "rewrite_questions": 6}


def test_forgotten_rewrites_are_bought_again(clone):
    rows = clone.bought()
    clone.make("forget", "CONFIG=trial.yaml", "STAGE=rewrite_questions", "SHARD=better/00000")
    clone.run("preferences")
    assert bought_since(rows, clone.bought()) == {"rewrite_questions": 12}
