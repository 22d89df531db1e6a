"""Train a scorer that tells from a question alone how difficult it is."""

from pathlib import Path

from synthesis import labelled_texts, program, schema
from synthesis.training import train_model


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    train_model.add_arguments(parser)
    labels = parser.add_mutually_exclusive_group(required=True)
    labels.add_argument("--labels", type=Path, help="a file with questions and their difficulty")
    labels.add_argument("--fail-rates", type=Path, nargs="+", help="all shards of a solver's fail rates, instead")
    parser.add_argument("--text-column", help="the file's column with the question")
    parser.add_argument("--label-column", help="the file's column with the difficulty, a number")
    parser.add_argument("--solver", help="name of the fail rates")
    parser.add_argument("--problems", type=Path, help="the problems of the fail rates")
    parser.add_argument("--held-out", type=float, required=True, help="share of the questions to measure on")
    parser.add_argument("--seed", type=int, required=True, help="seed of the run, which decides what is held out")


def work(options, job):
    """Fit the scorer to the labels, and measure it on the questions that are held out."""
    split = (options.seed, options.held_out)
    if options.fail_rates:
        rows = labelled_texts.rate_labels(options.problems, options.fail_rates, *split)
    else:
        rows = labelled_texts.read_labels(options.labels, options.text_column, options.label_column, *split)
    labelled_texts.check_labels(rows, options.model_name, options.solver)
    train_model.train(options, job, "labels", rows, schema.TRAINING_LABELS)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
