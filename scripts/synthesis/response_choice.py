"""The methods of choosing one of a question's responses: by its number, its reward, or the votes for its answer.

A method gets one question's rows (`sample`, `reward`, `finish_reason`, `group`) in the order of the samples. `group`
is the lowest sample among the responses with an equal final answer (see `answer_groups`).
"""

import math
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

NOT_A_NUMBER = "not_a_number"
UNREADABLE_GRADE = "unreadable_grade"
NO_MAJORITY = "no_majority"
UNSCORED_MAJORITY = "unscored_majority"

# Reasons of responses that could not be chosen whatever the others are. A question may have these alone.
NONE_TO_CHOOSE = (
    "context_overflow", "refused", "transport_failure", UNREADABLE_GRADE, NOT_A_NUMBER, NO_MAJORITY, UNSCORED_MAJORITY,
)  # fmt: skip


class Choice(NamedTuple):
    """The reason for each sample that is rejected, and whether the first place was shared."""

    reasons: dict[int, str]
    tie: bool


def first(answers: list[dict], smallest_majority: float = 0) -> Choice:
    """Keep the response of the lowest sample."""
    return Choice({row["sample"]: "later_sample" for row in answers[1:]}, False)


def best(answers: list[dict], smallest_majority: float = 0) -> Choice:
    """Keep the response with the highest reward, the lowest sample among equals.

    A response without a reward is never kept, for the scorer's reason; nor is one whose reward is not a number.
    """
    usable = [row for row in answers if is_usable(row)]
    winner = max(usable, key=lambda row: (row["reward"], -row["sample"]), default=None)
    tie = winner is not None and sum(row["reward"] == winner["reward"] for row in usable) > 1
    reasons = {row["sample"]: unusable(row) or "lower_reward" for row in answers if row is not winner}
    return Choice(reasons, tie)


def majority(answers: list[dict], smallest_majority: float = 0) -> Choice:
    """Keep the lowest sample of the largest group; among groups of one size that with the lowest sample."""
    largest = _largest(answers, smallest_majority)
    if not largest:
        return _without_majority(answers)
    winner = min(largest)
    kept = next(row["sample"] for row in answers if row["group"] == winner)
    reasons = {
        row["sample"]: "later_sample" if row["group"] == winner else "minority_answer"
        for row in answers
        if row["sample"] != kept
    }
    return Choice(reasons, len(largest) > 1)


def best_of_majority(answers: list[dict], smallest_majority: float = 0) -> Choice:
    """Keep the response with the highest reward in the largest group.

    Among groups of one size that with the highest reward counts, then that with the lowest sample. Nothing is kept
    where no response in the largest groups has a usable reward.
    """
    largest = _largest(answers, smallest_majority)
    if not largest:
        return _without_majority(answers)
    inner = best([row for row in answers if row["group"] in largest])
    kept = next((row for row in answers if row["group"] in largest and row["sample"] not in inner.reasons), None)
    if kept is None:
        others = {row["sample"]: UNSCORED_MAJORITY for row in answers if row["group"] not in largest}
        return Choice({**inner.reasons, **others}, False)
    chosen = best([row for row in answers if row["group"] == kept["group"]])
    others = {row["sample"]: "minority_answer" for row in answers if row["group"] != kept["group"]}
    return Choice({**chosen.reasons, **others}, len(largest) > 1 or chosen.tie)


def is_usable(row: dict) -> bool:
    """Whether a row has a reward that can be compared."""
    return not unusable(row)


def unusable(row: dict) -> str:
    """Why the reward of a row can't be compared: the scorer's reason, or `not_a_number`; empty if it can."""
    if row["reward"] is None:
        return row["finish_reason"]
    return NOT_A_NUMBER if math.isnan(row["reward"]) else ""


def _largest(answers: list[dict], smallest_majority: float) -> set[int]:
    """The groups with the most votes; none if these are fewer than the needed share of all votes."""
    votes = Counter(row["group"] for row in answers)
    most = max(votes.values())
    # As an exact fraction, so that 3 of 5 votes are a share of 0.6.
    if most < Fraction(str(smallest_majority)) * len(answers):
        return set()
    return {group for group, count in votes.items() if count == most}


def _without_majority(answers: list[dict]) -> Choice:
    return Choice({row["sample"]: NO_MAJORITY for row in answers}, False)


class Method(NamedTuple):
    """How responses are chosen, and what that needs."""

    choose: Callable[..., Choice]
    needs_rewards: bool
    needs_groups: bool


METHODS = {
    "best": Method(best, True, False),
    "first": Method(first, False, False),
    "majority": Method(majority, False, True),
    "best_of_majority": Method(best_of_majority, True, True),
}
