"""Join the chosen responses with their questions into the data set and its exports, and include published pairs."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path

from synthesis import funnel, pairs, program, schema
from synthesis.dataset_exports import EXPORTS
from synthesis.errors import InputError
from synthesis.funnel import Piece
from synthesis.prompts import load_prompt

OWN_FILE = re.compile(r"train-\d{5}-of-\d{5}\.parquet")
NEEDED = ["generate_questions", "generate_responses", "filter_responses", "select_responses"]

# What to change where a stage keeps no row at all.
ADVICE = {
    "filter_questions": "loosen the filters under filter_questions.filters",
    "judge_questions": "loosen the verdict of this judge under judge_questions.judges",
    "select_questions": "raise select_questions.sources.<source>.cap or loosen its method",
    "filter_responses": "loosen filter_responses, or raise generate_responses.sampling.max_tokens",
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
    chosen, candidates = {}, 0
    for piece, path in stages["select_responses"].files.items():
        verdicts = schema.read(path, schema.RESPONSE_VERDICTS, ["question_id", "sample", "keep", "score"])
        chosen[piece] = _chosen(path, verdicts)
        candidates += len(verdicts)
    own = sum(map(len, chosen.values()))
    if not own:
        raise InputError(_why_empty(funnel.count(list(stages.values()))))
    included = [pairs.included(path) for path in options.included]
    total = own + sum(len(found.rows) for found in included)
    job.step("assembling", total)
    system = load_prompt(options.prompt).system
    rows = chain(_rows(stages, chosen, options.settings), *(found.rows for found in included))
    for number, path in enumerate(options.data):
        part = list(islice(rows, _cut(total, len(options.data), number + 1) - _cut(total, len(options.data), number)))
        schema.write(path, part, schema.DATASET)
        for name, paths in exports.items():
            export = EXPORTS[name]
            # Nobody knows under which system turn an included response was written.
            exported = [export.row(row, None if row["sample"] is None else system) for row in part]
            schema.write(paths[number], exported, export.schema)
        job.advance(len(part))
    _remove_others(options.data, exports)
    job.rows(**{"in": candidates, "out": own})
    if included:
        without = sum(found.without_solution for found in included)
        job.rows(included=total - own, included_without_solution=without)


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


def _cut(total: int, files: int, number: int) -> int:
    """Rows in the first `number` of `files` nearly equal files."""
    return total * number // files


def _chosen(path: Path, verdicts: list[dict]) -> dict[str, dict]:
    """The chosen response's verdict of each question that has one, by question id."""
    kept = [row for row in verdicts if row["keep"]]
    chosen = {row["question_id"]: row for row in kept}
    if len(chosen) < len(kept):
        raise InputError(f"{path} chooses two responses to one question; delete it and run the workflow again.")
    return chosen


def _rows(stages: dict, chosen: dict[Piece, dict], settings: dict) -> Iterator[dict]:
    """The rows of `schema.DATASET`, one shard in memory at a time."""
    for piece in sorted(chosen, key=_in_order(chosen)):
        yield from _shard_rows(stages, piece, chosen[piece], settings)


def _in_order(chosen: dict[Piece, dict]):
    sources = list(dict.fromkeys(piece.source for piece in chosen))
    return lambda piece: (sources.index(piece.source), piece.shard)


def _shard_rows(stages: dict, piece: Piece, chosen: dict[str, dict], settings: dict) -> list[dict]:
    questions = schema.read(stages["generate_questions"].files[piece], schema.QUESTIONS)
    responses = _by_sample(stages["generate_responses"].files[piece], schema.RESPONSES, "response")
    answers = _by_sample(stages["filter_responses"].files[piece], schema.FILTERED_RESPONSES, "answer")
    found = []
    for question in sorted(questions, key=lambda row: row["index"]):
        verdict = chosen.get(question["question_id"])
        if verdict is None:
            continue
        key = (question["question_id"], verdict["sample"])
        if key not in responses or key not in answers:
            lacking = "filter_responses" if key in responses else "generate_responses"
            raise InputError(
                f"{stages[lacking].files[piece]} lacks sample {key[1]} of question {key[0]}, which was chosen; "
                "delete the file and run the workflow again."
            )
        row = _dataset_row(question, responses[key], answers[key], verdict)
        found.append({**row, **_models(piece.source, settings)})
    if len(found) < len(chosen):
        lost = min(set(chosen).difference(row["question_id"] for row in found))
        path = stages["generate_questions"].files[piece]
        raise InputError(
            f"{path} lacks question {lost}, to which a response was chosen; delete the file and run again."
        )
    return found


def _by_sample(path: Path, columns, value: str) -> dict[tuple, str | None]:
    rows = schema.read(path, columns, ["question_id", "sample", value])
    return {(row["question_id"], row["sample"]): row[value] for row in rows}


def _dataset_row(question: dict, response: str, answer: str | None, verdict: dict) -> dict:
    return {
        **{name: question[name] for name in ("question_id", "source", "question")},
        "response": response,
        "answer": answer,
        "sample": verdict["sample"],
        "reward": verdict["score"],
    }


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
