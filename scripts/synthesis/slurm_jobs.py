"""The jobs of a run that SLURM still has, and what Snakemake's plugin for SLURM lacks for a run that may be killed.

The plugin never finds the jobs of an earlier start again. So a run's name stands in front of the name of each of its
jobs, and a start looks for them first.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from synthesis.errors import InputError

SQUEUE_SECONDS = 60
# A name is `<run>_<uuid>`, a comment is what the plugin writes there.
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_COMMENT = re.compile(r"rule_(?P<rule>\w+?)(?:_wildcards_(?P<wildcards>.*))?")


@dataclass(frozen=True)
class SlurmJob:
    """A job that is waiting or at work. `state` and `reason` are SLURM's words; an array's task has its own entry."""

    job_id: str
    state: str
    reason: str
    rule: str
    wildcards: str


class NoAnswer(InputError):
    """SLURM's commands are there, but no SLURM answers them."""


def is_there() -> bool:
    """Whether this machine has SLURM's commands."""
    return shutil.which("squeue") is not None


def living(run: str, folder: Path) -> list[SlurmJob]:
    """The jobs of a run started in a folder that SLURM has not ended; empty on a machine without SLURM.

    Raises NoAnswer if SLURM does not answer.
    """
    if not is_there():
        return []
    command = ["squeue", "--me", "--array", "--noheader", "--format=%i|%T|%r|%j|%k|%Z"]
    lines = [line.split("|", 5) for line in _answer(command).splitlines()]
    name = re.compile(f"{re.escape(run)}_{_UUID}")
    return [
        SlurmJob(job_id, state, reason, **_described(comment))
        for job_id, state, reason, job_name, comment, where in lines
        if name.fullmatch(job_name) and Path(where).resolve() == Path(folder).resolve()
    ]


def cancel(jobs: list[SlurmJob]) -> None:
    """Have SLURM end jobs; their programs are told first and put what they have into the store."""
    _answer(["scancel", *(job.job_id for job in jobs)])


def wait_for_none(run: str, folder: Path, say: Callable[[list[SlurmJob]], None], seconds: float) -> None:
    """Return once SLURM has no job of the run any more; calls `say` with those that live, each so many seconds."""
    while jobs := living(run, folder):
        say(jobs)
        time.sleep(seconds)


def check_no_job_lives(run: str, folder: Path, on_slurm: bool) -> None:
    """Raise InputError if jobs of the run live: beside them, a second start would do their work again.

    A SLURM that does not answer matters only to a run on it: many machines have its commands and no cluster.
    """
    try:
        jobs = living(run, folder)
    except NoAnswer:
        if on_slurm:
            raise
        return
    if jobs:
        ids = ", ".join(job.job_id for job in jobs[:5]) + (", ..." if len(jobs) > 5 else "")
        raise InputError(
            f"SLURM still has {len(jobs)} jobs of the run {run} from an earlier start ({ids}); start with `make "
            "resume PROFILE=slurm CONFIG=...`, which waits for them first, or ends them with JOBS=cancel."
        )


def check_accounting(status_command: str) -> None:
    """Raise InputError if Snakemake would ask `sacct` of a cluster that keeps no accounts: it would wait for ever."""
    if status_command != "sacct":
        return
    asked = subprocess.run(["sacct", "--noheader", "--allocations"], text=True, capture_output=True)
    if asked.returncode:
        raise InputError(
            f"`sacct` tells nothing of jobs here ({asked.stderr.strip()}), so Snakemake would never see them end; "
            "write `slurm-status-command: squeue` into profiles/slurm/config.yaml."
        )


def name_after(run: str, executor) -> None:
    """Put the run's name in front of the name that an executor of the plugin gives to its jobs.

    The plugin has a setting for it, but a profile can't know the run.
    """
    executor.run_uuid = f"{run}_{executor.run_uuid}"


def count_preempted_as_failed(requeues: bool) -> None:
    """Have the plugin take a preempted job that SLURM does not start again for a failed one.

    Without this it waits for ever for such a job, which a partition with PreemptMode=CANCEL ends.
    """
    if requeues:
        return
    import snakemake_executor_plugin_slurm as plugin

    asked = plugin.query_job_status

    async def with_preempted_as_cancelled(*arguments):
        states, seconds = await asked(*arguments)
        ended = {"PREEMPTED": "CANCELLED"}
        return states and {job: ended.get(state, state) for job, state in states.items()}, seconds

    plugin.query_job_status = with_preempted_as_cancelled


def _described(comment: str) -> dict[str, str]:
    found = _COMMENT.fullmatch(comment)
    return {"rule": found["rule"], "wildcards": found["wildcards"] or ""} if found else {"rule": "", "wildcards": ""}


def _answer(command: list[str]) -> str:
    """What a command of SLURM prints. Raises NoAnswer with its words if SLURM does not answer."""
    try:
        result = subprocess.run(command, text=True, capture_output=True, timeout=SQUEUE_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise NoAnswer(f"SLURM did not answer `{command[0]}` within {SQUEUE_SECONDS} s; try again later.") from error
    if result.returncode:
        raise NoAnswer(f"SLURM did not answer `{command[0]}` ({result.stderr.strip()}); try again once it does.")
    return result.stdout
