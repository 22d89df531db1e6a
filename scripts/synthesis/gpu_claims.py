"""Shares the GPUs of a machine without a scheduler among programs: each claims those that it computes on."""

import logging
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from pathlib import Path

import filelock

from synthesis import machine
from synthesis.errors import InputError

POLL_SECONDS = 1.0

log = logging.getLogger("synthesis")


@contextmanager
def claimed(count: int, waiting: Callable[[], None]):
    """Hold `count` GPUs that no other program of this user holds; gives their names.

    Calls `waiting()` once if it has to wait. Under SLURM the scheduler has chosen the GPUs, so nothing is claimed. The
    system frees the claims of a program that dies. Raises InputError if the machine has fewer GPUs.
    """
    if not count:
        yield ()
        return
    if "SLURM_JOB_ID" in os.environ:
        log.info("%d GPUs asked of SLURM: CUDA_VISIBLE_DEVICES=%s", count, os.environ.get("CUDA_VISIBLE_DEVICES", ""))
        yield machine.gpu_names()
        return
    devices = machine.gpus()
    if count > len(devices):
        raise InputError(f"this job asks for {count} GPUs, but the machine shows {len(devices)}; ask for fewer.")
    with ExitStack() as held:
        chosen = _claim(count, list(devices), held)
        if not chosen:
            waiting()
        while not chosen:
            time.sleep(POLL_SECONDS)
            chosen = _claim(count, list(devices), held)
        before = {name: os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER")}
        # nvidia-smi counts in the order of the bus, CUDA by itself in the order of speed.
        os.environ.update(CUDA_VISIBLE_DEVICES=",".join(chosen), CUDA_DEVICE_ORDER="PCI_BUS_ID")
        try:
            yield tuple(devices[device] for device in chosen)
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def folder() -> Path:
    """The folder of this user's claims on this machine."""
    return Path(tempfile.gettempdir()) / f"synthesis-gpus-{os.getuid()}"


def _claim(count: int, devices: list[str], held: ExitStack) -> list[str]:
    """Lock so many devices, all at once or none, so that two programs never wait for each other's half."""
    folder().mkdir(exist_ok=True)
    with filelock.FileLock(folder() / "claiming.lock"), ExitStack() as taken:
        chosen = []
        for device in devices:
            lock = filelock.FileLock(folder() / f"{device}.lock")
            try:
                taken.enter_context(lock.acquire(timeout=0))
            except filelock.Timeout:
                continue
            chosen.append(device)
            if len(chosen) == count:
                held.push(taken.pop_all())
                return chosen
    return []
