"""Questions that a model judges: its answers, bought through the store, and the verdict that is read from each."""

from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path

from synthesis import program, purchase, schema
from synthesis.judge_policies import UNCLEAR, next_requests, verdict_row
from synthesis.judge_samples import samples_at_first
from synthesis.prompts import load_prompt
from synthesis.requests import Request, answer_requests, judge_shaping


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of the programs that let a model judge questions, with those of a purchase."""
    purchase.add_arguments(parser)
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--prompt", type=Path, required=True, help="the judge's prompt")
    parser.add_argument("--output", type=Path, required=True, help="the verdicts")


def judge(options: Namespace, job: program.Job, questions: list[dict]) -> tuple[list[dict], list[dict]]:
    """The verdicts on questions (rows of `schema.QUESTIONS`) and the model's answers, in the order of the questions.

    One row of `schema.QUESTION_VERDICTS` for each question, and one of `schema.JUDGEMENTS` for each time it was asked
    about. The settings are those of a judge.
    """
    settings = options.settings
    prompt = load_prompt(options.prompt)
    return of_requests(
        options, job, answer_requests(options.seed, job.ledger.rule, questions, prompt, samples_at_first(settings))
    )


def of_requests(options: Namespace, job: program.Job, requests: list[Request]) -> tuple[list[dict], list[dict]]:
    """The same for requests that ask about the rows under their ids, in the order in which these first come."""
    settings = options.settings
    further = partial(next_requests, settings=settings)
    answers = {request.row_id: [] for request in requests}
    for row in purchase.buy(options, job, requests, judge_shaping(settings), further):
        answer = {name: row[name] for name in schema.JUDGEMENTS.names if name != "question_id"}
        answers[row["row_id"]].append({"question_id": row["row_id"], **answer})
    verdicts = [verdict_row(question_id, found, settings) for question_id, found in answers.items()]
    return verdicts, [answer for found in answers.values() for answer in found]


def count_verdicts(job: program.Job, verdicts: list[dict]) -> None:
    """Book how many questions a judge was asked about, kept, and could not be understood on."""
    unclear = sum(row["reason"].startswith(f"{UNCLEAR}:") for row in verdicts)
    job.rows(**{"in": len(verdicts), "out": sum(row["keep"] for row in verdicts), "unclear": unclear})
