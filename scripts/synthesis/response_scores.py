r"""How responses are scored: what a model is asked about each, and how its answers become rewards.

Settings are those of `score_responses`. Methods: `reward` and `log_likelihood` score a conversation, `grade` reads the
grade that a model writes about a response, and `steps` scores every prefix of a response that ends with a step, in one
of these ways, and makes one number of the scores.
"""

import math
from collections.abc import Callable, Iterable, Iterator

import regex

from synthesis.answers import boxed
from synthesis.finish_reasons import NOTHING_WRITTEN
from synthesis.identity import sample_seed
from synthesis.judge_verdicts import probability_verdict
from synthesis.prompts import Prompt
from synthesis.requests import Request, judge_shaping
from synthesis.response_choice import UNREADABLE_GRADE
from synthesis.score_methods import GRADE, STEPS, text_method

# What stands between two steps.
_BETWEEN = {"paragraphs": regex.compile(r"\n[^\S\n]*\n\s*"), "lines": regex.compile(r"\n\s*")}
# `7` or `7/10`, but no part of `70%`, `7,5`, `7-8`, `3e5` or `1.2.3`. Possessive, so that no shorter part is tried.
_NUMBER = regex.compile(
    r"([+-]?\d++(?:\.\d++)?+)(?:\s*/\s*(\d++(?:\.\d++)?+))?+(?!%|[.,]\d|[-\u2010-\u2015\u2212]\d|e[+-]?\d)",
    regex.IGNORECASE,
)
# What stands before a grade: `Score: 7`, also as `**Score:** 7/10` and `score = $7$`.
_SCORE = regex.compile(r"\bscore\b[\s*_]*[:=][\s*_$]*(?=[+-]?\d)", regex.IGNORECASE)

_AGGREGATES: dict[str, Callable[[list[float]], float]] = {
    "min": min,
    "mean": lambda scores: math.fsum(scores) / len(scores),
    "product": math.prod,
    "last": lambda scores: scores[-1],
}


def shaping(settings: dict) -> dict:
    """The part of the settings that shapes a bought row; how a grade is read and steps are counted does not."""
    method = text_method(settings)
    return judge_shaping(settings) if method == GRADE else {"method": method}


def prefixes(response: str, split: str) -> list[str]:
    """The response up to the end of each step; the last one is the whole response as it stands.

    `split` says what ends a step: `paragraphs` a blank line, `lines` the end of a line that is not blank.
    """
    start, stop = len(response) - len(response.lstrip()), len(response.rstrip())
    return [*(response[: found.start()] for found in _BETWEEN[split].finditer(response, start, stop)), response]


def requests(
    settings: dict, run_seed: int, questions: list[dict], responses: Iterable[dict], prompt: Prompt
) -> Iterator[list[Request]]:
    """What is asked about each response (rows of `schema.RESPONSES` without the counts): one request for each text.

    They are made response after response, since the texts of all steps together grow with the square of the length.
    All requests about a response have its id and its sample; they differ in their text, which is part of the key of a
    stored row. The last text is the whole response, so a score of it serves the other methods too. Only a grader draws
    at random; without sampling the seed is 0.
    """
    by_id = {question["question_id"]: question for question in questions}
    for response in responses:
        yield _about(settings, run_seed, by_id[response["question_id"]], response, prompt)


def _about(settings: dict, run_seed: int, question: dict, response: dict, prompt: Prompt) -> list[Request]:
    row_id, sample, text = question["question_id"], response["sample"], response["response"]
    texts = prefixes(text, settings["steps"]["split"]) if settings["method"] == STEPS else [text]
    graded = text_method(settings) == GRADE
    seed = sample_seed(run_seed, "score_responses", row_id, sample) if graded and "sampling" in settings else 0
    place = (row_id, sample, question["source"], question["index"], seed)
    if graded:
        return [Request(*place, prompt.messages(question["question"], part), "assistant") for part in texts]
    asked = prompt.messages(question["question"])
    return [Request(*place, (*asked, ("assistant", part)), "none") for part in texts]


def reward_row(settings: dict, bought: list[dict]) -> dict:
    """The row of `schema.REWARDS` (with steps of `schema.STEP_REWARDS`) from the stored rows of a response's requests.

    The reward is null if one of its steps has none; `finish_reason` is then that of the first such step.
    """
    scores, reasons = zip(*(text_score(settings, row) for row in bought), strict=True)
    missing = next((reason for score, reason in zip(scores, reasons, strict=True) if score is None), None)
    steps = settings["method"] == STEPS
    combined = _AGGREGATES[settings["steps"]["aggregate"]] if steps else _AGGREGATES["last"]
    row = {
        "question_id": bought[-1]["row_id"],
        "sample": bought[-1]["sample"],
        "reward": None if missing else _combined(combined, scores),
        "finish_reason": missing or reasons[-1],
        "tokens": bought[-1]["completion_tokens"],
    }
    return {**row, "step_rewards": list(scores)} if steps else row


def _combined(combine, scores) -> float:
    # `min` would pass over a score that is not a number.
    return math.nan if any(map(math.isnan, scores)) else float(combine(scores))


def text_score(settings: dict, row: dict) -> tuple[float | None, str]:
    """The score of one text from its stored row, and the finish reason; where there is no score, why."""
    if text_method(settings) != GRADE:
        return row["score"], row["finish_reason"]
    if row["finish_reason"] in NOTHING_WRITTEN:
        return None, row["finish_reason"]
    if "probability" in settings["verdict"]:
        words = settings["verdict"]["probability"]
        _, score = probability_verdict(row["log_probabilities"] or {}, words["yes"], words["no"], 0.5)
    else:
        score = None if row["finish_reason"] == "length" else number_grade(row["text"], settings["verdict"]["number"])
    return (score, row["finish_reason"]) if score is not None else (None, UNREADABLE_GRADE)


def number_grade(text: str, settings: dict) -> float | None:
    """The last grade in a text, in its form (`score` or `boxed`); None without one or out of `lowest` to `highest`.

    A number after a slash (`7/10`) must be `highest`. Anything else is no grade, and an earlier one does not count.
    """
    if settings["form"] == "boxed":
        content = boxed(text)
        found = _NUMBER.fullmatch(content) if content else None
    else:
        places = list(_SCORE.finditer(text))
        found = _NUMBER.match(text, places[-1].end()) if places else None
    if not found or (found[2] and float(found[2]) != settings["highest"]):
        return None
    number = float(found[1])
    return number if settings["lowest"] <= number <= settings["highest"] else None
