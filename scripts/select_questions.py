"""Choose the questions that go on to the responses, source by source."""

import logging
from pathlib import Path

from synthesis import program, schema
from synthesis.errors import InputError
from synthesis.verdicts import kept_questions, verdict

log = logging.getLogger("synthesis")


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument(
        "--questions", type=Path, nargs="+", required=True, help="question files, <folder>/<source>/<shard>.parquet"
    )
    parser.add_argument(
        "--verdicts",
        action="append",
        nargs="+",
        required=True,
        metavar=("STAGE", "FILE"),
        help="a stage and its verdict files, one for each question file; once for each stage, earliest first",
    )
    parser.add_argument("--outputs", type=Path, nargs="+", required=True, help="verdict files, one for each input")


def work(options, job):
    """Write one verdict for each question that all stages kept."""
    verdicts = stage_files(options.verdicts, options.questions, options.outputs)
    shards = {}
    job.step("read verdicts")
    for path, files, output in zip(options.questions, zip(*verdicts, strict=True), options.outputs, strict=True):
        shards.setdefault(path.parent.name, []).append((output, candidates(path, files)))
    rows_in = rows_out = 0
    for source, pieces in shards.items():
        every = [row for _, rows in pieces for row in rows]
        rejected = select(source, every, settings_of(source, options.settings))
        for output, rows in pieces:
            chosen = [verdict(row["question_id"], rejected.get(row["question_id"], "")) for row in rows]
            schema.write(output, chosen, schema.QUESTION_VERDICTS)
        rows_in, rows_out = rows_in + len(every), rows_out + len(every) - len(rejected)
        job.rows(**{f"out_{source}": len(every) - len(rejected)})
    job.rows(**{"in": rows_in, "out": rows_out})


def stage_files(arguments: list[list[str]], questions: list[Path], outputs: list[Path]) -> list[list[Path]]:
    """The verdict files of each stage. Raises InputError unless there is one for each question file, as outputs."""
    if len(outputs) != len(questions):
        raise InputError(
            f"--questions names {len(questions)} files and --outputs {len(outputs)}; give one for one, in one order."
        )
    for stage, *paths in arguments:
        if [shard_of(Path(path)) for path in paths] != [shard_of(path) for path in questions]:
            raise InputError(
                f"--verdicts {stage} does not name one file for each of the {len(questions)} question files; "
                "give the same sources and shards in the same order."
            )
    return [[Path(path) for path in paths] for _, *paths in arguments]


def shard_of(path: Path) -> tuple[str, str]:
    """The source and shard that a file belongs to."""
    return path.parent.name, path.stem


def candidates(questions: Path, verdicts: list[Path]) -> list[dict]:
    """Ids and numbers of the shard's questions that all stages kept; their texts are let go at once."""
    return [{name: row[name] for name in ("question_id", "index")} for row in kept_questions(questions, verdicts)]


def settings_of(source: str, settings: dict) -> dict:
    """How the questions of a source are selected. Raises InputError if the settings do not say or know no such way."""
    found = settings["sources"].get(source)
    if found is None:
        raise InputError(f"select_questions.sources has no entry for the source {source}; add one.")
    for key, known in (("method", METHODS), ("shortfall", ("warn", "fail"))):
        if found.get(key) not in known:
            raise InputError(f"select_questions.sources.{source}.{key} is {found.get(key)}; use {' or '.join(known)}.")
    return found


def select(source: str, rows: list[dict], settings: dict) -> dict[str, str]:
    """The ids that a source does not hand on, each with its reason.

    The method comes first. The cap then keeps the first questions in index order: generated questions are
    exchangeable, and a set that grows keeps its earlier picks. Raises InputError if fewer than the cap are there
    and `shortfall` is `fail`.
    """
    rejected = METHODS[settings["method"]](rows, settings)
    cap = settings.get("cap")
    if cap is None:
        return rejected
    left = sorted((row for row in rows if row["question_id"] not in rejected), key=lambda row: row["index"])
    if len(left) < cap:
        sentence = (
            f"source {source} has {len(left)} questions left after all filters and judges, fewer than the {cap} of "
            f"select_questions.sources.{source}.cap"
        )
        if settings["shortfall"] == "fail":
            raise InputError(
                f"{sentence}; raise generate_questions.sources.{source}.total, lower the cap, or set shortfall to warn."
            )
        log.warning("%s; going on with all of them, as shortfall is warn.", sentence)
    return rejected | {row["question_id"]: "over_cap" for row in left[cap:]}


def select_all(_rows: list[dict], _settings: dict) -> dict[str, str]:
    """Reject nothing."""
    return {}


# A method gets the rows (question_id, index) of one source and its settings, and gives a reason for each id it rejects.
METHODS = {"none": select_all}


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
