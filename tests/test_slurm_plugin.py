"""What the workflow changes of Snakemake's plugin for SLURM, without a SLURM."""

import asyncio
import sys
from types import SimpleNamespace

import pytest
import snakemake_executor_plugin_slurm as plugin
from snakemake_executor_plugin_slurm.partitions import Partition, PartitionLimits
from synthesis import slurm_plugin
from synthesis.errors import InputError


@pytest.fixture(autouse=True)
def unchanged(monkeypatch):
    """The plugin's functions are put back after each test."""
    for name in ("query_job_status", "get_best_partition", "set_gres_string"):
        monkeypatch.setattr(plugin, name, getattr(plugin, name))


def settings(**changes):
    found = {"status_command": "squeue", "init_seconds_before_status_checks": 40, "no_requeue": True}
    return SimpleNamespace(**{**found, "jobname_prefix": "", **changes})


def states_of(monkeypatch, said: dict | None, **changes) -> dict | None:
    async def asked(_command, _logger):
        return said, 0.1

    monkeypatch.setattr(plugin, "query_job_status", asked)
    slurm_plugin._follow_to_the_end(settings(**changes))
    return asyncio.run(plugin.query_job_status("squeue", None))[0]


def test_a_job_that_somebody_cancelled_has_ended(monkeypatch):
    said = {"1": "CANCELLED by 1000", "2": "RUNNING", "3": "NODE_FAIL"}
    assert states_of(monkeypatch, said) == {"1": "CANCELLED", "2": "RUNNING", "3": "NODE_FAIL"}


@pytest.mark.parametrize(("no_requeue", "seen"), [(True, "CANCELLED"), (False, "PREEMPTED")])
def test_a_preempted_job_has_failed_unless_slurm_may_start_it_again(no_requeue, seen, monkeypatch):
    assert states_of(monkeypatch, {"1": "PREEMPTED"}, no_requeue=no_requeue) == {"1": seen}


def test_a_query_that_failed_stays_one(monkeypatch):
    assert states_of(monkeypatch, None) is None


def job(**resources):
    return SimpleNamespace(name="find_duplicates", threads=8, resources={"mem_mb": 32000, "runtime": 240, **resources})


@pytest.mark.parametrize(
    ("resources", "chosen"), [({"gpu": 0}, "cpu"), ({"gpu": 2}, "gpu"), ({"gres": "gpu:2"}, "gpu")]
)
def test_jobs_without_a_gpu_stay_away_from_partitions_with_gpus(resources, chosen):
    gpu = PartitionLimits(max_gpu=8, max_runtime=1440, max_threads=16)
    partitions = [Partition("cpu", PartitionLimits()), Partition("gpu", gpu)]
    logger = SimpleNamespace(debug=lambda _: None, info=lambda _: None, warning=lambda _: None)
    slurm_plugin._keep_cpu_jobs_off_gpus()
    assert plugin.get_best_partition(partitions, job(**resources), logger) == chosen
    # A cluster of GPU nodes alone has no other place.
    assert plugin.get_best_partition(partitions[1:], job(**resources), logger) == "gpu"


def test_a_kind_of_gpu_is_named_only_with_a_number_of_them():
    slurm_plugin._keep_cpu_jobs_off_gpus()

    def asked(**resources):
        return plugin.set_gres_string(SimpleNamespace(resources=_Resources(resources)))

    assert asked(gpu=2, gpu_model="h100") == " --gpus=h100:2"
    assert asked(gpu=0, gpu_model="h100") == ""
    assert asked(gpu=10) == " --gpus=10"


class _Resources(dict):
    """Values by key and as attributes, as the plugin reads them."""

    __getattr__ = dict.__getitem__


@pytest.fixture
def sacct(tmp_path, monkeypatch):
    program = tmp_path / "sacct"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('Slurm accounting storage is disabled')\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(slurm_plugin, "is_query_tool_available", lambda _: True)
    monkeypatch.setattr(slurm_plugin, "get_min_job_age", lambda: 300)


def test_a_cluster_without_accounting_is_told_what_to_write(sacct, monkeypatch):
    with pytest.raises(InputError, match=r"storage is disabled.*write `slurm-status-command: squeue` into"):
        slurm_plugin._check_accounting(settings(status_command="sacct"))
    slurm_plugin._check_accounting(settings())
    # The plugin turns to sacct by itself if SLURM forgets ended jobs too soon.
    monkeypatch.setattr(slurm_plugin, "get_min_job_age", lambda: 60)
    with pytest.raises(InputError, match=r"squeue` and `slurm-init-seconds-before-status-checks: 20` into"):
        slurm_plugin._check_accounting(settings())


def test_without_sacct_the_plugin_takes_squeue_by_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(slurm_plugin, "get_min_job_age", lambda: 300)
    slurm_plugin._check_accounting(settings(status_command="sacct"))


def test_jobs_carry_the_name_of_their_run():
    executor = SimpleNamespace(run_uuid="0d3a5b1c")
    slurm_plugin._name_after("trial", executor, settings())
    assert executor.run_uuid == "trial_0d3a5b1c"
    with pytest.raises(InputError, match="take slurm-jobname-prefix out of the profile"):
        slurm_plugin._name_after("trial", executor, settings(jobname_prefix="mine"))
