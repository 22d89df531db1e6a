"""Which final answers equal a reference, and that no answer can hold the comparison up."""

import builtins
import importlib
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import math_verify
import pytest
import regex
import sympy
from hostile_answers import HOSTILE
from published_sets import published, read
from synthesis import answer_spelling, grading, grading_worker
from synthesis.answers import FORMS


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
        (r"50\%", "50"),
        (r"237.5\%", "237.5"),
        ("7.5", r"7.5\%"),
        (r"237.5\%", "2.375"),
        ("81, 256", "81,256"),
        (r"\dfrac{2469}{20,\!000}", r"\dfrac{2469}{20000}"),
        (r"x=0, x= \pm 2 \sqrt{2}", r"x=0, x=\pm 2\sqrt2"),
        (r"\frac12 \pm i", r"\frac{1}{2} \pm i"),
        ("0.5", r"50\%"),
        ("1", r"1\%"),
        ("20", "20 km/h"),
        ("20", "20 m/s"),
        ("20", "20 cm^2"),
        ("90", "90°"),
        ("2", r"2~\mathrm{m/s}"),
        ("7", r"\approx 7"),
        ("3.5", "3 1/2"),
        (r"-\frac{7}{2}", "-3 1/2"),
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
        ("11/2", "1 1/2"),
        ("12", "1 2"),
        ("12345678", "12345 678"),
        ("3", "3 hundredths"),
        ("2", "2 thirds"),
        ("5", "5 squared"),
        ("32,349", "32, 349"),
        (r"50\%", "51"),
        (r"50\%", "5"),
        ("5", "%"),
        ("5", "5%%"),
        (r"\sqrt{12}", r"\sqrt12"),
        ("0.5", "0.5%"),
        ("-0.05", r"-0.05\%"),
        ("31/2", "3 1/2"),
        ("20", "20m/s"),
        ("20", "20 x/y"),
        ("7", r"\approx 7.01"),
        (r"\frac{1}{3}", r"\approx 0.33"),
    ],
)
def test_another_answer_is_wrong(grader, reference, answer):
    assert grader.grade(reference, [answer]) == [grading.WRONG]


@pytest.mark.parametrize(
    ("reference", "answer", "verdict"),
    [
        ("1000", "1 000", grading.CORRECT),
        ("1000.99", "1000,99", grading.CORRECT),
        ("1,22", "1.22", grading.CORRECT),
        ("0.333333", "0.3333333", grading.CORRECT),
        ("0.333333", "0.33333", grading.WRONG),
        ("1" * 40, "1" * 39 + "2", grading.WRONG),
        ("7", "8", grading.WRONG),
        ("1,000", "2,000", grading.WRONG),
        ("0.0000001", "0", grading.WRONG),
        ("0.000001", "0.0000012", grading.WRONG),
        ("7", "7" * 5_000, grading.WRONG),
        ("7", "{" * 40 + "7" + "}" * 40, grading.WRONG),
    ],
)
def test_plain_numbers_and_endless_answers_need_no_process(monkeypatch, reference, answer, verdict):
    monkeypatch.setattr(grading._Worker, "_start", lambda self: pytest.fail("a process was started"))
    with grading.Grader() as grader:
        assert grader.grade(reference, [answer]) == [verdict]


def test_a_comma_between_numbers_may_be_that_of_a_list(grader):
    assert grader.grade("1,22", ["22, 1", "22,3"]) == [grading.CORRECT, grading.WRONG]


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


def _broken(_connection, _limit, _comparison):
    raise ImportError("no math-verify here")


def test_a_process_that_fails_is_no_verdict(monkeypatch):
    monkeypatch.setattr(grading.grading_worker, "serve", _broken)
    with grading.Grader() as grader, pytest.raises(RuntimeError, match="the process that compares answers failed"):
        grader.grade("7", ["x"])


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (r"First \boxed{3}, so in the end \boxed{4}.", "4"),
        ("We add. The answer is 12.", "12"),
        ("2 + 2 = 4\n#### 4", "4"),
        ("He pays 3 + 4 = 7 dollars.\nA: 7", "7"),
        ("**Final Answer:** The largest number is $34$.", "34"),
        (r"So \boxed{200} and then more. The final answer is $10,455$.", "10,455"),
        (r"The answer is \boxed{5}. I hope the answer is correct.", "5"),
        (r"$\boxed{-2} \quad \text{and} \quad \boxed{1}$", "-2, 1"),
        (r"$x = \boxed{1}$, $y = \boxed{2}$", "1, 2"),
        (r"From \boxed{3} = 1 + 2 we get \boxed{4}.", "4"),
        (r"\\boxed{4}", "4"),
        (r"So \boxed{3.14}. The final answer is rounded to 2 decimal places.", "3.14"),
        (r"\boxed{12}. Note: the answer is in the form asked for in part 2.", "12"),
        (r"\boxed{\text{The answer is } 5}", r"\text{The answer is } 5"),
        (r"We first get \boxed{8}, which we halve, and \boxed{4} follows", "4"),
        (r"we had \boxed{10} and 6 left, \boxed{4}", "4"),
        ("\\boxed{3}\n\n\\boxed{7}", "7"),
        ("\\boxed{(1,2)} and \\boxed{(1,2)}", "(1,2)"),
        ("I do not know.", None),
    ],
)
def test_the_final_answer_of_a_response(response, answer):
    assert grading.answer_in(response) == answer


# Of 268 cases these four are decided otherwise: an answer between the signs of a formula on several lines is an answer
# here (31, 32); a reference without its closing brace can't be read (217); 1 - 1/e is not 1 + 1/e (263).
DECIDED_OTHERWISE = [31, 32, 217, 263]


@published
def test_agreement_with_the_cases_of_math_verify():
    """Of 268 pairs, 230 of them equal, with the options of each."""
    file = "answer_equivalence/math_verify_cases.jsonl"
    references, responses, options = (read(file, column) for column in ("gold", "pred", "options"))
    found = [None] * len(references)
    for compared in map(dict, {tuple(sorted(option.items())) for option in options}):
        places = [place for place, option in enumerate(options) if option == compared]
        names = {"precision": "float_rounding"}
        comparison = grading.Comparison(**{names.get(name, name): value for name, value in compared.items()})
        with grading.Grader(comparison=comparison) as grader:
            for place in places:
                answer = grading.answer_in(responses[place], list(FORMS)) or responses[place]
                found[place] = grader.grade(references[place], [answer]) == [grading.CORRECT]
    expected = [bool(value) for value in read(file, "expected")]
    differing = [place for place, pair in enumerate(zip(found, expected, strict=True)) if len(set(pair)) > 1]
    assert differing == DECIDED_OTHERWISE


@published
def test_agreement_with_the_published_verdicts_on_answers_to_gsm8k():
    file = "gsm8k/example_model_solutions.jsonl.gz"
    references = [text.rsplit("A:", 1)[-1].strip() for text in read(file, "ground_truth")]
    compared = 0
    with grading.Grader() as grader:
        for model in ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"):
            for reference, response in zip(references, read(file, model), strict=True):
                answer = grading.answer_in(response["solution"])
                assert (grader.grade(reference, [answer]) == [grading.CORRECT]) == response["is_correct"], response
                compared += 1
    assert compared == 5276


# Seconds of this process for one hostile answer; the processes that compare have a limit of their own.
MOST_SECONDS = 10


def test_hostile_answers_end_with_a_verdict_each():
    with grading.Grader() as grader:
        for reference, response, verdicts in HOSTILE:
            seconds = time.process_time()
            [verdict] = grader.grade(reference, [grading.answer_in(response)])
            assert verdict in verdicts, (response[:80], verdict)
            assert time.process_time() - seconds < MOST_SECONDS, response[:80]
    assert len(HOSTILE) >= 80
    assert not Path("pwned").exists()


def test_hostile_answers_may_be_the_references_of_others():
    """As in votes, where the answers of a model are compared with each other."""
    with grading.Grader(limit_seconds=0.7) as grader:
        for _, response, verdicts in HOSTILE:
            seconds, answer = time.process_time(), grading.answer_in(response)
            if answer is not None:
                same, other = grader.grade(answer, [answer, "x + 8"])
                assert same == grading.CORRECT
                # Short ones that are no computation are told apart at once.
                ended = [] if len(verdicts) == 1 and len(response) < 100 else [grading.TIMED_OUT]
                assert other in (grading.WRONG, grading.UNREADABLE_REFERENCE, *ended), response[:80]
                assert time.process_time() - seconds < MOST_SECONDS, response[:80]


def test_the_last_values_of_hostile_responses_are_found_in_time():
    for _, response, _ in HOSTILE:
        seconds = time.process_time()
        grading.answer_in(response, list(FORMS))
        assert time.process_time() - seconds < MOST_SECONDS, response[:80]


def _killed(connection, _limit, _comparison):
    connection.recv()
    os.kill(os.getpid(), signal.SIGKILL)


def test_many_processes_that_are_killed_at_once_fail_none(monkeypatch):
    monkeypatch.setattr(grading.grading_worker, "serve", _killed)
    problems = [("7", [f"x + {number}"]) for number in range(60)]
    with grading.Grader(8) as grader:
        assert list(grader.grade_all(problems)) == [[grading.TIMED_OUT]] * 60


def test_a_long_name_of_the_folder_for_temporary_files_does_no_harm(monkeypatch, tmp_path):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with grading.Grader() as grader:
        assert grader.grade("x + 1", ["1 + x"]) == [grading.CORRECT]


# A number, and how SymPy writes it in Python before it evaluates that.
NUMBER = regex.compile(r"-?[\d.]+|(?:Integer|Float|Rational) ?\( ?'?[\d.]+'? ?\)")


def watch_evaluation(monkeypatch) -> list[str]:
    """What is handed to evaluation by Python, SymPy or a shell from here on, but for plain numbers."""
    evaluated, evaluating = [], {"sympify": sympy.sympify, "parse_expr": sympy.parse_expr}

    def watched(function):
        def call(text, *arguments, **options):
            if isinstance(text, str) and not NUMBER.fullmatch(text.strip()):
                evaluated.append(text)
            return function(text, *arguments, **options)

        return call

    libraries = ("sympy", "latex2sympy", "math_verify")
    for module in [module for name, module in sys.modules.items() if name.startswith(libraries)]:
        for name, function in evaluating.items():
            if getattr(module, name, None) is function:
                monkeypatch.setattr(module, name, watched(function))
    monkeypatch.setattr(builtins, "eval", watched(eval))
    monkeypatch.setattr(os, "system", watched(os.system))
    return evaluated


CODE = ("eval('3+4')", "__import__('os').system('touch pwned')", "(lambda: 7)()", "7", "x+1", r"\frac{1}{2}")


def test_no_text_of_a_model_is_evaluated(monkeypatch):
    # Evaluates names of units when it is imported.
    importlib.import_module("sympy.physics.units")
    evaluated = watch_evaluation(monkeypatch)
    for answer in CODE:
        found = grading_worker.read(answer_spelling.as_formula(answer))
        grading_worker.are_equal(grading_worker.read(r"\boxed{8}"), found, grading.AS_MATH_VERIFY._asdict())
    assert not evaluated


def test_the_watch_sees_how_math_verify_reads_plain_text_which_is_not_used_here(monkeypatch):
    evaluated = watch_evaluation(monkeypatch)
    math_verify.parse("(2+3)*5", (math_verify.ExprExtractionConfig(),), parsing_timeout=None)
    assert "(2+3)*5" in evaluated
