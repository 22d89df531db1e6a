"""How difficult questions are, by one of four measures, bought through the store.

Every measure gives a score that rises with the difficulty, so that all of them can stand in one column: the number of a
model's head (`regression`), the probability of one first word against another (`first_token`), the share of a solver's
answers that differ from the reference or from its own majority (`fail_rate`), the points of a level (`level`).
"""

import math
from argparse import ArgumentParser, Namespace
from pathlib import Path

from synthesis import program, purchase, sampled_rates, schema
from synthesis.configuration_difficulty import samples, shaping
from synthesis.difficulty_levels import score_of_level
from synthesis.difficulty_requests import asked_questions, difficulty_requests
from synthesis.errors import InputError
from synthesis.finish_reasons import NOTHING_WRITTEN
from synthesis.judge_verdicts import probability_verdict
from synthesis.prompts import load_prompt
from synthesis.response_choice import NOT_A_NUMBER
from synthesis.verdicts import verdict

# Reasons beside those of `finish_reasons.NOTHING_WRITTEN` for which a question has no score.
UNKNOWN_PROBABILITY, UNCLEAR_LEVEL = "unknown_probability", "unclear_level"


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of the programs that score difficulty: those of a purchase, seed, prompt and references."""
    purchase.add_arguments(parser)
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--prompt", type=Path, nargs="?", help="the scorer's prompt, if it has one")
    parser.add_argument(
        "--references",
        type=Path,
        nargs="?",
        help="the problems that the questions are, in their order, if they are any",
    )


def score(options: Namespace, job: program.Job, questions: list[dict]) -> tuple[list[dict], list[dict]]:
    """A verdict with a score for each question that the scorer looks at, and the answers that it was read from.

    `questions` are rows of `schema.QUESTIONS`; the results are rows of `schema.QUESTION_VERDICTS` and of
    `schema.DIFFICULTY_ANSWERS`, none of the latter for the method `regression`. The settings are those of a scorer. A
    question without a score is rejected with the reason.
    """
    settings, prompt = options.settings, load_prompt(options.prompt) if options.prompt else None
    asked = asked_questions(options.seed, settings, questions)
    references = _references(options.references, asked) if options.references else None
    requests = difficulty_requests(options.seed, job.ledger.rule, settings, asked, prompt)
    bought = purchase.buy(options, job, requests, shaping(settings))
    count = samples(settings)
    found = [bought[start : start + count] for start in range(0, len(bought), count)]
    verdicts, finals = _READERS[settings["method"]](options, job, asked, found, references)
    job.rows(reached=len(questions), **{"in": len(asked), "out": sum(row["keep"] for row in verdicts)})
    answers = [] if settings["method"] == "regression" else _answers(asked, found, finals)
    return verdicts, answers


def _answers(asked: list[dict], found: list[list[dict]], finals: list[list[str | None]] | None) -> list[dict]:
    taken = ("text", "finish_reason", "prompt_tokens", "completion_tokens", "log_probabilities")
    return [
        {
            "question_id": question["question_id"],
            "sample": sample,
            **{name: row[name] for name in taken},
            "answer": finals[place][sample] if finals else None,
        }
        for place, (question, rows) in enumerate(zip(asked, found, strict=True))
        for sample, row in enumerate(rows)
    ]


def _regressed(_options, _job, asked, found, _references) -> tuple[list[dict], None]:
    return [
        _read(question, row, row["score"], row["finish_reason"]) for question, [row] in zip(asked, found, strict=True)
    ], None


def _compared_words(options, _job, asked, found, _references) -> tuple[list[dict], None]:
    words = options.settings["words"]
    return [
        _read(question, row, first_token_score(row["log_probabilities"], **words), UNKNOWN_PROBABILITY)
        for question, [row] in zip(asked, found, strict=True)
    ], None


def first_token_score(log_probabilities: dict[str, float] | None, easy: str, hard: str | None = None) -> float | None:
    """P(hard) / (P(hard) + P(easy)) of the answer's first token; without `hard`, 1 - P(easy).

    The second is ScaleDiff's test made continuous: how likely a model that can skip its thinking does not begin with
    the token that skips it. None if a word has no log-probability.
    """
    found = log_probabilities or {}
    if hard is not None:
        return probability_verdict(found, hard, easy, 0.5)[1]
    value = found.get(easy)
    return None if value is None or math.isnan(value) else min(1.0, max(0.0, -math.expm1(value)))


def _levels(_options, _job, asked, found, _references) -> tuple[list[dict], None]:
    return [
        # A text that was cut at max_tokens has no end, so no level is read from it.
        _read(question, row, None if row["finish_reason"] == "length" else score_of_level(row["text"]), UNCLEAR_LEVEL)
        for question, [row] in zip(asked, found, strict=True)
    ], None


def _read(question: dict, row: dict, value: float | None, unclear: str) -> dict:
    if row["finish_reason"] in NOTHING_WRITTEN:
        return verdict(question["question_id"], row["finish_reason"])
    # Such a score would pass for the highest of all where questions are chosen by it.
    if value is not None and math.isnan(value):
        return verdict(question["question_id"], NOT_A_NUMBER)
    return verdict(question["question_id"], "" if value is not None else unclear, value)


def _fail_rates(options, job, asked, found, references) -> tuple[list[dict], list[list[str | None]]]:
    job.rows(with_reference=sum(reference is not None for reference in references or []))
    finals = [[sampled_rates.final(row) for row in rows] for rows in found]
    job.step("comparing answers", len(asked), "questions")
    if references is None:
        rates = sampled_rates.disagreements(finals, options.threads)
    else:
        rates = sampled_rates.fail_rates(references, finals, options.threads)
    verdicts = []
    for question, rows, rate in zip(asked, found, rates, strict=True):
        unwritten = next((row["finish_reason"] for row in rows if row["finish_reason"] in NOTHING_WRITTEN), "")
        value = None if unwritten else rate.value
        verdicts.append(verdict(question["question_id"], unwritten or rate.reason, value))
        job.advance()
    return verdicts, finals


def _references(path: Path, questions: list[dict]) -> list[str | None]:
    """The reference answer of each question; None where its problem has none.

    Raises InputError if the problem at a question's place is another one, and if no problem at all has an answer.
    """
    problems = schema.read(path, schema.PROBLEMS, ["problem", "answer"])
    for question in questions:
        if question["index"] >= len(problems) or problems[question["index"]]["problem"].strip() != question["question"]:
            raise InputError(
                f"{path} does not hold question {question['question_id']} as its problem number {question['index']}; "
                "the files do not fit together: delete the questions and run the workflow again."
            )
    if questions and all(problem["answer"] is None for problem in problems):
        raise InputError(
            f"{path} has no reference answer, so the questions of the source {questions[0]['source']} have no fail "
            "rate; name the set's column of answers (columns.answer under problems), score with another method, or "
            "import the questions as a file (imported.file), for which answers are compared with each other."
        )
    return [problems[question["index"]]["answer"] for question in questions]


# A method gets the options, the job, the questions, the rows bought for each and the references (None for a source
# without any), and gives verdicts and final answers.
_READERS = {"regression": _regressed, "first_token": _compared_words, "fail_rate": _fail_rates, "level": _levels}
