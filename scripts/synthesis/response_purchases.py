"""Answers to questions as the programs buy them: those of the model whose answers are kept, and those of a probe."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from synthesis import purchase, schema
from synthesis.program import Job
from synthesis.prompts import load_prompt
from synthesis.requests import answer_requests


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of the programs that have questions answered, beside the verdicts that choose these."""
    purchase.add_arguments(parser)
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--questions", type=Path, required=True, help="the shard's questions")
    parser.add_argument("--prompt", type=Path, required=True, help="the prompt that asks for an answer")
    parser.add_argument("--output", type=Path, required=True, help="the responses")


def answer(options: Namespace, job: Job, questions: list[dict]) -> None:
    """Write `samples` responses for each question as `schema.RESPONSES`, in the order of the questions."""
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
