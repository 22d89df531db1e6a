"""The groups of equal final answers, for the vote on responses."""

import group_answers
import pytest
from question_files import row_counts, start
from synthesis import answer_groups, schema
from synthesis.grading import CORRECT, TIMED_OUT, UNREADABLE_REFERENCE, WRONG, Grader
from synthesis.verdicts import response_verdict


class Verdicts:
    """Stands in for a grader; gives the verdicts on pairs (reference, answer) and counts the questions."""

    def __init__(self, verdicts: dict):
        self.verdicts, self.asked = verdicts, []

    def grade(self, reference: str, answers: list[str]) -> list[str]:
        self.asked += [(reference, answer) for answer in answers]
        return [self.verdicts.get((reference, answer), WRONG) for answer in answers]


@pytest.mark.parametrize(
    ("answers", "groups"),
    [
        (["5", "5.0", "6", "$5$"], [0, 0, 2, 0]),
        ([r"\frac{1}{2}", "0.5", "1/2", "2"], [0, 0, 0, 3]),
        (["3", "x=3", "4", r"\boxed{4}"], [0, 0, 2, 2]),
        (["2x+1", "1 + 2 x", "x"], [0, 0, 2]),
        (["Evelyn", "evelyn", "Anna"], [0, 0, 2]),
        (["7"], [0]),
        (["50%", "50", "0.5", r"50\%"], [0, 1, 0, 0]),
        (["50", "50%", "0.5"], [0, 1, 1]),
        (["0.5", "50%", "50"], [0, 0, 2]),
        ([r"\frac{1}{2}", "50", r"50\%", "5%"], [0, 1, 0, 3]),
        ([], []),
    ],
)
def test_equal_answers_are_one_group(grader, answers, groups):
    assert answer_groups.group(answers, grader).first == groups


def test_an_equal_spelling_takes_no_comparison_and_a_found_group_no_further_one():
    verdicts = Verdicts({("1", "one"): CORRECT})
    found = answer_groups.group(["1", "2x", "1.0", "one", "$2x$"], verdicts)
    assert found == ([0, 1, 0, 0, 1], 2, 0)
    assert verdicts.asked == [("1", "2x"), ("1", "one")]


def test_other_numbers_take_no_comparison(grader):
    verdicts = Verdicts({})
    found = answer_groups.group(["1", "-1", "2,000", "2x", "0.3333", "1e3", "7" * 400], verdicts)
    assert found.first == list(range(7))
    assert len(verdicts.asked) == 6
    assert all("2x" in pair for pair in verdicts.asked)
    assert answer_groups.group(["0.3333333", "0.33333333", r"\frac{1}{3}"], grader).first == [0, 0, 0]


def test_what_a_model_wrote_is_neither_run_nor_waited_for(tmp_path):
    evil = f"__import__('pathlib').Path('{tmp_path / 'run'}').touch()"
    with Grader(limit_seconds=1.0) as grader:
        found = answer_groups.group([r"9^{9^{9^{9^9}}}", "4", evil, "4.0"], grader)
    assert found.first[1] == found.first[3] == 1
    assert found.first[0] == 0
    assert not (tmp_path / "run").exists()


def test_a_slow_answer_is_compared_twice_at_most():
    slow = {(one, other): TIMED_OUT for one in "abcdef" for other in "abcdef" if "c" in one + other}
    found = answer_groups.group(list("abcdef"), Verdicts(slow))
    assert found.timed_out == answer_groups.MOST_TIMEOUTS
    assert found.first == list(range(6))


def test_an_unreadable_answer_stands_alone():
    unreadable = {("?", "1"): UNREADABLE_REFERENCE}
    assert answer_groups.group(["?", "1", "?"], Verdicts(unreadable)).first == [0, 1, 0]


def write(path, answers: dict, rejected=()) -> None:
    rows = [
        response_verdict(*key, "empty" if key in rejected else "") | {"answer": answer}
        for key, answer in answers.items()
    ]
    schema.write(path, rows, schema.FILTERED_RESPONSES)


def test_the_program_groups_what_the_filters_kept(tmp_path):
    answers = {("b", 1): "2.0", ("b", 0): "2", ("a", 0): "2", ("b", 2): "3", ("a", 1): None, ("b", 3): "1/2"}
    write(tmp_path / "verdicts.parquet", answers, rejected=[("a", 1), ("b", 0)])
    files = ["--verdicts", tmp_path / "verdicts.parquet", "--output", tmp_path / "out.parquet"]
    assert start(group_answers, tmp_path, {}, *files) == 0
    found = [tuple(row.values()) for row in schema.read(tmp_path / "out.parquet", schema.ANSWER_GROUPS)]
    assert found == [("b", 1, 1), ("b", 2, 2), ("b", 3, 3), ("a", 0, 0)]
    assert row_counts(group_answers, tmp_path) == {
        "in": 4, "out": 4, "groups": 4, "comparisons": 2, "timed_out": 0,
    }  # fmt: skip


def test_a_response_without_an_answer_ends_in_a_sentence(tmp_path, capsys):
    write(tmp_path / "verdicts.parquet", {("a", 0): None})
    files = ["--verdicts", tmp_path / "verdicts.parquet", "--output", tmp_path / "out.parquet"]
    assert start(group_answers, tmp_path, {}, *files) == 1
    error = capsys.readouterr().err
    assert "sample 0 of question a without a final answer" in error
    assert "filter_responses.answer" in error
