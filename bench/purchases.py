"""The programs that buy rows on one large shard with the stand-in engine: their own work, and how long Snakemake waits.

Before Snakemake submits such a job, it looks in the store whether the job needs a GPU, and does nothing else meanwhile.
"""

import argparse
import json
import sys
import time
from argparse import Namespace
from pathlib import Path

from large_run import SOURCE, LargeRun, manifest_of, recipe
from workload import ROOT, answer, measured

sys.path.insert(0, str(ROOT / "scripts"))

from synthesis.pending import gpus_for
from synthesis.plan import Plan

STAGES = ("generate_questions", "generate_responses", "score_responses")


class Purchases:
    """The programs on the first shard of a run whose other files are there."""

    def __init__(self, run: LargeRun, config: dict, folder: Path):
        self.run, self.config, self.plan, self.folder = run, config, Plan(config), folder
        self.store, self.shard = folder / "store", run.shards[0]

    def figures(self) -> dict[str, dict]:
        """For each program what it took to buy all rows, to start again with all in the store, and to ask for GPUs."""
        return {stage: self._figures(stage) for stage in STAGES}

    def _figures(self, stage: str) -> dict:
        before = self.asked(stage)
        job = f"purchases/{self.shard.name}"
        bought = self.run.program(stage, job, *self.arguments(stage))
        ledger = json.loads((self.run.folder / f"ledger/{stage}/{job}.json").read_text())
        chunks = list((self.store / stage).glob("*/*-*/*.parquet"))
        return {
            **{name: bought[name] for name in ("wall", "cpu", "memory")},
            "rows": ledger["rows"]["bought"],
            "chunks": len(chunks),
            "megabytes": sum(path.stat().st_size for path in chunks) / 2**20,
            "again_cpu": self.run.program(stage, job, *self.arguments(stage))["cpu"],
            "asked_before": before,
            "asked_after": self.asked(stage),
        }

    def inputs(self, stage: str) -> dict[str, Path]:
        """The input files of a stage's job, by their names."""
        model = manifest_of(self.folder, self.config["generate_responses"]["model"])
        found = {"questions": self.path("generate_questions"), "prompt": ROOT / "config/prompts/response.yaml"}
        if stage == "generate_responses":
            found["verdicts"] = self.path("select_questions")
        if stage == "score_responses":
            found |= {"responses": self.path("generate_responses"), "verdicts": self.path("filter_responses")}
        return {"model": model, **(found if stage != "generate_questions" else {})}

    def path(self, stage: str) -> Path:
        """The shard's file of a stage."""
        return self.run.path(stage, self.shard.name)

    def arguments(self, stage: str) -> list:
        """The arguments of a stage's program, beside those that all programs have."""
        files = [word for name, path in self.inputs(stage).items() for word in [f"--{name}", path]]
        files += ["--store", self.store, "--output", self.folder / stage / f"{self.shard.name}.parquet"]
        seed = ["--seed", self.config["seed"]]
        if stage == "generate_questions":
            settings = self.plan.source_settings(Namespace(source=SOURCE))
            rows = ["--source", SOURCE, "--start", self.shard.start, "--stop", self.shard.stop]
            return ["--settings", settings, *seed, *rows, *files]
        return ["--settings", self.plan.settings(stage), *seed, *files]

    def asked(self, stage: str) -> dict:
        """What a process like Snakemake's takes to find out whether the stage's job needs a GPU; see `ask`."""
        inputs = {name: str(path) for name, path in self.inputs(stage).items()}
        job = {"stage": stage, "store": str(self.store), "shard": self.shard.name, "inputs": inputs}
        source = self.config["generate_questions"]["sources"][SOURCE]
        job["recipe"] = [source["total"], source["shard_size"]]
        path = self.folder / f"{stage}.json"
        path.write_text(json.dumps(job))
        return json.loads(measured(["bench/purchases.py", path])["output"].splitlines()[-1])


class Inputs(list):
    """A job's inputs, as Snakemake gives them: a list with names."""

    def __init__(self, files: dict):
        super().__init__(files.values())
        self.__dict__.update(files)


def ask(job: dict) -> dict:
    """The GPUs that a job asks for, the processor's seconds until that is known, and the memory (MB) that stays."""
    gpus = gpus_for(Plan(recipe(*job["recipe"])), job["stage"], job["store"])
    before, started = _memory(), time.process_time()
    found = gpus(Namespace(source=SOURCE, shard=job["shard"]), Inputs(job["inputs"]))
    return {"gpus": found, "cpu": time.process_time() - started, "kept": _memory() - before}


def _memory() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def main() -> None:
    """Ask for the GPUs of one job, in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", type=Path)
    answer(ask(json.loads(parser.parse_args().job.read_text())))


if __name__ == "__main__":
    main()
