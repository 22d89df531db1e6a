"""Find questions that are the same text after normalisation, over all shards of all sources.

Of equal questions the first one in the order (index, source) is kept, with the sources in the order of the settings.
So a set that grows in all sources in step never changes an old decision, and shards do not matter. A question that
equals a problem of a given set is a duplicate of that, whatever other questions there are.
"""

from bisect import bisect_right
from itertools import groupby, pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from synthesis import program, row_digests, schema
from synthesis.errors import InputError
from synthesis.text import signature
from synthesis.verdicts import question_verdicts


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument(
        "--inputs", type=Path, nargs="+", required=True, help="signature files, <folder>/<source>/<shard>.*"
    )
    parser.add_argument("--against", type=Path, nargs="*", default=[], help="sets of problems to compare with")
    parser.add_argument("--outputs", type=Path, nargs="+", required=True, help="verdict files, one for each input")


def work(options, job):
    """Write one verdict for each signature; a duplicate names the question that is kept instead."""
    find = METHODS.get(options.settings["method"])
    if find is None:
        known = ", ".join(METHODS)
        raise InputError(f"find_duplicates.method is {options.settings['method']}, which is unknown; use {known}.")
    if len(options.inputs) != len(options.outputs):
        raise InputError(
            f"--inputs names {len(options.inputs)} files and --outputs {len(options.outputs)}; give one for one."
        )
    sources = {name: position for position, name in enumerate(options.settings["sources"])}
    find(options, sources, job)


def find_exact(options, sources: dict[str, int], job) -> None:
    """Exact duplicates. In memory are some numbers for each row; its id is read again where it is written."""
    problems = _problems(options.against)
    job.step("read signatures")
    rows, ends = _read(options.inputs, sources)
    first = _first_of_equals(rows)
    originals = _originals(first, options.inputs, ends)
    job.step("write verdicts", len(first))
    kept = 0
    for path, output, (start, end) in zip(options.inputs, options.outputs, pairwise(ends), strict=True):
        signatures = schema.read_table(path, schema.SIGNATURES, ["question_id", "exact"])
        equals = zip(range(start, end), first[start:end].to_pylist(), signatures["exact"].to_pylist(), strict=True)
        reasons = [
            _reason(problems.get(exact) or (originals[number] if number != row else None))
            for row, number, exact in equals
        ]
        schema.write(output, question_verdicts(signatures["question_id"], reasons), schema.QUESTION_VERDICTS)
        kept += reasons.count("")
        job.advance(len(reasons))
    job.rows(**{"in": len(first), "out": kept, "rejected_duplicate_of": len(first) - kept})


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


def _first_of_equals(rows: pa.Table) -> pa.Array:
    """For each row the number of the first one, in the order (index, source), that is the same text."""
    codes = rows["exact"].combine_chunks().dictionary_encode().indices
    order = pc.sort_indices(rows, sort_keys=[("index", "ascending"), ("source", "ascending")])
    ordered = pa.table({"code": codes.take(order), "row": order})
    first = ordered.group_by("code", use_threads=False).aggregate([("row", "first")]).sort_by("code")
    return first["row_first"].combine_chunks().take(codes)


def _originals(first: pa.Array, paths: list[Path], ends: list[int]) -> dict[int, str]:
    """The ids of the rows of which others are duplicates, by number."""
    wanted = first.filter(pc.not_equal(first, pa.array(range(len(first)), first.type))).unique().sort().to_pylist()
    found = {}
    for file, numbers in groupby(wanted, key=lambda number: bisect_right(ends, number) - 1):
        ids = schema.read_table(paths[file], schema.SIGNATURES, ["question_id"])["question_id"]
        found |= {number: ids[number - ends[file]].as_py() for number in numbers}
    return found


def _reason(original: str | None) -> str:
    return f"duplicate_of:{original}" if original else ""


def _problems(paths: list[Path]) -> dict[str, str]:
    """`<set>/<id>` of the first problem with each signature."""
    found: dict[str, str] = {}
    for path in paths:
        for row in schema.read(path, schema.PROBLEMS, ["problem_id", "source", "problem"]):
            found.setdefault(signature(row["problem"]), f"{row['source']}/{row['problem_id']}")
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


METHODS = {"exact": find_exact}


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
