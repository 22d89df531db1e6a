"""Choose the questions that go on to the responses, source by source."""

import json
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
    parser.add_argument("--thresholds", type=Path, required=True, help="the least difficulty taken, by source (JSON)")


def work(options, job):
    """Write one verdict for each question that all stages kept, and the thresholds that decided."""
    verdicts = stage_files(options.verdicts, options.questions, options.outputs)
    shards = {}
    job.step("read verdicts")
    for path, files, output in zip(options.questions, zip(*verdicts, strict=True), options.outputs, strict=True):
        shards.setdefault(path.parent.name, []).append((output, candidates(path, files)))
    rows_in = rows_out = 0
    thresholds = {}
    for source, pieces in shards.items():
        settings = settings_of(source, options.settings)
        every = [row for _, rows in pieces for row in rows]
        thresholds[source] = threshold_of(source, [rows for _, rows in pieces], settings)
        rejected = select(source, every, settings, thresholds[source])
        for output, rows in pieces:
            chosen = [
                verdict(row["question_id"], rejected.get(row["question_id"], ""), row["difficulty"]) for row in rows
            ]
            schema.write(output, chosen, schema.QUESTION_VERDICTS)
        rows_in, rows_out = rows_in + len(every), rows_out + len(every) - len(rejected)
        job.rows(**{f"out_{source}": len(every) - len(rejected)})
    schema.write_text(options.thresholds, json.dumps(thresholds, indent=1) + "\n")
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
    """Ids, numbers and difficulty of the shard's questions that all stages kept; their texts are let go at once.

    The difficulty is the score in the last verdict file if `score_difficulty` wrote it, else None.
    """
    scores = {}
    if verdicts and verdicts[-1].parent.parent.name == "score_difficulty":
        scored = schema.read(verdicts[-1], schema.QUESTION_VERDICTS, ["question_id", "score"])
        scores = {row["question_id"]: row["score"] for row in scored}
    return [
        {"question_id": row["question_id"], "index": row["index"], "difficulty": scores.get(row["question_id"])}
        for row in kept_questions(questions, verdicts)
    ]


def settings_of(source: str, settings: dict) -> dict:
    """How the questions of a source are selected. Raises InputError if the settings do not say or know no such way."""
    found = settings["sources"].get(source)
    if found is None:
        raise InputError(f"select_questions.sources has no entry for the source {source}; add one.")
    for key, known in (("method", METHODS), ("shortfall", ("warn", "fail"))):
        if found.get(key) not in known:
            raise InputError(f"select_questions.sources.{source}.{key} is {found.get(key)}; use {' or '.join(known)}.")
    return found


def threshold_of(source: str, shards: list[list[dict]], settings: dict) -> float | None:
    """The least difficulty that a source's questions need; None if they need none.

    A quantile is fitted on the first `calibration_shards` shards, so that a larger run keeps the threshold; `count`
    needs all shards. Raises InputError if the shards to fit on hold no question.
    """
    method = METHODS[settings["method"]]
    found = method([[row["difficulty"] for row in rows] for rows in shards], settings)
    if found is None and settings["method"] != "none":
        raise InputError(
            f"select_questions.sources.{source}.method is {settings['method']}, but no question of the source is left "
            "to fit a threshold on; loosen the filters and judges before it."
        )
    return found


def select(source: str, rows: list[dict], settings: dict, threshold: float | None) -> dict[str, str]:
    """The ids that a source does not hand on, each with its reason.

    The threshold comes first. The cap then keeps the first questions in index order: generated questions are
    exchangeable, and a set that grows keeps its earlier picks. Raises InputError if fewer than the cap are there
    and `shortfall` is `fail`.
    """
    easy = [row["question_id"] for row in rows if threshold is not None and row["difficulty"] < threshold]
    rejected = dict.fromkeys(easy, "too_easy")
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


def no_threshold(_shards: list[list[float]], _settings: dict) -> None:
    """Take every question."""


def given_threshold(_shards: list[list[float]], settings: dict) -> float:
    """The threshold of the configuration."""
    return settings["threshold"]


def quantile(shards: list[list[float]], settings: dict) -> float | None:
    """The difficulty that the given share of the first shards' questions reaches."""
    return _of_the_most_difficult(
        shards[: settings["calibration_shards"]], lambda rows: round(rows * settings["share"])
    )


def count(shards: list[list[float]], settings: dict) -> float | None:
    """The difficulty that so many questions of all shards reach."""
    return _of_the_most_difficult(shards, lambda rows: min(rows, settings["count"]))


def _of_the_most_difficult(shards: list[list[float]], wanted) -> float | None:
    found = sorted((difficulty for shard in shards for difficulty in shard), reverse=True)
    return found[max(1, wanted(len(found))) - 1] if found else None


# A method gets the difficulties of a source, shard by shard, and its settings, and gives the threshold.
METHODS = {"none": no_threshold, "threshold": given_threshold, "quantile": quantile, "count": count}


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
