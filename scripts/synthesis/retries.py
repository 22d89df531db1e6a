"""A job that is tried again goes on where it was stopped; one that gets nowhere is not tried for ever."""

import os
from argparse import ArgumentParser, Namespace

from synthesis import program
from synthesis.errors import InputError
from synthesis.ledger import journaled

# Attempts in a row without a new row, or a new checkpoint, after which a job is given up.
FRUITLESS = 2


def add_arguments(parser: ArgumentParser) -> None:
    """The argument of every program that Snakemake may try several times."""
    parser.add_argument("--try-number", type=int, default=1, help="how often this start of Snakemake has tried the job")


def tries(options: Namespace) -> int:
    """How often the job has been started, by Snakemake or by a SLURM that requeues it."""
    return max(options.try_number, 1 + int(os.environ.get("SLURM_RESTART_COUNT", "0")))


def check_progress(options: Namespace, job: program.Job, begun_at: int) -> None:
    """Note where the attempt begins: at how many rows, or at which step of a training.

    Raises InputError if the two attempts before it began there too, so that neither brought anything.
    """
    job.attempt.begun_at = begun_at
    if tries(options) <= FRUITLESS:
        return
    own = [one for one in journaled(options.store, options.run, job.ledger.rule) if one["job"] == job.ledger.job]
    earlier = own[-FRUITLESS:]
    if len(earlier) == FRUITLESS and all(attempt.get("begun_at") == begun_at for attempt in earlier):
        ends = " and ".join(f"{_end(attempt)} after {attempt['wall_seconds']:.0f} s" for attempt in earlier)
        raise InputError(
            f"the last {FRUITLESS} attempts brought nothing new ({ends}), so it is given up; what ended them is "
            "among what Snakemake printed and, on SLURM, in results/slurm_logs. Mend that, then run again."
        )


def _end(attempt: dict) -> str:
    return "killed" if attempt["state"] == "running" else attempt["state"]
