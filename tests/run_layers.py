"""Runs the test layers, two at a time, each with its minutes, and says what was skipped and why.

Layers: the library and programs (unit), the job graphs of every config (graph), whole runs on a stand-in or a
two-layer model (workflow), the engine vllm in the environment that `make vllm` made (vllm), the demo itself (demo), and
the checks of style (style).
"""

import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST_OPTIONS = ["-m", "pytest", "-q", "-rs", "--durations=5", "-p", "no:cacheprovider"]
PYTEST = [sys.executable, *PYTEST_OPTIONS]
VLLM_PYTHON = os.environ.get("VLLM_PYTHON", "")
LAYERS = {
    "style": [[sys.executable, "tests/check_style.py"]],
    "unit": [[*PYTEST, "-m", "not graph and not workflow and not vllm and not demo", "tests"]],
    "graph": [[*PYTEST, "-m", "graph", "tests"]],
    "workflow": [[*PYTEST, "-m", "workflow", "tests"]],
    "vllm": [[VLLM_PYTHON, *PYTEST_OPTIONS, "-m", "vllm", "tests"]],
    "demo": [[*PYTEST, "-s", "-m", "demo", "tests"]],
}
# Each lane goes through its layers in their order, beside the other: most tests wait for one process at a time. They
# are about equally long.
LANES = (("style", "graph", "workflow", "vllm"), ("unit", "demo"))
CLOSING_LINE = re.compile(r"^(?=.*\d+ (?:passed|failed|error))(.*) in [\d.]+s", re.MULTILINE)


class Report:
    """What the layers gave, put together by several threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.summary: dict[str, str] = {}
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}

    def run(self, layer: str, live: bool) -> bool:
        """Run one layer, with its output shown line by line or, if not `live`, in one piece; returns if it passed."""
        if layer == "vllm" and not Path(VLLM_PYTHON).is_file():
            self._close(layer, "skipped: there is no environment with vLLM; make it with `make vllm`", [])
            return True
        print(f"\n=== {layer} ===", flush=True)
        started, lines = time.monotonic(), []
        passed = all([_run(command, lines, live) for command in LAYERS[layer]])
        minutes = (time.monotonic() - started) / 60
        self._close(layer, f"{'passed' if passed else 'FAILED':7} {minutes:5.1f} minutes", [] if live else lines)
        for number, kind in re.findall(
            r"(\d+) (passed|failed|skipped|error)", " ".join(CLOSING_LINE.findall("".join(lines)))
        ):
            with self.lock:
                self.counts["failed" if kind == "error" else kind] += int(number)
        return passed

    def _close(self, layer: str, text: str, lines: list[str]) -> None:
        with self.lock:
            self.summary[layer] = text
            print(f"\n=== {layer}: {text} ===\n{''.join(lines)}", flush=True)


def main() -> int:
    """Run the layers named on the command line, or all; returns 0 only if every layer passed."""
    wanted = sys.argv[1:] or list(LAYERS)
    lanes = [lane for lane in ([layer for layer in lane if layer in wanted] for lane in LANES) if lane]
    report, live, started = Report(), len(lanes) == 1, time.monotonic()
    with ThreadPoolExecutor(len(lanes)) as pool:
        results = pool.map(lambda lane: [report.run(layer, live) for layer in lane], lanes)
        passed = all(result for lane in results for result in lane)
    print("\n" + "\n".join(f"{layer:10} {report.summary[layer]}" for layer in LAYERS if layer in report.summary))
    counts = ", ".join(f"{number} {kind}" for kind, number in report.counts.items())
    print(f"{counts}; {(time.monotonic() - started) / 60:.1f} minutes")
    return 0 if passed else 1


def _run(command: list[str], lines: list[str], live: bool) -> bool:
    """Run one command and add its output to `lines`; returns whether it passed."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "TOKENIZERS_PARALLELISM": "false"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    for line in process.stdout:
        lines.append(line)
        if live:
            print(line, end="", flush=True)
    return process.wait() == 0


if __name__ == "__main__":
    raise SystemExit(main())
