"""The recipe at the paper's size: its values and the plan of its jobs."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT
from synthesis import configuration
from synthesis.plan import Plan
from test_graph import job_counts
from workflow import Clone

pytestmark = pytest.mark.graph

# Jobs of `snakemake -n --profile slurm`. Two sources of 80 shards each; eight students and two solvers on four
# benchmarks.
SHARDED = (
    "generate_questions", "filter_questions", "judge_questions", "score_difficulty", "generate_responses",
    "filter_responses", "score_responses", "select_responses",
)  # fmt: skip
JOBS = {
    **dict.fromkeys(SHARDED, 160),
    "fetch_model": 8,
    "fetch_problems": 2,
    "fetch_benchmark": 4,
    "merge_problems": 1,
    "train_generator": 2,
    "sample_fail_rates": 4,
    "grade_fail_rates": 4,
    "train_difficulty_scorer": 1,
    "sample_raw_questions": 2,
    "rewrite_questions": 2,
    "build_preference_pairs": 2,
    "optimize_generator": 2,
    "find_duplicates": 1,
    "select_questions": 1,
    "assemble_dataset": 1,
    "write_dataset_card": 1,
    "select_subset": 5,
    "train_student": 8,
    "answer_benchmark": 40,
    "grade_answers": 40,
}
# The most that Snakemake may plan: above it, it would be slow and the scheduler's queue full.
MOST_JOBS = 4000
MOST_MEGABYTES = 500


# A small process between this one and Snakemake, because a process counts the memory of the one it was split from.
MEASURED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print("megabytes", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """Output and memory (MB) of the plan, made without keys and network."""
    clone = Clone(tmp_path_factory.mktemp("clone"))
    command = [sys.executable, "-c", MEASURED, sys.executable, "-m", "snakemake", "-n", "--profile", "slurm"]
    command += ["--software-deployment-method", "env-modules"]  # conda need not be here to plan
    hidden = ("HF_TOKEN", "OPENAI_API_KEY")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    # An address that nothing listens at: a plan that asks for anything would fail.
    environment |= dict.fromkeys(("HF_ENDPOINT", "OPENAI_BASE_URL", "https_proxy"), "http://127.0.0.1:9")
    result = subprocess.run(command, cwd=clone.folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout, int(result.stdout.rpartition("megabytes")[2])


def test_the_plan_has_these_jobs_and_is_small(planned):
    output, megabytes = planned
    counts = job_counts(output)
    assert {rule: counts[rule] for rule in JOBS} == JOBS
    assert counts["total"] < MOST_JOBS
    assert megabytes < MOST_MEGABYTES
    page = (ROOT / "docs/paper_size.md").read_text(encoding="utf-8")
    # Ten times the questions in the same shards: ten times the jobs that have one for each shard.
    for jobs in (counts["total"], counts["total"] + 9 * sum(counts[rule] for rule in SHARDED)):
        assert f"the plan has {jobs:,} jobs" in page.lower(), jobs


@pytest.fixture(scope="module")
def config():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        loaded = configuration.load(ROOT / "config/config.yaml")
        configuration.validate(loaded)
    return loaded


def test_every_shard_is_an_hour_or_three_of_answering(config):
    """The arithmetic of docs/paper_size.md, from the rates of the paper's table 4 (rows an hour of one A100)."""
    shares = {"deepseekmath": 0.4, "qwen2_math": 0.6}
    for name, source in config["generate_questions"]["sources"].items():
        size = source["shard_size"]
        assert 1 <= size * shares[name] * config["generate_responses"]["samples"] / (5_000_000 / 251.0) <= 3
        assert size / (2_000_000 / 38.4) >= 1 / 6
        assert size / (2_000_000 / 110.6) >= 1 / 6
        assert size * shares[name] * config["generate_responses"]["samples"] / (5_000_000 / 112.0) >= 1 / 6


def test_trainings_ask_for_the_memory_of_their_models(config):
    plan = Plan(config)

    class Wildcards:
        trained = "qwen2_math_qft"
        student, size, training_seed = "llama3_8b_student", "all", "42"

    student = plan.launch_resources("train_student")
    # Two copies of 8 billion weights in float32, in the one process that reads and saves them.
    assert 16_000 + 2 * 30_000 < student["mem_mb"](Wildcards) < 16_000 + 2 * 31_000
    Wildcards.trained = "qwen2_math_qgen"
    # Each of eight processes computes the reference with a whole model of 7.6 billion.
    optimized = plan.launch_resources("optimize_generator")["mem_mb"](Wildcards)
    assert 16_000 + 8 * 29_000 < optimized < 16_000 + 8 * 29_500


VALUES = {
    "train_generator.qwen2_math_qft.training": {
        "epochs": 1, "packing": True, "learning_rate": 2e-5, "warmup": 0.03, "global_batch": 32, "max_tokens": 256,
    },
    "optimize_generator.qwen2_math_qgen": {"beta": 0.1, "build_preference_pairs": {"held_out": 0.01}},
    "optimize_generator.qwen2_math_qgen.sample_raw_questions": {"total": 10_000},
    "optimize_generator.qwen2_math_qgen.rewrite_questions": {"sampling": {"temperature": 0, "max_tokens": 4096}},
    "optimize_generator.qwen2_math_qgen.training": {
        "learning_rate": 5e-7, "global_batch": 128, "epochs": 1, "warmup": 20, "max_tokens": 1024,
    },
    "generate_questions.sources.deepseekmath": {"total": 1_000_000},
    "generate_questions.sources.qwen2_math": {"total": 1_000_000},
    "generate_questions.sources.qwen2_math.empty_prefix.sampling": {
        "temperature": 1.0, "top_p": 0.99, "max_tokens": 512,
    },
    "judge_questions.judges.0": {
        "model": "qwen2_math_7b_instruct", "sampling": {"temperature": 0, "max_tokens": 2048},
    },
    "select_questions.sources.deepseekmath": {"method": "count", "count": 400_000},
    "select_questions.sources.qwen2_math": {"method": "none", "cap": 600_000},
    "generate_responses": {
        "model": "qwen2_math_7b_instruct", "samples": 5,
        "sampling": {"temperature": 0.7, "top_p": 0.95, "max_tokens": 2048},
    },
    "score_responses": {"model": "internlm2_7b_reward", "method": "reward"},
    "train_student.mistral_7b_student.training": {"epochs": 3, "warmup": 0.03, "learning_rate": 1e-5},
    "train_student.llama3_8b_student.training": {"epochs": 3, "warmup": 0.03, "learning_rate": 5e-5},
    "train_student.deepseekmath_7b_student.training": {"learning_rate": 5e-5},
    "train_student.qwen2_math_7b_student.training": {"learning_rate": 1e-5},
    "train_student.llama3_8b_student": {"sizes": [125_000, 250_000, 500_000, 750_000, "all"]},
    "answer_benchmark": {"samples": 1, "sampling": {"temperature": 0, "max_tokens": 2048}},
}  # fmt: skip


@pytest.mark.parametrize("place", VALUES)
def test_values_of_the_paper_and_its_code(config, place):
    part = config
    for name in place.split("."):
        part = part[int(name)] if name.isdigit() else part[name]
    assert {key: part[key] for key in VALUES[place]} == VALUES[place]


def test_fetching_asks_for_the_memory_of_pickled_weights(config):
    class Wildcards:
        model = "deepseekmath_7b"

    assert 8_000 + 13_000 < Plan(config).fetching_memory(Wildcards) < 8_000 + 13_500
    # A server keeps its model.
    Wildcards.model = "gpt_4o_mini"
    assert Plan(config).fetching_memory(Wildcards) == 8_000


def test_remote_code_and_weights_are_pinned_to_commits(config):
    fetched = [(name, item) for group in ("models", "problems", "benchmarks") for name, item in config[group].items()]
    for name, item in fetched:
        # The one whose commit is not known here; the file says so.
        if "hub" in item["source"] and name != "college_math":
            assert len(item["source"]["hub"]["revision"]) == 40, name
    assert [name for name, model in config["models"].items() if model["trust_remote_code"]] == ["internlm2_7b_reward"]
