"""Let a model answer the problems of a benchmark, once or several times each."""

from synthesis import problem_answers, program, schema
from synthesis.errors import InputError


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    problem_answers.add_arguments(parser)
    parser.add_argument("--benchmark", required=True, help="name of the benchmark")


def work(options, job):
    """Write `samples` answers to each problem with a reference answer as `schema.PROBLEM_ANSWERS`."""
    problems = schema.read(options.problems, schema.PROBLEMS)
    if all(row["answer"] is None for row in problems):
        raise InputError(
            f"{options.benchmark} has {len(problems)} problems, but none with a reference answer; take it out of "
            "answer_benchmark.benchmarks, or name the column of its answers."
        )
    rows = problem_answers.buy_answers(options, job, problems, options.benchmark)
    schema.write(options.output, rows, schema.PROBLEM_ANSWERS)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
