"""Tune a model on bare questions, so that it writes questions from an empty user turn."""

from pathlib import Path

from synthesis import program, schema
from synthesis.errors import InputError
from synthesis.training import train_model
from synthesis.training.shaping import question_rows


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    train_model.add_arguments(parser)
    parser.add_argument("--problems", type=Path, required=True, help="the seed problems to train on")


def work(options, job):
    """Train on the problems' texts; the question's tokens and the end of its turn are the loss."""
    problems = schema.read(options.problems, schema.PROBLEMS)
    if not problems:
        raise InputError(f"{options.problems} holds no problem to train on; lower merge_problems.held_out.")
    train_model.train(options, job, "questions", question_rows(problems), schema.TRAINING_QUESTIONS)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
