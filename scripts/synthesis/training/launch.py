"""Starts the training processes through `accelerate launch` and listens to them."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from synthesis import program
from synthesis.errors import InputError
from synthesis.training.messages import told

WORKER = "synthesis.training.worker"
SCRIPTS = Path(__file__).resolve().parent.parent.parent

# Seconds that stopped processes get to write a checkpoint. SLURM kills after 30 seconds unless told otherwise.
GRACE_SECONDS = 25


def command(plan: Path, processes: int, parallelism: str) -> list[str]:
    """The command that trains what `plan` (JSON, see `synthesis.training.worker`) says in so many processes."""
    several = ["--use_fsdp" if parallelism == "fsdp" else "--multi_gpu", "--main_process_port", "0"]
    return [
        *(sys.executable, "-m", "accelerate.commands.launch", "--num_machines", "1"),
        *("--num_processes", str(processes), "--mixed_precision", "no", "--dynamo_backend", "no"),
        *(several if processes > 1 else []),
        *("--module", WORKER, str(plan)),
    ]


def run(job: program.Job, arguments: list[str], threads: int, use_cpu: bool) -> None:
    """Run the training to its end; the job's progress follows the optimiser's steps.

    A signal that stops this program is passed on, and the processes write a last checkpoint. They also stop when
    this program is killed, since they watch their standard input. Raises InputError with the sentence of a process
    that found the user's mistake, RuntimeError for any other failure.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(SCRIPTS), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "OMP_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": "false",
        **({"ACCELERATE_USE_CPU": "true"} if use_cpu else {}),
    }
    with subprocess.Popen(
        arguments,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        listener = _Listener(job, process.stdout)
        listener.start()
        try:
            code = process.wait()
        except BaseException:
            _stop(process, listener)
            raise
        listener.join()
    if listener.mistake:
        raise InputError(listener.mistake)
    if code:
        raise RuntimeError(f"the training ended with code {code}; its last words are above in this log")


class _Listener(threading.Thread):
    """Follows the messages of the training, logs all other lines, keeps the sentence of a user's mistake."""

    def __init__(self, job: program.Job, lines):
        super().__init__(daemon=True)
        self.mistake = ""
        self._job, self._lines, self._step = job, lines, 0

    def run(self):
        for line in self._lines:
            message = told(line)
            if message is not None:
                self._take(message)
            elif line.strip():
                program.log.debug("%s", line.rstrip())

    def _take(self, message: dict) -> None:
        if "mistake" in message:
            self.mistake = message["mistake"]
        elif "steps" in message:
            self._job.step("training", message["steps"] - message["step"], "steps")
        else:
            self._job.advance(message["step"] - self._step)
        self._step = message.get("step", self._step)


def _stop(process: subprocess.Popen, listener: _Listener) -> None:
    """Ask all processes to write a checkpoint and end; kill those that take too long.

    The launcher ends at once; the listener ends when the last process has closed its output.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        listener.join(GRACE_SECONDS)
        if not listener.is_alive():
            return
