"""The books: what each attempt at a job cost, and what each finished job used.

An attempt is one start of a program. Attempts of paid stages are journaled in the store while they run, one file
for each attempt and one writer for each file, so that attempts that were killed count too. A job that finishes
writes its ledger, which says how many of its rows came from which attempt.
"""

import json
import os
import threading
import time
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from synthesis import machine, schema
from synthesis.canonical import digest
from synthesis.errors import InputError


@dataclass
class Attempt:
    """One start of a program. Times are seconds, counts are rows and tokens bought by this attempt.

    `begun_at` counts the rows, or the steps of a training, that it found done; `seconds_to_go` is what the step that
    runs may still take, None if that can't be told.
    """

    run: str
    rule: str
    job: str
    attempt: str = field(default_factory=lambda: uuid.uuid4().hex)
    host: str = field(default_factory=machine.host_name)
    pid: int = field(default_factory=os.getpid)
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    state: str = "running"
    wall_seconds: float = 0.0
    load_seconds: float = 0.0
    seconds_to_go: float | None = None
    gpus: int = 0
    gpu_name: str = ""
    cpu_cores: int = 1
    begun_at: int = 0
    rows: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    model: str = ""
    engine: str = ""
    versions: dict = field(default_factory=dict)

    def __post_init__(self):
        self._clock = time.monotonic()
        self._journal: Path | None = None
        self._lock = threading.RLock()

    def use_gpus(self, count: int, names: tuple[str, ...]) -> None:
        """Book the GPUs of this attempt; where the machine does not tell their names, that stays empty.

        The clock starts anew: hours of GPUs are those that it holds them, not those that it waited for them.
        """
        if count:
            self._clock = time.monotonic()
        self.gpus, self.gpu_name = count, ", ".join(sorted(set(names)))

    def journal_in(self, store: Path) -> None:
        """Keep this attempt in the store's journal from now on, so that it counts even if it is killed."""
        self._journal = journal_folder(store, self.run) / self.rule / f"{self.attempt}.json"
        self.save()

    def save(self) -> None:
        """Bring the wall time up to date and, if journaled, write the journal file in one atomic step."""
        with self._lock:
            self.wall_seconds = round(time.monotonic() - self._clock, 3)
            if self._journal:
                schema.write_text(self._journal, json.dumps(asdict(self), indent=1) + "\n")

    def keep_alive(self, seconds_to_go: float | None) -> None:
        """Say in the journal that the attempt is at work, and what it may still take; nothing after its end."""
        with self._lock:
            if self.state == "running":
                self.seconds_to_go = seconds_to_go
                self.save()

    def close(self, state: str) -> None:
        """Book the end: `finished`, `failed` or `terminated`."""
        with self._lock:
            self.state, self.seconds_to_go = state, None
            self.save()


def journal_folder(store: Path, run: str) -> Path:
    """The folder that holds the attempts of a run."""
    return Path(store) / "journal" / run


def journal_files(store: Path, run: str, rule: str = "*") -> list[Path]:
    """The files of the journaled attempts of a run, or of one of its rules.

    An attempt keeps its file, which changes while it runs.
    """
    return sorted(journal_folder(store, run).glob(f"{rule}/*.json"))


def journaled(store: Path, run: str, rule: str = "*") -> list[dict]:
    """All journaled attempts of a run, or of one of its rules, in the order of their start."""
    found = [read_json(path) for path in journal_files(store, run, rule)]
    return sorted(found, key=lambda attempt: (attempt["started"], attempt["attempt"]))


def journal_digest(store: Path, run: str, left_out: tuple[str, ...] = ()):
    """A function of a job's wildcards: digest of the names of the attempts in the run's journal, but for some rules'.

    As a param it has the bill written anew if an attempt came to nothing, so that no job's ledger tells of it.
    Snakemake asks for it when it plans and again when the job's inputs are made, and keeps the later answer.
    """

    def found(_wildcards):
        paths = journal_files(store, run)
        return digest(sorted(path.stem for path in paths if path.parent.name not in left_out))

    return found


def find_attempts(store: Path, wanted: set[str]) -> dict[str, dict]:
    """The journaled attempts with the wanted ids, whichever run bought them."""
    found = {}
    for path in (Path(store) / "journal").glob("*/*/*.json"):
        if path.stem in wanted:
            found[path.stem] = read_json(path)
    return found


def read_json(path: Path) -> dict:
    """Read a JSON object. Raises InputError with the file's name if it is missing or broken."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing; run the workflow again, it makes this file.") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is not valid JSON ({error}); delete it and run again.") from error


@dataclass
class Ledger:
    """What one finished job did. Written as `<results>/ledger/<rule>/<job>.json`.

    `rows` counts what came in and went out (`in`, `out`) and, in paid stages, what was asked for, reused from the
    store and computed now. `tokens` are those of the job's rows, whoever bought them. `rows_by_attempt` splits the
    job's paid rows over the attempts that bought them.
    """

    run: str
    rule: str
    job: str
    rows: dict = field(default_factory=dict)
    tokens: dict = field(default_factory=dict)
    rows_by_attempt: dict = field(default_factory=dict)
    model: str = ""
    settings: dict = field(default_factory=dict)
    code_version: str = ""
    attempt: dict = field(default_factory=dict)

    def write(self, path: Path, attempt: Attempt) -> None:
        """Write the ledger with its last attempt in one atomic step."""
        self.attempt = asdict(attempt)
        schema.write_text(path, json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")
