"""The store: rows that were paid for, kept so that they are never bought again.

Layout: `<root>/<stage>/<fingerprint>/<source>-<index // 4096>/<number>.parquet`. A file is a chunk: immutable once
it is visible. Chunks are published with a hard link to the next free number, which fails if the number exists, so
two writers can't overwrite each other; where two chunks hold the same row, the lower number wins, so a visible row
never changes. No other module knows this layout.
"""

import os
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synthesis import program, schema
from synthesis.errors import InputError
from synthesis.fingerprint import FingerprintFolder
from synthesis.schema import INTEGER, REAL, STRING

BUCKET_ROWS = 4096

_KEY = {"row_id": STRING, "sample": INTEGER, "input_sha256": STRING}
_ORIGIN = {"index": INTEGER, "attempt": STRING, "engine": STRING, "engine_version": STRING}

# What an engine returned, before any parsing. `log_probabilities` is null where none were asked for.
COMPLETIONS = schema.of(
    **_KEY,
    text=STRING,
    finish_reason=STRING,
    prompt_tokens=INTEGER,
    completion_tokens=INTEGER,
    log_probabilities=[pa.map_(STRING, REAL)],
    **_ORIGIN,
)
# What a scorer returned; `score` is null where the conversation does not fit the scorer's context.
SCORES = schema.of(
    **_KEY,
    score=[REAL],
    finish_reason=STRING,
    prompt_tokens=INTEGER,
    completion_tokens=INTEGER,
    **_ORIGIN,
)


class Key(NamedTuple):
    """What names a stored row: an id alone does not, since another text can stand under the same id.

    `input_sha256` is the digest of the exact input the engine gets and of the sample's seed.
    """

    row_id: str
    sample: int
    input_sha256: str


@dataclass(frozen=True)
class Place:
    """Where a row lies: its key, its source and its number in the source."""

    key: Key
    source: str
    index: int

    @property
    def bucket(self) -> str:
        """Name of the folder that holds the row; independent of shards."""
        return f"{self.source}-{self.index // BUCKET_ROWS:06d}"


class Store(FingerprintFolder):
    """The rows of one stage bought under one fingerprint; `identity` is engine, model content, settings, code version.

    `rows` is the schema of a row, `COMPLETIONS` or `SCORES`.
    """

    def __init__(self, root: Path, stage: str, identity: dict, rows: pa.Schema):
        super().__init__(root, stage, identity)
        self.rows = rows

    def missing(self, places: Iterable[Place]) -> list[Place]:
        """The places whose rows have not been bought, in the order given."""
        present: dict[str, set[Key]] = {}
        return [place for place in places if self._lacks(place, present)]

    def lacks_any(self, places: Iterable[Place]) -> bool:
        """Whether one of the places has a row that was not bought. What comes after the first one is not looked at."""
        present: dict[str, set[Key]] = {}
        return any(self._lacks(place, present) for place in places)

    def _lacks(self, place: Place, present: dict[str, set[Key]]) -> bool:
        """Whether a row was not bought; `present` keeps the keys of the buckets that were read."""
        if place.bucket not in present:
            present[place.bucket] = self._keys(place.bucket)
        return place.key not in present[place.bucket]

    def _keys(self, bucket: str) -> set[Key]:
        found = set()
        for path in chunk_files(self.folder / bucket):
            columns = read_chunk(path, list(Key._fields))
            found.update(map(Key._make, zip(*(columns[name].to_pylist() for name in Key._fields), strict=True)))
        return found

    def read(self, places: Iterable[Place]) -> dict[Key, dict]:
        """The bought rows among the places. Where a row was bought twice, the first one published counts."""
        wanted = defaultdict(set)
        for place in places:
            wanted[place.bucket].add(place.key)
        found = {}
        for bucket, keys in sorted(wanted.items()):
            ids = pa.array(sorted({key.row_id for key in keys}))
            for path in chunk_files(self.folder / bucket):
                chunk = read_chunk(path, self.rows.names)
                for row in chunk.filter(pc.is_in(chunk["row_id"], ids)).to_pylist(maps_as_pydicts="strict"):
                    key = Key(row["row_id"], row["sample"], row["input_sha256"])
                    if key in keys:
                        found.setdefault(key, row)
        return found

    def writer(self, attempt: str, chunk_rows: int, chunk_seconds: float) -> "Writer":
        """A context manager that takes rows and publishes them in chunks."""
        return Writer(self, attempt, chunk_rows, chunk_seconds)


class Writer:
    """Collects rows and publishes a chunk after `chunk_rows` rows or `chunk_seconds` seconds, and at the end.

    The end includes errors and SIGTERM: what was added before is published.
    """

    def __init__(self, store: Store, attempt: str, chunk_rows: int, chunk_seconds: float):
        self.store, self.attempt = store, attempt
        self.chunk_rows, self.chunk_seconds = chunk_rows, chunk_seconds
        self._open: dict[str, list[dict]] = defaultdict(list)
        self._count, self._since = 0, time.monotonic()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_error) -> None:
        self.publish()

    def add(self, place: Place, values: dict) -> None:
        """Take one row: `values` are the columns of the schema that the place and the attempt do not give."""
        row = {**place.key._asdict(), "index": place.index, "attempt": self.attempt, **values}
        self._open[place.bucket].append(row)
        self._count += 1
        if self._count >= self.chunk_rows:
            self.publish()

    def publish_if_due(self) -> None:
        """Publish if `chunk_seconds` have passed since the last chunk; call it before each wait for the engine."""
        if time.monotonic() - self._since >= self.chunk_seconds:
            self.publish()

    def publish(self) -> None:
        """Make all rows taken so far visible, each bucket's in one chunk."""
        with program.uninterrupted():
            for bucket in list(self._open):
                publish_chunk(self.store.folder / bucket, schema.table(self._open[bucket], self.store.rows))
                del self._open[bucket]
            self._count, self._since = 0, time.monotonic()


def chunk_files(folder: Path) -> list[Path]:
    """The visible chunks of a bucket, lowest number first."""
    return sorted(path for path in folder.glob("*.parquet") if not path.name.startswith("."))


def read_chunk(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a chunk, or some columns of it. Raises InputError if the file is damaged, naming it."""
    try:
        return pq.read_table(path, columns=columns, partitioning=None)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"the stored chunk {path} can't be read ({error}); move it away, then run again.") from error


def publish_chunk(folder: Path, chunk: pa.Table) -> Path:
    """Write a chunk under a temporary name, then link it to the next free number; returns the visible path."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{uuid.uuid4().hex}.partial"
    try:
        pq.write_table(chunk, temporary, compression="zstd")
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        return _link_to_next_number(temporary, folder)
    finally:
        temporary.unlink(missing_ok=True)


def _link_to_next_number(temporary: Path, folder: Path) -> Path:
    visible = chunk_files(folder)
    number = int(visible[-1].stem) + 1 if visible else 0
    while True:
        target = folder / f"{number:06d}.parquet"
        try:
            os.link(temporary, target)
            return target
        except FileExistsError:
            number += 1


def fingerprints(root: Path, stage: str, run: str | None = None) -> Iterator[Path]:
    """The fingerprint folders of a stage; with a run, only those it used."""
    for folder in sorted((Path(root) / stage).glob("*/")):
        if run is None or (folder / "used_by" / run).exists():
            yield folder


def forget(root: Path, stage: str, run: str, trash: Path, selected) -> int:
    """Move rows of a run's fingerprints to a trash folder, so that they are bought again; returns how many.

    `selected(source, index)` says which rows. A chunk that holds other rows too is replaced in one step by one
    without the forgotten ones, so no other row is ever missing or changes.
    """
    count = 0
    for folder in fingerprints(root, stage, run):
        for path in sorted(folder.glob("*-*/*.parquet")):
            count += _forget_in_chunk(path, trash / path.relative_to(root), selected)
    return count


def _forget_in_chunk(path: Path, trash: Path, selected) -> int:
    chunk = read_chunk(path)
    source = path.parent.name.rpartition("-")[0]
    gone = pa.array([selected(source, index) for index in chunk["index"].to_pylist()], pa.bool_())
    count = pc.sum(gone).as_py() or 0
    if count:
        trash.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, trash)
        if count == len(chunk):
            path.unlink()
        else:
            # Under the old number, so that the same rows as before come first.
            with schema.replacing(path) as temporary:
                pq.write_table(chunk.filter(pc.invert(gone)), temporary, compression="zstd")
    return count


def stored(root: Path, stage: str, run: str) -> tuple[schema.Size, int]:
    """Size and rows of all chunks under the fingerprints of a stage that a run used, whichever run bought them."""
    chunks = [path for folder in fingerprints(root, stage, run) for path in folder.glob("*-*/*.parquet")]
    visible = [path for path in chunks if not path.name.startswith(".")]
    return schema.size(visible), sum(pq.read_metadata(path).num_rows for path in visible)
