"""Prepares the next start of a run whose Snakemake was killed: lifts its lock, and leaves no job of it in SLURM.

Jobs that live are waited for, or cancelled. Called by `make resume`, which then starts the run.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import yaml
from synthesis import configuration, running_snakemake, slurm_jobs
from synthesis.errors import InputError

POLL_SECONDS = 10.0
STORE = Path("results/store")


def main(argv: list[str] | None = None) -> int:
    """Return 0 once the run can be started."""
    options = _parse(argv)
    try:
        run = configuration.load(options.config)["run"]
        running_snakemake.check_none_lives(Path("results"))
        _unlock(options)
        _end_slurm_jobs(run, options)
        _wait_for_programs(run, options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parse(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="configuration of the run")
    parser.add_argument("--profile", default="slurm", help="profile of Snakemake")
    parser.add_argument("--jobs", choices=["wait", "cancel"], default="wait", help="what to do with jobs that live")
    parser.add_argument("--poll-seconds", type=float, default=POLL_SECONDS, help="how often SLURM is asked")
    return parser.parse_args(argv)


def _unlock(options) -> None:
    command = ["-m", "snakemake", "--unlock", "--profile", options.profile, "--configfile", str(options.config)]
    # No environment is needed for it, and a site may have no conda.
    command += ["--software-deployment-method", "env-modules"]
    result = subprocess.run([sys.executable, *command], text=True, capture_output=True)
    if result.returncode:
        raise InputError(f"the lock can't be lifted:\n{result.stdout}{result.stderr}")


def _end_slurm_jobs(run: str, options) -> None:
    jobs = slurm_jobs.living_or_none(run, Path(), _is_for_slurm(options.profile))
    if jobs and options.jobs == "cancel":
        print(f"cancelling {len(jobs)} jobs of the run {run}", flush=True)
        slurm_jobs.cancel(jobs)
    counts = []

    def say(living):
        if counts[-1:] != [len(living)]:
            counts.append(len(living))
            at_work = sum(job.state != "PENDING" for job in living)
            print(f"waiting for {len(living)} jobs of the run {run}, {at_work} of them at work", flush=True)

    if jobs:
        slurm_jobs.wait_for_none(run, Path(), say, options.poll_seconds)


def _is_for_slurm(profile: str) -> bool:
    file = Path(profile) / "config.yaml"
    return not file.exists() or yaml.safe_load(file.read_text(encoding="utf-8")).get("executor") == "slurm"


def _wait_for_programs(run: str, options) -> None:
    """Wait for what the killed Snakemake had started on this machine, such as jobs that ask servers."""
    told = ""
    while words := ", ".join(running_snakemake.living_programs(STORE, run)):
        if words != told:
            print(f"waiting for {words}", flush=True)
        told = words
        time.sleep(options.poll_seconds)


if __name__ == "__main__":
    raise SystemExit(main())
