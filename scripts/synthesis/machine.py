"""What the machine under a job is."""

import os
import socket
import subprocess
from functools import cache


@cache
def gpu_names() -> tuple[str, ...]:
    """Names of the NVIDIA GPUs that this process may use; empty without a driver. Imports no GPU library."""
    try:
        listing = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    names = tuple(line.strip() for line in listing.stdout.splitlines() if line.strip()) if not listing.returncode else ()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return names if visible is None else names[: len([item for item in visible.split(",") if item.strip()])]


def host_name() -> str:
    """Name of the machine, as written into attempts."""
    return socket.gethostname()
