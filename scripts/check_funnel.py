"""Check that no row was lost or doubled between the stages, from the first question to the data set."""

import json
from bisect import bisect_right
from collections import Counter
from itertools import accumulate, islice, pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from synthesis import funnel, pairs, program, row_digests, schema, web_pages
from synthesis.errors import InputError
from synthesis.funnel import Piece, Stage
from synthesis.response_choice import NONE_TO_CHOOSE

CHECKS = [
    "every stage has a file for every shard",
    "no row stands twice in a file, and no question in two shards or sources",
    "every rejected row has a reason and no kept row has one",
    "the rows that reach a stage are those that the stage before it kept",
    "every selected question has exactly the configured number of responses",
    "every question with a response to choose from has exactly one chosen response",
    "the data set holds exactly the chosen responses and the included pairs",
]

# What names a row of the data set.
PLACE = ["source", "question_id", "sample"]


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    funnel.add_stage_argument(parser)
    parser.add_argument("--dataset", type=Path, nargs="+", required=True, help="the files of the data set")
    parser.add_argument("--included", type=Path, nargs="*", default=[], help="sets of problems that it includes")
    parser.add_argument("--output", type=Path, required=True, help="what was checked (JSON)")
    parser.add_argument("--page", type=Path, required=True, help="what was checked, for readers (HTML)")


def work(options, job):
    """Check shard by shard, then across shards, then the data set; the first fault ends the program."""
    stages = funnel.stages(options.stage)
    funnel.require(stages, ["generate_questions", "generate_responses", "select_responses"])
    pieces = list(stages[0].files)
    job.step("checking", len(pieces))
    owned: list[pa.Array] = []
    chosen: list[pa.Array] = []
    totals: dict[str, dict] = {piece.source: {} for piece in pieces}
    for piece in pieces:
        rows = _check_shard(stages, piece, options.settings["samples"])
        _add(totals[piece.source], rows)
        owned.append(row_digests.digests(rows[stages[0].name]["question_id"].to_pylist()))
        last = rows[stages[-1].name]
        chosen.append(_places(last.filter(last["keep"]), piece.source))
        job.advance()
    _check_owners(owned, stages[0], pieces)
    included = {path.stem: pairs.included(path) for path in options.included}
    dataset_rows = sum(map(len, chosen))
    expected = Counter({source: found[stages[-1].name]["kept"] for source, found in totals.items()})
    _check_dataset(options.dataset, chosen, expected, [row for found in included.values() for row in found.rows])
    report = {
        "run": options.run,
        "shards": len(pieces),
        "dataset_rows": dataset_rows,
        "included": {name: _counts(found) for name, found in included.items()},
        "checks": CHECKS,
        "stages": totals,
    }
    schema.write_text(options.output, json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    schema.write_text(options.page, page(report))
    job.rows(**{"in": sum(map(len, owned)), "out": dataset_rows})


def page(report: dict) -> str:
    """The report as a web page. It tells of success alone, because the first fault ends the program without one."""
    title = f"No row was lost in run {report['run']}"
    shards, rows = report["shards"], report["dataset_rows"]
    scope = f"Every check holds for all {shards:,} shards and for the data set of {rows:,} rows."
    included = [
        f"It also includes {counts['pairs']:,} pairs of {name}; {counts['without_solution']:,} problems there have no "
        "solution and are left out."
        for name, counts in report["included"].items()
    ]
    table = web_pages.table([{"check": check, "result": "holds"} for check in report["checks"]], set())
    return web_pages.page(title, web_pages.heading(title), *map(web_pages.paragraph, [scope, *included]), table)


def _counts(found: pairs.Pairs) -> dict[str, int]:
    return {"pairs": len(found.rows), "without_solution": found.without_solution}


def _places(rows: pa.Table, source: str | None = None) -> pa.Array:
    """What names each row of the data set, its source, question and sample, in short; `source` if all have the same."""
    sources = pa.repeat(source, len(rows)) if source is not None else rows["source"]
    sample = rows["sample"].cast(pa.string())
    texts = pc.binary_join_element_wise(sources, rows["question_id"], sample, "\n", null_handling="replace")
    return row_digests.digests(texts.to_pylist())


def _check_shard(stages: list[Stage], piece: Piece, samples: int) -> dict[str, pa.Table]:
    """Check one shard through all stages; returns its rows by stage, with a column `key` that names each."""
    rows = {}
    for stage in stages:
        rows[stage.name] = _keyed(stage.read(piece))
        _check_rows(stage, piece, rows[stage.name])
    for before, after in pairwise(stages):
        handed_on, reached = rows[before.name], rows[after.name]
        kept = handed_on["key"].filter(handed_on["keep"])
        if after.rule == "generate_responses":
            _check_samples(piece, before, after, kept, reached, samples)
        elif len(kept) != len(reached):
            raise _fault(
                piece,
                after,
                f"{before.name} kept {len(kept)} rows but {len(reached)} reached {after.name}",
            )
        else:
            _check_same(piece, before, after, kept, reached)
    _check_choice(stages[-1], piece, rows[stages[-1].name])
    return rows


def _keyed(rows: pa.Table) -> pa.Table:
    key = rows["question_id"]
    if "sample" in rows.column_names:
        key = pc.binary_join_element_wise(key, rows["sample"].cast(pa.string()), "/")
    return rows.append_column("key", key)


def _check_rows(stage: Stage, piece: Piece, rows: pa.Table) -> None:
    if len(rows["key"].unique()) < len(rows):
        key = next(key for key, times in Counter(rows["key"].to_pylist()).items() if times > 1)
        raise _fault(piece, stage, f"{stage.name} has {len(rows)} rows, but {_named(rows, key)} stands there twice")
    has_reason = pc.not_equal(rows["reason"], "")
    wrong = pc.index(pc.equal(rows["keep"], has_reason), True).as_py()
    if wrong < 0:
        return
    name, reason = _named(rows, rows["key"][wrong]), rows["reason"][wrong].as_py()
    if reason:
        raise _fault(piece, stage, f"{stage.name} keeps {name} but gives the reason {reason}")
    raise _fault(piece, stage, f"{stage.name} rejects {name} without a reason")


def _check_samples(piece, before, after, kept, reached, samples) -> None:
    expected = pa.array([f"{key}/{sample}" for key in kept.to_pylist() for sample in range(samples)], pa.string())
    if len(expected) != len(reached):
        raise _fault(
            piece,
            after,
            f"{before.name} kept {len(kept)} questions, so {samples} samples each make {len(expected)} rows, "
            f"but {after.name} has {len(reached)}",
        )
    _check_same(piece, before, after, expected, reached)


def _check_same(piece, before, after, expected, reached) -> None:
    unknown = reached["key"].filter(pc.invert(pc.is_in(reached["key"], expected)))
    if len(unknown):
        raise _fault(
            piece,
            after,
            f"{after.name} has {len(reached)} rows, as expected, but other rows than {before.name} hands on, "
            f"such as {_named(reached, pc.min(unknown))}",
        )


def _check_choice(stage: Stage, piece: Piece, rows: pa.Table) -> None:
    # A response without a reward, such as one that is too long for the scorer, is none to choose from.
    rows = rows.filter(pc.invert(pc.is_in(rows["reason"], pa.array(NONE_TO_CHOOSE))))
    chosen = rows.set_column(rows.column_names.index("keep"), "keep", rows["keep"].cast(pa.int64()))
    times = chosen.group_by("question_id", use_threads=False).aggregate([("keep", "sum")])
    wrong = times.filter(pc.not_equal(times["keep_sum"], 1))
    for row in wrong.slice(0, 1).to_pylist():
        raise _fault(
            piece,
            stage,
            f"{stage.name} chooses {row['keep_sum']} responses to question {row['question_id']} instead of 1",
        )


def _check_owners(owned: list[pa.Array], stage: Stage, pieces: list[Piece]) -> None:
    """Check that no question is in two shards; `owned` are the digests of the ids of each shard."""
    twice = row_digests.first_repeated(row_digests.joined(owned))
    if twice is None:
        return
    ends = list(accumulate(map(len, owned)))
    piece, owner = (pieces[bisect_right(ends, number)] for number in twice)
    before = twice[0] - sum(len(part) for part in owned[: pieces.index(piece)])
    question = stage.read(piece)["question_id"][before].as_py()
    raise InputError(
        f"source {piece.source}, shard {piece.shard}: {_name(question)} is also in source {owner.source}, "
        f"shard {owner.shard}; delete the files of both and run the workflow again."
    )


def _add(totals: dict, rows: dict[str, pa.Table]) -> None:
    for name, found in rows.items():
        entry = totals.setdefault(name, {"in": 0, "kept": 0})
        entry["in"] += len(found)
        entry["kept"] += pc.sum(found["keep"], min_count=0).as_py()


def _check_dataset(paths: list[Path], chosen: list[pa.Array], expected: Counter, included: list[dict]) -> None:
    """Check the data set's files against the chosen responses, `expected` of each source, and the included rows."""
    parts, present = [], Counter()
    for path in paths:
        rows = schema.read_table(path, schema.DATASET, PLACE)
        parts.append(_places(rows))
        present.update({item["values"]: item["counts"] for item in rows["source"].value_counts().to_pylist()})
    found, remedy = row_digests.joined(parts), f"delete {paths[0]} and run the workflow again."
    if twice := row_digests.first_repeated(found):
        row = _dataset_row(paths, twice[0])
        raise InputError(f"source {row['source']}: {_name(**row)} stands in the data set twice; {remedy}")
    given = {row["source"]: "assemble_dataset included" for row in included}
    expected = expected + Counter(row["source"] for row in included)
    for source in [*expected, *present]:
        if expected[source] != present[source]:
            raise InputError(
                f"source {source}: {given.get(source, 'select_responses chose')} {expected[source]} "
                f"{'pairs' if source in given else 'responses'} but the data set has {present[source]} rows of it; "
                f"{remedy}"
            )
    others = _places(pa.Table.from_pylist(included, schema.DATASET))
    unknown = pc.index(pc.is_in(found, row_digests.joined([*chosen, others])), False).as_py()
    if unknown >= 0:
        row = _dataset_row(paths, unknown)
        source = row["source"]
        raise InputError(
            f"source {source}: the data set has {present[source]} rows, as expected, but other rows than "
            f"{given.get(source, 'select_responses chose')}, such as {_name(**row)}; {remedy}"
        )


def _dataset_row(paths: list[Path], number: int) -> dict:
    """The place of row `number` of the data set."""
    rows = (row for path in paths for row in schema.read(path, schema.DATASET, PLACE))
    return next(islice(rows, number, None))


def _fault(piece: Piece, stage: Stage, what: str) -> InputError:
    place = f"source {piece.source}, shard {piece.shard}"
    return InputError(f"{place}: {what}; delete {stage.files[piece]} and run the workflow again.")


def _named(rows: pa.Table, key) -> str:
    """The name of the row with a key, for a sentence."""
    row = rows.select([name for name in PLACE if name in rows.column_names]).slice(rows["key"].index(key).as_py(), 1)
    return _name(**row.to_pylist()[0])


def _name(question_id: str, sample: int | None = None, source: str = "") -> str:
    return f"question {question_id}" if sample is None else f"sample {sample} of question {question_id}"


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
