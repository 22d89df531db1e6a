"""Whether a probe model gives the same answer to a question as a response: a filter of easy or of doubtful questions.

ScaleDiff (arXiv 2509.21070) drops a question where the model that shall be trained gives the teacher's answer already.
"""

from collections.abc import Iterator
from itertools import groupby

from synthesis.answers import final_answer
from synthesis.finish_reasons import NOTHING_WRITTEN
from synthesis.grading import CORRECT, TIMED_OUT, Grader
from synthesis.verdicts import response_verdict

AGREES, DIFFERS, SIBLING_AGREES = "agrees_with_probe", "differs_from_probe", "sibling_agrees_with_probe"
NO_ANSWER = "probe_without_answer"


def probe_answers(rows: list[dict], forms: list[str]) -> dict[str, list[str | None] | str]:
    """What the probe answered to each question, from its responses (rows of `schema.RESPONSES`).

    A list of final answers, None for a sample without one; or, where the probe wrote nothing that counts for any of
    its samples, why (one of `finish_reasons.NOTHING_WRITTEN`).
    """
    found = {}
    for question_id, group in groupby(rows, key=lambda row: row["question_id"]):
        samples = list(group)
        unwritten = [row["finish_reason"] for row in samples if row["finish_reason"] in NOTHING_WRITTEN]
        answers = [final_answer(row["response"], forms) for row in samples]
        found[question_id] = unwritten[0] if len(unwritten) == len(samples) else answers
    return found


def compared(responses: list[dict], probe: dict[str, list | str], grader: Grader) -> Iterator[dict]:
    """Each response (`question_id`, `sample`, `answer`) with `grades`: one of `grading.VERDICTS` for each probe sample.

    `grades` are empty where the probe wrote nothing or the response has no answer.
    """
    pairs = [
        (row["answer"], probe[row["question_id"]])
        if row["answer"] is not None and not isinstance(probe[row["question_id"]], str)
        else ("", [])
        for row in responses
    ]
    for row, grades in zip(responses, grader.grade_all(pairs), strict=True):
        yield {**row, "grades": grades}


def agrees(grades: list[str], rule: str) -> bool:
    """Whether a probe's samples agree with a response: `any` of them, or the `majority`, more than half of all."""
    same = grades.count(CORRECT)
    return 2 * same > len(grades) if rule == "majority" else same > 0


def verdicts(compared_rows: list[dict], probe: dict[str, list | str], settings: dict) -> Iterator[dict]:
    """A row of `schema.RESPONSE_VERDICTS` for each row of `compared`; the score is the share of agreeing samples.

    With `keep: agreeing` a response is kept if the probe agrees with it. With `keep: differing` the responses to a
    question are kept if the probe agrees with none of them: else the wrong ones of an easy question would be left.
    """
    for question_id, group in groupby(compared_rows, key=lambda row: row["question_id"]):
        rows, answers = list(group), probe[question_id]
        agreeing = [agrees(row["grades"], settings["agrees"]) for row in rows]
        for row, same in zip(rows, agreeing, strict=True):
            if isinstance(answers, str):
                reason = answers
            elif settings["keep"] == "agreeing":
                reason = "" if same else DIFFERS if any(answers) else NO_ANSWER
            else:
                reason = AGREES if same else SIBLING_AGREES if any(agreeing) else ""
            grades = row["grades"]
            score = grades.count(CORRECT) / len(grades) if grades else None
            yield response_verdict(question_id, row["sample"], reason, score)


def counts(compared_rows: list[dict], probe: dict[str, list | str]) -> dict[str, int]:
    """For the ledger: questions that the probe did not answer, and comparisons that took too long to be decided."""
    without = sum(isinstance(answers, str) or not any(answers) for answers in probe.values())
    return {NO_ANSWER: without, TIMED_OUT: sum(row["grades"].count(TIMED_OUT) for row in compared_rows)}
