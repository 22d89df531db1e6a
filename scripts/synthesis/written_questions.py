"""Questions that a model writes from an empty user turn, bought through the store."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from synthesis import program, purchase
from synthesis.requests import question_requests


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of the programs that make a shard of questions, beside those of a purchase."""
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--start", type=int, required=True, help="number of the shard's first question")
    parser.add_argument("--stop", type=int, required=True, help="number after the shard's last question")
    parser.add_argument("--output", type=Path, required=True, help="the shard's questions")


def write_questions(
    options: Namespace, job: program.Job, source: str, ids: list[tuple[str, int]], settings: dict
) -> list[dict]:
    """One question for each (id, index) as rows of `schema.QUESTIONS`, in the same order.

    `settings` are `system` and `sampling` of the empty prefix; `source` is the name under which the rows lie in the
    store.
    """
    requests = question_requests(options.seed, job.ledger.rule, source, ids, settings["system"])
    bought = purchase.buy(options, job, requests, settings["sampling"])
    return [
        {
            "question_id": request.row_id,
            "source": request.source,
            "index": request.index,
            "question": row["text"].strip(),
            "finish_reason": row["finish_reason"],
            "prompt_tokens": row["prompt_tokens"],
            "completion_tokens": row["completion_tokens"],
        }
        for request, row in zip(requests, bought, strict=True)
    ]
