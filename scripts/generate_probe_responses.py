"""Let a probe model answer those questions of one shard that still have a response, to compare it with these."""

from pathlib import Path

from synthesis import program, response_purchases
from synthesis.verdicts import questions_with_responses


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    response_purchases.add_arguments(parser)
    parser.add_argument("--verdicts", type=Path, required=True, help="which responses the filters kept")


def work(options, job):
    """Write `samples` responses of the probe for each question of which a response was kept."""
    response_purchases.answer(options, job, questions_with_responses(options.questions, options.verdicts))


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
