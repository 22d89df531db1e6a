"""Runs the test layers, two at a time, each with its minutes, and says what was skipped and why.

Layers: the library and programs (unit), the job graphs of every config (graph), whole runs on a stand-in or a
two-layer model (workflow), the profile for clusters on a SLURM that the tests start (slurm), the engine vllm in the
environment that `make vllm` made (vllm), the demo itself (demo), and the checks of style (style). Longer runs (long,
slurm_long) only if they are named. Each line of output begins with its layer.
"""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PYTEST_OPTIONS = ["-m", "pytest", "-q", "-rs", "--durations=5", "-p", "no:cacheprovider"]
PYTEST = [sys.executable, *PYTEST_OPTIONS]
VLLM_PYTHON = os.environ.get("VLLM_PYTHON", "")
LAYERS = {
    "style": [[sys.executable, "tests/check_style.py"]],
    "unit": [
        [
            *PYTEST,
            "-m",
            "not graph and not workflow and not slurm and not slurm_long and not vllm and not demo and not long",
            "tests",
        ]
    ],
    "graph": [[*PYTEST, "-m", "graph", "tests"]],
    "workflow": [[*PYTEST, "-m", "workflow", "tests"]],
    "slurm": [[*PYTEST, "-m", "slurm", "tests"]],
    "vllm": [[VLLM_PYTHON, *PYTEST_OPTIONS, "-m", "vllm", "tests"]],
    "demo": [[*PYTEST, "-s", "-m", "demo", "tests"]],
    "long": [[*PYTEST, "-m", "long", "tests"]],
    "slurm_long": [[*PYTEST, "-m", "slurm_long", "tests"]],
}
# In the order in which they begin: those that mostly wait beside those that compute, the longest first.
BY_DEFAULT = ["style", "slurm", "workflow", "demo", "unit", "vllm", "graph"]
AT_A_TIME = 2
CLOSING_LINE = re.compile(r"^(?=.*\d+ (?:passed|failed|error))(.*) in [\d.]+s", re.MULTILINE)


class Outcome(NamedTuple):
    """How a layer went: its line of the summary and how many of its tests had each outcome."""

    line: str
    failed: bool
    counts: Counter


def main() -> int:
    """Run the layers named on the command line, or those `BY_DEFAULT`; returns 0 only if every layer passed."""
    wanted = sys.argv[1:] or BY_DEFAULT
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        outcomes = list(pool.map(run, wanted))
    print("\n" + "\n".join(outcome.line for outcome in outcomes))
    counts = sum((outcome.counts for outcome in outcomes), Counter())
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def run(layer: str) -> Outcome:
    """Run a layer; its output is shown as it comes."""
    if layer == "vllm" and not Path(VLLM_PYTHON).is_file():
        line = f"{layer:10} skipped: there is no environment with vLLM; make it with `make vllm`"
        return Outcome(line, False, Counter())
    started, counts = time.monotonic(), Counter()
    passed = all([_run(layer, command, counts) for command in LAYERS[layer]])
    minutes = (time.monotonic() - started) / 60
    return Outcome(f"{layer:10} {'passed' if passed else 'FAILED':7} {minutes:5.1f} minutes", not passed, counts)


def _run(layer: str, command: list[str], counts: Counter) -> bool:
    """Run one command with its output shown and its closing counts added up; returns whether it passed."""
    # Threads that spin while they wait take the time of the other layer: two PyTorch programs of two threads each ran
    # at an eighth of their speed on two cores, and at half of it so.
    environment = {
        "OMP_WAIT_POLICY": "PASSIVE",
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    lines = []
    for line in process.stdout:
        print(f"{layer:8} | {line}", end="", flush=True)
        lines.append(line)
    code = process.wait()
    for number, kind in re.findall(
        r"(\d+) (passed|failed|skipped|error)", " ".join(CLOSING_LINE.findall("".join(lines)))
    ):
        counts["failed" if kind == "error" else kind] += int(number)
    return code == 0


if __name__ == "__main__":
    raise SystemExit(main())
