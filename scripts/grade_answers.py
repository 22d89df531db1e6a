"""Say of each answer to a benchmark whether it is right."""

from collections import Counter
from pathlib import Path

from synthesis import graded_answers, program, schema


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    graded_answers.add_arguments(parser)
    parser.add_argument("--output", type=Path, required=True, help="a verdict for each answer")


def work(options, job):
    """Write one row of `schema.GRADES` for each answer, in their order."""
    grades = graded_answers.grades(options, job)
    schema.write(options.output, grades, schema.GRADES)
    job.rows(**{"in": len(grades), "out": len(grades), **Counter(row["verdict"] for row in grades)})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
