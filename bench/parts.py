"""What the sections of the page of results share: parts that run as processes of their own, the machine, numbers."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "scripts"))

from synthesis.machine import gpu_names


def part(name: str, *arguments) -> dict:
    """Run one part and return its figures."""
    print(f"{name} {' '.join(map(str, arguments))}", file=sys.stderr, flush=True)
    command = [sys.executable, FOLDER / f"{name}.py", *map(str, arguments)]
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if process.returncode:
        raise SystemExit(f"{name} failed with code {process.returncode}")
    return json.loads(process.stdout.strip().splitlines()[-1])


def machine() -> str:
    """The hardware that was measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = f"{os.cpu_count()} cores of {model}"
    return f"{cores}, {memory:.0f} GiB of memory, {', '.join(gpu_names()) or 'no GPU'}, {platform.system()}"


def shown(amount: float) -> str:
    """A number with three digits that matter."""
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.3g}"
