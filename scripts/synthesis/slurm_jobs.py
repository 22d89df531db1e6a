"""The jobs of a run that SLURM still has: a run's name stands in front of the name of each of its jobs.

Snakemake's plugin for SLURM never finds the jobs of an earlier start again, so a start looks for them first.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
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
    # Others of the user's jobs may have names or comments of several lines.
    lines = [line.split("|", 5) for line in _answer(command).splitlines() if line.count("|") >= 5]
    name = re.compile(f"{re.escape(run)}_{_UUID}")
    return [
        SlurmJob(job_id, state, reason, **_described(comment))
        for job_id, state, reason, job_name, comment, where in lines
        if name.fullmatch(job_name) and Path(where).resolve() == Path(folder).resolve()
    ]


def living_or_none(run: str, folder: Path, on_slurm: bool) -> list[SlurmJob]:
    """The same; none if no SLURM answers and the run is not on it: many machines have the commands and no cluster."""
    try:
        return living(run, folder)
    except NoAnswer:
        if on_slurm:
            raise
        return []


def cancel(jobs: list[SlurmJob]) -> None:
    """Have SLURM end jobs; their programs are told first and put what they have into the store."""
    _answer(["scancel", *(job.job_id for job in jobs)])


def wait_for_none(run: str, folder: Path, say: Callable[[list[SlurmJob]], None], seconds: float) -> None:
    """Return once SLURM has no job of the run any more; calls `say` with those that live, each so many seconds.

    A SLURM that does not answer for a while is asked again.
    """
    while True:
        with suppress(NoAnswer):
            jobs = living(run, folder)
            if not jobs:
                return
            say(jobs)
        time.sleep(seconds)


def check_no_job_lives(run: str, folder: Path, on_slurm: bool) -> None:
    """Raise InputError if jobs of the run live: beside them, a second start would do their work again."""
    if jobs := living_or_none(run, folder, on_slurm):
        ids = ", ".join(job.job_id for job in jobs[:5]) + (", ..." if len(jobs) > 5 else "")
        raise InputError(
            f"SLURM still has {len(jobs)} jobs of the run {run} from an earlier start ({ids}); start with `make "
            "resume PROFILE=slurm CONFIG=...`, which waits for them first, or ends them with JOBS=cancel."
        )


def _described(comment: str) -> dict[str, str]:
    found = _COMMENT.fullmatch(comment)
    return {"rule": found["rule"], "wildcards": found["wildcards"] or ""} if found else {"rule": "", "wildcards": ""}


def _answer(command: list[str]) -> str:
    """What a command of SLURM prints. Raises NoAnswer with its words if SLURM does not answer."""
    try:
        result = subprocess.run(command, text=True, capture_output=True, timeout=SQUEUE_SECONDS, env=_environment())
    except subprocess.TimeoutExpired as error:
        raise NoAnswer(f"SLURM did not answer `{command[0]}` within {SQUEUE_SECONDS} s; try again later.") from error
    if result.returncode:
        raise NoAnswer(f"SLURM did not answer `{command[0]}` ({result.stderr.strip()}); try again once it does.")
    return result.stdout


def _environment() -> dict[str, str]:
    """That of this process without what a user may have set for `squeue`, such as other states or clusters."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("SQUEUE_", "SLURM_CLUSTERS"))}
