"""Let a solver answer one shard of the seed problems several times each, to see how often it fails."""

from synthesis import problem_answers, program, schema


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    problem_answers.add_arguments(parser)
    parser.add_argument("--shard", type=int, required=True, help="number of the shard")


def work(options, job):
    """Write `samples` answers to each problem of the shard with a reference answer as `schema.PROBLEM_ANSWERS`."""
    problems = schema.read(options.problems, schema.PROBLEMS)
    sampled = problem_answers.sampled_problems(problems, options.settings, options.shard)
    schema.write(options.output, problem_answers.buy_answers(options, job, sampled), schema.PROBLEM_ANSWERS)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
