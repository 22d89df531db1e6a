"""Which final answers equal a reference, and that no answer can hold the comparison up."""

import pytest
from published_sets import published, read
from synthesis import grading


@pytest.fixture(scope="module")
def grader():
    with grading.Grader() as grader:
        yield grader


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        ("18", "18.0"),
        ("025", "25"),
        ("2,125", "2125"),
        ("2125", "2{,}125"),
        ("18", "$18$"),
        ("18", "18 dollars"),
        ("18", "€18"),
        ("18", r"18\text{ dollars}"),
        (r"\frac{14}{3}", r"\dfrac{14}{3}"),
        ("0.5", r"\frac{1}{2}"),
        ("1/2", "0.5"),
        (r"3\frac{1}{2}", "3.5"),
        (r"50\%", "0.5"),
        (r"\{1,2\}", r"\{2,1\}"),
        (r"[0,1) \cup (2,3]", r"[0,1)\cup(2,3]"),
        (r"\left( 3, \frac{\pi}{2} \right)", r"(3,\frac{\pi}{2})"),
        ("2 x + 1", "1 + 2x"),
        ("11", "x=11"),
        (r"\text{Evelyn}", "evelyn"),
        (r"The result is \boxed{7}.", "7"),
        (r'["$3$", "$5$"]', "5, 3"),
    ],
)
def test_the_same_answer_in_another_form_is_right(grader, reference, answer):
    assert grader.grade(reference, [answer]) == [grading.CORRECT]


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        ("18", "81"),
        ("18", "18 million"),
        ("18", "18x"),
        ("32349", "32, 349"),
        ("1/3", "0.333"),
        ("(0,1)", "[0,1]"),
        (r"\{1,2\}", r"\{1,2,3\}"),
        ("Monday", "Tuesday"),
        ("x > 5", "x < 5"),
        (r'["$3$", "$5$"]', "3"),
        ("7", "__import__('os').system('exit 1')"),
    ],
)
def test_another_answer_is_wrong(grader, reference, answer):
    assert grader.grade(reference, [answer]) == [grading.WRONG]


def test_an_answer_that_can_not_be_compared_in_time_is_killed_and_the_next_one_graded():
    with grading.Grader(limit_seconds=3) as grader:
        verdicts = grader.grade("7", [r"\frac{14}{2}", "9^{9^{9^{9}}}", r"\frac{21}{3}", r"\frac{22}{3}"])
    assert verdicts == [grading.CORRECT, grading.TIMED_OUT, grading.CORRECT, grading.WRONG]


def test_what_is_no_mathematics_is_compared_by_its_spelling(grader):
    verdicts = grader.grade("???", ["???", "7", None])
    assert verdicts == [grading.CORRECT, grading.UNREADABLE_REFERENCE, grading.NO_ANSWER]


def test_a_reference_is_read_once_for_all_its_answers(monkeypatch):
    asked = []
    ask = grading._Worker._ask
    monkeypatch.setattr(grading._Worker, "_ask", lambda self, *text: asked.append(text) or ask(self, *text))
    with grading.Grader() as grader:
        grader.grade(r"\frac{1}{2}", ["0.5", "0.25", "0.5", "0.75"])
    assert [kind for kind, _ in asked] == ["reference", "answer", "answer", "answer"]


def test_several_processes_give_the_verdicts_in_order():
    problems = [(str(number), [f"{number} + 0", f"{number} + 1"]) for number in range(1, 9)]
    with grading.Grader(2) as grader:
        assert list(grader.grade_all(problems)) == [[grading.CORRECT, grading.WRONG]] * 8


def _broken(_connection, _limit):
    raise ImportError("no math-verify here")


def test_a_process_that_fails_is_no_verdict(monkeypatch, capfd):
    monkeypatch.setattr(grading.grading_worker, "serve", _broken)
    with grading.Grader() as grader, pytest.raises(RuntimeError, match="the process that compares answers failed"):
        grader.grade("7", ["8"])
    assert "no math-verify here" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (r"First \boxed{3}, so in the end \boxed{4}.", "4"),
        ("We add. The answer is 12.", "12"),
        ("2 + 2 = 4\n#### 4", "4"),
        ("I do not know.", None),
    ],
)
def test_the_final_answer_of_a_response(response, answer):
    assert grading.answer_in(response) == answer


@published
def test_agreement_with_the_cases_of_math_verify():
    """Of 268 pairs, 230 of them equal. Those that differ by intent: of several boxes the last one counts (not all),
    a number in a sentence is no final answer, and a comma is no decimal point."""
    file = "answer_equivalence/math_verify_cases.jsonl"
    expected = [bool(value) for value in read(file, "expected")]
    answers = [[grading.answer_in(text) or text] for text in read(file, "pred")]
    with grading.Grader(2) as grader:
        problems = zip(read(file, "gold"), answers, strict=True)
        found = [verdict == grading.CORRECT for [verdict] in grader.grade_all(problems)]
    assert not any(right and not equal for right, equal in zip(found, expected, strict=True))
    assert sum(right == equal for right, equal in zip(found, expected, strict=True)) >= 229
