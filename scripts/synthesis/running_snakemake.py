"""Which Snakemake makes a run now: written down when one starts, so that a second start can tell whether it lives."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

from synthesis import machine, schema
from synthesis.errors import InputError
from synthesis.ledger import read_json

FILE = "snakemake.json"


def write_down(results: Path) -> None:
    """Note that this process makes the run whose results lie in a folder."""
    own = psutil.Process()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    content = {"host": machine.host_name(), "pid": own.pid, "created": own.create_time(), "started": started}
    schema.write_text(Path(results) / FILE, json.dumps(content) + "\n")


def strike_out(results: Path) -> None:
    """Remove the note of this process, if it is its own."""
    path = Path(results) / FILE
    with suppress(InputError):
        if read_json(path)["pid"] == os.getpid():
            path.unlink()


def check_none_lives(results: Path) -> None:
    """Raise InputError if a Snakemake makes one of the runs in a folder of results, or may do so on another machine."""
    for path in sorted(Path(results).glob(f"*/{FILE}")):
        noted = read_json(path)
        run, who = path.parent.name, f"process {noted['pid']} on {noted['host']}"
        if noted["host"] != machine.host_name():
            raise InputError(
                f"the run {run} was started at {noted['started']} by {who} and did not end in order; look there "
                f"whether that process lives. If it does not, delete {path} and try again."
            )
        if _lives(noted):
            raise InputError(f"the run {run} is being made by Snakemake, {who}; wait for it or stop it first.")


def _lives(noted: dict) -> bool:
    try:
        return psutil.Process(noted["pid"]).create_time() == noted["created"]
    except psutil.NoSuchProcess:
        return False
