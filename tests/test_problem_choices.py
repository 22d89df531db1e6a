"""Multiple choice: options become part of the problem, the reference is a letter, and answers are graded by it."""

import time

import pytest
from synthesis import schema
from synthesis.answer_spelling import normalised
from synthesis.chosen_options import letter_of, option_in
from synthesis.grading import STATED
from synthesis.problem_choices import options_in, with_options
from test_fetch_problems import from_file, json_lines, refused, written
from test_grade_answers import answered, problem, run

OPTIONS = ["4", r"$\frac{1}{2}$", "a circle", "all of the above"]
COLUMNS = {"problem": "question", "choices": "choices", "answer": "answer"}


def row(answer, choices=OPTIONS, question="Which one?") -> dict:
    return {"question": question, "choices": choices, "answer": answer}


@pytest.mark.parametrize(("answer", "letter"), [(2, "C"), (0, "A"), ("C", "C"), ("a circle", "C"), ("4", "A")])
def test_the_right_option_is_a_number_a_letter_or_a_text(tmp_path, answer, letter):
    [found] = from_file(tmp_path, "a.jsonl", json_lines([row(answer)]), columns=COLUMNS)
    assert found["answer"] == letter
    assert found["problem"] == f"Which one?\n\nA. 4\nB. {OPTIONS[1]}\nC. a circle\nD. all of the above"


def test_numbers_as_options_and_a_row_without_an_answer(tmp_path):
    rows = [row(1, [1, 2.0, "2 m"]), row(None, ["x", "y"])]
    found = from_file(tmp_path, "a.jsonl", json_lines(rows), columns=COLUMNS)
    assert [item["answer"] for item in found] == ["B", None]
    assert options_in(found[0]["problem"]) == ["1", "2", "2 m"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (row(4), "a.jsonl, line 1: the answer 4 is no option, which are numbered from 0 to 3"),
        (row("E"), "the answer 'E' is no option"),
        (row("7", ["7", "7"]), "the answer '7' is several options"),
        (row(True), "the answer 'True' is no option"),
        (row("A", ["B", "A", "AB", "O"]), "line 1: the answer 'A' may mean option A, or option B by its text; give"),
        (row("2", ["1", "2", "3", "4"]), "the answer '2' may mean option C, or option B by its text"),
        (row(0, "4, 5"), "the choices (choices) are no list of two texts or more"),
        (row(0, ["4", " "]), "the choices (choices) are no list of two texts or more"),
        (row(0, [str(number) for number in range(27)]), "there are 27 choices (choices), more than there are letters"),
    ],
)
def test_what_is_no_choice_is_refused(tmp_path, capsys, wrong, sentence):
    source = {"file": written(tmp_path, "a.jsonl", json_lines([wrong]))}
    assert sentence in refused(tmp_path, source, capsys, columns=COLUMNS)


def test_options_are_found_again_where_the_question_looks_like_some():
    assert options_in(with_options("Look:\n\nA. trap\nB. other", OPTIONS)) == OPTIONS
    assert options_in("Which?\n\nA. alone") == options_in("Which one?") == []


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("B", "B"),
        ("(b)", "B"),
        (r"\text{(B)}", "B"),
        (r"\textbf{C}", "C"),
        ("B. 42", "B"),
        ("B) 42", "B"),
        ("(A) 4", "A"),
        ("**B**", "B"),
        ("option B", "B"),
        (r"\text{D. all}", "D"),
        ("a circle", "C"),
        ("A circle", "C"),
        ("4", "A"),
        ("E", None),
        ("A and B", None),
        ("(A) and (B)", None),
        ("5", None),
        ("I think so", None),
    ],
)
def test_the_option_that_an_answer_names(answer, letter):
    assert letter_of(answer, OPTIONS, normalised) == letter


def test_the_exact_text_of_an_option_goes_before_one_that_is_spelled_like_it():
    options = ["1 meter", "1 kilometer", "(A) and (B) both", "25 meters"]
    assert [letter_of(option, options, normalised) for option in options] == ["A", "B", "C", "D"]
    assert letter_of("1 mile", options, normalised) is None


def test_an_answer_may_be_the_text_and_the_letter_of_one_option(tmp_path):
    [found] = from_file(tmp_path, "a.jsonl", json_lines([row("B", ["AB", "B", "O"])]), columns=COLUMNS)
    assert found["answer"] == "B"


NUMBERS = ["3", "5", "7", "9"]


@pytest.mark.parametrize(
    "answer",
    [
        "(B), 5",
        "B, 5.",
        "(B): 5.",
        "option B: 5.",
        "B (5).",
        r"\textbf{(B)}\ 5",
        r"\text{(B)}\, 5",
        "B - 5",
        '"B"',
        "B because 5 is prime",
        "(b) 5",
        "b) 5",
        "(B) and not (C)",
        "(B), since (A) and (C) are even",
        "B. It is odd, and (C) is too large",
    ],
)
def test_spellings_of_one_option(answer):
    assert letter_of(answer, NUMBERS, normalised) == "B"


@pytest.mark.parametrize(
    "answer",
    [
        "(A) 3 and (B) 5",
        "A. 3, C. 7",
        "B. 5 or D. 9",
        "A, B",
        "A or B",
        "(A), (B)",
        "A. x, B. y and C. z",
        "(B) is wrong",
        "A car",
        "a car",
        "A5",
        "B, C and D",
    ],
)
def test_several_options_are_none(answer):
    assert letter_of(answer, NUMBERS, normalised) is None
    assert letter_of(answer, ["Paris", "Rome", "Bonn", "Oslo"], normalised) is None


def test_an_option_may_name_others_or_begin_like_a_letter():
    options = ["A only", "B only", "neither", "(A) and (B)"]
    assert letter_of("D. (A) and (B)", options, normalised) == "D"
    assert letter_of("D. Both (A) and (B) hold", options, normalised) == "D"
    assert letter_of("C. elegans", ["E. coli", "C. elegans", "yeast", "fly"], normalised) == "B"
    assert letter_of("A. Paris, C. Rome", options, normalised) is None
    options = ["It falls. It is heavy", "It rises, as air does", "It stays"]
    assert letter_of(f"(B) {options[1]} and (A) {options[0]}", options, normalised) is None
    assert letter_of(f"(B) {options[1]}, because (A) {options[0]} is wrong", options, normalised) == "B"


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("The correct answer is (B) 5.", "B"),
        ("The best answer is B", "B"),
        ("Correct answer: B", "B"),
        ("The correct choice is (B)", "B"),
        ("We add.\n\nHence option (B) is right.", "B"),
        ("B", "B"),
        ("(B)", "B"),
        ("B. 5", "B"),
        ("So we add two and three.\n\n**B**", "B"),
        ("Answer: (B) 4 m in the first 2 seconds", "B"),
        ("Answer: it is $7$ of these many things", "C"),
        ("The answer is B. Then all is well.", "B"),
        ("The answer is A. 3, C. 7", None),
        (r"A step gives \boxed{3}. The answer is (B).", "B"),
        (r"\boxed{B}. The answer is 3 metres long.", "B"),
        ("We look at each.\nA. 3\nB. 5", None),
        ("A car goes 5 metres.", None),
        ("No idea", None),
    ],
)
def test_the_option_that_a_response_names(response, letter):
    assert option_in(response, NUMBERS, STATED, normalised, is_stated=False)[0] == letter


def test_only_the_forms_that_are_asked_for_are_read():
    assert option_in("B", NUMBERS, ["boxed"], normalised, is_stated=True) == (None, None)


def test_answers_to_multiple_choice_are_graded_by_their_letters(tmp_path):
    problems = [
        {**problem("a", "B"), "problem": with_options("Which?", OPTIONS)},
        # A reference that is a letter is one of mathematics where no options are.
        problem("b", "B"),
    ]
    texts = [r"So it is \boxed{B}.", "The answer is (B).", "Answer: A", "The answer is $\\frac{1}{2}$.", "No idea"]
    answers = [answered("a", number, text) for number, text in enumerate(texts)]
    assert run(tmp_path, problems, [*answers, answered("b", 0, r"\boxed{B}")]) == 0
    grades = schema.read(tmp_path / "grades.parquet", schema.GRADES)
    assert [(found["verdict"], found["answer"]) for found in grades] == [
        ("correct", "B"),
        ("correct", "B"),
        ("wrong", "A"),
        ("correct", "B"),
        ("no_answer", None),
        ("correct", "B"),
    ]


# Rows with certain values, several columns, and answers in boxes


def test_only_the_rows_with_wanted_values_are_taken(tmp_path):
    rows = [{"problem": f"P{n}?", "answer": n, "subject": "ab"[n % 2], "level": n // 2} for n in range(8)]
    lines = json_lines(rows)
    chosen = from_file(tmp_path, "a.jsonl", lines, rows={"subject": ["a"], "level": [1, "2"]})
    assert [item["answer"] for item in chosen] == ["2", "4"]
    # The limit counts what was chosen.
    chosen = from_file(tmp_path, "a.jsonl", lines, rows={"subject": ["b"]}, limit=2)
    assert [item["answer"] for item in chosen] == ["1", "3"]


def test_values_that_do_not_occur_are_refused(tmp_path, capsys):
    source = {"file": written(tmp_path, "a.jsonl", json_lines([{"problem": "x", "subject": "algebra"}]))}
    said = refused(tmp_path, source, capsys, rows={"subject": ["algebra", "algbra"]})
    assert "problems.p.rows.subject names 'algbra', which no row has; did you mean 'algebra'?" in said
    said = refused(tmp_path, source, capsys, rows={"subject": ["algebra", "algbra"]}, limit=1)
    assert "names 'algbra', which no row has" in said
    said = refused(tmp_path, source, capsys, rows={"topic": ["algebra"]})
    assert "line 1 has no column topic (it has: problem, subject); correct problems.p.rows." in said


def test_a_problem_may_stand_in_two_columns(tmp_path, capsys):
    rows = [{"Body": "Tom has 3 pens. ", "Question": " How many?", "Answer": 3.0}]
    columns = {"problem": ["Body", "Question"], "answer": "Answer"}
    [found] = from_file(tmp_path, "a.jsonl", json_lines(rows), columns=columns)
    assert (found["problem"], found["answer"]) == ("Tom has 3 pens. How many?", "3")
    (tmp_path / "other").mkdir()
    source = {"file": written(tmp_path, "a.jsonl", json_lines([{**rows[0], "Question": " "}]))}
    assert "the problem (Question) is empty" in refused(tmp_path / "other", source, capsys, columns=columns)


def test_an_answer_may_stand_in_the_box_of_its_solution_alone(tmp_path, capsys):
    rows = [
        {"problem": "a?", "solution": r"\boxed{1} is a step, so \boxed{\frac{1}{2}}."},
        {"problem": "b?", "solution": r"$x = \boxed{1}$ and $y = \boxed{2}$."},
        {"problem": "c?", "solution": "No box."},
        {"problem": "d?", "solution": None},
    ]
    columns = {"problem": "problem", "answer": None, "solution": "solution"}
    found = from_file(tmp_path, "a.jsonl", json_lines(rows), columns=columns, answer_boxed=True)
    assert [item["answer"] for item in found] == [r"\frac{1}{2}", "1, 2", None, None]
    assert "problems.p: 2 of 4 solutions have no box, so these rows have no answer" in capsys.readouterr().err
    source = {"file": written(tmp_path, "a.jsonl", json_lines([{"problem": "a?"}]))}
    (tmp_path / "other").mkdir()
    said = refused(tmp_path / "other", source, capsys, answer_boxed=True)
    assert "problems.p.answer_boxed is true, but there is no solution column" in said


def test_the_last_of_many_labels_is_found_in_time():
    response = "A: x\n" * 20_000
    seconds = time.process_time()
    assert option_in(response, OPTIONS, STATED, normalised, is_stated=False) == (None, "x")
    assert time.process_time() - seconds < 1
