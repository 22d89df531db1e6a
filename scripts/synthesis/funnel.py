"""The funnel: how many rows reached each stage, how many it kept, and why the others went."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
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
    "select_questions": ("questions", schema.QUESTION_VERDICTS),
    "generate_responses": ("responses", schema.RESPONSES),
    "filter_responses": ("responses", schema.RESPONSE_VERDICTS),
    "check_agreement": ("responses", schema.RESPONSE_VERDICTS),
    "score_responses": ("responses", schema.REWARDS),
    "select_responses": ("responses", schema.RESPONSE_VERDICTS),
}

COLUMNS = ["source", "stage", "step", "unit", "outcome", "rows"]
KEPT = "kept"
# How the column ends in which a stage of several filters says what one of them found; see `schema.filter_verdicts`.
FILTER_COLUMN = "_reason"


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
        rejected = sum(self.rejections(piece).values(), Counter())
        return rejected + Counter({KEPT: schema.count_rows(self.files[piece]) - rejected.total()})

    def filters(self, piece: Piece) -> list[str]:
        """The filters of the stage in their order, each with a column `<filter>_reason`; most stages have none."""
        names = schema.column_names(self.files[piece]) if self.has_verdicts else []
        return [name.removesuffix(FILTER_COLUMN) for name in names if name.endswith(FILTER_COLUMN)]

    def lines(self, piece: Piece) -> list[str]:
        """The lines of the funnel that the stage takes: itself, or `<stage>/<filter>` for each of its filters."""
        return [f"{self.name}/{name}" for name in self.filters(piece)] or [self.name]

    def rejected(self, piece: Piece, columns: Iterable[str] = ()) -> pa.Table:
        """The rejected rows of a shard: `reason`, the columns asked for, and the `line` of the filter that rejected.

        A row whose reason no filter gave, because its text was never written, counts with the first filter.
        """
        filters, lines = self.filters(piece), self.lines(piece)
        reasons = [f"{name}{FILTER_COLUMN}" for name in filters]
        wanted = list(dict.fromkeys(["keep", "reason", *columns, *reasons]))
        rows = schema.read_table(self.files[piece], self.schema, wanted)
        rows = rows.filter(pc.invert(rows["keep"]))
        line = pa.chunked_array([pa.repeat(lines[0], len(rows))])
        # Backwards, so that of two filters that give the same reason the first one counts.
        for name, reason in reversed(list(zip(lines, reasons, strict=False))):
            line = pc.if_else(pc.equal(rows[reason], rows["reason"]), name, line)
        return rows.select(list(dict.fromkeys(["reason", *columns]))).append_column("line", line)

    def rejections(self, piece: Piece) -> dict[str, Counter]:
        """How many rows of a shard each line rejected, by kind of reason."""
        found = {line: Counter() for line in self.lines(piece)}
        if self.has_verdicts:
            counts = self.rejected(piece).group_by(["line", "reason"], use_threads=False).aggregate([([], "count_all")])
            for item in counts.to_pylist():
                found[item["line"]][kind(item["reason"])] += item["count_all"]
        return found


@dataclass
class StageCount:
    """How the rows of a source fared in a stage, or in one of its filters; `step` counts these from 1."""

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
        found[name] = Stage(name, pieces(name, paths))
    _check_same_shards(found.values())
    return sorted(found.values(), key=lambda stage: order.index(stage.rule))


def require(found: list[Stage], names: Iterable[str]) -> dict[str, Stage]:
    """The stages by name. Raises InputError if one of `names` is not among them."""
    by_name = {stage.name: stage for stage in found}
    for name in names:
        if name not in by_name:
            raise InputError(f"--stage {name} is missing; give its files too.")
    return by_name


def pieces(name: str, paths: list[str]) -> dict[Piece, Path]:
    """A stage's files, `<folder>/<source>/<shard>.*`, by their shards. Raises InputError if two are of one shard."""
    files: dict[Piece, Path] = {}
    for path in map(Path, paths):
        piece = Piece(path.parent.name, path.name.partition(".")[0])
        if piece in files:
            raise InputError(f"{name} has two files for {piece.source}/{piece.shard}: {files[piece]}, {path}.")
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
    """A reason as it is counted: the id in `duplicate_of:<id>` or `near_duplicate_of:<id>` goes, other details stay."""
    return reason.partition(":")[0].removesuffix("_of") if original(reason) else reason


def original(reason: str) -> str:
    """The id of the row that was kept instead, which a reason `[...]duplicate_of:<id>` names; else an empty text."""
    name, _, row_id = reason.partition(":")
    return row_id if name.endswith("duplicate_of") else ""


def count(found: list[Stage]) -> list[StageCount]:
    """Count the rows of every stage, source by source; reasons come with the most frequent first.

    A stage of several filters gives one count for each, in their order: what one keeps reaches the next.
    """
    counts = []
    for source in dict.fromkeys(piece.source for stage in found for piece in stage.files):
        step = 0
        for stage in found:
            for line, rows_in, rejected in _lines(stage, [piece for piece in stage.files if piece.source == source]):
                step, kept = step + 1, rows_in - rejected.total()
                reasons = dict(sorted(rejected.items(), key=lambda item: (-item[1], item[0])))
                counts.append(StageCount(source, line, step, stage.unit, kept, reasons))
    return counts


def _lines(stage: Stage, pieces: list[Piece]) -> Iterator[tuple[str, int, Counter]]:
    """The lines of a stage over some shards: rows that reached each, and the rejected ones by kind of reason."""
    rows, rejected = 0, {}
    for piece in pieces:
        rows += schema.count_rows(stage.files[piece])
        for line, reasons in stage.rejections(piece).items():
            rejected[line] = rejected.get(line, Counter()) + reasons
    for line, reasons in rejected.items():
        yield line, rows, reasons
        rows -= reasons.total()


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
