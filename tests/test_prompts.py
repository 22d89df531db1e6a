"""Prompt files: what they may hold and how they become messages."""

import pytest
from conftest import ROOT
from synthesis.errors import InputError
from synthesis.prompts import Prompt, load_prompt
from synthesis.strict_yaml import read_mapping


def write(tmp_path, text):
    path = tmp_path / "prompt.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_only_the_placeholder_is_replaced_and_braces_stay(tmp_path):
    prompt = load_prompt(write(tmp_path, "system: Be exact.\nuser: |-\n  {question} Use \\boxed{} and {}, {0}.\n"))
    question = r"What is $\frac{a}{b}$ for {question} and {x}?"
    assert prompt.messages(question) == (
        ("system", "Be exact."),
        ("user", rf"{question} Use \boxed{{}} and {{}}, {{0}}."),
    )


def test_a_prompt_without_system_leaves_it_to_the_template_and_an_empty_one_does_not(tmp_path):
    assert load_prompt(write(tmp_path, "user: '{question}'")).messages("1+1?") == (("user", "1+1?"),)
    assert load_prompt(write(tmp_path, "system: ''\nuser: '{question}'")).messages("?")[0] == ("system", "")


def test_examples_are_asked_like_the_question_and_answered_before_it(tmp_path):
    text = "system: Rewrite.\nuser: 'Q: {question}'\nexamples:\n- {question: '1+1', answer: '{2}'}\n"
    prompt = load_prompt(write(tmp_path, text + "- {question: '2+2', answer: '4'}\n"))
    assert prompt.messages("3+3") == (
        ("system", "Rewrite."),
        ("user", "Q: 1+1"),
        ("assistant", "{2}"),
        ("user", "Q: 2+2"),
        ("assistant", "4"),
        ("user", "Q: 3+3"),
    )


def test_latex_arguments_are_no_placeholders(tmp_path):
    text = r"{question} as \boxed{answer}, \frac{a}{b} or \text{cm}"
    assert load_prompt(write(tmp_path, f"user: '{text}'")) == Prompt(None, text)


def test_a_response_as_argument_of_latex_stays_in_a_prompt_that_asks_about_none(tmp_path):
    text = r"{question} as \boxed{response} or \text{response}"
    asked = load_prompt(write(tmp_path, f"user: '{text}'")).messages("1+1?")
    assert asked == (("user", r"1+1? as \boxed{response} or \text{response}"),)


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("user: 'Answer {question} in {language}'", ["user holds {language}", "placeholder is {question}"]),
        ("system: You like {topic}\nuser: '{question}'", ["system holds {topic}", "{question}"]),
        ("system: 'See {question}'\nuser: '{question}'", ["system holds {question}", "move it to user"]),
        ("user: Answer this", ["user does not hold {question}", "write {question}"]),
        ("user: '{question}'\nuserr: x", ["the key userr", "system, user and examples only"]),
        ("user: '{question}'\nexamples: [x]", ["examples[0]", "keys question and answer"]),
        ("user: '{question}'\nexamples: []", ["examples must be a list", "add one or remove it"]),
        ("user: '{question}'\nexamples:", ["examples must be a list", "add one or remove it"]),
        ("user: '{question}'\nexamples: [{question: a}]", ["examples[0].answer must be a text", "not empty"]),
        ("user: '{question}'\nexamples: [{question: a, answer: 7}]", ["examples[0].answer must be a text"]),
        ("user: '{question}'\nexamples: [{question: ' ', answer: b}]", ["examples[0].question must be a text"]),
        (
            "user: '{question}'\nexamples: [{question: a, answer: b}, {question: a, reply: b}]",
            ["examples[1] has the key reply", "question and answer"],
        ),
        (
            "user: '{question}'\nexamples: [{question: 'Is {question}?', answer: b}]",
            ["examples[0].question holds {question}", "whole example"],
        ),
        ("system: x", ["no text under user", "add `user:`"]),
        ("user: [a, b]", ["user must be text", "quotes"]),
        ("user: '{question}'\nsystem: 5", ["system must be text", "quotes"]),
        ("user: '{question}'\nuser: '{question}?'", ["line 2", "the key user is given a second time", "line 1"]),
        ("user: {question}\n", ["user must be text", "quotes"]),
        ("user: 'abc", ["line 1", "correct the YAML"]),
        ("- a\n- b\n", ["key: value"]),
        ("", ["key: value"]),
        ("user: \x07", ["not valid YAML"]),
        (b"user: |-\n  {question} caf\xe9\n", ["line 2", "UTF-8"]),
    ],
)
def test_a_bad_prompt_is_refused_with_its_file_and_a_repair(tmp_path, text, fragments):
    path = write(tmp_path, text)
    with pytest.raises(InputError) as error:
        load_prompt(path)
    for fragment in [str(path), *fragments]:
        assert fragment in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("user: '{question}'", ["user does not hold {response}", "where the response goes"]),
        ("user: '{response}'", ["user does not hold {question}"]),
        ("user: '{question} {response}'\nsystem: See {response}", ["system holds {response}", "move it to user"]),
        ("user: '{question} {response} {grade}'", ["user holds {grade}", "placeholders are {question} and {response}"]),
        (
            "user: '{question} {response}'\nexamples: [{question: a, answer: b}]",
            ["examples[0].response must be a text"],
        ),
    ],
)
def test_a_bad_prompt_of_a_grader_is_refused(tmp_path, text, fragments):
    with pytest.raises(InputError) as error:
        load_prompt(write(tmp_path, text), with_response=True)
    for fragment in fragments:
        assert fragment in str(error.value)


def test_the_examples_of_a_grader_have_responses(tmp_path):
    text = "user: 'Q {question} R {response}'\nexamples: [{question: '{a}', response: b, answer: c}]"
    found = load_prompt(write(tmp_path, text), with_response=True).messages("1 {response}", "2 {question}")
    assert found == (("user", "Q {a} R b"), ("assistant", "c"), ("user", "Q 1 {response} R 2 {question}"))


def test_a_missing_prompt_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml does not exist"):
        load_prompt(tmp_path / "none.yaml")


def test_a_folder_is_no_prompt(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        load_prompt(tmp_path)


@pytest.mark.parametrize("path", sorted((ROOT / "config/prompts").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_prompt_of_the_project_is_valid(path):
    with_response = path.stem.startswith(("grade_", "audit_answer"))
    asked = load_prompt(path, with_response).messages("QUESTION 17", "RESPONSE 18")[-1][1]
    assert (asked.count("QUESTION 17"), asked.count("RESPONSE 18")) == (1, with_response)


def test_the_long_prompts_ask_for_what_their_readers_look_for():
    judge = load_prompt(ROOT / "config/prompts/solvability.yaml").user
    assert judge.index("step by step") < judge.index("Yes") < judge.index("No if")
    assert r"\boxed{}" in load_prompt(ROOT / "config/prompts/response.yaml").messages("?")[-1][1]


def test_a_byte_order_mark_merge_keys_and_nested_duplicates(tmp_path):
    assert read_mapping(write(tmp_path, "\ufeffa: 1\n")) == {"a": 1}
    assert read_mapping(write(tmp_path, "a: &a {x: 1}\nb: {<<: *a, x: 2}\n"))["b"] == {"x": 2}
    with pytest.raises(InputError, match=r"line 3: the key x is given a second time \(first in line 2\)"):
        read_mapping(write(tmp_path, "a:\n- x: 1\n  x: 2\n"))


def test_a_response_stands_where_the_prompt_asks_for_it_and_texts_are_not_searched(tmp_path):
    prompt = load_prompt(write(tmp_path, "user: 'Q: {question} A: {response}.'"), with_response=True)
    assert prompt.messages("{response}?", "{question}!") == (("user", "Q: {response}? A: {question}!."),)


@pytest.mark.parametrize(
    ("text", "with_response", "fragments"),
    [
        ("user: '{question}'", True, ["user does not hold {response}", "write {response} where the response goes"]),
        ("user: '{response}'", True, ["user does not hold {question}"]),
        ("user: '{question} {response}'", False, ["user holds {response}", "only placeholder is {question}"]),
        (
            "user: '{question} {response} {grade}'",
            True,
            ["holds {grade}", "placeholders are {question} and {response}"],
        ),
        ("system: '{response}'\nuser: '{question} {response}'", True, ["system holds {response}", "move it to user"]),
    ],
)
def test_prompts_about_a_response_hold_it_and_others_do_not(tmp_path, text, with_response, fragments):
    with pytest.raises(InputError) as error:
        load_prompt(write(tmp_path, text), with_response)
    assert all(fragment in str(error.value) for fragment in fragments)
