"""Questions that a scorer gives a number for their difficulty, bought through the store."""

from argparse import Namespace

from synthesis import program, purchase
from synthesis.requests import text_requests
from synthesis.verdicts import verdict

METHOD = {"method": "regression"}


def score(options: Namespace, job: program.Job, questions: list[dict]) -> list[dict]:
    """A verdict with a score (row of `schema.QUESTION_VERDICTS`) for each question (row of `schema.QUESTIONS`).

    A question that is too long for the scorer has no score and is rejected.
    """
    bought = purchase.buy(options, job, text_requests(questions), METHOD)
    return [
        verdict(question["question_id"], "" if row["score"] is not None else row["finish_reason"], row["score"])
        for question, row in zip(questions, bought, strict=True)
    ]
