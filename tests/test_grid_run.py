"""A whole run of config/grid.yaml on a two-layer model: two generators, three sizes and two seeds of a student."""

import csv
import json
import os
import subprocess
import sys
from collections import Counter

import pytest
from small_run import STAGES
from synthesis import costs, funnel, schema
from test_graph import job_counts
from tiny_model import CONTEXT, make_tiny_model
from workflow import Clone

pytestmark = pytest.mark.long

SHARDS = {"tuned": ["00000"], "optimized": ["00000", "00001"]}
SIZES, SEEDS = ("4", "8", "all"), ("1", "2")
STUDENTS = [f"small-{size}-{seed}" for size in SIZES for seed in SEEDS]


def grid_config(clone: Clone) -> dict:
    """The file as it is, apart from what a model that writes nonsense can't do, and from lengths, to save time."""
    config = clone.config("config/grid.yaml")
    config["models"]["smollm2"].update(source={"path": {"folder": "base"}}, parameters=100_000, context=CONTEXT)
    # Rewrites and answers must be readable, else there is no pair to learn from. So the stand-in writes these two.
    config["models"]["stand_in"] = clone.config()["models"]["writer"]
    config["generate_responses"]["model"] = "stand_in"
    optimized = config["optimize_generator"]["smollm2_optimized"]
    optimized["rewrite_questions"]["model"] = "stand_in"
    # An adapter does not teach random layers to end a question; a fast training of all weights does.
    training = config["train_generator"]["smollm2_tuned"]["training"]
    training["learning_rate"] = 0.01
    del training["lora"]
    # Nonsense has no language, few digits and no solution.
    filters = config["filter_questions"]["filters"]
    config["filter_questions"]["filters"] = [entry for entry in filters if entry["name"] == "contamination"]
    config["judge_questions"]["judges"][0]["verdict"]["probability"]["threshold"] = 0
    for source in config["generate_questions"]["sources"].values():
        source["empty_prefix"]["sampling"]["max_tokens"] = 32
    config["answer_benchmark"]["sampling"]["max_tokens"] = 8
    return config


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp("grid"))
    make_tiny_model(clone.folder / "base")
    clone.write_config(grid_config(clone))
    clone.planned = job_counts(clone.run())
    return clone


def read_table(clone: Clone, name: str) -> list[dict]:
    with (clone.folder / f"results/grid/tables/{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_rule_has_the_jobs_that_the_grid_gives(clone):
    once = {
        "fetch_benchmark", "merge_problems", "train_generator", "sample_raw_questions", "rewrite_questions",
        "build_preference_pairs", "optimize_generator", "find_duplicates", "select_questions", "assemble_dataset",
        "write_dataset_card", "tabulate_funnel", "check_funnel", "tabulate_costs", "plot_costs", "plot_funnel",
        "tabulate_evaluation", "tabulate_reward_distribution", "plot_rewards", "tabulate_trainings", "plot_trainings",
        "sample_rejections", "tabulate_contamination", "plot_scaling_curves", "plot_pass_at_k", "write_settings",
        "sample_pairs", "write_overview", "all",
    }  # fmt: skip
    a_shard = {stage.split("/")[0] for stage in STAGES} - once
    counts = dict.fromkeys(once, 1) | dict.fromkeys(a_shard, 3) | dict.fromkeys(["fetch_model", "fetch_problems"], 2)
    students = {"select_subset": 3, "train_student": 6, "answer_benchmark": 7, "grade_answers": 7}
    assert {rule: count for rule, count in clone.planned.items() if rule != "total"} == counts | students


def test_every_place_of_the_grid_has_its_file(clone):
    results = clone.folder / "results/grid"
    for stage in STAGES:
        files = {
            (path.parent.name, path.stem)
            for path in (results / stage).glob("*/*.parquet")
            if path.name.count(".") == 1
        }  # fmt: skip
        assert files == {(source, shard) for source, shards in SHARDS.items() for shard in shards}, stage
    for stage in ("answer_benchmark", "grade_answers"):
        files = {str(path.relative_to(results / stage)) for path in (results / stage).rglob("*.parquet")}
        assert files == {f"{model}/held_out.parquet" for model in ("smollm2", *STUDENTS)}, stage
    questions = clone.rows("generate_questions", "grid")
    assert Counter(row["source"] for row in questions) == {"tuned": 24, "optimized": 48}
    assert len({row["question_id"] for row in questions}) == 72
    assert {len(schema.read(path, schema.GRADES)) for path in results.glob("grade_answers/*/*.parquet")} == {25}


def test_the_second_generator_begins_with_the_first(clone):
    manifests = {
        path.parent.name: json.loads(path.read_text())
        for stage in ("train_generator", "optimize_generator")
        for path in (clone.folder / "results/grid" / stage).glob("*/manifest.json")
    }
    begun_with = {name: manifest["source"]["trained"]["from"] for name, manifest in manifests.items()}
    assert begun_with == {"smollm2_tuned": "smollm2", "smollm2_optimized": "smollm2_tuned"}
    assert len({manifest["content_sha256"] for manifest in manifests.values()}) == 2


def test_the_data_set_holds_the_pairs_of_both_generators(clone):
    rows = clone.rows("dataset/data", "grid")
    pairs = Counter((row["source"], row["question_model"]) for row in rows)
    # The caps, because hardly anything is rejected before.
    assert pairs == {("tuned", "smollm2_tuned"): 10, ("optimized", "smollm2_optimized"): 20}
    counts = funnel.read(clone.folder / "results/grid/tables/funnel.csv")
    assert [(item.source, item.kept) for item in counts if item.stage == "select_responses"] == [
        ("tuned", 10),
        ("optimized", 20),
    ]


def test_subsets_lie_in_each_other_and_keep_the_shares_of_the_sources(clone):
    results = clone.folder / "results/grid"
    sources = {row["question_id"]: row["source"] for row in clone.rows("dataset/data", "grid")}
    subsets = [
        [row["question_id"] for row in schema.read(results / f"select_subset/dataset/{size}.parquet", schema.SUBSET)]
        for size in SIZES
    ]
    assert [len(ids) for ids in subsets] == [4, 8, 30]
    assert set(subsets[0]) < set(subsets[1]) < set(subsets[2]) == set(sources)
    for ids in subsets:
        from_tuned = sum(sources[name] == "tuned" for name in ids)
        assert abs(from_tuned - len(ids) / 3) < 1


def test_each_size_and_each_seed_is_a_student_of_its_own(clone):
    paths = (clone.folder / "results/grid/train_student/small").glob("*/*/manifest.json")
    manifests = [json.loads(path.read_text()) for path in paths]
    assert {manifest["model"] for manifest in manifests} == set(STUDENTS)
    assert len({manifest["content_sha256"] for manifest in manifests}) == 6


def test_the_model_as_it_was_and_every_student_are_evaluated(clone):
    names = [(row["model"], row["student"], row["size"], row["seed"]) for row in read_table(clone, "evaluation")]
    students = [("smollm2", "small", size, seed) for size in SIZES for seed in SEEDS]
    assert names == [("smollm2", "", "", ""), *students]
    assert {row["problems"] for row in read_table(clone, "evaluation")} == {"25"}
    assert (clone.folder / "results/grid/pages/evaluation.html").stat().st_size > 0


def test_every_training_has_a_row_and_a_panel(clone):
    rows = read_table(clone, "trainings")
    names = [(row["stage"], row["model"], row["from"]) for row in rows]
    assert names == [
        ("train_generator", "smollm2_tuned", "smollm2"),
        ("optimize_generator", "smollm2_optimized", "smollm2_tuned"),
        *(("train_student", student, "smollm2") for student in STUDENTS),
    ]
    assert [row["rows"] for row in rows[2:]] == ["4", "4", "8", "8", "30", "30"]
    tuned, optimized, *students = rows
    assert float(tuned["last_loss"]) < float(tuned["first_loss"])
    assert 0 <= float(optimized["held_out_accuracy"]) <= 1 and optimized["rows_held_out"] != "0"
    assert {row["held_out_accuracy"] for row in (tuned, *students)} == {""}
    figure = (clone.folder / "results/grid/figures/training_losses.svg").read_text()
    assert all(row["model"] in figure for row in rows)
    assert (clone.folder / "results/grid/pages/trainings.html").stat().st_size > 0


def test_the_data_set_costs_no_more_for_its_students(clone):
    found = {row["step"]: row for row in costs.read(clone.folder / "results/grid/tables/costs.csv")}
    assert [found[step]["phase"] for step in ("train_student", "answer_benchmark")] == ["Students", "Evaluation"]
    assert float(found["train_student"]["spent_cpu_core_hours"]) > 0
    assert float(found["train_student"]["cost"]) == float(found["answer_benchmark"]["cost"]) == 0
    card = (clone.folder / "results/grid/dataset/README.md").read_text()
    assert "train_student" not in card and "answer_benchmark" not in card


def test_a_second_run_has_nothing_to_do(clone):
    assert "Nothing to be done" in clone.run()


def test_another_seed_or_benchmark_plans_no_more_than_what_it_adds(clone):
    after = {"all": 1, "tabulate_evaluation": 1, "tabulate_costs": 1, "plot_costs": 1, "write_settings": 1}
    after |= {"plot_scaling_curves": 1, "plot_pass_at_k": 1, "write_overview": 1}
    trained = {"tabulate_trainings": 1, "plot_trainings": 1}
    config = grid_config(clone)
    config["train_student"]["small"]["seeds"].append(3)
    added = {"train_student": 3, "answer_benchmark": 3, "grade_answers": 3}
    assert planned(clone, config) == after | added | trained
    config = grid_config(clone)
    config["answer_benchmark"]["benchmarks"].append("arithmetic_test")
    assert planned(clone, config) == after | {"answer_benchmark": 7, "grade_answers": 7}
    config = grid_config(clone)
    config["plot_scaling_curves"] = {"axis": "logarithmic"}
    assert planned(clone, config) == {"all": 1, "plot_scaling_curves": 1, "write_settings": 1, "write_overview": 1}


def test_answers_to_benchmarks_can_be_forgotten(clone):
    command = [sys.executable, "scripts/forget_rows.py", "--config", "trial.yaml", "--stage", "answer_benchmark"]
    options = {"cwd": clone.folder, "env": {**os.environ, "SYNTHESIS_ALLOW_STAND_IN": "1"}, "text": True}
    refused = subprocess.run([*command, "--shard", "tuned/00000"], capture_output=True, **options)
    assert refused.returncode == 1
    assert "answer_benchmark stores no rows by shard" in refused.stderr
    forgotten = subprocess.run(command, capture_output=True, **options)
    assert "175 rows of answer_benchmark moved" in forgotten.stdout
    assert clone.rows("answer_benchmark", "grid") == []
    counts = planned(clone, grid_config(clone))
    assert counts["answer_benchmark"] == 7
    assert "train_student" not in counts


def planned(clone: Clone, config: dict) -> dict[str, int]:
    counts = job_counts(clone.run("-n", config=clone.write_config(config, "changed.yaml")))
    return {rule: count for rule, count in counts.items() if rule != "total"}
