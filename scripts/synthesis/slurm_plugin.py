"""What Snakemake's plugin for SLURM lacks for this workflow: its functions, wrapped where it looks for them.

The plugin's version is pinned, and tests run it on a real SLURM.
"""

import re
import subprocess

import snakemake_executor_plugin_slurm as plugin
from snakemake_executor_plugin_slurm.job_status_query import get_min_job_age, is_query_tool_available

from synthesis.errors import InputError

SACCT_SECONDS = 60


def prepare(run: str, executor, settings) -> None:
    """Have an executor of the plugin name, place and follow the jobs of a run as this workflow needs it.

    `settings` are those of the plugin. Raises InputError if it would wait for ever for jobs that have ended.
    """
    _check_accounting(settings)
    _name_after(run, executor, settings)
    _follow_to_the_end(settings)
    _keep_cpu_jobs_off_gpus()


def _check_accounting(settings) -> None:
    """Raise InputError if the plugin would ask `sacct` of a cluster that keeps no accounts."""
    seconds = settings.init_seconds_before_status_checks
    remembered = get_min_job_age()
    # As the plugin decides it: SLURM must remember ended jobs for three rounds of questions.
    falls_back = (remembered is None or remembered < 3 * seconds) and is_query_tool_available("sacct")
    if settings.status_command != "sacct" and not falls_back:
        return
    try:
        asked = subprocess.run(
            ["sacct", "--noheader", "--allocations"], text=True, capture_output=True, timeout=SACCT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        # Not there, so that the plugin takes squeue by itself; or slow, which it bears.
        return
    if asked.returncode:
        sooner = (
            f" and `slurm-init-seconds-before-status-checks: {max((remembered or 0) // 3, 1)}`" if falls_back else ""
        )
        raise InputError(
            f"`sacct` tells nothing of jobs here ({asked.stderr.strip()}), so Snakemake would never see them end; "
            f"write `slurm-status-command: squeue`{sooner} into profiles/slurm/config.yaml."
        )


def _name_after(run: str, executor, settings) -> None:
    """Put the run's name in front of the name that the executor gives to its jobs.

    The plugin has a setting for it, but a profile can't know the run.
    """
    if settings.jobname_prefix:
        raise InputError(
            "jobs are named after their run, so that they are found again after a crash; take slurm-jobname-prefix out "
            "of the profile."
        )
    executor.run_uuid = f"{run}_{executor.run_uuid}"


def _follow_to_the_end(settings) -> None:
    """Let no ended job be taken for one at work, for which the plugin would wait for ever.

    `sacct` says `CANCELLED by 1000`, of which the plugin knows the first word alone. A preempted job that SLURM does
    not start again has failed; a partition with PreemptMode=CANCEL ends jobs so.
    """
    asked = plugin.query_job_status
    ended = {"PREEMPTED": "CANCELLED"} if settings.no_requeue else {}

    async def in_words_that_are_known(*arguments):
        states, seconds = await asked(*arguments)
        words = {job: state.partition(" ")[0] for job, state in (states or {}).items()}
        return states and {job: ended.get(word, word) for job, word in words.items()}, seconds

    plugin.query_job_status = in_words_that_are_known


def _keep_cpu_jobs_off_gpus() -> None:
    """Let jobs without a GPU go to partitions without GPUs, and name them no kind of GPU.

    The plugin prefers the partition that a job fills best, which may be one with GPUs; and of a job whose rows are all
    in the store it would ask for no GPU of that kind, which SLURM may refuse.
    """
    choose, asks = plugin.get_best_partition, plugin.set_gres_string

    def best_partition(partitions, job, logger):
        if not job.resources.get("gpu") and not job.resources.get("gres"):
            partitions = [one for one in partitions if not one.limits.max_gpu] or partitions
        return choose(partitions, job, logger)

    def gres_string(job):
        return re.sub(r" --gpus=[^ ]+:0(?= |$)", "", asks(job))

    plugin.get_best_partition, plugin.set_gres_string = best_partition, gres_string
