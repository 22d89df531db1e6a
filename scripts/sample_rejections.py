"""Draw some of the rows that each stage rejected for each reason, and of the kept ones, and show them to readers."""

from pathlib import Path

from synthesis import funnel, program, sampled_rows, sampled_rows_page, schema
from synthesis.errors import InputError
from synthesis.funnel import Piece, Stage


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    funnel.add_stage_argument(parser)
    parser.add_argument(
        "--judgements",
        action="append",
        nargs="+",
        default=[],
        metavar=("NAME", "FILE"),
        help="a judge's stage and the files of its answers, <folder>/<source>/<shard>.*; once for each judge",
    )
    parser.add_argument("--overlaps", type=Path, nargs="*", default=[], help="what questions share with benchmarks")
    parser.add_argument("--problems", type=Path, nargs="*", default=[], help="sets of problems no question may equal")
    parser.add_argument("--output", type=Path, required=True, help="the drawn rows")
    parser.add_argument("--page", type=Path, required=True, help="the drawn rows for readers (HTML)")


def work(options, job):
    """Write the drawn rows with their texts, and the page; the same run gives the same rows, whatever its shards."""
    found = funnel.stages(options.stage)
    judgements = {name: _judgements(name, paths, found) for name, *paths in options.judgements}
    job.step("drawing", sum(len(stage.files) for stage in found if stage.has_verdicts), unit="files")
    groups = sampled_rows.draw(found, job.advance)
    job.step("reading texts")
    overlaps = funnel.pieces("--overlaps", options.overlaps)
    texts = sampled_rows.Texts(groups, found, judgements, overlaps, options.problems)
    rows = [texts.row(group, row) for group in groups for row in group.drawn]
    schema.write(options.output, rows, schema.SAMPLED_ROWS)
    schema.write_text(options.page, sampled_rows_page.page(options.run, rows))
    job.rows(**{"in": sum(group.rows for group in groups), "out": len(rows)})


def _judgements(name: str, paths: list[str], found: list[Stage]) -> dict[Piece, Path]:
    """The files of a judge's answers by their shards."""
    files, stage = funnel.pieces(name, paths), funnel.require(found, [name])[name]
    for piece in stage.files:
        if piece not in files:
            raise InputError(f"--judgements {name} has no file for {piece.source}/{piece.shard}; give that file too.")
    return files


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
