"""How many of a solver's answers to a question are not the reference or, without references, not those of its majority.

The share that differs from a reference is ScaleQuest's fail rate (arXiv 2410.18693, section 2.4). Without references
nobody knows what is right: the share outside the largest group of equal answers says how much the solver disagrees with
itself (the vote of self-consistency, arXiv 2203.11171). It is 0 also where all answers are wrong in the same way.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from synthesis.answer_groups import group
from synthesis.grading import CORRECT, UNREADABLE_REFERENCE, Grader, answer_in

# Reasons for which a question has no rate.
NO_ANSWER, NO_REFERENCE = "no_answer", "no_reference"


class Rate(NamedTuple):
    """The share (0 to 1) of answers that differ, or None and the reason."""

    value: float | None
    reason: str = ""


def final(completion: dict) -> str | None:
    """The final answer of a completion; None if it was cut or gives none."""
    return None if completion["finish_reason"] == "length" else answer_in(completion["text"])


def fail_rates(references: Sequence[str | None], answers: Sequence[list[str | None]], workers: int) -> Iterator[Rate]:
    """The share of each question's final answers that differ from its reference, in `workers` processes.

    An answer that is None or could not be compared in time differs, so a question whose answers are all None has the
    rate 1. It has none without a reference (None), or if that could not be compared with an answer.
    """
    return _rates(_fail_rate, list(zip(references, answers, strict=True)), workers)


def disagreements(answers: Sequence[list[str | None]], workers: int) -> Iterator[Rate]:
    """The share of each question's final answers outside its largest group of equal ones, in `workers` processes.

    An answer that is None is in no group, one that could not be compared in time with those of its own spelling. A
    question whose answers are all None has no rate.
    """
    return _rates(_disagreement, [(found,) for found in answers], workers)


def _rates(rate: Callable[..., Rate], questions: list[tuple], workers: int) -> Iterator[Rate]:
    with Grader(workers) as grader:
        pool = ThreadPoolExecutor(max(1, workers))
        try:
            yield from pool.map(lambda question: rate(grader, *question), questions)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _fail_rate(grader: Grader, reference: str | None, answers: list[str | None]) -> Rate:
    if reference is None:
        return Rate(None, NO_REFERENCE)
    verdicts = grader.grade(reference, answers)
    if UNREADABLE_REFERENCE in verdicts:
        return Rate(None, UNREADABLE_REFERENCE)
    return Rate(sum(verdict != CORRECT for verdict in verdicts) / len(answers))


def _disagreement(grader: Grader, answers: list[str | None]) -> Rate:
    sizes = Counter(group([answer for answer in answers if answer is not None], grader).first)
    return Rate(1 - max(sizes.values()) / len(answers)) if sizes else Rate(None, NO_ANSWER)
