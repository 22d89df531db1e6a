"""What SLURM's `srun` does for one task on each node, with all nodes on this machine.

As with the real one (tried with 22.05): standard input goes to every task, SIGTERM kills the tasks at once, and so does
an error of one of them.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path


def put_on_path(folder: Path, monkeypatch) -> None:
    """Make this module the `srun` of all programs started from now on, and let them see a job of SLURM."""
    folder.mkdir()
    program = folder / "srun"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {__file__} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), os.environ["PATH"]]))
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    assert shutil.which("srun") == str(program)


def main(arguments: list[str]) -> int:
    """Run the command that follows the options as so many tasks; returns the worst code."""
    options = dict(word[2:].split("=") for word in arguments if word.startswith("--") and "=" in word)
    command = arguments[len(options) :]
    tasks = [
        subprocess.Popen(
            command,
            env={**os.environ, "SLURM_NODEID": str(number)},
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        for number in range(int(options["nodes"]))
    ]
    signal.signal(signal.SIGTERM, lambda *_: _kill(tasks))
    threading.Thread(target=_pass_on_input, args=(tasks,), daemon=True).start()
    while any(task.poll() is None for task in tasks):
        if any(task.returncode for task in tasks):
            _kill(tasks)
        time.sleep(0.05)
    return max(abs(task.returncode) for task in tasks)


def _pass_on_input(tasks) -> None:
    while text := os.read(0, 4096):
        for task in tasks:
            with suppress(BrokenPipeError):
                task.stdin.write(text)
                task.stdin.flush()
    for task in tasks:
        task.stdin.close()


def _kill(tasks) -> None:
    for task in tasks:
        with suppress(ProcessLookupError):
            os.killpg(task.pid, signal.SIGKILL)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
