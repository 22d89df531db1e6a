"""Train a model that tells right responses from wrong ones, on a solver's answers to the seed problems."""

from pathlib import Path

from synthesis import program, response_pairs, schema
from synthesis.prompts import load_prompt
from synthesis.training import train_model


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    train_model.add_arguments(parser)
    parser.add_argument("--solver", required=True, help="name of the solver")
    parser.add_argument("--problems", type=Path, required=True, help="the problems that it solved")
    parser.add_argument("--prompt", type=Path, required=True, help="the prompt that asked it for an answer")
    parser.add_argument("--answers", type=Path, nargs="+", required=True, help="all shards of its answers")
    parser.add_argument("--grades", type=Path, nargs="+", required=True, help="all shards of their verdicts")
    parser.add_argument("--pairs-per-problem", type=int, required=True, help="most pairs of one problem")
    parser.add_argument("--held-out", type=float, required=True, help="share of the problems to measure on")
    parser.add_argument("--seed", type=int, required=True, help="seed of the run, which decides what is held out")


def work(options, job):
    """Fit the model to pairs of a right and a wrong response, and measure it on problems that are held out."""
    solved = response_pairs.read_solved(options.problems, options.answers, options.grades)
    split = (options.seed, options.held_out)
    rows = response_pairs.ranking_rows(solved, load_prompt(options.prompt), options.pairs_per_problem, *split)
    response_pairs.check_pairs(rows, solved, options.model_name, options.solver)
    train_model.train(options, job, "rankings", rows, schema.TRAINING_RANKINGS)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
