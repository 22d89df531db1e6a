"""Tune a model on pairs of the data set or of another set, so that it answers as the responses do."""

from pathlib import Path

from synthesis import program, schema
from synthesis.prompts import load_prompt
from synthesis.subsets import chosen_pairs
from synthesis.training import train_model
from synthesis.training.shaping import conversation_rows


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    train_model.add_arguments(parser)
    parser.add_argument("--pairs", type=Path, nargs="+", required=True, help="the data set or a set of problems")
    parser.add_argument("--subset", type=Path, required=True, help="the ids of the pairs to learn from")
    parser.add_argument("--prompt", type=Path, required=True, help="the prompt around each question")


def work(options, job):
    """Train on the pairs; the response's tokens and the end of its turn are the loss."""
    rows = conversation_rows(chosen_pairs(options.pairs, options.subset), load_prompt(options.prompt))
    train_model.train(options, job, "answers", rows, schema.TRAINING_CONVERSATIONS)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
