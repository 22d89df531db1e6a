"""`snakemake --profile slurm` on a real SLURM: what each rule asks for, what it gets, and that rows are the same."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from slurm_cluster import GPUS_PER_NODE, NODES
from slurm_run import SlurmClone
from test_trained_run import make_base_model, trained_config
from workflow import Clone

pytestmark = pytest.mark.slurm

# Minutes, MB, CPU cores and GPUs that a rule asks for.
SMALL = (60, 4000, 1, 0)
WITH_MODEL = (240, 32000, 8, 1)
ASKED = {
    "merge_problems": (60, 8000, 1, 0),
    "generate_questions": WITH_MODEL,
    "filter_questions": (60, 4000, 2, 0),
    "find_duplicates": (120, 16000, 1, 0),
    "judge_questions": WITH_MODEL,
    "select_questions": (60, 8000, 1, 0),
    "generate_responses": WITH_MODEL,
    "filter_responses": SMALL,
    "score_responses": WITH_MODEL,
    "select_responses": SMALL,
    "assemble_dataset": (60, 16000, 1, 0),
    "tabulate_funnel": (30, 8000, 1, 0),
    "tabulate_contamination": (30, 4000, 1, 0),
    "check_funnel": (30, 8000, 1, 0),
    "plot_funnel": (30, 4000, 1, 0),
    "sample_rejections": (60, 4000, 1, 0),
    "sample_pairs": (60, 4000, 1, 0),
    "write_settings": (30, 4000, 1, 0),
    "write_overview": (30, 4000, 1, 0),
    "tabulate_reward_distribution": (30, 8000, 1, 0),
    "plot_rewards": (30, 4000, 1, 0),
    "tabulate_costs": (30, 4000, 1, 0),
    "plot_costs": (30, 4000, 1, 0),
    "write_dataset_card": (30, 4000, 1, 0),
}
RUN_LOCALLY = {"fetch_model", "fetch_problems", "fetch_benchmark"}
MANY_SHARDS = 2 + GPUS_PER_NODE * len(NODES)


@pytest.fixture(scope="module")
def runs(tmp_path_factory, cluster):
    """Finished runs by what they try, each in a clone of its own. They run side by side."""
    tried = {"whole": _whole, "many": _many_shards, "two_gpus": _two_gpus, "two_nodes": _two_nodes}
    with ThreadPoolExecutor(len(tried)) as pool:
        begun = {
            name: pool.submit(run, SlurmClone(tmp_path_factory.mktemp(name), cluster)) for name, run in tried.items()
        }
        return {name: run.result() for name, run in begun.items()}


def _whole(clone: SlurmClone) -> SlurmClone:
    clone.write_config(clone.config())
    clone.run()
    return clone


def _many_shards(clone: SlurmClone) -> SlurmClone:
    config = clone.small_config()
    config["generate_questions"]["sources"]["writer"] |= {"total": 2 * MANY_SHARDS, "shard_size": 2}
    clone.write_config(config)
    shards = [f"results/trial/generate_questions/writer/{shard:05d}.parquet" for shard in range(MANY_SHARDS)]
    clone.run(*shards, environment={"SYNTHESIS_STAND_IN_SECONDS": "3"})
    return clone


def _two_gpus(clone: SlurmClone) -> SlurmClone:
    clone.write_config(clone.small_config())
    clone.run("results/trial/generate_questions/writer/00000.parquet", "--set-resources", "generate_questions:gpu=2")
    return clone


def _two_nodes(clone: SlurmClone) -> SlurmClone:
    """SLURM gives a GPU on each of two nodes; the training itself computes on CPUs, since no device is behind them."""
    make_base_model(clone)
    config = trained_config(clone)
    config["train_generator"]["tuned"]["launch"] = {"gpus": 2, "nodes": 2}
    clone.write_config(config)
    clone.run("results/trial/train_generator/tuned/manifest.json", "--set-resources", "train_generator:gpus_per_node=0")
    return clone


def rule(job: dict) -> str:
    return re.fullmatch(r"rule_(\w+?)(_wildcards_.*)?", job["Comment"])[1]


def gpus(job: dict) -> int:
    found = re.search(r"gres:gpu:(\d+)", job.get("TresPerJob", "") + job.get("TresPerNode", ""))
    return int(found[1]) if found else 0


def minutes(limit: str) -> int:
    days, _, clock = limit.rpartition("-")
    hours, whole, _ = clock.split(":")
    return (int(days or 0) * 24 + int(hours)) * 60 + int(whole)


def megabytes(memory: str) -> int:
    return int(float(memory[:-1]) * {"M": 1, "G": 1024}[memory[-1]])


def log(clone: SlurmClone, name: str) -> str:
    return (clone.folder / "results/trial/logs" / f"{name}.log").read_text()


def test_each_rule_asks_for_what_it_needs_and_goes_to_its_partition(runs):
    records = runs["whole"].jobs()
    asked = {
        rule(job): (minutes(job["TimeLimit"]), megabytes(job["MinMemoryNode"]), int(job["CPUs/Task"]), gpus(job))
        for job in records
    }
    assert asked == ASKED
    assert {(gpus(job) > 0, job["Partition"]) for job in records} == {(False, "cpu"), (True, "gpu")}
    assert {job["JobState"] for job in records} == {"COMPLETED"}
    assert {job["Requeue"] for job in records} == {"0"}


def test_what_needs_the_network_runs_beside_snakemake(runs):
    ran = {one.split()[0] for one in runs["whole"].attempts().values()}
    assert ran - {rule(job) for job in runs["whole"].jobs()} == RUN_LOCALLY


def test_the_data_set_is_that_of_a_run_on_one_machine_and_another_profile_makes_nothing_stale(runs, tmp_path):
    local = Clone(tmp_path)
    local.write_config(local.config())
    local.run("dataset")
    assert local.rows("dataset/data") == runs["whole"].rows("dataset/data") != []
    runs["whole"].profile = Clone.profile
    assert "Nothing to be done" in runs["whole"].run()


def test_a_job_sees_the_gpu_that_slurm_gave_it(runs):
    told = log(runs["whole"], "generate_questions/writer/00000")
    assert re.search(r"1 GPUs asked of SLURM: CUDA_VISIBLE_DEVICES=[01]$", told, re.MULTILINE)


def test_there_are_never_more_jobs_with_a_gpu_than_gpus(runs):
    records = runs["many"].jobs("generate_questions")
    assert len(records) == MANY_SHARDS
    spans = [
        (datetime.fromisoformat(job["StartTime"]), datetime.fromisoformat(job["EndTime"]), gpus(job)) for job in records
    ]
    at_once = [sum(count for begin, end, count in spans if begin <= start < end) for start, _, _ in spans]
    assert max(at_once) <= GPUS_PER_NODE * len(NODES)
    # Some had to wait, so SLURM had something to share out.
    assert max(start for start, _, _ in spans) >= min(end for _, end, _ in spans)


def test_a_job_with_two_gpus_runs_once_and_sees_both(runs):
    (record,) = runs["two_gpus"].jobs("generate_questions")
    assert gpus(record) == 2
    assert record["NumNodes"] == "1"
    told = log(runs["two_gpus"], "generate_questions/writer/00000")
    assert "2 GPUs asked of SLURM: CUDA_VISIBLE_DEVICES=0,1" in told
    assert told.count("interpreter") == 1
    assert runs["two_gpus"].bought() == {"generate_questions": 12}


def test_a_training_on_two_nodes_gets_two_with_the_same_gpus_each(runs):
    (record,) = runs["two_nodes"].jobs("train_generator")
    assert record["NumNodes"] == "2"
    assert record["TresPerNode"] == "gres:gpu:1"
    assert record["Partition"] == "gpu"
    report = (runs["two_nodes"].folder / "results/trial/train_generator/tuned/training.json").read_text()
    assert '"processes": 2' in report
