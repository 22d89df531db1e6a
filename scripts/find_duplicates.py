"""Find questions that are the same text after normalisation, over all shards of all sources.

Of equal questions the first one in the order (index, source) is kept, with the sources in the order of the settings.
So a set that grows in all sources in step never changes an old decision, and shards do not matter. A question that
equals a problem of a given set is a duplicate of that, whatever other questions there are.
"""

from pathlib import Path
from typing import NamedTuple

from synthesis import program, schema
from synthesis.errors import InputError
from synthesis.text import signature
from synthesis.verdicts import verdict


class Place(NamedTuple):
    """Where a question stands in the order in which duplicates are decided."""

    index: int
    source: int
    question_id: str


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
    """Exact duplicates, in two walks over the files so that only ids and digests are in memory."""
    problems = _problems(options.against)
    places: dict[bytes, Place] = {}
    seen: dict[str, Path] = {}
    job.step("read signatures")
    for path in options.inputs:
        position = _source_position(path, sources)
        for row in schema.read(path, schema.SIGNATURES):
            _note_id(seen, row["question_id"], path)
            exact, place = bytes.fromhex(row["exact"]), Place(row["index"], position, row["question_id"])
            if exact not in places or place < places[exact]:
                places[exact] = place
    job.step("write verdicts", len(seen))
    kept = 0
    for path, output in zip(options.inputs, options.outputs, strict=True):
        rows = [_verdict(row, problems, places) for row in schema.read(path, schema.SIGNATURES)]
        schema.write(output, rows, schema.QUESTION_VERDICTS)
        kept += sum(row["keep"] for row in rows)
        job.advance(len(rows))
    job.rows(**{"in": len(seen), "out": kept, "rejected_duplicate_of": len(seen) - kept})


def _problems(paths: list[Path]) -> dict[bytes, str]:
    """`<set>/<id>` of the first problem with each digest."""
    found: dict[bytes, str] = {}
    for path in paths:
        for row in schema.read(path, schema.PROBLEMS, ["problem_id", "source", "problem"]):
            found.setdefault(bytes.fromhex(signature(row["problem"])), f"{row['source']}/{row['problem_id']}")
    return found


def _verdict(row: dict, problems: dict[bytes, str], first: dict[bytes, Place]) -> dict:
    exact = bytes.fromhex(row["exact"])
    original = problems.get(exact, first[exact].question_id)
    return verdict(row["question_id"], "" if original == row["question_id"] else f"duplicate_of:{original}")


def _source_position(path: Path, sources: dict[str, int]) -> int:
    name = path.parent.name
    if name not in sources:
        raise InputError(
            f"{path} lies in the folder of the source {name}, which the settings do not list; "
            f"they list {', '.join(sources) or 'none'}."
        )
    return sources[name]


def _note_id(seen: dict[str, Path], question_id: str, path: Path) -> None:
    if question_id in seen:
        raise InputError(
            f"question {question_id} is in {seen[question_id]} and in {path}; ids must be unique over all shards: "
            "give each file once, and delete files of an older configuration."
        )
    seen[question_id] = path


METHODS = {"exact": find_exact}


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
