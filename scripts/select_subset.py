"""Choose the questions of the data set that students of one size learn from."""

from pathlib import Path

from synthesis import program, schema, subsets


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--dataset", type=Path, nargs="+", required=True, help="the files of the data set")
    parser.add_argument("--size", required=True, help="number of questions, or all")
    parser.add_argument("--output", type=Path, required=True, help="the ids of the questions")


def work(options, job):
    """Write the ids of the subset; a larger size only adds some."""
    columns = ["question_id", "source"]
    rows = [row for path in options.dataset for row in schema.read(path, schema.DATASET, columns)]
    ids = subsets.subset(rows, options.size)
    schema.write(options.output, [{"question_id": question_id} for question_id in ids], schema.SUBSET)
    job.rows(**{"in": len(rows), "out": len(ids)})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
