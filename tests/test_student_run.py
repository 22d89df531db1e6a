"""A whole run with students: two-layer models learn from what the stand-in wrote, and all answer a benchmark."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from synthesis import costs, schema
from test_graph import job_counts
from test_trained_run import TRAINING, make_base_model, trained_config
from workflow import Clone

pytestmark = pytest.mark.workflow


def student_config(clone: Clone, seeds: list[int]) -> dict:
    """The small run with students of two sizes, and an evaluation of them and of two models."""
    config = clone.config()
    config["models"]["base"] = trained_config(clone)["models"]["base"]
    training = {name: value for name, value in TRAINING.items() if name != "seed"} | {"epochs": 2, "global_batch": 4}
    prompt = "config/prompts/response_short.yaml"
    config["train_student"] = {
        "small": {"model": "base", "prompt": prompt, "sizes": ["all", 8], "seeds": seeds, "training": training}
    }
    config["train_student"]["small"]["training"]["packing"] = False
    config["answer_benchmark"] = {
        "models": ["base", "writer"],
        "benchmarks": ["test"],
        "prompt": prompt,
        "samples": 1,
        "sampling": {"temperature": 0, "max_tokens": 8},
    }
    return config


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp("students"))
    make_base_model(clone)
    clone.write_config(student_config(clone, [1]))
    clone.run()
    return clone


def test_two_sizes_and_two_seeds_are_four_students(tmp_path):
    clone = Clone(tmp_path)
    make_base_model(clone)
    clone.write_config(student_config(clone, [1, 2]))
    counts = job_counts(clone.run("-n"))
    assert (counts["select_subset"], counts["train_student"]) == (2, 4)
    assert counts["answer_benchmark"] == counts["grade_answers"] == 4 + 2
    assert counts["tabulate_evaluation"] == 1
    # The data set and its card wait for none of them.
    assert not {"select_subset", "train_student", "answer_benchmark"} & set(job_counts(clone.run("-n", "dataset")))


def table(clone: Clone) -> list[dict]:
    with (clone.folder / "results/trial/tables/evaluation.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_size_is_a_student_of_its_own(clone):
    results = clone.folder / "results/trial"
    ids = {
        size: {row["question_id"] for row in schema.read(results / f"select_subset/{size}.parquet", schema.SUBSET)}
        for size in ("8", "all")
    }
    assert len(ids["8"]) == 8
    assert ids["8"] < ids["all"] == {row["question_id"] for row in clone.rows("dataset/data")}
    manifests = [_read(path) for path in sorted(results.glob("train_student/small/*/*/manifest.json"))]
    assert [manifest["model"] for manifest in manifests] == ["small-8-1", "small-all-1"]
    assert len({manifest["content_sha256"] for manifest in manifests}) == 2


def test_base_models_and_students_are_evaluated(clone):
    rows = table(clone)
    assert [(row["model"], row["student"], row["size"], row["seed"]) for row in rows] == [
        ("base", "", "", ""),
        ("writer", "", "", ""),
        ("base", "small", "all", "1"),
        ("base", "small", "8", "1"),
    ]
    assert {row["problems"] for row in rows} == {"10"}
    assert (clone.folder / "results/trial/pages/evaluation.html").stat().st_size > 0
    assert "Nothing to be done" in clone.run()


def test_the_data_set_costs_no_more_for_its_students(clone):
    found = {row["step"]: row for row in costs.read(clone.folder / "results/trial/tables/costs.csv")}
    assert [found[step]["phase"] for step in ("train_student", "answer_benchmark")] == ["Students", "Evaluation"]
    assert float(found["train_student"]["spent_cpu_core_hours"]) > 0
    assert float(found["train_student"]["cost"]) == float(found["answer_benchmark"]["cost"]) == 0
    card = (clone.folder / "results/trial/dataset/README.md").read_text()
    assert "train_student" not in card and "answer_benchmark" not in card


def test_another_benchmark_or_seed_plans_no_more_than_what_it_adds(clone):
    after = {"all": 1, "grade_answers": 4, "answer_benchmark": 4, "tabulate_evaluation": 1, "tabulate_costs": 1}
    config = student_config(clone, [1])
    config["answer_benchmark"]["benchmarks"].append("held_out")
    assert _planned(clone, config) == after
    assert _planned(clone, student_config(clone, [1, 2])) == after | {
        "train_student": 2,
        "answer_benchmark": 2,
        "grade_answers": 2,
    }


def test_answers_to_benchmarks_can_be_forgotten(clone):
    command = [sys.executable, "scripts/forget_rows.py", "--config", "trial.yaml", "--stage", "answer_benchmark"]
    options = {"cwd": clone.folder, "env": {**os.environ, "SYNTHESIS_ALLOW_STAND_IN": "1"}, "text": True}
    refused = subprocess.run([*command, "--shard", "writer/00000"], capture_output=True, **options)
    assert refused.returncode == 1
    assert "answer_benchmark has no shards" in refused.stderr
    forgotten = subprocess.run(command, capture_output=True, **options)
    assert "40 rows of answer_benchmark moved" in forgotten.stdout
    assert clone.rows("answer_benchmark") == []
    counts = _planned(clone, student_config(clone, [1]))
    assert counts["answer_benchmark"] == 4
    assert "train_student" not in counts


def _planned(clone: Clone, config: dict) -> dict[str, int]:
    counts = job_counts(clone.run("-n", config=clone.write_config(config, "changed.yaml")))
    return {rule: count for rule, count in counts.items() if rule != "total"}


def _read(path: Path) -> dict:
    return json.loads(path.read_text())
