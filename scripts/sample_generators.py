"""Let a generator write questions as a source does, to compare it with the source's own."""

from synthesis import identity, program, purchase, schema, written_questions
from synthesis.generator_arms import sample_name


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    purchase.add_arguments(parser)
    written_questions.add_arguments(parser)
    parser.add_argument("--source", required=True, help="name of the source")
    parser.add_argument("--generator", required=True, help="name of the generator")


def work(options, job):
    """Write the questions as `schema.QUESTIONS`; their source is `generator_arms.sample_name`."""
    name = sample_name(options.source, options.generator)
    ids = [(identity.raw_question_id(options.seed, name, index), index) for index in range(options.start, options.stop)]
    rows = written_questions.write_questions(options, job, name, ids, options.settings)
    schema.write(options.output, rows, schema.QUESTIONS)
    job.rows(**{"in": len(ids), "out": len(rows)})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
