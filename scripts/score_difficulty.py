"""Score how difficult each question of a shard is that all judges kept, or a share of them.

The score is read when the output is written, from what the store keeps, so a better reader buys nothing again.
"""

from pathlib import Path

from synthesis import difficulty, program, schema
from synthesis.verdicts import kept_questions


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    difficulty.add_arguments(parser)
    parser.add_argument("--questions", type=Path, required=True, help="the shard's questions")
    parser.add_argument("--verdicts", type=Path, nargs="+", required=True, help="verdicts on them, earliest first")
    parser.add_argument("--output", type=Path, required=True, help="the scores, as verdicts")
    parser.add_argument("--answers", type=Path, required=True, help="the answers that they were read from")


def work(options, job):
    """Write one verdict with a score for each question; one that has no score is rejected with the reason."""
    questions = kept_questions(options.questions, options.verdicts)
    verdicts, answers = difficulty.score(options, job, questions)
    schema.write(options.answers, answers, schema.DIFFICULTY_ANSWERS)
    schema.write(options.output, verdicts, schema.QUESTION_VERDICTS)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
