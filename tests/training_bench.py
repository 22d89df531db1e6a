"""A two-layer model, rows to train on and a store in a folder, and calls of a training program on them."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from synthesis import model_files, schema
from synthesis.training import launch, train_model, worker
from synthesis.training.model_store import ModelStore
from tiny_model import CONTEXT, make_tiny_model

SETTINGS = {
    "system": None,
    "epochs": 2,
    "learning_rate": 0.001,
    "scheduler": "cosine",
    "warmup": 0,
    "weight_decay": 0,
    "global_batch": 8,
    "max_tokens": 256,
    "packing": False,
    "precision": "float32",
    "seed": 1,
}


def problem_rows(count: int) -> list[dict]:
    """Seed problems of different lengths."""
    return [
        {
            "problem_id": f"id{number}",
            "source": "own",
            "problem": f"Anna has {number} apples and buys {number * 7 % 13} more." + " How many?" * (number % 3),
            "answer": None,
            "solution": None,
        }
        for number in range(count)
    ]


def train_in_two_processes(monkeypatch, parallelism: str) -> None:
    """Let the programs train in two processes on the CPU, with the whole model in each (`data`) or parts (`fsdp`)."""
    monkeypatch.setattr(train_model, "processes", lambda gpus, nodes: 2)
    if parallelism == "fsdp":
        monkeypatch.setattr(launch, "WORKER", "fsdp_on_cpu")
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parent))


def train_in_this_process(monkeypatch) -> None:
    """Let the programs train right here, which spares the seconds that a process takes to start."""

    def run(_job, command, *_, **__) -> float:
        started = time.monotonic()
        worker.train(json.loads(Path(command[-1]).read_text()))
        return time.monotonic() - started

    monkeypatch.setattr(launch, "run", run)


def refuse_to_train(monkeypatch) -> None:
    """Let the test fail if a program starts a training."""
    monkeypatch.setattr(launch, "run", lambda *_, **__: pytest.fail("a training was started"))


def losses(report: dict) -> list[float]:
    """The loss of each step of a training's report."""
    return [entry["loss"] for entry in report["log"]]


class Bench:
    """The folder. `program` is the module of a training program, `option` the one that names its rows."""

    def __init__(self, folder: Path, program, option: str, rows: list[dict], columns, **settings):
        self.folder, self.program, self.settings = folder, program, {**SETTINGS, **settings}
        self.rule = Path(program.__file__).stem
        self.given = [option, folder / "rows.parquet"]
        schema.write(folder / "rows.parquet", rows, columns)
        entries = model_files.file_entries(make_tiny_model(folder / "base" / "files"))
        manifest = {
            "model": "base",
            "engine": "transformers",
            "content_sha256": model_files.content_sha256(entries),
            "dtype": "float32",
            "context": CONTEXT,
            "trust_remote_code": False,
            "folder": "files",
        }
        (folder / "base" / "manifest.json").write_text(json.dumps(manifest))

    def arguments(self, name: str = "writer", *more, **settings) -> list[str]:
        """The program's command line; keywords change the settings."""
        fixed = ["--run", "trial", "--model-name", name, "--settings", json.dumps({**self.settings, **settings})]
        fixed += ["--code-version", "1.1", "--model", self.folder / "base/manifest.json", "--threads", 2]
        fixed += [*self.given, "--store", self.folder / "store"]
        fixed += ["--manifest", self.manifest(name), "--report", self.folder / name / "training.json"]
        fixed += ["--ledger", self.folder / f"ledger/{self.rule}/{name}.json", "--log", self.folder / f"{name}.log"]
        return [str(argument) for argument in (*fixed, *more)]

    def manifest(self, name: str = "writer") -> Path:
        """Where the manifest of a trained model is written."""
        return self.folder / name / "manifest.json"

    def train(self, name: str = "writer", *more, **settings) -> dict:
        """Run the program to its end and return the training's report."""
        assert self.program.main(self.arguments(name, *more, **settings)) == 0
        return json.loads((self.folder / name / "training.json").read_text())

    def start(self, *more, **settings) -> subprocess.Popen:
        """Start the program as a process of its own."""
        command = [sys.executable, self.program.__file__, *self.arguments("writer", *more, **settings)]
        return subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def interrupt(self, *more, **settings) -> None:
        """Run the program until its last step but one is saved, as if it were killed then."""

        def killed(*_):
            raise RuntimeError("killed")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ModelStore, "finish", killed)
            assert self.program.main(self.arguments("writer", "--checkpoint-seconds", 0, *more, **settings)) == 1
        assert self.checkpoints()

    def checkpoints(self) -> list[Path]:
        """The complete checkpoints in the store."""
        return sorted(self.folder.glob(f"store/{self.rule}/*/checkpoints/checkpoint-*/complete.json"))

    def ledger(self, name: str = "writer") -> dict:
        """The program's ledger."""
        return json.loads((self.folder / f"ledger/{self.rule}/{name}.json").read_text())
