"""The one way in which a stage trains a model: look in the store, train what is missing, write the manifest."""

import json
import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from synthesis import budget, gpu_claims, program, retries, schema
from synthesis.errors import InputError
from synthesis.ledger import read_json
from synthesis.training import batching, launch
from synthesis.training.model_store import ModelStore, model_store

# Parts of a base model's manifest that the trained model's has as well.
INHERITED = ("engine", "dtype", "context", "trust_remote_code", "reproducibility")


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of every program that trains: the base model, the store, the machine, the outputs."""
    parser.add_argument("--model-name", required=True, help="name of the trained model in the configuration")
    parser.add_argument("--model", type=Path, required=True, help="manifest of the model to begin with")
    parser.add_argument("--store", type=Path, required=True, help="the store, with the trained models")
    parser.add_argument("--gpus", type=int, default=0, help="GPUs of this job, on all nodes; 0 trains on the CPU")
    parser.add_argument(
        "--gpus-per-node", type=int, default=0, help="instead of --gpus: those of each of several nodes"
    )
    parser.add_argument("--nodes", type=int, default=1, help="nodes of this job; --threads counts the cores of one")
    parser.add_argument("--parallelism", choices=["data", "fsdp"], default="data", help="how several GPUs share")
    parser.add_argument("--rows-per-device", type=int, default=8, help="most rows that a process takes at once")
    parser.add_argument("--gradient-checkpointing", type=int, choices=[0, 1], default=0, help="1: less memory, slower")
    retries.add_arguments(parser)
    parser.add_argument("--checkpoint-seconds", type=float, default=900, help="seconds between two checkpoints")
    parser.add_argument("--manifest", type=Path, required=True, help="where to write the trained model's manifest")
    parser.add_argument("--report", type=Path, required=True, help="where to write what the training says of itself")


def train(options: Namespace, job: program.Job, kind: str, rows: list[dict], columns) -> None:
    """Train the model if the store lacks it, then write its manifest and the report of its training.

    `kind` says what the worker learns from the rows (see `synthesis.training.worker`), `columns` is their schema.
    Killed at any moment, a training goes on from its last checkpoint.
    """
    options.gpus = options.gpus or options.gpus_per_node * options.nodes
    manifest = read_json(options.model)
    store = model_store(options.store, job.ledger.rule, manifest, rows, options.settings, options.code_version)
    store.note_use(options.run)
    job.ledger.model = manifest["model"]
    with store.lock(lambda: job.step("waiting for another job that trains this model")):
        finished = store.finished()
        reused = finished is not None
        if not reused:
            _check_batches(options, rows)
            schema.write(store.rows, rows, columns)
            finished = _train(options, job, kind, store, manifest)
    _write_manifest(options, manifest, store, finished)
    schema.write_text(options.report, json.dumps(finished["training"], indent=1) + "\n")
    _book(job, finished, len(rows), reused)


def _check_batches(options, rows: list[dict]) -> None:
    """Raise InputError if the rows can't fill a step, or the processes can't share it, before any process starts.

    Rows that are too long for the model are left out later, so the processes look again.
    """
    settings = options.settings
    trained = sum(not row.get("held_out", False) for row in rows)
    batching.steps(trained, settings["epochs"], settings["global_batch"])
    count = processes(options.gpus, options.nodes)
    batching.batches(settings["global_batch"], options.rows_per_device, count)


def _train(options, job, kind: str, store: ModelStore, manifest: dict) -> dict:
    retries.check_progress(options, job, store.steps_done())
    budget.check(options.store, options.run)
    if options.nodes > 1 and "SLURM_JOB_ID" not in os.environ:
        raise InputError(
            f"launch.nodes of {options.model_name} is {options.nodes}, but only SLURM starts a training on several "
            "nodes, and this is no job of it; write 1, or run on a cluster with `--profile slurm`."
        )
    with gpu_claims.claimed(options.gpus, lambda: job.step("waiting for free GPUs")) as names:
        job.attempt.use_gpus(options.gpus, names)
        return _run(options, job, kind, store, manifest)


def _run(options, job, kind: str, store: ModelStore, manifest: dict) -> dict:
    attempt = job.attempt
    attempt.model = manifest["model"]
    attempt.cpu_cores = options.threads * options.nodes
    attempt.journal_in(options.store)
    job.step(f"starting the training of {options.model_name}")
    count = processes(options.gpus, options.nodes)
    # A single process holds the whole model, whatever is asked for.
    parallelism = options.parallelism if count > 1 else "data"
    store.check_resumable(sharded=parallelism == "fsdp")
    store.begin(attempt.attempt)
    plan, report = store.folder / "plan.json", store.folder / "training.json"
    content = {**_plan(options, kind, store, manifest, report), "parallelism": parallelism}
    schema.write_text(plan, json.dumps(content, indent=1) + "\n")
    command = launch.command(plan, count, parallelism, options.nodes, options.threads)
    step_seconds = launch.run(job, command, max(1, options.threads * options.nodes // count), use_cpu=not options.gpus)
    finished = store.finish(read_json(report))
    attempt.versions = finished["training"]["versions"]
    attempt.save()  # brings wall_seconds up to date
    # What comes before the first step and after the last one is the same for a training of any length.
    attempt.load_seconds = round(max(attempt.wall_seconds - step_seconds, 0), 3)
    return finished


def processes(gpus: int, nodes: int) -> int:
    """How many processes train over all nodes: one on each GPU, or a single one on the CPU of each node."""
    return max(nodes, gpus)


def _plan(options, kind: str, store: ModelStore, manifest: dict, report: Path) -> dict:
    checkpoint = store.last_checkpoint()
    return {
        "kind": kind,
        "model": str(options.model.parent / manifest["folder"]),
        "trust_remote_code": manifest["trust_remote_code"],
        "dtype": manifest["dtype"],
        "rows": str(store.rows),
        "settings": options.settings,
        "rows_per_device": options.rows_per_device,
        "gradient_checkpointing": bool(options.gradient_checkpointing),
        "gpus": options.gpus,
        "checkpoints": str(store.checkpoints),
        "resume_from": str(checkpoint) if checkpoint else None,
        "checkpoint_seconds": options.checkpoint_seconds,
        "output": str(store.staged),
        "report": str(report),
    }


def _write_manifest(options, base: dict, store: ModelStore, finished: dict) -> None:
    """The manifest of the trained model; engines load it like that of a fetched one."""
    content = {
        "model": options.model_name,
        **{name: base[name] for name in INHERITED if name in base},
        "source": {"trained": {"from": base["model"], "fingerprint": store.fingerprint}},
        "revision": None,
        "content_sha256": finished["content_sha256"],
        "folder": os.path.relpath(store.model, options.manifest.parent),
        "files": finished["files"],
    }
    schema.write_text(options.manifest, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _book(job: program.Job, finished: dict, rows: int, reused: bool) -> None:
    """Book the training rows, shared among the attempts that made the steps."""
    job.rows(**{"in": rows, "out": 1, "asked": 1, "bought": int(not reused), "reused": int(reused)})
    steps = finished["training"]["steps"]
    done = 0
    for attempt, count in finished["steps_by_attempt"].items():
        begun, done = done, done + count
        job.ledger.rows_by_attempt[attempt] = rows * done // steps - rows * begun // steps
    job.attempt.rows = job.ledger.rows_by_attempt.get(job.attempt.attempt, 0)
