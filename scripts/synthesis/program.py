"""What every program in scripts/ shares: arguments, log, heartbeat, ledger, and how it ends.

A program is `main(argv=None)` around a `work(options, job)` function. It ends with code 0 when its outputs are
complete, with 1 and one sentence for a mistake the user can repair, with 143 after SIGTERM.
"""

import argparse
import errno
import json
import logging
import platform
import shutil
import signal
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from synthesis.errors import InputError, Terminated
from synthesis.ledger import Attempt, Ledger

HEARTBEAT_SECONDS = 10
TERMINATED_EXIT_CODE = 128 + signal.SIGTERM

log = logging.getLogger("synthesis")


class Job:
    """The running job: its ledger, its attempt and how far it is."""

    def __init__(self, rule: str, name: str, options: argparse.Namespace):
        self.name = f"{rule} {name}"
        self.attempt = Attempt(run=options.run, rule=rule, job=name, cpu_cores=options.threads)
        self.ledger = Ledger(
            run=options.run, rule=rule, job=name, settings=options.settings, code_version=options.code_version
        )
        # What is held until the program ends.
        self.held = ExitStack()
        self._started = self._step_started = time.monotonic()
        self._step, self._unit, self._total, self._done = "", "rows", 0, 0

    def rows(self, **counts: int) -> None:
        """Book row counts, for example `rows(**{"in": 10, "out": 8})`."""
        self.ledger.rows.update(counts)

    def step(self, label: str, total: int = 0, unit: str = "rows") -> None:
        """Say what the job does now; with a total, `advance` counts towards it."""
        self._step, self._unit, self._total, self._done = label, unit, total, 0
        self._step_started = time.monotonic()
        log.info("%s: %s%s", self.name, label, f", {total} {unit} to go" if total else "")

    def advance(self, rows: int = 1) -> None:
        """Count what is finished of the current step."""
        self._done += rows

    def status(self) -> str:
        """One line: what runs, rows done, and the time to go once it can be told."""
        now = time.monotonic()
        if not self._total:
            return f"{self.name}: {self._step or 'running'}, {now - self._started:.0f} s"
        line = f"{self.name}: {self._step}, {self._done} of {self._total} {self._unit}"
        seconds = now - self._step_started
        if not self._done:
            return f"{line}, {seconds:.0f} s"
        return f"{line}, {self._done / seconds:.2f} {self._unit}/s, {self.seconds_to_go():.0f} s to go"

    def seconds_to_go(self) -> float | None:
        """What the current step still takes at its rate so far; None before its first row."""
        if not self._total or not self._done:
            return None
        return (time.monotonic() - self._step_started) / self._done * (self._total - self._done)


def run(file: str, description: str, add_arguments, work, argv: list[str] | None = None) -> int:
    """Run the body of a program and return its exit code.

    `file` is the program's `__file__`, whose stem is the rule's name; `add_arguments(parser)` declares what the
    program needs beside the common arguments; `work(options, job)` does it.
    """
    options = _parse(description, add_arguments, argv)
    rule = Path(file).stem
    handlers = _open_log(options.log)
    log.info("interpreter %s (Python %s)", sys.executable, platform.python_version())
    job = Job(rule, _job_name(options.ledger, rule), options)
    log.debug("%s: settings %s", job.name, json.dumps(options.settings, ensure_ascii=False))
    restore_signal = _raise_on_sigterm()
    stop_heartbeat = _start_heartbeat(job)
    try:
        return _finish(options, job, work)
    finally:
        job.held.close()
        stop_heartbeat()
        restore_signal()
        for handler in handlers:
            log.removeHandler(handler)
            handler.close()


def _parse(description, add_arguments, argv):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, help="name of the run, for the books")
    parser.add_argument("--settings", type=json.loads, default={}, help="the stage's settings as JSON")
    parser.add_argument("--code-version", default="", help="version of the stage's code")
    parser.add_argument("--ledger", type=Path, required=True, help="where to write what the job used")
    parser.add_argument("--threads", type=int, default=1, help="CPU cores of this job, also for the books")
    parser.add_argument("--log", type=Path, help="log file; lines also go to the terminal")
    add_arguments(parser)
    return parser.parse_args(argv)


def _finish(options, job: Job, work) -> int:
    """Do the work, book its end, and turn each kind of error into its exit code."""
    try:
        work(options, job)
        job.attempt.close("finished")
        job.ledger.write(options.ledger, job.attempt)
        log.info("%s: done in %.1f s, rows %s", job.name, job.attempt.wall_seconds, job.ledger.rows)
        return 0
    except InputError as error:
        log.error("%s: %s", job.name, error)
        state, code = "failed", 1
    except Terminated:
        log.error(
            "%s: stopped by a signal; finished rows are in the store, the next start goes on from there.", job.name
        )
        state, code = "terminated", TERMINATED_EXIT_CODE
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            job.attempt.close("failed")
            log.exception("%s: failed", job.name)
            return 1
        log.error("%s: %s", job.name, _no_space(error, options.ledger))
        return 1  # the journal can't be written either
    except Exception:
        log.exception("%s: failed", job.name)
        state, code = "failed", 1
    job.attempt.close(state)
    return code


def _no_space(error: OSError, ledger: Path) -> str:
    where = error.filename or ledger.parent
    folder = next((parent for parent in [Path(where), *Path(where).parents] if parent.is_dir()), Path())
    free = shutil.disk_usage(folder).free / 2**20
    return f"no disk space left for {where} ({free:.0f} MiB free); make room or move results/, then run again."


def _job_name(ledger: Path, rule: str) -> str:
    """What the job is called within its rule: the ledger's path below the rule's folder."""
    parts = ledger.with_suffix("").parts
    return "/".join(parts[parts.index(rule) + 1 :]) if rule in parts else ledger.stem


def _open_log(path: Path | None) -> list[logging.Handler]:
    """Send log lines to the terminal and, if given, to a fresh file."""
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(logging.INFO)
    terminal.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    handlers: list[logging.Handler] = [terminal]
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = logging.FileHandler(path, mode="w", encoding="utf-8")
        file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        handlers.append(file)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    for handler in handlers:
        log.addHandler(handler)
    return handlers


_guard = threading.local()


def _on_sigterm(_number, _frame):
    if getattr(_guard, "depth", 0):
        _guard.pending = True
    else:
        raise Terminated


def _raise_on_sigterm():
    """Turn SIGTERM and Ctrl-C into `Terminated` in the main thread; returns a function that restores the handlers."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    previous = {number: signal.signal(number, _on_sigterm) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore():
        for number, handler in previous.items():
            signal.signal(number, handler)

    return restore


@contextmanager
def uninterrupted():
    """Put SIGTERM off until the block has ended, so that a write is never cut in the middle by it."""
    _guard.depth = getattr(_guard, "depth", 0) + 1
    try:
        yield
    finally:
        _guard.depth -= 1
        if not _guard.depth and getattr(_guard, "pending", False):
            _guard.pending = False
            raise Terminated


def _start_heartbeat(job: Job):
    """Print the status and bring the journal up to date every few seconds; returns a function that stops it."""
    stopped = threading.Event()

    def beat():
        while not stopped.wait(HEARTBEAT_SECONDS):
            log.info(job.status())
            try:
                job.attempt.keep_alive(job.seconds_to_go())
            except OSError as error:
                log.warning("%s: the journal could not be written: %s", job.name, error)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()

    def stop():
        stopped.set()
        thread.join()

    return stop
