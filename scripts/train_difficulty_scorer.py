"""Train a scorer that tells from a question alone how difficult it is."""

from pathlib import Path

from synthesis import program, schema
from synthesis.labelled_texts import read_labels
from synthesis.training import train_model


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    train_model.add_arguments(parser)
    parser.add_argument("--labels", type=Path, required=True, help="the file with questions and their difficulty")
    parser.add_argument("--text-column", required=True, help="the file's column with the question")
    parser.add_argument("--label-column", required=True, help="the file's column with the difficulty, a number")
    parser.add_argument("--held-out", type=float, required=True, help="share of the questions to measure on")
    parser.add_argument("--seed", type=int, required=True, help="seed of the run, which decides what is held out")


def work(options, job):
    """Fit the scorer to the labels, and measure it on the questions that are held out."""
    rows = read_labels(options.labels, options.text_column, options.label_column, options.seed, options.held_out)
    train_model.train(options, job, "labels", rows, schema.TRAINING_LABELS)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
