"""Score responses of which it is known whether they are right."""

from pathlib import Path

from synthesis import labelled_responses, program, purchase, response_scores, reward_purchases, schema
from synthesis.prompts import load_prompt
from synthesis.score_methods import is_graded


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    purchase.add_arguments(parser)
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--labels", type=Path, required=True, help="file with the labelled responses")
    parser.add_argument("--prompt", type=Path, required=True, help="the prompt before the responses, or the grader's")
    parser.add_argument("--output", type=Path, required=True, help="the rewards beside the labels")


def work(options, job):
    """Write `schema.MEASURED_REWARDS`; the settings hold those of the scorer, the `columns` and the `responses`."""
    settings = options.settings["score"]
    rows = labelled_responses.read_responses(
        options.labels, options.settings["columns"], options.seed, options.settings["responses"]
    )
    prompt = load_prompt(options.prompt, is_graded(settings))
    questions, responses = labelled_responses.as_questions(rows)
    asked = response_scores.requests(settings, options.seed, questions, responses, prompt)
    measured = []
    for row, reward in zip(rows, reward_purchases.rewards(options, job, settings, asked), strict=True):
        measured.append({name: ({**row, **reward, "question_id": row["question_id"]})[name] for name in _COLUMNS})
    schema.write(options.output, measured, schema.MEASURED_REWARDS)
    job.rows(**{"in": len(rows), "out": len(measured)})


_COLUMNS = schema.MEASURED_REWARDS.names


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
