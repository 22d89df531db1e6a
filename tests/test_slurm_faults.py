"""Runs on SLURM that are struck amid a job, side by side; afterwards the data set is the same, row for row."""

import os
import signal
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from slurm_run import SlurmClone
from test_trained_run import make_base_model, trained_config

pytestmark = pytest.mark.slurm

STAGE = "generate_responses"
ANSWERS = f"results/trial/{STAGE}/writer/00000.parquet"
ROWS = 20  # answers, two to each selected question
SECONDS_OF_A_ROW = 1.5
# Rows reach the store one by one, except where a test asks for the contrary.
ROW_BY_ROW = ("--set-resources", f"{STAGE}:chunk_rows=1")


@pytest.fixture(scope="module")
def struck(tmp_path_factory, cluster, selected, recipe_run) -> dict[str, Future]:
    """The runs by what struck them; `result()` is the clone once its run has ended. The recipe runs beside them."""
    faults = {
        "node": _kill_a_node,
        "time": _exceed_the_time,
        "training_time": _exceed_the_time_of_a_training,
        "snakemake": _kill_snakemake,
        "sigterm": _cancel_a_job,
        "empty": _end_without_output,
        "fruitless": _fail_without_a_row,
    }

    def clone(name: str) -> SlurmClone:
        # The others run elsewhere than on the node that is struck.
        gpu = "gpu" if name == "node" else "steady"
        return SlurmClone(tmp_path_factory.mktemp(name), cluster, cpu="steady", gpu=gpu).take_over(selected)

    with ThreadPoolExecutor(len(faults)) as pool:
        yield {name: pool.submit(fault, clone(name)) for name, fault in faults.items()}


def slow(seconds: float = SECONDS_OF_A_ROW) -> dict[str, str]:
    """The environment in which the engine takes so long for a row."""
    return {"SYNTHESIS_STAND_IN_SECONDS": str(seconds)}


def begin(clone: SlurmClone, seconds: float = SECONDS_OF_A_ROW):
    """Start the stage of the answers and return Snakemake's process once one of them is in the store."""
    process = start(clone, *ROW_BY_ROW, seconds=seconds)
    clone.wait(lambda: clone.stored_chunks(STAGE), "the first answer is stored")
    return process


def start(clone: SlurmClone, *arguments: str, seconds: float = SECONDS_OF_A_ROW):
    """Start the stage of the answers on a slow engine; returns Snakemake's process."""
    return clone.start(ANSWERS, *arguments, environment=slow(seconds), start_new_session=True)


def end(clone: SlurmClone, process) -> SlurmClone:
    """Wait until the struck start has ended well, by itself, and make the data set, beside SLURM."""
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 0, output
    clone.run("dataset", profile="local")
    return clone


def _kill_a_node(clone: SlurmClone) -> SlurmClone:
    # So long that SLURM has given the node up and the next attempt begun before what is left at work there has ended.
    process = begin(clone, seconds=9)
    (node,) = {job["NodeList"] for job in clone.jobs(STAGE)}
    assert node == "node3"
    clone.cluster.end(node, signal.SIGKILL)
    clone.wait(lambda: "NODE_FAIL" in {job["JobState"] for job in clone.jobs(STAGE)}, "SLURM has given the node up")
    # What the dead daemon left at work goes on until the node is back, beside the next attempt.
    clone.wait(lambda: len(clone.journal(STAGE)) > 1, "the next attempt is at work")
    clone.cluster.start_node(node)
    return end(clone, process)


def _exceed_the_time(clone: SlurmClone) -> SlurmClone:
    # SLURM looks for jobs over their time every half minute.
    process = begin(clone, seconds=5)
    clone.cluster.command("scontrol", "update", f"JobId={clone.running(STAGE)}", "TimeLimit=00:00:01")
    return end(clone, process)


def _exceed_the_time_of_a_training(clone: SlurmClone) -> SlurmClone:
    make_base_model(clone)
    config = trained_config(clone)
    config["train_generator"]["tuned"]["training"]["epochs"] = 600
    clone.write_config(config)
    no_device = ("train_generator:gpu=0", "train_generator:gres=gpu:1", "train_generator:checkpoint_seconds=10")
    manifest = "results/trial/train_generator/tuned/manifest.json"
    process = clone.start(manifest, "--set-resources", *no_device)
    checkpoints = clone.folder / "results/store/train_generator"
    clone.wait(lambda: list(checkpoints.glob("*/checkpoints/*/complete.json")), "there is a checkpoint")
    clone.cluster.command("scontrol", "update", f"JobId={clone.running('train_generator')}", "TimeLimit=00:00:01")
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 0, output
    return clone


def _kill_snakemake(clone: SlurmClone) -> SlurmClone:
    # So long that the job lives through two more starts of Snakemake beside all other runs.
    process = begin(clone, seconds=9)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    clone.locked = clone.run(ANSWERS, fails=True)
    clone.run("--unlock")
    clone.refused = clone.run(ANSWERS, fails=True)
    clone.living_at_refusal = len([job for job in clone.jobs(STAGE) if job["JobState"] == "RUNNING"])
    options = f"OPTIONS={ANSWERS} {' '.join(clone.profile[2:])}"
    clone.resumed = clone.make("resume", "CONFIG=trial.yaml", "PROFILE=slurm", options)
    clone.run("dataset", profile="local")
    return clone


def _cancel_a_job(clone: SlurmClone) -> SlurmClone:
    # Nothing is published but by the signal.
    patient = ("--set-resources", f"{STAGE}:chunk_rows=1000", f"{STAGE}:chunk_seconds=1000")
    process = start(clone, *patient)
    job = clone.running(STAGE)
    clone.wait(lambda: [one for one in clone.journal(STAGE) if one["rows"] > 2], "some answers are there")
    clone.unpublished = not clone.stored_chunks(STAGE)
    clone.cluster.command("scancel", job)
    return end(clone, process)


_END_AT_ONCE = """    settings = options.settings
    if not Path("ended").exists():
        Path("ended").touch()
        raise SystemExit(0)
"""


def _end_without_output(clone: SlurmClone) -> SlurmClone:
    clone.run(ANSWERS, profile="local")
    program = clone.folder / "scripts/filter_responses.py"
    program.write_text(program.read_text().replace("    settings = options.settings\n", _END_AT_ONCE, 1))
    clone.run("results/trial/filter_responses/writer/00000.parquet")
    clone.run("dataset", profile="local")
    return clone


_BROKEN = "        raise RuntimeError('the engine is broken')\n        for request in requests:\n"


def _fail_without_a_row(clone: SlurmClone) -> SlurmClone:
    """An engine that ends the job before its first row, whatever is tried."""
    engine = clone.folder / "scripts/synthesis/engines/stand_in_engine.py"
    engine.write_text(engine.read_text().replace("        for request in requests:\n", _BROKEN))
    clone.run(ANSWERS, fails=True)
    return clone


def bought_once(clone: SlurmClone) -> bool:
    """Whether each answer was bought, and none twice."""
    return sum(attempt["rows"] for attempt in clone.journal(STAGE)) == ROWS


def states(clone: SlurmClone) -> list[str]:
    return [job["JobState"] for job in clone.jobs(STAGE)]


def test_a_node_that_dies(struck, undisturbed):
    clone = struck["node"].result()
    assert clone.rows("dataset/data") == undisturbed
    assert states(clone) == ["NODE_FAIL", "COMPLETED"]
    # The orphan of the dead node and the next attempt wrote into one store: no row is there twice.
    stored = clone.rows(STAGE)
    assert len(stored) == len({(row["question_id"], row["sample"]) for row in stored}) == ROWS


def test_a_job_over_its_time_goes_on_from_its_rows(struck, undisturbed):
    clone = struck["time"].result()
    assert clone.rows("dataset/data") == undisturbed
    assert states(clone) == ["TIMEOUT", "COMPLETED"]
    assert bought_once(clone)
    assert [attempt["state"] for attempt in clone.journal(STAGE)] == ["terminated", "finished"]


def test_a_training_over_its_time_goes_on_from_its_checkpoint(struck):
    clone = struck["training_time"].result()
    assert [job["JobState"] for job in clone.jobs("train_generator")] == ["TIMEOUT", "COMPLETED"]
    begun = [attempt["begun_at"] for attempt in clone.journal("train_generator")]
    assert begun[0] == 0 < begun[1]


def test_a_killed_snakemake_goes_on_with_make_resume(struck, undisturbed):
    clone = struck["snakemake"].result()
    assert "unlock" in clone.locked
    assert clone.living_at_refusal == 1
    assert "SLURM still has 1 jobs of the run trial from an earlier start" in clone.refused
    assert "make resume PROFILE=slurm" in clone.refused
    assert "waiting for 1 jobs of the run trial, 1 of them at work" in clone.resumed
    assert clone.rows("dataset/data") == undisturbed
    assert bought_once(clone)
    # What that job made is there, so the next start asks for no other GPU.
    assert ["gres:gpu" in job.get("TresPerJob", "") for job in clone.jobs(STAGE)][1:] in ([], [False])


def test_a_signal_commits_the_open_chunk(struck, undisturbed):
    clone = struck["sigterm"].result()
    assert clone.unpublished
    assert states(clone) == ["CANCELLED", "COMPLETED"]
    first, second = clone.journal(STAGE)
    assert first["state"] == "terminated"
    assert first["rows"] > 2
    assert second["begun_at"] == first["rows"]
    assert bought_once(clone)
    assert clone.rows("dataset/data") == undisturbed


def test_a_job_that_ends_well_but_leaves_no_output_is_tried_again(struck, undisturbed):
    clone = struck["empty"].result()
    assert [job["JobState"] for job in clone.jobs("filter_responses")] == ["FAILED", "COMPLETED"]
    assert clone.rows("dataset/data") == undisturbed


def test_two_attempts_without_a_new_row_end_the_job_with_a_sentence(struck):
    clone = struck["fruitless"].result()
    told = (clone.folder / "results/trial/logs/generate_responses/writer/00000.log").read_text()
    assert "the last 2 attempts brought nothing new (failed after" in told
    # What ended the first attempts stands in the files that it names.
    kept = (clone.folder / "results/slurm_logs").rglob("*.log")
    assert sum("RuntimeError: the engine is broken" in path.read_text() for path in kept) == 2
    assert not (clone.folder / ANSWERS).exists()
