"""Answer one shard of selected questions, several times each."""

from pathlib import Path

from synthesis import program, response_purchases
from synthesis.verdicts import kept_questions


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    response_purchases.add_arguments(parser)
    parser.add_argument("--verdicts", type=Path, nargs="+", required=True, help="the selection of questions")


def work(options, job):
    """Write `samples` responses for each selected question."""
    response_purchases.answer(options, job, kept_questions(options.questions, options.verdicts))


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
