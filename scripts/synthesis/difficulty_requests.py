"""What the scorers of difficulty ask of a model, built without loading any model; `requests` has the same of others."""

from collections.abc import Iterable

from synthesis.configuration_difficulty import samples
from synthesis.identity import is_held_out
from synthesis.prompts import Prompt
from synthesis.requests import Request, answer_requests, text_requests

# Separates the share of questions that a scorer scores from every other choice by hash.
_PURPOSE = "score_difficulty"


def asked_questions(run_seed: int, settings: dict, questions: Iterable[dict]) -> list[dict]:
    """The questions (rows of `schema.QUESTIONS`) that a scorer scores: all, or its `share` of them.

    Which questions a share has follows from their ids alone: a larger share or a larger set only adds to them, and
    two scorers with one share score the same questions.
    """
    share = settings.get("share")
    if share is None:
        return list(questions)
    return [row for row in questions if is_held_out(run_seed, row["question_id"], share, _PURPOSE)]


def difficulty_requests(
    run_seed: int, stage: str, settings: dict, questions: list[dict], prompt: Prompt | None
) -> list[Request]:
    """The requests of a scorer: one for each question, with the method `fail_rate` one for each of its `samples`."""
    if settings["method"] == "regression":
        return text_requests(questions)
    return answer_requests(run_seed, stage, questions, prompt, samples(settings))
