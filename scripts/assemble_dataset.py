"""Join the chosen responses with their questions into the data set and its exports, and include published pairs."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import chain, pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from synthesis import funnel, pairs, program, schema
from synthesis.dataset_exports import EXPORTS, Export
from synthesis.errors import InputError
from synthesis.prompts import load_prompt

OWN_FILE = re.compile(r"train-\d{5}-of-\d{5}\.parquet")
NEEDED = ["generate_questions", "generate_responses", "filter_responses", "select_responses"]

# What to change where a stage keeps no row at all.
ADVICE = {
    "filter_questions": "loosen the filters under filter_questions.filters",
    "judge_questions": "loosen the verdict of this judge under judge_questions.judges",
    "select_questions": "raise select_questions.sources.<source>.cap or loosen its method",
    "filter_responses": "loosen filter_responses, or raise generate_responses.sampling.max_tokens",
    "check_agreement": "choose another probe under check_agreement, or the other side with check_agreement.keep",
    "select_responses": "lower select_responses.smallest_majority, or make score_responses give rewards (what "
    "each reason means stands in docs/rewards.md)",
}
MORE = "raise generate_questions.sources.<source>.total"


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    funnel.add_stage_argument(parser)
    parser.add_argument("--prompt", type=Path, required=True, help="the prompt that the responses answer")
    parser.add_argument("--included", type=Path, nargs="*", default=[], help="sets of problems to include as they are")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="the files of the data set")
    parser.add_argument(
        "--export",
        action="append",
        nargs="+",
        default=[],
        metavar=("NAME", "FILE"),
        help=f"an export ({', '.join(EXPORTS)}) and as many files as the data set has; once for each export",
    )


def work(options, job):
    """Write the data set in (source, index) order, cut into nearly equal files, and every export cut likewise.

    The included pairs stand behind the run's own, set after set in their order.
    """
    exports = _exports(options)
    stages = funnel.require(funnel.stages(options.stage), NEEDED)
    outcomes = [stages["select_responses"].outcomes(piece) for piece in stages["select_responses"].files]
    candidates, own = (sum(map(count, outcomes)) for count in (Counter.total, lambda found: found[funnel.KEPT]))
    if not own:
        raise InputError(_why_empty(funnel.count(list(stages.values()))))
    included = [pairs.included(path) for path in options.included]
    total = own + sum(len(found.rows) for found in included)
    job.step("assembling", total)
    system = load_prompt(options.prompt).system
    parts = chain(
        _own_parts(stages, options.settings),
        (pa.Table.from_pylist(found.rows, schema.DATASET) for found in included),
    )
    # Nearly equal files.
    ends = [total * number // len(options.data) for number in range(len(options.data) + 1)]
    _write_files(parts, [end - start for start, end in pairwise(ends)], options.data, exports, system, job)
    _remove_others(options.data, exports)
    job.rows(**{"in": candidates, "out": own})
    if included:
        without = sum(found.without_solution for found in included)
        job.rows(included=total - own, included_without_solution=without)


def _write_files(parts: Iterator[pa.Table], sizes: list[int], data, exports, system: str | None, job) -> None:
    """Write the rows into files of the given numbers of rows, and into every export's, with one part in memory."""
    parts, left = filter(len, parts), schema.DATASET.empty_table()
    for number, size in enumerate(sizes):
        with ExitStack() as open_files:
            append = open_files.enter_context(schema.writing(data[number], schema.DATASET))
            appends = {
                name: open_files.enter_context(schema.writing(paths[number], EXPORTS[name].schema))
                for name, paths in exports.items()
            }
            while size:
                left = left if len(left) else next(parts)
                part, left = left.slice(0, size), left.slice(size)
                append(part)
                for name, append_exported in appends.items():
                    append_exported(_exported(part, EXPORTS[name], system))
                size -= len(part)
                job.advance(len(part))


def _exported(part: pa.Table, export: Export, system: str | None) -> list[dict]:
    # Nobody knows under which system turn an included response was written.
    rows = part.select(["question", "response", "sample"]).to_pylist()
    return [export.row(row, None if row["sample"] is None else system) for row in rows]


def _exports(options) -> dict[str, list[Path]]:
    exports = {name: [Path(path) for path in paths] for name, *paths in options.export}
    for name, paths in exports.items():
        if name not in EXPORTS:
            known = ", ".join(EXPORTS)
            raise InputError(f"assemble_dataset.exports names {name}, which is not an export; use one of {known}.")
        if len(paths) != len(options.data):
            raise InputError(
                f"--export {name} has {len(paths)} files but --data has {len(options.data)}; make them equal."
            )
    return exports


def _own_parts(stages: dict, settings: dict) -> Iterator[pa.Table]:
    """The run's rows as tables of `schema.DATASET`, shard after shard."""
    pieces = list(stages["select_responses"].files)
    sources = list(dict.fromkeys(piece.source for piece in pieces))
    for piece in sorted(pieces, key=lambda piece: (sources.index(piece.source), piece.shard)):
        yield _shard_rows({name: stage.files[piece] for name, stage in stages.items()}, _models(piece.source, settings))


def _shard_rows(files: dict[str, Path], models: dict[str, str | None]) -> pa.Table:
    """The rows of a shard from its files by stage, in the order of the index."""
    chosen = _chosen(files["select_responses"])
    questions = _questions(files["generate_questions"], chosen)
    chosen = chosen.take(pc.index_in(questions["question_id"], chosen["question_id"]))
    columns = {
        **{name: questions[name] for name in ("question_id", "source", "question")},
        "response": _column_of(files, "generate_responses", schema.RESPONSES, "response", chosen),
        "answer": _column_of(files, "filter_responses", schema.FILTERED_RESPONSES, "answer", chosen),
        "sample": chosen["sample"],
        "reward": chosen["score"],
        **{name: pa.repeat(pa.scalar(model, pa.string()), len(chosen)) for name, model in models.items()},
    }
    return pa.table(columns)


def _chosen(path: Path) -> pa.Table:
    """The verdict on the chosen response of each question that has one."""
    rows = schema.read_table(path, schema.RESPONSE_VERDICTS, ["question_id", "sample", "keep", "score"])
    chosen = rows.filter(rows["keep"])
    if len(chosen["question_id"].unique()) < len(chosen):
        raise InputError(f"{path} chooses two responses to one question; delete it and run the workflow again.")
    return chosen


def _questions(path: Path, chosen: pa.Table) -> pa.Table:
    """The questions to which a response was chosen, in the order of their index."""
    questions = schema.read_table(path, schema.QUESTIONS, ["question_id", "source", "index", "question"])
    lost = chosen["question_id"].filter(pc.invert(pc.is_in(chosen["question_id"], questions["question_id"])))
    if len(lost):
        name = pc.min(lost).as_py()
        raise InputError(
            f"{path} lacks question {name}, to which a response was chosen; delete the file and run again."
        )
    return questions.filter(pc.is_in(questions["question_id"], chosen["question_id"])).sort_by("index")


def _column_of(files: dict[str, Path], stage: str, columns: pa.Schema, name: str, chosen: pa.Table) -> pa.ChunkedArray:
    """A column of a stage's file, of the chosen responses."""
    rows = schema.read_table(files[stage], columns, ["question_id", "sample", name])
    places = pc.index_in(_keys(chosen), _keys(rows))
    if places.null_count:
        missing = chosen.filter(places.is_null()).slice(0, 1).to_pylist()[0]
        raise InputError(
            f"{files[stage]} lacks sample {missing['sample']} of question {missing['question_id']}, which was chosen; "
            "delete the file and run the workflow again."
        )
    return rows[name].take(places)


def _keys(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(rows["question_id"], rows["sample"].cast(pa.string()), "/")


def _models(source: str, settings: dict) -> dict:
    return {
        "question_model": settings["question_models"][source],
        "response_model": settings["response_model"],
        "reward_model": settings["reward_model"],
    }


def _why_empty(counts: list[funnel.StageCount]) -> str:
    """One sentence that names the stage which lost the last rows, and what to change."""
    steps = sorted({item.step for item in counts})
    by_step = [[item for item in counts if item.step == step] for step in steps]
    here = next(items for items in by_step if not any(item.kept for item in items))
    stage, unit, reached = here[0].stage, here[0].unit, sum(item.rows_in for item in here)
    if not reached:
        return f"the data set would be empty: {stage} gave no {unit}; {MORE}."
    reasons = sum((Counter(item.rejected) for item in here), Counter())
    (most, times), *_ = reasons.most_common(1)
    advice = ADVICE.get(stage.partition("/")[0])
    return (
        f"the data set would be empty: {stage} rejected the last {reached} {unit} "
        f"(most often, {times} times, as {most}); {f'{advice}, or {MORE}' if advice else MORE}."
    )


def _remove_others(data: list[Path], exports: dict[str, list[Path]]) -> None:
    """Remove what an earlier assembly left: files of another number of files, and exports that are no longer wanted.

    A loader would read both. Only files with this program's own names in the folders of the data set are touched.
    """
    declared = {*data, *(path for paths in exports.values() for path in paths)}
    folder = data[0].parent
    others = [folder.with_name(name) for name in EXPORTS if name not in exports]
    for place in {folder, *(paths[0].parent for paths in exports.values()), *others}:
        for path in place.glob("train-*.parquet"):
            if OWN_FILE.fullmatch(path.name) and path not in declared:
                path.unlink()
    for place in others:
        with suppress(OSError):  # not there, or with files of somebody else in it
            place.rmdir()


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
