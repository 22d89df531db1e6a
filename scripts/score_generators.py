"""Score how difficult the first questions of every generator are, before any filter.

What was scored for the data set is in the store and is not bought again, and the other way round.
"""

from pathlib import Path

from synthesis import compared_questions, difficulty, program, purchase, schema


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    purchase.add_arguments(parser)
    compared_questions.add_arguments(parser)
    parser.add_argument("--output", type=Path, required=True, help="the scores, as verdicts")


def work(options, job):
    """Write one verdict with a score for each question that holds a text; one too long for the scorer is rejected."""
    questions = compared_questions.asked_questions(options.questions, options.first)
    rows = difficulty.score(options, job, questions)
    schema.write(options.output, rows, schema.QUESTION_VERDICTS)
    job.rows(**{"in": len(questions), "out": sum(row["keep"] for row in rows)})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
