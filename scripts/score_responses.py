"""Score one shard of responses that hold an answer."""

from itertools import chain
from pathlib import Path

from synthesis import program, purchase, response_scores, reward_purchases, schema
from synthesis.prompts import load_prompt
from synthesis.score_methods import is_graded
from synthesis.verdicts import kept_responses


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    purchase.add_arguments(parser)
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--questions", type=Path, required=True, help="the shard's questions")
    parser.add_argument("--responses", type=Path, required=True, help="the shard's responses")
    parser.add_argument("--verdicts", type=Path, required=True, help="which responses the filters kept")
    parser.add_argument("--prompt", type=Path, required=True, help="the prompt before the responses, or the grader's")
    parser.add_argument("--output", type=Path, required=True, help="the rewards")


def work(options, job):
    """Write one reward for each kept response, as `schema.REWARDS` or, with those of its steps, `STEP_REWARDS`."""
    settings = options.settings
    questions = schema.read(options.questions, schema.QUESTIONS)
    responses = chain.from_iterable(kept_responses(options.responses, options.verdicts))
    prompt = load_prompt(options.prompt, is_graded(settings))
    asked = response_scores.requests(settings, options.seed, questions, responses, prompt)
    rows = reward_purchases.rewards(options, job, settings, asked)
    schema.write(options.output, rows, schema.STEP_REWARDS if settings["method"] == "steps" else schema.REWARDS)
    missing = sum(row["reward"] is None for row in rows)
    job.rows(**{"in": len(rows), "out": len(rows), **({"missing_rewards": missing} if missing else {})})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
