"""Whole runs of the workflow on the tests' SLURM, through the profile that users have."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import yaml
from slurm_cluster import Cluster
from synthesis.ledger import journaled
from workflow import Clone

# What a user edits, and what only makes the tests quick: SLURM is asked sooner, and its files lie on a local disk.
ACCOUNT_LINE = "  slurm_account: lab # EDIT: your account\n"
QUICK = ("--slurm-init-seconds-before-status-checks", "3", "--latency-wait", "5")
# This cluster keeps no accounts, and there is no conda here.
SITE = ("--slurm-status-command", "squeue", "--software-deployment-method", "env-modules")
WAIT_SECONDS = 240


class SlurmClone(Clone):
    """A clone whose user has a cluster without accounting, with two partitions."""

    def __init__(self, folder: Path, cluster: Cluster, cpu: str = "cpu", gpu: str = "gpu"):
        super().__init__(folder)
        self.cluster = cluster
        self.profile = ("--profile", "slurm", *SITE, *QUICK)
        self.environment = cluster.environment
        profile = self.folder / "profiles/slurm/config.yaml"
        text = profile.read_text()
        assert ACCOUNT_LINE in text
        profile.write_text(text.replace(ACCOUNT_LINE, ""))
        partitions = self.folder / "profiles/slurm/partitions.yaml"
        names = yaml.safe_load(partitions.read_text())["partitions"]
        partitions.write_text(yaml.safe_dump({"partitions": {cpu: names["cpu"], gpu: names["gpu"]}}))

    def take_over(self, made: Clone) -> "SlurmClone":
        """Go on with what another clone has made, dates kept."""
        for name in ("results", "resources", ".snakemake"):
            shutil.copytree(made.folder / name, self.folder / name, symlinks=True)
        shutil.copy2(made.folder / "trial.yaml", self.folder)
        return self

    def small_config(self, **changes) -> dict:
        """A run of one shard with as few jobs as lead to a data set, for faults in the midst of it."""
        config = self.config(**changes)
        config["generate_questions"]["sources"]["writer"] |= {"total": 12, "shard_size": 12}
        config["filter_questions"]["filters"] = []
        config["judge_questions"]["judges"] = []
        config["select_questions"]["sources"]["writer"]["cap"] = 10
        return config

    def jobs(self, rule: str = "") -> list[dict[str, str]]:
        """SLURM's records of the clone's jobs, those of one rule if it is named; the latest last."""
        found = [job for job in self.cluster.jobs() if job["WorkDir"] == str(self.folder)]
        return [job for job in found if not rule or job["Comment"].startswith(f"rule_{rule}")]

    def journal(self, rule: str, run: str = "trial") -> list[dict]:
        """The journaled attempts of a rule."""
        return journaled(self.folder / "results/store", run, rule)

    def stored_chunks(self, stage: str) -> list[Path]:
        """The chunks of a stage that are visible in the store."""
        return sorted((self.folder / "results/store" / stage).glob("*/*/0*.parquet"))

    def wait(self, condition: Callable[[], object], what: str, seconds: float = WAIT_SECONDS) -> object:
        """What a condition gives once it is true. Raises TimeoutError with what the clone's jobs are doing."""
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > deadline:
                states = [(job["JobId"], job["JobState"], job["Comment"]) for job in self.jobs()]
                raise TimeoutError(f"{self.folder.name}: waited {seconds} s in vain until {what}; jobs {states}")
            time.sleep(0.3)
        return found

    def running(self, rule: str) -> str:
        """The id of the job of a rule that is at work; waits for one."""
        return self.wait(
            lambda: [job["JobId"] for job in self.jobs(rule) if job["JobState"] == "RUNNING"], f"{rule} is at work"
        )[0]
