"""What the machine under a job is."""

import os
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path

from synthesis.errors import InputError


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


def use_conda() -> None:
    """Prepare for jobs in conda environments; raises `InputError` if there is no command `conda`.

    The Python of a conda environment prefers packages that pip put into the user's home (~/.local) to the
    environment's own, unless it is told not to see them.
    """
    # As Snakemake looks for it: a cluster may have it as a function of the shell.
    if subprocess.run(["bash", "-c", "type conda"], capture_output=True).returncode:
        raise InputError(
            "the profile runs every rule in a conda environment, but there is no command `conda` on the PATH; install "
            "or load conda 24.7.1 or newer, or add `--software-deployment-method env-modules` to run everything in the "
            "environment of Snakemake."
        )
    os.environ["PYTHONNOUSERSITE"] = "1"


def host_name() -> str:
    """Name of the machine, as written into attempts."""
    return socket.gethostname()
