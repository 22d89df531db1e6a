"""The store of trained models: what was trained once is never trained again, and a killed training goes on.

Layout of a fingerprint's folder: `rows.parquet` (what the model is trained on), `checkpoints/` while it is trained,
`attempts.json` (which attempt began at which step), then `model/` and, last of all, `finished.json`.
"""

import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import filelock

from synthesis import model_files, schema
from synthesis.canonical import digest
from synthesis.errors import InputError
from synthesis.fingerprint import FingerprintFolder
from synthesis.ledger import read_json

CHECKPOINT_COMPLETE = "complete.json"


class ModelStore(FingerprintFolder):
    """One trained model; `identity` is training rows, base model, settings, seed and code version.

    How many GPUs or nodes train it is no part of the identity.
    """

    @property
    def rows(self) -> Path:
        """The training rows, as the training processes read them."""
        return self.folder / "rows.parquet"

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.folder / "checkpoints"

    @property
    def staged(self) -> Path:
        """Where the training processes leave the model, before it is checked."""
        return self.folder / "model.partial"

    @property
    def model(self) -> Path:
        """Folder of the finished model."""
        return self.folder / "model"

    @contextmanager
    def lock(self, waiting):
        """Hold the training of this model; calls `waiting()` if another job has it, and waits until that one ends.

        The system frees the lock of a process that dies.
        """
        lock = filelock.FileLock(self.folder / "training.lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            waiting()
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def finished(self) -> dict | None:
        """What `finish` wrote, or None if the model is not finished.

        Raises InputError if the model's files are not those that were written.
        """
        if not (self.folder / "finished.json").exists():
            return None
        found = read_json(self.folder / "finished.json")
        for entry in found["files"]:
            path = self.model / entry["name"]
            if not path.is_file() or path.stat().st_size != entry["bytes"]:
                raise InputError(
                    f"{path} of a finished model is missing or has another size; delete "
                    f"{self.folder / 'finished.json'} and run again, then the model is trained anew."
                )
        return found

    def begin(self, attempt: str) -> None:
        """Note an attempt and the step it begins at; leftovers of a killed one that can't be used are removed."""
        shutil.rmtree(self.staged, ignore_errors=True)
        for folder in self.checkpoints.glob("checkpoint-*"):
            if not (folder / CHECKPOINT_COMPLETE).exists():
                shutil.rmtree(folder)
        begun = [*self._attempts(), {"attempt": attempt, "step": self.steps_done()}]
        schema.write_text(self.folder / "attempts.json", json.dumps(begun) + "\n")

    def steps_done(self) -> int:
        """Steps of the training up to its last checkpoint."""
        last = self.last_checkpoint()
        return _step(last) if last else 0

    def last_checkpoint(self) -> Path | None:
        """The latest checkpoint that was written completely."""
        complete = [path.parent for path in self.checkpoints.glob(f"checkpoint-*/{CHECKPOINT_COMPLETE}")]
        return max(complete, key=_step, default=None)

    def check_resumable(self, sharded: bool) -> None:
        """Raise InputError if the last checkpoint has the model in parts and the training not, or the other way round.

        The number of parts may differ.
        """
        last = self.last_checkpoint()
        if last is None or read_json(last / CHECKPOINT_COMPLETE)["sharded"] == sharded:
            return
        other, repair = (
            ("the whole model", "`parallelism: data`") if sharded else ("parts", "`parallelism: fsdp` on several GPUs")
        )
        raise InputError(
            f"the checkpoint {last} of an interrupted training has {other} in each file, so the training goes on only "
            f"with {repair}; use that, or delete {self.checkpoints} to begin anew."
        )

    def finish(self, training: dict) -> dict:
        """Check the model that the training left, make it visible and return its record.

        `training` is what the training processes say of it. The record adds the files with their checksums, the
        digest of the content, and `steps_by_attempt`: how many of the steps that led here each attempt made.
        """
        model_files.check_complete(self.staged, f"the model trained in {self.folder}")
        entries = model_files.file_entries(self.staged)
        record = {
            "content_sha256": model_files.content_sha256(entries),
            "files": entries,
            "training": training,
            "steps_by_attempt": self._steps_by_attempt(training["steps"]),
        }
        shutil.rmtree(self.model, ignore_errors=True)
        self.staged.rename(self.model)
        schema.write_text(self.folder / "finished.json", json.dumps(record, indent=1) + "\n")
        shutil.rmtree(self.checkpoints, ignore_errors=True)
        return record

    def _attempts(self) -> list[dict]:
        path = self.folder / "attempts.json"
        return read_json(path) if path.exists() else []

    def _steps_by_attempt(self, steps: int) -> dict[str, int]:
        begun = self._attempts()
        ends = [*(attempt["step"] for attempt in begun[1:]), steps]
        counts = {attempt["attempt"]: end - attempt["step"] for attempt, end in zip(begun, ends, strict=True)}
        return {attempt: count for attempt, count in counts.items() if count > 0}


def model_store(
    root: Path, stage: str, manifest: dict, rows: list[dict], shaping: dict, code_version: str
) -> ModelStore:
    """The store of the model that training on `rows` gives.

    `shaping` are the settings that shape the model, its training seed among them. The number of GPUs is none.
    """
    identity = {
        "rows": digest(rows),
        "model": {name: manifest[name] for name in ("content_sha256", "dtype")},
        "settings": shaping,
        "code_version": code_version.partition(".")[0],
    }
    return ModelStore(root, stage, identity)


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])
