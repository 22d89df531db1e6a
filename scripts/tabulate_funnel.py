"""Count what every stage kept and why it rejected the rest."""

from pathlib import Path

from synthesis import funnel, program


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    funnel.add_stage_argument(parser)
    parser.add_argument("--output", type=Path, required=True, help="the table (CSV)")


def work(options, job):
    """Write one row for each source, stage and outcome (`kept` or a reason)."""
    counts = funnel.count(funnel.stages(options.stage))
    funnel.write(options.output, counts)
    first, last = min(item.step for item in counts), max(item.step for item in counts)
    job.rows(
        **{
            "in": sum(item.rows_in for item in counts if item.step == first),
            "out": sum(item.kept for item in counts if item.step == last),
        }
    )


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
