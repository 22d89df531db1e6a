"""Score one shard of responses that hold an answer."""

from pathlib import Path

from synthesis import program, purchase, schema
from synthesis.prompts import load_prompt
from synthesis.requests import score_requests
from synthesis.verdicts import kept_responses


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    purchase.add_arguments(parser)
    parser.add_argument("--questions", type=Path, required=True, help="the shard's questions")
    parser.add_argument("--responses", type=Path, required=True, help="the shard's responses")
    parser.add_argument("--verdicts", type=Path, required=True, help="which responses the filters kept")
    parser.add_argument("--prompt", type=Path, required=True, help="the prompt the responses answered")
    parser.add_argument("--output", type=Path, required=True, help="the rewards")


def work(options, job):
    """Write one reward for each kept response as `schema.REWARDS`."""
    questions = schema.read(options.questions, schema.QUESTIONS)
    responses = [row for part in kept_responses(options.responses, options.verdicts) for row in part]
    requests = score_requests(questions, responses, load_prompt(options.prompt))
    bought = purchase.buy(options, job, requests, {"method": options.settings["method"]})
    rows = [
        {
            "question_id": request.row_id,
            "sample": request.sample,
            "reward": row["score"],
            "finish_reason": row["finish_reason"],
            "tokens": row["completion_tokens"],
        }
        for request, row in zip(requests, bought, strict=True)
    ]
    schema.write(options.output, rows, schema.REWARDS)
    job.rows(**{"in": len(responses), "out": len(rows)})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
