"""Let a generator write one shard of raw questions, which are then rewritten into better ones."""

from synthesis import identity, program, purchase, schema, written_questions


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    purchase.add_arguments(parser)
    written_questions.add_arguments(parser)
    parser.add_argument("--generator", required=True, help="name of the generator that is optimised")


def work(options, job):
    """Write the shard's raw questions as `schema.QUESTIONS`; their source is the generator's name."""
    ids = [
        (identity.raw_question_id(options.seed, options.generator, index), index)
        for index in range(options.start, options.stop)
    ]
    rows = written_questions.write_questions(options, job, options.generator, ids, options.settings)
    schema.write(options.output, rows, schema.QUESTIONS)
    job.rows(**{"in": len(ids), "out": len(rows)})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
