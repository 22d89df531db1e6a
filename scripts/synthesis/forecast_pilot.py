"""What a pilot run leaves to forecast a larger one from: the ledgers of its jobs, its attempts and its files.

Jobs of one kind do the same work on other rows: the shards of a source, the students of several sizes and seeds.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from synthesis import schema
from synthesis.configuration_models import TRAINING_STAGES, student_parts
from synthesis.identity import bought_as
from synthesis.layout import SHARD_DIGITS
from synthesis.ledger import find_attempts, read_json
from synthesis.store import stored

_SHARD = re.compile(rf"\d{{{SHARD_DIGITS}}}")
# Rules whose rows are what comes out of them: the pairs of the data set.
_COUNTED_BY_OUTPUT = ("assemble_dataset",)
# Where the files of a rule lie in the run's folder, if not in one of its name.
_FOLDERS = {"assemble_dataset": "dataset"}


def kind_of(rule: str, job: str) -> str:
    """The kind of a job: its name without the shard, or without the size and seed of a student."""
    *front, last = job.split("/")
    if rule in ("train_student", "select_subset"):
        return front[0]
    if rule in ("answer_benchmark", "grade_answers"):
        return f"{student_parts(front[0])[0]}/{last}"
    return "/".join(front) if front and _SHARD.fullmatch(last) else job


@dataclass(frozen=True)
class Timing:
    """What one finished attempt took: device seconds to load and to work, and the units of work that it did.

    A device is a GPU where the attempt had one, else a CPU core. `devices` is their number.
    """

    load: float
    work: float
    units: float
    devices: int
    gpu: str
    engine: str

    @property
    def machine(self) -> str:
        """Engine and devices in words."""
        device = self.gpu or ("CPU core" if self.devices == 1 else "CPU cores")
        return ", ".join(filter(None, [self.engine, f"{self.devices} {device}"]))


class Pilot:
    """The finished jobs of a pilot run in `results`, with the store and the folder of fetched files."""

    def __init__(self, results: Path, store: Path, resources: Path):
        self.results, self.store, self.resources = Path(results), Path(store), Path(resources)
        self.run = self.results.name
        found = [*self.results.glob("ledger/**/*.json"), *self.resources.glob("ledger/fetch_*/*.json")]
        ledgers = [read_json(path) for path in sorted(found)]
        self._jobs: dict[tuple[str, str], dict[str, dict]] = defaultdict(dict)
        for ledger in ledgers:
            self._jobs[ledger["rule"], kind_of(ledger["rule"], ledger["job"])][ledger["job"]] = ledger

    @cached_property
    def _attempts(self) -> dict[str, dict]:
        ledgers = [ledger for jobs in self._jobs.values() for ledger in jobs.values()]
        return find_attempts(self.store, {name for ledger in ledgers for name in ledger["rows_by_attempt"]})

    def jobs(self, rule: str, kind: str) -> list[dict]:
        """The ledgers of all jobs of a kind; none if the pilot did not run them."""
        return list(self._jobs.get((rule, kind), {}).values())

    def counts(self, rule: str, kind: str, name: str) -> dict[str, int]:
        """A count of rows by shard."""
        return {ledger["job"].rpartition("/")[2]: ledger["rows"].get(name, 0) for ledger in self.jobs(rule, kind)}

    def selection(self, source: str) -> dict[str, list[dict]]:
        """The verdicts of `select_questions` on a source (keep, score and reason) by shard."""
        folder = self.results / "select_questions" / source
        columns = ["keep", "score", "reason"]
        return {
            path.stem: schema.read(path, schema.QUESTION_VERDICTS, columns) for path in sorted(folder.glob("*.parquet"))
        }

    def timings(self, rule: str, kind: str) -> list[Timing]:
        """The finished attempts at jobs of a kind, also those of other runs whose rows the pilot uses."""
        found = {}
        for ledger in self.jobs(rule, kind):
            for name in ledger["rows_by_attempt"]:
                attempt = self._attempts.get(name, {})
                if self._is_own(attempt, rule, kind) and attempt["state"] == "finished" and attempt["rows"]:
                    found[name] = _timing(attempt, attempt["rows"] * epochs(ledger), attempt["load_seconds"])
            if not ledger["rows_by_attempt"]:
                found[ledger["job"]] = _timing(ledger["attempt"], units(ledger), self._start_seconds)
        return list(found.values())

    @cached_property
    def _start_seconds(self) -> float:
        """What any program without a model takes before its first row: the time of the shortest of all such jobs.

        Counted by row, it would be most of what a small pilot's jobs take, and grow with the rows of the run.
        """
        ledgers = (ledger for jobs in self._jobs.values() for ledger in jobs.values())
        seconds = [ledger["attempt"]["wall_seconds"] for ledger in ledgers if not ledger["rows_by_attempt"]]
        return min(seconds, default=0.0)

    def bought(self, ledger: dict) -> int:
        """How many rows of a job were bought by jobs of its kind; others of the run had bought the rest for it."""
        rule, kind = ledger["rule"], kind_of(ledger["rule"], ledger["job"])
        return sum(
            rows
            for name, rows in ledger["rows_by_attempt"].items()
            if name not in self._attempts or self._is_own(self._attempts[name], rule, kind)
        )

    @staticmethod
    def _is_own(attempt: dict, rule: str, kind: str) -> bool:
        return bool(attempt) and (attempt["rule"], kind_of(attempt["rule"], attempt["job"])) == (rule, kind)

    def disk(self, rule: str, kind: str) -> list[float]:
        """Bytes that the jobs of a kind left in results and store: for each row, and beside that for each job."""
        ledgers = self.jobs(rule, kind)
        results = schema.size(path for path in self._files(rule, kind) if path.is_file())
        return [results.data / max(sum(map(units, ledgers)), 1), results.rest / len(ledgers)]

    def stored(self, rule: str) -> list[float]:
        """The same in the store, over all rules that buy such rows; nothing of a rule that buys none."""
        if rule in TRAINING_STAGES:
            return [0.0, 0.0]
        found, rows = stored(self.store, bought_as(rule), self.run)
        jobs = sum(len(jobs) for (other, _), jobs in self._jobs.items() if bought_as(other) == bought_as(rule))
        return [found.data / max(rows, 1), found.rest / max(jobs, 1)]

    def model_bytes(self, rule: str, kind: str) -> float:
        """Mean bytes of the models that the jobs of a kind made or fetched; 0 if they made none."""
        folder = self.resources / "models" / kind if rule == "fetch_model" else self.results / rule / kind
        manifests = [read_json(path) for path in sorted(folder.glob("**/manifest.json"))]
        sizes = [sum(file["bytes"] for file in manifest.get("files", [])) for manifest in manifests]
        return sum(sizes) / len(sizes) if sizes else 0.0

    def _files(self, rule: str, kind: str) -> Iterable[Path]:
        folder = self.results / _FOLDERS.get(rule, rule)
        if kind == "all":
            return folder.rglob("*")
        place = folder / kind
        return place.rglob("*") if place.is_dir() else place.parent.glob(f"{place.name}.*")


def units(ledger: dict) -> int:
    """The rows of a job that its work grows with: those it asked for, learnt from or read, seed problems too."""
    rows = ledger["rows"]
    if ledger["rule"] in TRAINING_STAGES:
        return rows["in"]
    if ledger["rule"] in _COUNTED_BY_OUTPUT:
        return rows["out"] + rows.get("included", 0)
    return rows.get("asked", rows.get("in", 0) + rows.get("seeds", 0))


def epochs(ledger: dict) -> float:
    """How often a training saw each of its rows; 1 for any other job."""
    return ledger["settings"]["epochs"] if ledger["rule"] in TRAINING_STAGES else 1


def _timing(attempt: dict, units_done: float, load: float) -> Timing:
    devices = attempt["gpus"] or attempt["cpu_cores"]
    gpu = (attempt["gpu_name"] or "GPU") if attempt["gpus"] else ""
    work = max(attempt["wall_seconds"] - load, 0)
    return Timing(load * devices, work * devices, units_done, devices, gpu, attempt["engine"])
