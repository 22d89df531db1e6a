"""Starts the training processes through `accelerate launch` and listens to them."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from synthesis import machine, program
from synthesis.errors import InputError
from synthesis.training.messages import STOP, told

LAUNCHER = "accelerate.commands.launch"
WORKER = "synthesis.training.worker"
SCRIPTS = Path(__file__).resolve().parent.parent.parent

# Seconds that stopped processes get to write a checkpoint. SLURM kills after 30 seconds unless told otherwise.
GRACE_SECONDS = 25


def command(plan: Path, processes: int, parallelism: str, nodes: int = 1, threads: int = 1) -> list[str]:
    """The command that trains what `plan` (JSON, see `synthesis.training.worker`) says in so many processes.

    On several nodes of a SLURM job, `srun` starts one launcher on each, with `threads` cores; the first node, where
    this runs, is where the processes meet.
    """
    several = ["--use_fsdp" if parallelism == "fsdp" else "--multi_gpu"] if processes > 1 else []
    meeting = ["--main_process_port", "0"] if processes > 1 else []
    if nodes > 1:
        meeting = ["--main_process_ip", machine.host_name(), "--main_process_port", str(_free_port())]
    return [
        *(_on_each_node(nodes, threads) if nodes > 1 else [sys.executable, "-m", LAUNCHER]),
        *("--num_machines", str(nodes), "--num_processes", str(processes), *several, *meeting),
        *("--mixed_precision", "no", "--dynamo_backend", "no", "--module", WORKER, str(plan)),
    ]


def _on_each_node(nodes: int, threads: int) -> list[str]:
    """Start the launcher on every node; when one ends with an error, the others are ended too."""
    return [
        *("srun", f"--nodes={nodes}", f"--ntasks={nodes}", "--ntasks-per-node=1", f"--cpus-per-task={threads}"),
        *("--kill-on-bad-exit=1", "--wait=0"),
        *("sh", "-c", f'exec "$0" -m {LAUNCHER} --machine_rank "$SLURM_NODEID" "$@"', sys.executable),
    ]


def _free_port() -> int:
    """A TCP port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]


def run(job: program.Job, arguments: list[str], threads: int, use_cpu: bool) -> float:
    """Run the training to its end and return the seconds of its steps; the job's progress follows them.

    A signal that stops this program is passed on, and the processes write a last checkpoint. They also end when this
    program is killed, since they listen to their standard input, which `srun` carries to all nodes. Raises InputError
    with the sentence of a process that found the user's mistake, RuntimeError for any other failure.
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
    return listener.step_seconds


class _Listener(threading.Thread):
    """Follows the messages of the training, logs all other lines, keeps the sentence of a user's mistake."""

    def __init__(self, job: program.Job, lines):
        super().__init__(daemon=True)
        self.mistake = ""
        self._job, self._lines, self._step = job, lines, 0
        self._begun = self._stepped = 0.0

    @property
    def step_seconds(self) -> float:
        """Seconds from the beginning of the first step to the end of the last one."""
        return self._stepped - self._begun

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
            self._begun = self._stepped = time.monotonic()
            self._job.step("training", message["steps"] - message["step"], "steps")
        else:
            self._stepped = time.monotonic()
            self._job.advance(message["step"] - self._step)
        self._step = message.get("step", self._step)


def _stop(process: subprocess.Popen, listener: _Listener) -> None:
    """Ask the processes to write a checkpoint and end; kill them if they take too long.

    Nothing but a word on their standard input asks them, because `srun` kills its tasks at once if it gets SIGTERM.
    The listener ends when the last process has closed its output.
    """
    with suppress(BrokenPipeError):
        process.stdin.write(STOP)
        process.stdin.flush()
    listener.join(GRACE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    listener.join(GRACE_SECONDS)
