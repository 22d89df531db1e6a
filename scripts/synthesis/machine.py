"""What the machine under a job is."""

import os
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path


def gpu_names() -> tuple[str, ...]:
    """Names of the NVIDIA GPUs that this process may use; empty without a driver. Imports no GPU library."""
    return tuple(gpus().values())


@cache
def gpus() -> dict[str, str]:
    """The NVIDIA GPUs that this process may use: what CUDA_VISIBLE_DEVICES calls each of them, and its name."""
    try:
        listing = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    names = (
        tuple(line.strip() for line in listing.stdout.splitlines() if line.strip()) if not listing.returncode else ()
    )
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return {str(number): name for number, name in enumerate(names)} if visible is None else _visible(visible, names)


def _visible(setting: str, names: tuple[str, ...]) -> dict[str, str]:
    """The GPUs that CUDA shows under this CUDA_VISIBLE_DEVICES, by the rules of CUDA and PyTorch.

    The first entry that is no device hides itself and all after it; an entry given twice hides all. Entries are
    numbers or identifiers (`GPU-...`, `MIG-...`); an identifier is taken for the next GPU without looking it up.
    """
    found: dict[str, str] = {}
    for entry in map(str.strip, setting.split(",")):
        if entry in found:
            return {}
        place = len(found) if entry.startswith(("GPU-", "MIG-")) else int(entry) if entry.isdecimal() else len(names)
        if place >= len(names):
            break
        found[entry] = names[place]
    return found


def put_running_python_first() -> None:
    """Let `python` mean the running interpreter in all programs started from here, activated or not.

    A conda environment that Snakemake activates for a job still comes before it.
    """
    folder = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([folder, *filter(None, [os.environ.get("PATH")])])


def host_name() -> str:
    """Name of the machine, as written into attempts."""
    return socket.gethostname()
