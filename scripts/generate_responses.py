"""Answer one shard of selected questions, several times each."""

from pathlib import Path

from synthesis import program, purchase, schema
from synthesis.prompts import load_prompt
from synthesis.requests import answer_requests
from synthesis.verdicts import kept_questions


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    purchase.add_arguments(parser)
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--questions", type=Path, required=True, help="the shard's questions")
    parser.add_argument("--verdicts", type=Path, nargs="+", required=True, help="the selection of questions")
    parser.add_argument("--prompt", type=Path, required=True, help="the prompt that asks for an answer")
    parser.add_argument("--output", type=Path, required=True, help="the responses")


def work(options, job):
    """Write `samples` responses for each selected question as `schema.RESPONSES`, in the order of the questions."""
    questions = kept_questions(options.questions, options.verdicts)
    prompt = load_prompt(options.prompt)
    requests = answer_requests(options.seed, job.ledger.rule, questions, prompt, options.settings["samples"])
    bought = purchase.buy(options, job, requests, options.settings["sampling"])
    rows = [
        {
            "question_id": request.row_id,
            "sample": request.sample,
            "response": row["text"].strip(),
            "finish_reason": row["finish_reason"],
            "prompt_tokens": row["prompt_tokens"],
            "completion_tokens": row["completion_tokens"],
        }
        for request, row in zip(requests, bought, strict=True)
    ]
    schema.write(options.output, rows, schema.RESPONSES)
    job.rows(**{"in": len(questions), "out": len(rows)})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
