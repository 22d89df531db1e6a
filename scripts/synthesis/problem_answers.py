"""Answers of a model to problems with known answers, bought through the store."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from synthesis import program, purchase
from synthesis.identity import hashed_shard
from synthesis.prompts import load_prompt
from synthesis.requests import problem_requests


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of the programs that have problems answered: those of a purchase, seed, problems and files."""
    purchase.add_arguments(parser)
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--problems", type=Path, required=True, help="the problems, with their reference answers")
    parser.add_argument("--prompt", type=Path, required=True, help="the prompt that asks for an answer")
    parser.add_argument("--output", type=Path, required=True, help="the answers")


def sampled_problems(problems: list[dict], settings: dict, shard: int) -> list[dict]:
    """The problems (rows of `schema.PROBLEMS`) of the sets `settings["problems"]` that lie in a shard.

    Which of the `settings["shards"]` shards a problem lies in follows from its id alone.
    """
    return [
        row
        for row in problems
        if row["source"] in settings["problems"] and hashed_shard(row["problem_id"], settings["shards"]) == shard
    ]


def buy_answers(options: Namespace, job: program.Job, problems: list[dict], folder: str | None = None) -> list[dict]:
    """Buy `samples` answers to each problem with a reference answer; returns rows of `schema.PROBLEM_ANSWERS`.

    `folder` is where the rows lie in the store, see `requests.problem_requests`.
    """
    settings, prompt = options.settings, load_prompt(options.prompt)
    requests = problem_requests(options.seed, job.ledger.rule, problems, prompt, settings["samples"], folder)
    bought = purchase.buy(options, job, requests, settings["sampling"])
    unasked = sum(row["answer"] is None for row in problems)
    job.rows(**{"in": len(problems), "out": len(requests), "without_reference": unasked})
    return [
        {
            "problem_id": request.row_id,
            "sample": request.sample,
            "response": row["text"].strip(),
            **{name: row[name] for name in ("finish_reason", "prompt_tokens", "completion_tokens")},
        }
        for request, row in zip(requests, bought, strict=True)
    ]
