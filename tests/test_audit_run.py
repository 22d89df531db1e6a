"""A whole run with an audit and the diversity of its questions: what is bought, what runs again, what it costs."""

import csv
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from synthesis import costs
from synthesis.pending import gpus_for
from test_graph import job_counts
from tiny_model import make_tiny_model
from workflow import ABOUT_THE_RUN, Clone, Inputs, bought_since, plan_in

pytestmark = pytest.mark.workflow

WORDS = {"yes": "Yes", "no": "No", "threshold": 0.5}
MAP = {"map_questions", "plot_question_map"}
DIVERSITY = {"measure_diversity", "tabulate_diversity", "plot_diversity", *MAP}


def audited_config(clone: Clone, pairs: int) -> dict:
    """The small run with another model that judges, and one that embeds."""
    config = clone.config()
    config["models"]["auditor"] = dict(config["models"]["writer"])
    config["models"]["embedder"] = {
        **config["models"]["writer"],
        "engine": "transformers",
        "source": {"path": {"folder": "embedder"}},
        "pooling": "mean",
    }
    config["audit_dataset"] = {
        "model": "auditor",
        "pairs": pairs,
        "problem": {"prompt": "config/prompts/audit_problem_probability.yaml", "verdict": {"probability": WORDS}},
        "answer": {
            "prompt": "config/prompts/audit_answer.yaml",
            "verdict": {"text": {}},
            "sampling": {"temperature": 0, "max_tokens": 16},
        },
    }
    config["problems"]["sums"] = {"source": {"file": {"path": "tests/data/problems.jsonl"}}}
    config["measure_diversity"] = {"embedding_model": "embedder", "questions": 10, "topics": 3}
    config["measure_diversity"]["map_problems"] = ["sums"]
    return config


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp("audited"))
    # An embedder has no chat template and needs none.
    make_tiny_model(clone.folder / "embedder", chat_template=None)
    clone.write_config(audited_config(clone, 6))
    clone.run()
    return clone


def table(clone: Clone, name: str) -> list[dict]:
    with (clone.folder / f"results/trial/tables/{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_tables_tell_of_the_sample(clone):
    everything, published = table(clone, "audit")
    assert everything["pairs"] == "6" and published["set"] == "ScaleQuest (published)"
    verdicts = clone.rows("audit_dataset")
    assert len(verdicts) == 2 * 6
    assert {row["question_id"] for row in verdicts} <= {row["question_id"] for row in clone.rows("dataset/data")}
    found = {(row["texts"], row["compared_with"]): row["number"] for row in table(clone, "diversity")}
    assert found["questions", "each other"] == found["questions", "all seed problems"] == "10"
    assert table(clone, "diversity_growth")[9]["questions"] == str(len(clone.rows("dataset/data")))
    assert sum(int(row["questions"]) for row in table(clone, "diversity_topics")) == 10
    mapped = Counter(row["set"] for row in table(clone, "question_map"))
    assert mapped == {"data set": 10, "seeds": len(clone.rows("merge_problems", suffix="train")), "sums": 10}
    for name in ("diversity_growth", "diversity_topics", "question_map"):
        assert (clone.folder / f"results/trial/figures/{name}.png").stat().st_size > 1000
    assert "Nothing to be done" in clone.run()


def test_the_data_set_costs_no_more_for_it(clone):
    found = {row["step"]: row for row in costs.read(clone.folder / "results/trial/tables/costs.csv")}
    for step in ("audit_dataset", "measure_diversity"):
        assert found[step]["phase"] == "Audit"
        assert float(found[step]["cost"]) == 0 < float(found[step]["spent"])
    card = (clone.folder / "results/trial/dataset/README.md").read_text()
    # The phase alone is named, among those whose spending the card leaves out.
    assert not any(word in card for word in ("audit_dataset", "auditor", "embedder", "measure_diversity"))


def test_a_job_asks_for_a_gpu_only_while_it_has_something_to_buy(clone, monkeypatch):
    plan = plan_in(clone, monkeypatch)
    data = [path.replace("<results>", "results/trial") for path in plan.dataset_files("data")]
    manifest = str(next(Path("resources/models").glob("auditor-*/manifest.json")))
    for part in ("problem", "answer"):
        wildcards = SimpleNamespace(part=part)
        inputs = Inputs(model=manifest, prompt=plan.audit_prompt(wildcards), data=data)
        for store, gpus in (("results/store", 0), ("an_empty_store", 1)):
            assert gpus_for(plan, "audit_dataset", store)(wildcards, inputs) == gpus, part


def test_more_pairs_are_bought_and_nothing_else_runs(clone):
    before, rows, old = clone.attempts(), clone.bought(), clone.rows("audit_dataset")
    clone.write_config(audited_config(clone, 8))
    clone.run()
    assert clone.rules_that_ran(before) == {"audit_dataset", "tabulate_audit", "tabulate_costs", "plot_costs"}
    assert bought_since(rows, clone.bought()) == {"audit_dataset": 2 * 2}
    assert all(row in clone.rows("audit_dataset") for row in old)


def test_other_settings_of_the_diversity_buy_nothing_and_an_audit_can_be_forgotten(clone):
    config = audited_config(clone, 8)
    config["measure_diversity"]["topics"] = 2
    before, rows = clone.attempts(), clone.bought()
    clone.write_config(config)
    clone.run()
    assert clone.rules_that_ran(before) == DIVERSITY | {"tabulate_costs", "plot_costs"}
    assert bought_since(rows, clone.bought()) == {}
    config["measure_diversity"]["map_points"] = 5
    before = clone.attempts()
    clone.write_config(config)
    clone.run()
    assert clone.rules_that_ran(before) == MAP
    config["measure_diversity"]["map_problems"] = []
    del config["problems"]["sums"]
    counts = job_counts(clone.run("-n", config=clone.write_config(config, "planned.yaml")))
    assert set(counts) - {"total", "all"} - ABOUT_THE_RUN == DIVERSITY | {"tabulate_costs", "plot_costs"}
    refused = clone.make("forget", "CONFIG=trial.yaml", "STAGE=audit_dataset", "SHARD=writer/00000", fails=True)
    assert "audit_dataset stores no rows by shard" in refused
    assert "16 rows of audit_dataset moved" in clone.make("forget", "CONFIG=trial.yaml", "STAGE=audit_dataset")
    clone.run("audit")
    assert bought_since(rows, clone.bought()) == {"audit_dataset": 16}
