"""Draw some pairs of the data set, each with the other response of the lowest reward, and show them to readers."""

from pathlib import Path

from synthesis import funnel, program, sampled_pairs, sampled_pairs_page, schema


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    funnel.add_stage_argument(parser)
    parser.add_argument(
        "--difficulty",
        action="append",
        nargs="+",
        default=[],
        metavar=("NAME", "FILE"),
        help="a scorer of difficulty and the files of its verdicts, <folder>/<source>/<shard>.*; once for each scorer",
    )
    parser.add_argument("--output", type=Path, required=True, help="the drawn pairs")
    parser.add_argument("--page", type=Path, required=True, help="the drawn pairs for readers (HTML)")


def work(options, job):
    """Write the drawn pairs with their texts, and the page; the same run gives the same pairs, whatever its shards."""
    found = funnel.stages(options.stage)
    scores = {name.rpartition("/")[2]: funnel.pieces(name, paths) for name, *paths in options.difficulty}
    shards = len(funnel.require(found, [sampled_pairs.CHOICE])[sampled_pairs.CHOICE].files)
    job.step("drawing", shards, unit="files")
    rows = sampled_pairs.rows(found, scores, job.advance)
    schema.write(options.output, rows, schema.SAMPLED_PAIRS)
    schema.write_text(options.page, sampled_pairs_page.page(options.run, rows))
    job.rows(out=len(rows))


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
