"""Fetch a set of seed problems and write it in one common form."""

from pathlib import Path

from synthesis import problem_rows, program


def add_arguments(parser):
    """Declare what the program needs."""
    parser.add_argument("--problems", required=True, help="name of the set in the configuration")
    parser.add_argument("--output", type=Path, required=True, help="Parquet file to write")


def work(options, job):
    """Fetch the set of the given name."""
    problem_rows.fetch(options.problems, "problems", options.settings, options.output, job)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
