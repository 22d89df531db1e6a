"""The jobs of a run that SLURM still has: a run's name stands in front of the name of each of its jobs."""

import re
import shutil
import subprocess
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


def is_there() -> bool:
    """Whether this machine has SLURM's commands."""
    return shutil.which("squeue") is not None


def living(run: str, folder: Path) -> list[SlurmJob]:
    """The jobs of a run started in a folder that SLURM has not ended; empty on a machine without SLURM.

    Raises InputError if SLURM does not answer.
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


def _described(comment: str) -> dict[str, str]:
    found = _COMMENT.fullmatch(comment)
    return {"rule": found["rule"], "wildcards": found["wildcards"] or ""} if found else {"rule": "", "wildcards": ""}


def _answer(command: list[str]) -> str:
    """What a command of SLURM prints. Raises InputError with its words if SLURM does not answer."""
    try:
        result = subprocess.run(command, text=True, capture_output=True, timeout=SQUEUE_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise InputError(f"SLURM did not answer `{command[0]}` within {SQUEUE_SECONDS} s; try again later.") from error
    if result.returncode:
        raise InputError(f"SLURM did not answer `{command[0]}` ({result.stderr.strip()}); try again once it does.")
    return result.stdout
