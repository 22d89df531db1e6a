"""Make a question generator prefer rewritten questions to its own raw ones."""

from pathlib import Path

from synthesis import program, schema
from synthesis.errors import InputError
from synthesis.training import train_model
from synthesis.training.shaping import preference_rows


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    train_model.add_arguments(parser)
    parser.add_argument("--pairs", type=Path, required=True, help="the preference pairs")


def work(options, job):
    """Optimise the generator on the pairs, and measure it on those that are held out."""
    pairs = schema.read(options.pairs, schema.PREFERENCE_PAIRS)
    if all(pair["held_out"] for pair in pairs):
        raise InputError(
            f"{options.pairs} holds no pair to train on; raise "
            f"optimize_generator.{options.model_name}.sample_raw_questions.total."
        )
    train_model.train(options, job, "preferences", preference_rows(pairs), schema.TRAINING_PREFERENCES)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
