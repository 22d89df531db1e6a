"""Faults on SLURM that take longer: preemption, a controller that is away, a full disk, two writers of one store."""

import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from slurm_run import SlurmClone
from test_slurm_faults import ANSWERS, ROW_BY_ROW, ROWS, STAGE, begin, bought_once, end, slow, states

pytestmark = pytest.mark.slurm_long

SECONDS_AWAY = 70
# Bytes that the disk has left for about half of the answers, one chunk each.
ROOM = 48 * 1024


def preempt(clone: SlurmClone, node: str) -> None:
    """Have a job that comes before all others take both GPUs of a node for some seconds."""
    urgent = ("--partition=urgent", f"--nodelist={node}", "--gpus=2", "--output=/dev/null", "--wrap", "sleep 5")
    clone.cluster.command("sbatch", *urgent)


def test_preemption_by_requeue(tmp_path, cluster, selected, undisturbed):
    clone = SlurmClone(tmp_path, cluster, cpu="steady", gpu="requeued").take_over(selected)
    profile = clone.folder / "profiles/slurm/config.yaml"
    profile.write_text(profile.read_text().replace("slurm-no-requeue: true", "slurm-requeue: true"))
    process = begin(clone)
    preempt(clone, "node1")
    end(clone, process)
    (record,) = clone.jobs(STAGE)
    assert (record["JobState"], record["Restarts"]) == ("COMPLETED", "1")
    assert [attempt["state"] for attempt in clone.journal(STAGE)] == ["terminated", "finished"]
    assert bought_once(clone)
    assert clone.rows("dataset/data") == undisturbed


def test_preemption_by_cancel(tmp_path, cluster, selected, undisturbed):
    clone = SlurmClone(tmp_path, cluster, cpu="steady", gpu="cancelled").take_over(selected)
    process = begin(clone)
    preempt(clone, "node2")
    end(clone, process)
    assert states(clone) == ["PREEMPTED", "COMPLETED"]
    assert bought_once(clone)
    assert clone.rows("dataset/data") == undisturbed


def test_a_controller_that_is_killed_and_away_for_a_minute(tmp_path, cluster, selected, undisturbed):
    clone = SlurmClone(tmp_path, cluster).take_over(selected)
    process = begin(clone)
    cluster.end("slurmctld", signal.SIGKILL)
    time.sleep(SECONDS_AWAY)
    cluster.start_controller()
    end(clone, process)
    assert states(clone)[-1] == "COMPLETED"
    assert bought_once(clone)
    assert clone.rows("dataset/data") == undisturbed


def test_a_full_disk(tmp_path, cluster, selected, undisturbed):
    clone = SlurmClone(tmp_path / "clone", cluster).take_over(selected)
    disk, store = tmp_path / "small_disk", clone.folder / "results/store"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
    try:
        shutil.move(store, disk / "store")
        store.symlink_to(disk / "store")
        (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free - ROOM))
        clone.run(ANSWERS, *ROW_BY_ROW, "--retries", "0", fails=True)
        (log,) = (clone.folder / "results/trial/logs" / STAGE).rglob("*.log")
        assert "no disk space left for" in log.read_text()
        assert 0 < len(clone.stored_chunks(STAGE)) < ROWS
        (disk / "ballast").unlink()
        clone.run(ANSWERS)
        clone.run("dataset", profile="local")
        assert clone.rows("dataset/data") == undisturbed
        stored = clone.rows(STAGE)
        assert len({(row["question_id"], row["sample"]) for row in stored}) == len(stored) == ROWS
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def test_two_writers_of_one_store(tmp_path, cluster, undisturbed):
    store = tmp_path / "store"
    store.mkdir()
    clones = []
    for name in ("first", "second"):
        clone = SlurmClone(tmp_path / name, cluster)
        (clone.folder / "results").mkdir()
        (clone.folder / "results/store").symlink_to(store)
        config = clone.small_config(run=name)
        (clone.folder / "trial.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        clones.append(clone)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda clone: clone.run("dataset", *ROW_BY_ROW, environment=slow()), clones))
    for clone, name in zip(clones, ("first", "second"), strict=True):
        assert clone.rows("dataset/data", name) == undisturbed
        stored = clone.rows(STAGE, name)
        assert len({(row["question_id"], row["sample"]) for row in stored}) == len(stored) == ROWS
    # Both were at it at once, so together they bought more than one of them needed, and neither more than that.
    bought = [sum(clones[0].bought(name).values()) for name in ("first", "second")]
    assert all(bought)
