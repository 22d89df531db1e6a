"""Fetch a benchmark and write it in the same form as seed problems."""

from pathlib import Path

from synthesis import problem_rows, program


def add_arguments(parser):
    """Declare what the program needs."""
    parser.add_argument("--benchmark", required=True, help="name of the benchmark in the configuration")
    parser.add_argument("--output", type=Path, required=True, help="Parquet file to write")


def work(options, job):
    """Fetch the benchmark of the given name."""
    problem_rows.fetch(options.benchmark, "benchmarks", options.settings, options.output, job)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
