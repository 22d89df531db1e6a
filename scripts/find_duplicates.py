"""Find questions that are the same text, or nearly the same, over all shards of all sources.

Of equal questions the first one in the order (index, source) is kept, with the sources in the order of the settings.
With the method near a question goes too if the Jaccard of its shingles with those of an earlier question that is kept
reaches the threshold. So a set that grows in all sources in step never changes an old decision, and shards do not
matter. The problems of given sets come before all questions: a question that equals one of them, or nearly does, is a
duplicate of that.
"""

from bisect import bisect_right
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy
import pyarrow as pa
import pyarrow.compute as pc
from synthesis import program, row_digests, schema
from synthesis.errors import InputError
from synthesis.text import signature
from synthesis.verdicts import question_verdicts

METHODS = ("exact", "near")


class Problem(NamedTuple):
    """A problem that questions are compared with; `name` is `<set>/<id>`."""

    name: str
    text: str


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument(
        "--inputs", type=Path, nargs="+", required=True, help="signature files, <folder>/<source>/<shard>.*"
    )
    parser.add_argument("--questions", type=Path, nargs="*", default=[], help="for near: the questions of each input")
    parser.add_argument("--against", type=Path, nargs="*", default=[], help="sets of problems to compare with")
    parser.add_argument("--outputs", type=Path, nargs="+", required=True, help="verdict files, one for each input")
    parser.add_argument("--clusters", type=Path, required=True, help="every duplicate with what is kept instead")


def work(options, job):
    """Write one verdict for each signature; a duplicate names the question that is kept instead."""
    method = options.settings["method"]
    if method not in METHODS:
        raise InputError(f"find_duplicates.method is {method}, which is unknown; use {' or '.join(METHODS)}.")
    _check_one_for_one(options, method)
    sources = {name: position for position, name in enumerate(options.settings["sources"])}
    problems = _problems(options.against)
    job.step("read signatures")
    rows, ends = _read(options.inputs, sources)
    order = pc.sort_indices(rows, sort_keys=[("index", "ascending"), ("source", "ascending")])
    first = _first_of_equals(rows, order).to_numpy()
    del rows
    kept, jaccard = numpy.full(len(first), -1), numpy.zeros(len(first))
    if method == "near":
        kept, jaccard = _near(options, job, first, order.to_numpy(), ends, problems)
    job.step("write verdicts", len(first))
    _write(options, job, first, kept, jaccard, ends, problems)


def _near(options, job, first, order, ends, problems) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Near-duplicates; see `near_questions.find`."""
    # Libraries that no other method needs.
    from synthesis import near_questions

    settings = near_questions.Settings(*(options.settings[name] for name in near_questions.Settings._fields))
    rank = numpy.empty(len(order), numpy.int64)
    rank[order] = numpy.arange(len(order))
    job.step("compare questions that share a band")
    files = near_questions.Files(options.inputs, options.questions, ends)
    texts = [problem.text for problem in problems.values()]
    return near_questions.find(files, first, rank, texts, settings, job.advance)


def _write(options, job, first, kept, jaccard, ends, problems: dict[str, Problem]) -> None:
    """Verdicts and clusters. In memory are some numbers for each row; its id is read again where it is written."""
    originals = _originals(first, kept, options.inputs, ends)
    originals |= {len(first) + number: problem.name for number, problem in enumerate(problems.values())}
    counts = dict.fromkeys(("", "duplicate_of", "near_duplicate_of"), 0)
    with schema.writing(options.clusters, schema.DUPLICATES) as add:
        for path, output, (start, end) in zip(options.inputs, options.outputs, pairwise(ends), strict=True):
            signatures = schema.read_table(path, schema.SIGNATURES, ["question_id", "exact"]).to_pydict()
            columns = (signatures["exact"], *(column[start:end].tolist() for column in (first, kept, jaccard)))
            found = []
            for row, (exact, equal, near, similarity) in enumerate(zip(*columns, strict=True), start):
                if exact in problems:
                    found.append((problems[exact].name, "exact", 1.0))
                elif near >= 0:
                    found.append((originals[near], "near", similarity))
                else:
                    found.append((originals[equal], "exact", 1.0) if equal != row else None)
            reasons = [_reason(duplicate) for duplicate in found]
            add(_clusters(signatures["question_id"], found))
            ids = pa.array(signatures["question_id"], pa.string())
            schema.write(output, question_verdicts(ids, reasons), schema.QUESTION_VERDICTS)
            for reason in reasons:
                counts[reason.partition(":")[0]] += 1
            job.advance(len(reasons))
    kept_rows = counts.pop("")
    rejected = {f"rejected_{kind}": count for kind, count in counts.items() if count or kind == "duplicate_of"}
    job.rows(**{"in": len(first), "out": kept_rows, **rejected})


def _reason(duplicate: tuple[str, str, float] | None) -> str:
    if duplicate is None:
        return ""
    kept, kind, _ = duplicate
    return f"near_duplicate_of:{kept}" if kind == "near" else f"duplicate_of:{kept}"


def _clusters(ids: list[str], found: list[tuple[str, str, float] | None]) -> list[dict]:
    """Rows of `schema.DUPLICATES`."""
    return [
        {"question_id": name, "kept_id": duplicate[0], "kind": duplicate[1], "jaccard": duplicate[2]}
        for name, duplicate in zip(ids, found, strict=True)
        if duplicate is not None
    ]


def _check_one_for_one(options, method: str) -> None:
    given = {"--outputs": options.outputs} | ({"--questions": options.questions} if method == "near" else {})
    for name, paths in given.items():
        if len(options.inputs) != len(paths):
            raise InputError(f"--inputs names {len(options.inputs)} files and {name} {len(paths)}; give one for one.")


def _read(paths: list[Path], sources: dict[str, int]) -> tuple[pa.Table, list[int]]:
    """Digest, index and source of all rows, file after file, and the number of rows before each file and after all.

    Raises InputError for a file of an unknown source, and for an id that comes twice.
    """
    tables, ids, ends = [], [], [0]
    for path in paths:
        position = _source_position(path, sources)
        found = schema.read_table(path, schema.SIGNATURES)
        ids.append(row_digests.digests(found["question_id"].to_pylist()))
        exact = row_digests.digests(found["exact"].to_pylist())
        tables.append(pa.table([exact, found["index"], pa.repeat(position, len(found))], ["exact", "index", "source"]))
        ends.append(ends[-1] + len(found))
    twice = row_digests.first_repeated(row_digests.joined(ids))
    if twice:
        raise _id_twice(*twice, paths, ends)
    return pa.concat_tables(tables), ends


def _first_of_equals(rows: pa.Table, order: pa.Array) -> pa.Array:
    """For each row the number of the first one in this order that is the same text."""
    codes = rows["exact"].combine_chunks().dictionary_encode().indices
    ordered = pa.table({"code": codes.take(order), "row": order})
    first = ordered.group_by("code", use_threads=False).aggregate([("row", "first")]).sort_by("code")
    return first["row_first"].combine_chunks().take(codes)


def _originals(first: numpy.ndarray, kept: numpy.ndarray, paths: list[Path], ends: list[int]) -> dict[int, str]:
    """The ids of the rows of which others are duplicates, by number."""
    equal = first[first != numpy.arange(len(first))]
    wanted = numpy.unique(numpy.concatenate([equal.astype(numpy.int64), kept[(kept >= 0) & (kept < len(first))]]))
    found = {}
    for file, numbers in groupby(wanted.tolist(), key=lambda number: bisect_right(ends, number) - 1):
        ids = schema.read_table(paths[file], schema.SIGNATURES, ["question_id"])["question_id"]
        found |= {number: ids[number - ends[file]].as_py() for number in numbers}
    return found


def _problems(paths: list[Path]) -> dict[str, Problem]:
    """The first problem with each signature."""
    found: dict[str, Problem] = {}
    for path in paths:
        for row in schema.read(path, schema.PROBLEMS, ["problem_id", "source", "problem"]):
            problem = Problem(f"{row['source']}/{row['problem_id']}", row["problem"])
            found.setdefault(signature(problem.text), problem)
    return found


def _source_position(path: Path, sources: dict[str, int]) -> int:
    name = path.parent.name
    if name not in sources:
        raise InputError(
            f"{path} lies in the folder of the source {name}, which the settings do not list; "
            f"they list {', '.join(sources) or 'none'}."
        )
    return sources[name]


def _id_twice(row: int, earlier: int, paths: list[Path], ends: list[int]) -> InputError:
    file, other = (bisect_right(ends, number) - 1 for number in (row, earlier))
    question_id = schema.read_table(paths[file], schema.SIGNATURES, ["question_id"])["question_id"][row - ends[file]]
    return InputError(
        f"question {question_id.as_py()} is in {paths[other]} and in {paths[file]}; ids must be unique over all "
        "shards: give each file once, and delete files of an older configuration."
    )


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
