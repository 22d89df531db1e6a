"""The demo's recipe on SLURM, with a model of two layers in the real engine: every stage, from fetching to tables."""

import json

import pytest
from conftest import ROOT
from slurm_run import SlurmClone
from synthesis import configuration
from synthesis.pending import _ASKED, _LEARNT
from test_scorer_run import SAMPLES, SAMPLING, write_problems
from tiny_model import CONTEXT, make_tiny_model

pytestmark = pytest.mark.slurm

COMPUTING = sorted({*_ASKED, *_LEARNT})


def recipe(clone: SlurmClone) -> dict:
    """config/demo.yaml but for its sizes, and for what a model that writes nonsense can't do."""
    config = configuration.load(ROOT / "config/demo.yaml")
    tiny = {"engine": "transformers", "source": {"path": {"folder": "tiny"}}, "parameters": 100_000, "context": CONTEXT}
    for name in ("smollm2", "minilm"):
        config["models"][name] |= tiny
    # Rewrites and answers must be readable, else there is nothing to learn. So the stand-in writes these.
    config["models"]["writer"] = clone.config()["models"]["writer"]
    config["optimize_generator"]["smollm2_optimized"]["rewrite_questions"]["model"] = "writer"
    # What `write_problems` knows of the stand-in's answers holds for these alone.
    config["seed"] = 7
    config["sample_fail_rates"]["solver"] |= {
        "model": "writer",
        "samples": SAMPLES,
        "sampling": SAMPLING,
        "problems": ["seeds"],
    }
    config["generate_responses"]["model"] = "writer"
    config["problems"] = {"seeds": {"source": {"file": {"path": "seeds.jsonl"}}, "license": "cc0-1.0"}}
    config["merge_problems"]["problems"] = ["seeds"]
    config["benchmarks"] = {"arithmetic_test": {"source": {"file": {"path": "tests/data/benchmark.jsonl"}}}}
    config["filter_questions"]["filters"] = []
    del config["tabulate_results"]["tables"]["removed_by_filters"], config["plot_results"]
    config["judge_questions"]["judges"][0]["verdict"]["probability"]["threshold"] = 0.5
    config["select_questions"]["sources"]["smollm2"]["cap"] = 6
    config["generate_questions"]["sources"]["smollm2"] |= {"total": 24, "shard_size": 24}
    config["tabulate_generators"] = {"questions": 6, "shares": {"solvable": {"judge": "solvability"}}}
    for name in ("train_generator", "optimize_generator", "train_student"):
        for settings in config[name].values():
            settings["training"] = {**settings["training"], "epochs": 1, "global_batch": 2}
    return config


def run_recipe(clone: SlurmClone) -> SlurmClone:
    """Run the recipe to its end in a clone."""
    make_tiny_model(clone.folder / "tiny")
    write_problems(clone)
    clone.write_config(recipe(clone))
    # SLURM hands out GPUs, but no device is behind them, so the programs are told of none and compute on the CPU.
    on_cpus = [word for rule in COMPUTING for word in (f"{rule}:gpu=0", f"{rule}:gres=gpu:1")]
    clone.run("--set-resources", *on_cpus)
    return clone


@pytest.fixture
def clone(recipe_run):
    """The clone once its run has ended."""
    return recipe_run.result()


def test_every_stage_of_the_recipe_has_its_rows(clone):
    pairs = clone.rows("dataset/data", "demo")
    assert len(pairs) == 6
    assert {row["question_model"] for row in pairs} == {"smollm2_optimized"}
    assert len(clone.rows("build_preference_pairs", "demo")) > 0
    tables = clone.folder / "results/demo/tables"
    for name in ("funnel", "costs", "trainings", "evaluation", "generators", "audit", "diversity"):
        assert len((tables / f"{name}.csv").read_text().splitlines()) > 1, name


def test_all_that_computes_ran_on_gpus_that_slurm_gave(clone):
    on_gpu = {
        job["Comment"].split("_wildcards_")[0].removeprefix("rule_")
        for job in clone.jobs()
        if "gpu" in job["Partition"]
    }
    planned = {path.split("/")[3] for path in clone.attempts("demo") if path.startswith("results/demo/ledger/")}
    assert on_gpu == planned & set(COMPUTING)
    assert len(on_gpu) == 19


def test_no_job_failed_on_the_way(clone):
    assert {job["JobState"] for job in clone.jobs()} == {"COMPLETED"}
    states = [
        json.loads(path.read_text())["state"] for path in clone.folder.glob("results/store/journal/demo/*/*.json")
    ]
    assert set(states) == {"finished"}
