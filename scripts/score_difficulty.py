"""Score how difficult each question of a shard is that all judges kept."""

from pathlib import Path

from synthesis import difficulty, program, purchase, schema
from synthesis.verdicts import kept_questions


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    purchase.add_arguments(parser)
    parser.add_argument("--questions", type=Path, required=True, help="the shard's questions")
    parser.add_argument("--verdicts", type=Path, nargs="+", required=True, help="verdicts on them, earliest first")
    parser.add_argument("--output", type=Path, required=True, help="the scores, as verdicts that keep every question")


def work(options, job):
    """Write one verdict with a score for each question; one too long for the scorer is rejected."""
    questions = kept_questions(options.questions, options.verdicts)
    rows = difficulty.score(options, job, questions)
    schema.write(options.output, rows, schema.QUESTION_VERDICTS)
    job.rows(**{"in": len(questions), "out": sum(row["keep"] for row in rows)})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
