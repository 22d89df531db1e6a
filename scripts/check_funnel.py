"""Check that no row was lost or doubled between the stages, from the first question to the data set."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

from synthesis import funnel, pairs, program, schema, web_pages
from synthesis.errors import InputError
from synthesis.funnel import Piece, Row, Stage

CHECKS = [
    "every stage has a file for every shard",
    "no row stands twice in a file, and no question in two shards or sources",
    "every rejected row has a reason and no kept row has one",
    "the rows that reach a stage are those that the stage before it kept",
    "every selected question has exactly the configured number of responses",
    "every question with a response to choose from has exactly one chosen response",
    "the data set holds exactly the chosen responses and the included pairs",
]


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
    owners: dict[tuple, Piece] = {}
    totals: dict[str, dict] = {piece.source: {} for piece in pieces}
    chosen: list[tuple] = []
    for piece in pieces:
        rows = _check_shard(stages, piece, options.settings["samples"])
        _check_owners(owners, rows[stages[0].name], piece)
        _add(totals[piece.source], rows)
        chosen += [(piece.source, *row.key) for row in rows[stages[-1].name] if row.keep]
        job.advance()
    included = {path.stem: pairs.included(path) for path in options.included}
    _check_dataset(options.dataset, chosen, [_place(row) for found in included.values() for row in found.rows])
    report = {
        "run": options.run,
        "shards": len(pieces),
        "dataset_rows": len(chosen),
        "included": {name: _counts(found) for name, found in included.items()},
        "checks": CHECKS,
        "stages": totals,
    }
    schema.write_text(options.output, json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    schema.write_text(options.page, page(report))
    job.rows(**{"in": len(owners), "out": len(chosen)})


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


def _place(row: dict) -> tuple:
    return row["source"], row["question_id"], row["sample"]


def _check_shard(stages: list[Stage], piece: Piece, samples: int) -> dict[str, list[Row]]:
    """Check one shard through all stages; returns its rows by stage."""
    rows = {}
    for stage in stages:
        rows[stage.name] = stage.read(piece)
        _check_rows(stage, piece, rows[stage.name])
    for before, after in pairwise(stages):
        kept = [row.key for row in rows[before.name] if row.keep]
        reached = [row.key for row in rows[after.name]]
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


def _check_rows(stage: Stage, piece: Piece, rows: list[Row]) -> None:
    for key, times in Counter(row.key for row in rows).items():
        if times > 1:
            raise _fault(piece, stage, f"{stage.name} has {len(rows)} rows, but {_name(key)} stands there twice")
    for row in rows:
        if row.keep and row.reason:
            raise _fault(piece, stage, f"{stage.name} keeps {_name(row.key)} but gives the reason {row.reason}")
        if not row.keep and not row.reason:
            raise _fault(piece, stage, f"{stage.name} rejects {_name(row.key)} without a reason")


def _check_samples(piece, before, after, kept, reached, samples) -> None:
    expected = [(*key, sample) for key in kept for sample in range(samples)]
    if len(expected) != len(reached):
        raise _fault(
            piece,
            after,
            f"{before.name} kept {len(kept)} questions, so {samples} samples each make {len(expected)} rows, "
            f"but {after.name} has {len(reached)}",
        )
    _check_same(piece, before, after, expected, reached)


def _check_same(piece, before, after, expected, reached) -> None:
    unknown = set(reached).difference(expected)
    if unknown:
        raise _fault(
            piece,
            after,
            f"{after.name} has {len(reached)} rows, as expected, but other rows than {before.name} hands on, "
            f"such as {_name(min(unknown))}",
        )


def _check_choice(stage: Stage, piece: Piece, rows: list[Row]) -> None:
    # A response that is too long for the scorer is none to choose from.
    chosen = Counter({row.key[0]: 0 for row in rows if row.reason != "context_overflow"})
    chosen.update(row.key[0] for row in rows if row.keep)
    for question, times in chosen.items():
        if times != 1:
            raise _fault(piece, stage, f"{stage.name} chooses {times} responses to question {question} instead of 1")


def _check_owners(owners: dict[tuple, Piece], rows: list[Row], piece: Piece) -> None:
    for row in rows:
        owner = owners.setdefault(row.key, piece)
        if owner != piece:
            raise InputError(
                f"source {piece.source}, shard {piece.shard}: {_name(row.key)} is also in source {owner.source}, "
                f"shard {owner.shard}; delete the files of both and run the workflow again."
            )


def _add(totals: dict, rows: dict[str, list[Row]]) -> None:
    for name, found in rows.items():
        entry = totals.setdefault(name, {"in": 0, "kept": 0})
        entry["in"] += len(found)
        entry["kept"] += sum(row.keep for row in found)


def _check_dataset(paths: list[Path], chosen: list[tuple], included: list[tuple]) -> None:
    columns = ["source", "question_id", "sample"]
    found = [_place(row) for path in paths for row in schema.read(path, schema.DATASET, columns)]
    remedy = f"delete {paths[0]} and run the workflow again."
    for (source, *key), times in Counter(found).items():
        if times > 1:
            raise InputError(f"source {source}: {_name(key)} stands in the data set twice; {remedy}")
    given = {source: "assemble_dataset included" for source, *_ in included}
    expected, present = Counter(row[0] for row in [*chosen, *included]), Counter(row[0] for row in found)
    for source in [*expected, *present]:
        if expected[source] != present[source]:
            raise InputError(
                f"source {source}: {given.get(source, 'select_responses chose')} {expected[source]} "
                f"{'pairs' if source in given else 'responses'} but the data set has {present[source]} rows of it; "
                f"{remedy}"
            )
    for source, *key in sorted(set(found).difference(chosen, included)):
        raise InputError(
            f"source {source}: the data set has {present[source]} rows, as expected, but other rows than "
            f"{given.get(source, 'select_responses chose')}, such as {_name(key)}; {remedy}"
        )


def _fault(piece: Piece, stage: Stage, what: str) -> InputError:
    place = f"source {piece.source}, shard {piece.shard}"
    return InputError(f"{place}: {what}; delete {stage.files[piece]} and run the workflow again.")


def _name(key) -> str:
    question, *sample = key
    return f"sample {sample[0]} of question {question}" if sample and sample[0] is not None else f"question {question}"


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
