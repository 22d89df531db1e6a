"""Training on several nodes: what SLURM is asked for, and real processes under a simulated `srun`."""

import signal
import time
from types import SimpleNamespace

import fake_srun
import pytest
import train_generator
from changed_configuration import STUDENT, changed, validate
from snakemake.iocontainers import ResourceList
from snakemake_executor_plugin_slurm.submit_string import get_submit_command
from snakemake_executor_plugin_slurm.utils import set_gres_string
from synthesis import pending, schema
from synthesis.plan import Plan
from training_bench import Bench, losses, problem_rows


def make_bench(folder) -> Bench:
    return Bench(folder, train_generator, "--problems", problem_rows(20), schema.PROBLEMS)


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    fake_srun.put_on_path(tmp_path / "bin", monkeypatch)
    return make_bench(tmp_path)


def test_two_nodes_give_the_losses_of_one_process(cluster, tmp_path_factory):
    alone = make_bench(tmp_path_factory.mktemp("alone")).train()
    report = cluster.train("writer", "--nodes", 2)
    assert report["processes"] == 2
    assert losses(report) == pytest.approx(losses(alone), abs=1e-4)
    # The books count the cores of both nodes.
    assert cluster.ledger()["attempt"]["cpu_cores"] == 4


def test_a_training_on_two_nodes_that_is_told_to_stop_leaves_a_checkpoint(cluster):
    process = cluster.start("--nodes", 2, epochs=100_000)
    log = cluster.folder / "writer.log"
    deadline = time.monotonic() + 240
    while "steps to go" not in (log.read_text() if log.exists() else ""):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    assert len(cluster.checkpoints()) == 1


def test_a_mistake_on_several_nodes_is_said_in_one_sentence(cluster, capsys):
    assert train_generator.main(cluster.arguments("writer", "--nodes", 2, max_tokens=8)) == 1
    assert "none of the 20 rows fits into max_tokens: 8; raise it." in capsys.readouterr().err


def test_without_slurm_several_nodes_are_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    assert train_generator.main(make_bench(tmp_path).arguments("writer", "--nodes", 2)) == 1
    error = capsys.readouterr().err
    assert "launch.nodes of writer is 2, but only SLURM starts" in error
    assert "write 1" in error


# What the plugin for SLURM makes of the resources


def asked_of_slurm(launch: dict, monkeypatch, trained: bool = False) -> list[str]:
    """The options of `sbatch` for a student whose training has such a `launch` section."""
    monkeypatch.setattr(pending, "_trains", lambda *_: not trained)
    plan = Plan(validate(changed(("train_student", {"small": {**STUDENT, "launch": launch}}))))
    wildcards = SimpleNamespace(student="small", size="all", training_seed="1")
    inputs = type("Inputs", (list,), {"model": "manifest.json"})()
    launched = plan.launch_resources("train_student")
    resources = {name: value(wildcards) for name, value in launched.items() if name != "try_number"}
    for name, value in pending.training_gpus(plan, "train_student", "store").items():
        resources[name] = value(wildcards, inputs)
    resources = ResourceList(fromdict={name: value for name, value in resources.items() if value is not None})
    job = SimpleNamespace(threads=8, resources=resources)
    names = ("run_uuid", "slurm_logfile", "comment_str", "account", "partition", "workdir")
    command = get_submit_command(job, dict.fromkeys(names, ""))
    wanted = ("--nodes", "--ntasks", "--gpus", "--gres", "--cpus")
    return sorted(word for word in (command + set_gres_string(job)).split() if word.startswith(wanted))


def test_several_nodes_get_one_task_and_the_same_number_of_gpus_each(monkeypatch):
    asked = ["--cpus-per-task=8", "--gres=gpu:4", "--nodes=2", "--ntasks=2"]
    assert asked_of_slurm({"gpus": 8, "nodes": 2}, monkeypatch) == asked


def test_one_node_gets_all_gpus(monkeypatch):
    assert asked_of_slurm({"gpus": 8}, monkeypatch) == ["--cpus-per-task=8", "--gpus=8", "--nodes=1"]


def test_a_model_that_is_trained_already_asks_for_no_gpu(monkeypatch):
    asked = ["--cpus-per-task=8", "--nodes=2", "--ntasks=2"]
    assert asked_of_slurm({"gpus": 8, "nodes": 2}, monkeypatch, trained=True) == asked
    assert asked_of_slurm({"gpus": 8}, monkeypatch, trained=True) == ["--cpus-per-task=8", "--nodes=1", "--ntasks=1"]
