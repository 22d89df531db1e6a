"""The funnel: how many rows reached each stage, how many it kept, and why the others went."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from synthesis import schema
from synthesis.errors import InputError

# The stages in the order of the workflow: the unit of their rows and the schema of their files.
_STAGES = {
    "generate_questions": ("questions", schema.QUESTIONS),
    "filter_questions": ("questions", schema.QUESTION_VERDICTS),
    "find_duplicates": ("questions", schema.QUESTION_VERDICTS),
    "judge_questions": ("questions", schema.QUESTION_VERDICTS),
    "score_difficulty": ("questions", schema.QUESTION_VERDICTS),
    "select_questions": ("questions", schema.QUESTION_VERDICTS),
    "generate_responses": ("responses", schema.RESPONSES),
    "filter_responses": ("responses", schema.RESPONSE_VERDICTS),
    "score_responses": ("responses", schema.REWARDS),
    "select_responses": ("responses", schema.RESPONSE_VERDICTS),
}

COLUMNS = ["source", "stage", "step", "unit", "outcome", "rows"]
KEPT = "kept"


class Piece(NamedTuple):
    """One shard of one source."""

    source: str
    shard: str


@dataclass(frozen=True)
class Stage:
    """A stage with its files; judges are called `judge_questions/<judge>`."""

    name: str
    files: dict[Piece, Path]

    @property
    def rule(self) -> str:
        """The rule that runs the stage."""
        return self.name.partition("/")[0]

    @property
    def unit(self) -> str:
        """What a row is: `questions` or `responses`."""
        return _STAGES[self.rule][0]

    @property
    def schema(self) -> pa.Schema:
        """Schema of the stage's files."""
        return _STAGES[self.rule][1]

    @property
    def has_verdicts(self) -> bool:
        """Whether the stage rejects rows; one that does not keeps all."""
        return "keep" in self.schema.names

    def read(self, piece: Piece) -> pa.Table:
        """What the stage says of each row of a shard: `question_id`, with responses `sample`, then `keep`, `reason`."""
        identity = [name for name in ("question_id", "sample") if name in self.schema.names]
        if self.has_verdicts:
            return schema.read_table(self.files[piece], self.schema, [*identity, "keep", "reason"])
        rows = schema.read_table(self.files[piece], self.schema, identity)
        return rows.append_column("keep", pa.repeat(True, len(rows))).append_column("reason", pa.repeat("", len(rows)))

    def outcomes(self, piece: Piece) -> Counter:
        """How many rows of a shard were kept (`KEPT`) and how many rejected, by kind of reason."""
        if not self.has_verdicts:
            return Counter({KEPT: schema.count_rows(self.files[piece])})
        rows = schema.read_table(self.files[piece], self.schema, ["keep", "reason"])
        found = Counter()
        for item in rows["reason"].filter(pc.invert(rows["keep"])).value_counts().to_pylist():
            found[kind(item["values"])] += item["counts"]
        return found + Counter({KEPT: len(rows) - found.total()})


@dataclass
class StageCount:
    """How the rows of a source fared in a stage; `step` counts the stages from 1."""

    source: str
    stage: str
    step: int
    unit: str
    kept: int = 0
    rejected: dict[str, int] = field(default_factory=dict)

    @property
    def rows_in(self) -> int:
        """Rows that reached the stage."""
        return self.kept + sum(self.rejected.values())


def add_stage_argument(parser) -> None:
    """Declare `--stage`, which the programs that read the whole funnel share."""
    parser.add_argument(
        "--stage",
        action="append",
        nargs="+",
        required=True,
        metavar=("NAME", "FILE"),
        help="a stage and its files, <folder>/<source>/<shard>.parquet; once for each stage",
    )


def stages(arguments: Iterable[list[str]]) -> list[Stage]:
    """The stages named by `--stage` arguments, in the order of the workflow; judges stay in the order given.

    Raises InputError for an unknown stage, for one named twice or without files, for two files of one shard, and
    for a shard that some stage has and another lacks.
    """
    order = list(_STAGES)
    found: dict[str, Stage] = {}
    for name, *paths in arguments:
        if name.partition("/")[0] not in _STAGES:
            raise InputError(f"--stage {name} is not a stage of the funnel; use one of {', '.join(order)}.")
        if name in found:
            raise InputError(f"--stage {name} is given twice; give all its files in one place.")
        if not paths:
            raise InputError(f"--stage {name} has no files; give one for each shard.")
        found[name] = Stage(name, _pieces(name, paths))
    _check_same_shards(found.values())
    return sorted(found.values(), key=lambda stage: order.index(stage.rule))


def require(found: list[Stage], names: Iterable[str]) -> dict[str, Stage]:
    """The stages by name. Raises InputError if one of `names` is not among them."""
    by_name = {stage.name: stage for stage in found}
    for name in names:
        if name not in by_name:
            raise InputError(f"--stage {name} is missing; give its files too.")
    return by_name


def _pieces(name: str, paths: list[str]) -> dict[Piece, Path]:
    files: dict[Piece, Path] = {}
    for path in map(Path, paths):
        piece = Piece(path.parent.name, path.stem)
        if piece in files:
            raise InputError(f"--stage {name} has two files for {piece.source}/{piece.shard}: {files[piece]}, {path}.")
        files[piece] = path
    return files


def _check_same_shards(found: Iterable[Stage]) -> None:
    everywhere = {piece: stage.name for stage in found for piece in stage.files}
    for stage in found:
        for piece, other in everywhere.items():
            if piece not in stage.files:
                raise InputError(
                    f"source {piece.source}, shard {piece.shard}: {stage.name} has no file but {other} has one; "
                    "run the workflow again, it makes the missing file."
                )


def kind(reason: str) -> str:
    """A reason as it is counted: the id in `duplicate_of:<id>` goes, other details stay."""
    return "duplicate" if reason.startswith("duplicate_of") else reason


def count(found: list[Stage]) -> list[StageCount]:
    """Count the rows of every stage, source by source; reasons come with the most frequent first."""
    counts = []
    for source in dict.fromkeys(piece.source for stage in found for piece in stage.files):
        for step, stage in enumerate(found, start=1):
            pieces = [piece for piece in stage.files if piece.source == source]
            outcomes = sum(map(stage.outcomes, pieces), Counter())
            kept = outcomes.pop(KEPT, 0)
            rejected = dict(sorted(outcomes.items(), key=lambda item: (-item[1], item[0])))
            counts.append(StageCount(source, stage.name, step, stage.unit, kept, rejected))
    return counts


def write(path: Path, counts: list[StageCount]) -> None:
    """Write the tidy table: one row for each source, stage and outcome; the outcome is `kept` or a reason."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for item in counts:
        for outcome, rows in {KEPT: item.kept, **item.rejected}.items():
            table.writerow([item.source, item.stage, item.step, item.unit, outcome, rows])
    schema.write_text(path, text.getvalue())


def read(path: Path) -> list[StageCount]:
    """Read a table written by `write`. Raises InputError if it is missing or lacks a column."""
    if not Path(path).is_file():
        raise InputError(f"{path} is missing; run the workflow again, it makes this file.")
    counts: dict[tuple, StageCount] = {}
    with Path(path).open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        if table.fieldnames != COLUMNS:
            raise InputError(f"{path} does not have the columns {', '.join(COLUMNS)}; delete it and run again.")
        for row in table:
            item = counts.setdefault(
                (row["source"], row["stage"]),
                StageCount(row["source"], row["stage"], int(row["step"]), row["unit"]),
            )
            if row["outcome"] == KEPT:
                item.kept = int(row["rows"])
            else:
                item.rejected[row["outcome"]] = int(row["rows"])
    return list(counts.values())
