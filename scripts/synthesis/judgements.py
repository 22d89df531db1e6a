"""Questions that a model judges: its answers, bought through the store, and the verdict that is read from each."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from synthesis import program, purchase, schema
from synthesis.judge_verdicts import verdict_row
from synthesis.prompts import load_prompt
from synthesis.requests import answer_requests, judge_shaping


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of the programs that let a model judge questions, with those of a purchase."""
    purchase.add_arguments(parser)
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--prompt", type=Path, required=True, help="the judge's prompt")
    parser.add_argument("--output", type=Path, required=True, help="the verdicts")


def judge(options: Namespace, job: program.Job, questions: list[dict]) -> tuple[list[dict], list[dict]]:
    """The verdicts on questions (rows of `schema.QUESTIONS`) and the model's answers, in the order of the questions.

    Both have one row for each question: of `schema.QUESTION_VERDICTS` and of `schema.JUDGEMENTS`. The settings are
    those of a judge.
    """
    requests = answer_requests(options.seed, job.ledger.rule, questions, load_prompt(options.prompt), 1)
    bought = purchase.buy(options, job, requests, judge_shaping(options.settings))
    verdicts, judgements = [], []
    for question, row in zip(questions, bought, strict=True):
        answer = {name: row[name] for name in schema.JUDGEMENTS.names if name != "question_id"}
        judgements.append({"question_id": question["question_id"], **answer})
        verdicts.append(
            verdict_row(question["question_id"], answer, options.settings["verdict"], options.settings["name"])
        )
    return verdicts, judgements
