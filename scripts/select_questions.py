"""Choose the questions that go on to the responses, source by source."""

import json
import logging
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from synthesis import program, schema, target_selection
from synthesis.errors import InputError
from synthesis.verdicts import kept_table, question_verdicts

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
    parser.add_argument("--scores", type=Path, nargs="*", default=[], help="scores of difficulty, one for each shard")
    parser.add_argument("--outputs", type=Path, nargs="+", required=True, help="verdict files, one for each input")
    parser.add_argument("--thresholds", type=Path, required=True, help="what difficulty was taken, by source (JSON)")


def work(options, job):
    """Write one verdict for each question that all stages kept, and the thresholds that decided."""
    verdicts = stage_files(options.verdicts, options.questions, options.outputs)
    shards, scores = {}, {shard_of(path): path for path in options.scores}
    job.step("read verdicts")
    for path, files, output in zip(options.questions, zip(*verdicts, strict=True), options.outputs, strict=True):
        found = candidates(path, files, scores.get(shard_of(path)))
        shards.setdefault(path.parent.name, []).append((output, found))
    rows_in = rows_out = 0
    thresholds = {}
    for source, pieces in shards.items():
        settings = settings_of(source, options.settings)
        reasons, thresholds[source] = chosen_by(source, [rows for _, rows in pieces], settings)
        for number, part in enumerate(_ranges(thresholds[source]), 1):
            job.rows(**{f"out_{source}_range_{number}": part["taken"]})
        start = 0
        for output, rows in pieces:
            chosen = question_verdicts(rows["question_id"], reasons[start : start + len(rows)], rows["difficulty"])
            schema.write(output, chosen, schema.QUESTION_VERDICTS)
            start += len(rows)
        kept = pc.sum(pc.equal(reasons, ""), min_count=0).as_py()
        rows_in, rows_out = rows_in + len(reasons), rows_out + kept
        job.rows(**{f"out_{source}": kept})
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


def candidates(questions: Path, verdicts: list[Path], scores: Path | None) -> pa.Table:
    """The questions of a shard that all stages kept: `question_id`, number (`index`), `difficulty` and `unscored`.

    The last is the reason why a question has no difficulty, empty if it has one. Without a file of scores no question
    has either. Raises InputError if the file lacks a question.
    """
    kept = kept_table(questions, verdicts, ["question_id", "index"])
    if scores is None:
        nothing = pa.nulls(len(kept), pa.float64()), pa.repeat("", len(kept))
        return kept.append_column("difficulty", nothing[0]).append_column("unscored", nothing[1])
    scored = schema.read_table(scores, schema.QUESTION_VERDICTS, ["question_id", "score", "reason"])
    places = pc.index_in(kept["question_id"], scored["question_id"])
    if missing := kept["question_id"].filter(pc.is_null(places)).to_pylist():
        raise InputError(
            f"{scores} has no score for question {min(missing)}, which {verdicts[-1]} keeps; the files do not fit "
            "together: delete the scores and run the workflow again."
        )
    found = kept.append_column("difficulty", scored["score"].take(places))
    return found.append_column("unscored", scored["reason"].take(places))


def settings_of(source: str, settings: dict) -> dict:
    """How the questions of a source are selected. Raises InputError if the settings do not say or know no such way."""
    found = settings["sources"].get(source)
    if found is None:
        raise InputError(f"select_questions.sources has no entry for the source {source}; add one.")
    for key, known in (("method", (*WITHOUT_THRESHOLD, *METHODS)), ("shortfall", ("warn", "fail"))):
        if found.get(key) not in known:
            raise InputError(f"select_questions.sources.{source}.{key} is {found.get(key)}; use {' or '.join(known)}.")
    return found


def chosen_by(source: str, shards: list[pa.Table], settings: dict) -> tuple[pa.Array, float | dict | None]:
    """The reasons why a source does not hand its questions on (empty if it does), and what difficulty was taken.

    The latter is the least one, None if there is no least one, or the `ranges` of a target. A method that looks at the
    difficulty takes no question without one.
    """
    rows = pa.concat_tables(shards)
    if settings["method"] == "none":
        return select(source, rows, settings, None), None
    unscored = _no_difficulty(rows["unscored"])
    if settings["method"] == "target":
        taken, ranges = target_selection.fill(source, rows, settings)
        reasons, found = pc.if_else(taken, "", "over_target"), {"ranges": ranges}
    else:
        found = threshold_of(source, [shard["difficulty"].drop_null() for shard in shards], settings)
        reasons = select(source, rows, settings, found)
    return pc.if_else(pc.equal(unscored, ""), reasons, unscored).combine_chunks(), found


def _no_difficulty(unscored: pa.ChunkedArray) -> pa.ChunkedArray:
    """The reasons of questions that have no difficulty; empty for all others."""
    return pc.if_else(pc.equal(unscored, ""), "", pc.binary_join_element_wise("no_difficulty", unscored, ":"))


def _ranges(taken: float | dict | None) -> list[dict]:
    return taken["ranges"] if isinstance(taken, dict) else []


def threshold_of(source: str, shards: list[pa.ChunkedArray], settings: dict) -> float:
    """The least difficulty that a source's questions need, by a method of `METHODS`.

    A quantile is fitted on the first `calibration_shards` shards, so that a larger run keeps the threshold; `count`
    needs all shards. Raises InputError if the shards to fit on hold no question.
    """
    found = METHODS[settings["method"]](shards, settings)
    if found is None:
        raise InputError(
            f"select_questions.sources.{source}.method is {settings['method']}, but no question of the source is left "
            "to fit a threshold on; loosen the filters and judges before it."
        )
    return found


def select(source: str, rows: pa.Table, settings: dict, threshold: float | None) -> pa.Array:
    """For each row the reason why its source does not hand it on, empty if it does.

    The threshold comes first. The cap then keeps the first questions in index order: generated questions are
    exchangeable, and a set that grows keeps its earlier picks. Raises InputError if fewer than the cap are there
    and `shortfall` is `fail`.
    """
    reasons = pa.repeat("", len(rows))
    if threshold is not None:
        easy = pc.fill_null(pc.less(rows["difficulty"], threshold), True)
        reasons = pc.if_else(easy, "too_easy", "").combine_chunks()
    cap = settings.get("cap")
    if cap is None:
        return reasons
    left = pc.indices_nonzero(pc.equal(reasons, ""))
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
    over = left.take(pc.sort_indices(rows["index"].take(left)))[cap:]
    is_over = pc.is_in(pa.array(range(len(rows)), over.type), over)
    return pc.if_else(is_over, "over_cap", reasons)


def given_threshold(_shards: list[pa.ChunkedArray], settings: dict) -> float:
    """The threshold of the configuration."""
    return settings["threshold"]


def quantile(shards: list[pa.ChunkedArray], settings: dict) -> float | None:
    """The difficulty that the given share of the first shards' questions reaches."""
    return _of_the_most_difficult(
        shards[: settings["calibration_shards"]], lambda rows: round(rows * settings["share"])
    )


def count(shards: list[pa.ChunkedArray], settings: dict) -> float | None:
    """The difficulty that so many questions of all shards reach."""
    return _of_the_most_difficult(shards, lambda rows: min(rows, settings["count"]))


def _of_the_most_difficult(shards: list[pa.ChunkedArray], wanted) -> float | None:
    every = pa.chunked_array([part for shard in shards for part in shard.chunks], pa.float64())
    found = every.combine_chunks().sort("descending")
    return found[max(1, wanted(len(found))) - 1].as_py() if len(found) else None


# A method gets the difficulties of a source, shard by shard, and its settings, and gives the threshold.
METHODS = {"threshold": given_threshold, "quantile": quantile, "count": count}
WITHOUT_THRESHOLD = ("none", "target")


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
