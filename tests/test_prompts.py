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


def test_a_missing_prompt_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml does not exist"):
        load_prompt(tmp_path / "none.yaml")


def test_a_folder_is_no_prompt(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        load_prompt(tmp_path)


@pytest.mark.parametrize("path", sorted((ROOT / "config/prompts").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_prompt_of_the_project_is_valid(path):
    assert load_prompt(path).messages("QUESTION 17")[-1][1].count("QUESTION 17") == 1


def test_the_long_prompts_ask_for_what_their_readers_look_for():
    judge = load_prompt(ROOT / "config/prompts/solvability.yaml").user
    assert judge.index("step by step") < judge.index("Yes") < judge.index("No if")
    assert r"\boxed{}" in load_prompt(ROOT / "config/prompts/response.yaml").messages("?")[-1][1]


def test_a_byte_order_mark_merge_keys_and_nested_duplicates(tmp_path):
    assert read_mapping(write(tmp_path, "\ufeffa: 1\n")) == {"a": 1}
    assert read_mapping(write(tmp_path, "a: &a {x: 1}\nb: {<<: *a, x: 2}\n"))["b"] == {"x": 2}
    with pytest.raises(InputError, match=r"line 3: the key x is given a second time \(first in line 2\)"):
        read_mapping(write(tmp_path, "a:\n- x: 1\n  x: 2\n"))
