"""Groups of responses to one question whose final answers are equal.

Equal spelling comes first. Spellings that differ are compared as mathematics by `grading.Grader`, whose processes have
hard limits: what a model wrote is never evaluated, and no comparison lasts longer than the limit.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from synthesis.answer_spelling import may_be_list, normalised, without_per_cent
from synthesis.grading import CORRECT, TIMED_OUT, WRONG, Grader, by_number

# Answers that ran into the limit so often are compared no more: which of the two was the slow one is not told.
MOST_TIMEOUTS = 2


class Groups(NamedTuple):
    """For each answer the place of its group's first answer, and what that took."""

    first: list[int]
    comparisons: int
    timed_out: int


def group_all(questions: Iterable[list[str]], grader: Grader, threads: int = 1) -> Iterator[Groups]:
    """The groups of each question's final answers, in order; `threads` questions at the same time."""
    pool = ThreadPoolExecutor(max(1, threads))
    try:
        yield from pool.map(lambda answers: group(answers, grader), questions)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def group(answers: list[str], grader: Grader) -> Groups:
    """The groups of one question's final answers.

    A spelling joins the first earlier group whose first answer equals it. math-verify's equality is that of an answer
    with a reference, so the earlier answer is always the reference. An answer that can't be read, or was too slow to
    compare, stands alone with those of its own spelling. `50%` is 0.5 and not 50 here, and `1,22` the list and not
    1.22: were they both, as they are beside a reference, the order of the answers would decide about the groups.
    """
    compared = [_in_one_meaning(answer) for answer in answers]
    spellings = [normalised(answer) for answer in compared]
    open_spellings = list(dict.fromkeys(spellings))
    places = {spelling: spellings.index(spelling) for spelling in open_spellings}
    found: dict[str, int] = {}
    slow, comparisons = Counter(), 0
    while open_spellings:
        head, *others = open_spellings
        found[head], open_spellings = places[head], []
        for other in others:
            verdict = None
            if max(slow[head], slow[other]) < MOST_TIMEOUTS and by_number(head, other) != WRONG:
                comparisons += 1
                (verdict,) = grader.grade(compared[places[head]], [compared[places[other]]])
            if verdict == CORRECT:
                found[other] = places[head]
            else:
                open_spellings.append(other)
            if verdict == TIMED_OUT:
                slow.update((head, other))
    return Groups([found[spelling] for spelling in spellings], comparisons, slow.total() // 2)


def _in_one_meaning(answer: str) -> str:
    return answer.replace(",", ", ") if may_be_list(answer) else without_per_cent(answer)
