"""Choose the pairs, of the data set or of a set of problems with solutions, that students of one size learn from."""

from pathlib import Path

from synthesis import pairs, program, schema, subsets


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--pairs", type=Path, nargs="+", required=True, help="the data set or a set of problems")
    parser.add_argument("--size", required=True, help="number of pairs, or all")
    parser.add_argument("--output", type=Path, required=True, help="the ids of the questions")


def work(options, job):
    """Write the ids of the subset; a larger size only adds some."""
    found = pairs.read(options.pairs, ["question_id", "source"])
    if found.without_solution:
        program.log.warning("%d problems have no solution to learn and are left out", found.without_solution)
    ids = subsets.subset(found, options.size)
    schema.write(options.output, [{"question_id": question_id} for question_id in ids], schema.SUBSET)
    left_out = {"without_solution": found.without_solution} if found.without_solution else {}
    job.rows(**{"in": len(found.rows) + found.without_solution, **left_out, "out": len(ids)})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
