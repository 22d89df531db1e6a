"""What the machine under a job is."""

import os
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path


@cache
def gpu_names() -> tuple[str, ...]:
    """Names of the NVIDIA GPUs that this process may use; empty without a driver. Imports no GPU library."""
    try:
        listing = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    names = (
        tuple(line.strip() for line in listing.stdout.splitlines() if line.strip()) if not listing.returncode else ()
    )
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return names if visible is None else names[: len([item for item in visible.split(",") if item.strip()])]


def put_running_python_first() -> None:
    """Let `python` mean the running interpreter in all programs started from here, activated or not.

    A conda environment that Snakemake activates for a job still comes before it.
    """
    folder = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([folder, *filter(None, [os.environ.get("PATH")])])


def host_name() -> str:
    """Name of the machine, as written into attempts."""
    return socket.gethostname()
