"""How many of a solver's answers differ from the reference, or from the majority where there is none."""

import threading
from itertools import permutations

import pytest
from synthesis import sampled_rates
from synthesis.grading import CORRECT
from synthesis.sampled_rates import NO_ANSWER, NO_REFERENCE, Rate, disagreements, fail_rates, final


def disagreement(*answers):
    [found] = disagreements([list(answers)], 1)
    return found


@pytest.mark.parametrize(
    ("reference", "answers", "rate"),
    [
        ("18", ["18", "18.0", "$18", "17"], Rate(0.25)),
        (r"\frac12", ["0.5", r"\frac{2}{4}", "2", None], Rate(0.5)),
        ("18", ["17", "16"], Rate(1.0)),
        ("18", [None, None], Rate(1.0)),
        ("18", ["18"], Rate(0.0)),
        # Nothing that mathematics could be compared with.
        ("?!", ["18", "17"], Rate(None, "unreadable_reference")),
        # Never the disagreement, though the two agree.
        (None, ["18", "18"], Rate(None, NO_REFERENCE)),
    ],
)
def test_fail_rates(reference, answers, rate):
    assert list(fail_rates([reference], [answers], 1)) == [rate]


@pytest.mark.parametrize(
    ("answers", "rate"),
    [
        (["18", "18", "18", "17"], Rate(0.25)),
        (["1/2", "0.5", r"\frac{1}{2}", "2"], Rate(0.25)),
        (["1", "2", "3", "4"], Rate(0.75)),
        (["7", None, None, None], Rate(0.75)),
        (["7", "7", None, None], Rate(0.5)),
        ([None, None], Rate(None, NO_ANSWER)),
        # All wrong alike: disagreement can't see it.
        (["5", "5"], Rate(0.0)),
    ],
)
def test_disagreements(answers, rate):
    assert disagreement(*answers) == rate


def test_the_size_of_the_majority_does_not_hang_on_the_order():
    answers = ["0.5", "1/2", "3", "3.0", "50\\%"]
    found = {disagreement(*order) for order in permutations(answers[:4])}
    assert found == {Rate(0.5)}


def test_many_questions_keep_their_order_in_several_processes():
    references = [str(number) if number % 4 else None for number in range(12)]
    answers = [[str(number), f"{number}.0", str(number + number % 3)] for number in range(12)]
    shares = [Rate(pytest.approx(1 / 3 if number % 3 else 0)) for number in range(12)]
    assert list(disagreements(answers, 3)) == shares
    known = [Rate(None, NO_REFERENCE) if number % 4 == 0 else share for number, share in enumerate(shares)]
    assert list(fail_rates(references, answers, 3)) == known


def test_an_error_does_not_wait_for_the_questions_that_are_compared(monkeypatch):
    compared, ended, done = threading.Event(), threading.Event(), threading.Event()
    was_ended = []

    class Failing:
        """A grader that fails at one question while it compares the answers to another, until it is ended."""

        def __init__(self, _workers):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            ended.set()

        def grade(self, reference, answers):
            if reference == "0":
                compared.wait(30)
                raise RuntimeError("the comparison failed")
            compared.set()
            was_ended.append(ended.wait(5))
            done.set()
            return [CORRECT] * len(answers)

    monkeypatch.setattr(sampled_rates, "Grader", Failing)
    with pytest.raises(RuntimeError, match="the comparison failed"):
        list(fail_rates(["0", "1"], [["7"]] * 2, 2))
    assert done.wait(30)
    assert was_ended == [True]


def test_a_cut_answer_is_none():
    assert final({"text": "The answer is 5.", "finish_reason": "stop"}) == "5"
    assert final({"text": "The answer is 5.", "finish_reason": "length"}) is None
    assert final({"text": "No idea.", "finish_reason": "stop"}) is None
