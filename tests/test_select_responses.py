"""The choice of one response for each question."""

import math

import pytest
import select_responses
from question_files import row_counts, start
from synthesis import schema
from synthesis.verdicts import response_verdict


def write(folder, answered: list[tuple], rejected=(), rewards: dict | None = None) -> None:
    """Responses, verdicts and rewards; `answered` and `rejected` are (id, sample), rewards default to the sample."""
    response = {"response": "5", "finish_reason": "stop", "prompt_tokens": 1, "completion_tokens": 1}
    rows = [{"question_id": name, "sample": sample, **response} for name, sample in answered]
    schema.write(folder / "responses.parquet", rows, schema.RESPONSES)
    verdicts = [response_verdict(*key, "no_answer" if key in rejected else "") | {"answer": "5"} for key in answered]
    schema.write(folder / "verdicts.parquet", verdicts, schema.FILTERED_RESPONSES)
    if rewards is None:
        rewards = {key: float(key[1]) for key in answered if key not in rejected}
    rows = [
        {
            "question_id": name,
            "sample": sample,
            "reward": reward,
            "finish_reason": "context_overflow" if reward is None else "stop",
            "tokens": 3,
        }
        for (name, sample), reward in rewards.items()
    ]
    schema.write(folder / "rewards.parquet", rows, schema.REWARDS)


def write_groups(folder, groups: dict) -> None:
    """The group of each (id, sample)."""
    rows = [{"question_id": name, "sample": sample, "group": group} for (name, sample), group in groups.items()]
    schema.write(folder / "groups.parquet", rows, schema.ANSWER_GROUPS)


def run(folder, method: str = "best", scored: bool = True, grouped: bool = False, **settings) -> int:
    """Start the program; without scores or groups their option is empty, as the rule writes it."""
    given = {"responses": True, "verdicts": True, "rewards": scored, "groups": grouped}
    line = [
        part for name, is_given in given.items() for part in [f"--{name}", folder / f"{name}.parquet"][: 1 + is_given]
    ]
    settings = {"method": method, **settings}
    return start(select_responses, folder, settings, *line, "--output", folder / "out.parquet")


def chosen(folder) -> list[tuple]:
    rows = schema.read(folder / "out.parquet", schema.RESPONSE_VERDICTS)
    assert all(row["keep"] is (row["reason"] == "") for row in rows)
    return [(row["question_id"], row["sample"], row["reason"], row["score"]) for row in rows]


def test_the_highest_reward_is_kept(tmp_path):
    rewards = {("b", 0): -3.0, ("b", 1): -1.0, ("b", 2): -2.0, ("a", 0): 0.5, ("a", 1): 0.25}
    write(tmp_path, list(rewards), rewards=rewards)
    assert run(tmp_path) == 0
    assert chosen(tmp_path) == [
        ("b", 0, "lower_reward", -3.0),
        ("b", 1, "", -1.0),
        ("b", 2, "lower_reward", -2.0),
        ("a", 0, "", 0.5),
        ("a", 1, "lower_reward", 0.25),
    ]
    assert row_counts(select_responses, tmp_path) == {
        "in": 5, "out": 2, "ties": 0, "missing_rewards": 0, "not_a_number": 0,
    }  # fmt: skip


def test_a_response_too_long_for_the_scorer_is_rejected_with_its_reason(tmp_path):
    rewards = {("a", 0): None, ("a", 1): -1.0, ("b", 0): None}
    write(tmp_path, list(rewards), rewards=rewards)
    assert run(tmp_path) == 0
    assert chosen(tmp_path) == [
        ("a", 0, "context_overflow", None),
        ("a", 1, "", -1.0),
        ("b", 0, "context_overflow", None),
    ]


def test_the_lowest_sample_wins_among_equals_in_any_order_of_rows(tmp_path):
    answered = [("a", 2), ("b", 0), ("a", 0), ("a", 1)]
    write(tmp_path, answered, rewards={key: 1.0 for key in reversed(answered)})
    assert run(tmp_path) == 0
    assert [row[:3] for row in chosen(tmp_path)] == [
        ("a", 0, ""),
        ("a", 1, "lower_reward"),
        ("a", 2, "lower_reward"),
        ("b", 0, ""),
    ]


def test_responses_that_were_filtered_out_have_no_say(tmp_path):
    write(tmp_path, [("a", 0), ("a", 1), ("b", 0)], rejected=[("a", 1), ("b", 0)])
    assert run(tmp_path) == 0
    assert chosen(tmp_path) == [("a", 0, "", 0.0)]


def test_an_empty_shard_passes(tmp_path):
    write(tmp_path, [])
    assert run(tmp_path) == 0
    assert chosen(tmp_path) == []


def test_a_reward_below_everything_still_loses_only_to_a_higher_one(tmp_path):
    write(tmp_path, [("a", 0), ("a", 1)], rewards={("a", 0): -math.inf, ("a", 1): -1e30})
    assert run(tmp_path) == 0
    assert [row[2] for row in chosen(tmp_path)] == ["lower_reward", ""]


@pytest.mark.parametrize(
    ("rewards", "complaint"),
    [
        ({("a", 0): 1.0}, "question a, sample 1, is in"),
        ({("a", 0): 1.0, ("a", 1): 1.0, ("c", 0): 1.0}, "question c, sample 0, is in"),
        ({("a", 0): 1.0, ("a", 1): 1.0, ("b", 0): 1.0}, "question b, sample 0, is in"),
    ],
)
def test_rewards_that_do_not_fit_are_refused(tmp_path, capsys, rewards, complaint):
    write(tmp_path, [("a", 0), ("a", 1), ("b", 0)], rejected=[("b", 0)], rewards=rewards)
    assert run(tmp_path) == 1
    error = capsys.readouterr().err
    assert complaint in error and "rewards.parquet" in error and "Traceback" not in error
    assert not (tmp_path / "out.parquet").exists()


def test_a_model_is_broken_if_many_rewards_and_all_of_them_are_no_numbers(tmp_path, capsys):
    few = {("a", sample): math.nan for sample in range(select_responses.FEWEST_OF_BROKEN_MODEL - 1)}
    write(tmp_path, list(few), rewards=few)
    assert run(tmp_path) == 0
    assert {row[2] for row in chosen(tmp_path)} == {"not_a_number"}
    assert row_counts(select_responses, tmp_path)["not_a_number"] == len(few)
    many = {**few, ("b", 0): math.nan}
    write(tmp_path, list(many), rewards=many)
    assert run(tmp_path) == 1
    error = capsys.readouterr().err
    assert "all 10 rewards in" in error and "rewards.parquet" in error and "Traceback" not in error
    write(tmp_path, list(many), rewards={**many, ("b", 0): 1.0})
    assert run(tmp_path) == 0


def test_verdicts_on_other_responses_are_refused(tmp_path, capsys):
    write(tmp_path, [("a", 0)])
    rows = [response_verdict("a", 0) | {"answer": None}] * 2
    schema.write(tmp_path / "verdicts.parquet", rows, schema.FILTERED_RESPONSES)
    assert run(tmp_path) == 1
    assert "verdicts.parquet holds question a, sample 0, twice" in capsys.readouterr().err
    schema.write(tmp_path / "verdicts.parquet", [], schema.FILTERED_RESPONSES)
    assert run(tmp_path) == 1
    assert "question a, sample 0, is in" in capsys.readouterr().err
    schema.write(tmp_path / "rewards.parquet", [], schema.REWARDS)
    assert run(tmp_path) == 1, "a response without a verdict is no rejected one"
    assert "verdicts.parquet" in capsys.readouterr().err


def test_an_unknown_method_is_refused(tmp_path, capsys):
    write(tmp_path, [])
    assert run(tmp_path, "worst") == 1
    assert "select_responses.method is worst, which is unknown; use best, first" in capsys.readouterr().err


def test_without_rewards_the_first_response_is_kept(tmp_path):
    answered = [("b", 2), ("b", 0), ("a", 1), ("a", 0), ("b", 1), ("c", 0)]
    write(tmp_path, answered, rejected=[("b", 0), ("c", 0)])
    assert run(tmp_path, "first", scored=False) == 0
    assert chosen(tmp_path) == [
        ("b", 1, "", None),
        ("b", 2, "later_sample", None),
        ("a", 0, "", None),
        ("a", 1, "later_sample", None),
    ]
    assert row_counts(select_responses, tmp_path) == {"in": 4, "out": 2, "ties": 0}


def test_an_empty_shard_passes_without_rewards(tmp_path):
    write(tmp_path, [])
    assert run(tmp_path, "first", scored=False) == 0
    assert chosen(tmp_path) == []


def test_the_best_response_needs_rewards(tmp_path, capsys):
    write(tmp_path, [("a", 0)])
    assert run(tmp_path, scored=False) == 1
    assert "select_responses.method is best, but no rewards are given" in capsys.readouterr().err


def test_without_rewards_verdicts_on_other_responses_are_refused(tmp_path, capsys):
    write(tmp_path, [("a", 0)])
    schema.write(tmp_path / "verdicts.parquet", [], schema.FILTERED_RESPONSES)
    assert run(tmp_path, "first", scored=False) == 1
    assert "question a, sample 0, is in" in capsys.readouterr().err


def test_a_reward_that_is_no_number_is_never_chosen_and_counted(tmp_path):
    rewards = {("a", 0): math.nan, ("a", 1): -9.0, ("a", 2): -9.0, ("b", 0): math.nan, ("b", 1): None}
    write(tmp_path, list(rewards), rewards=rewards)
    assert run(tmp_path) == 0
    assert chosen(tmp_path) == [
        ("a", 0, "not_a_number", None),
        ("a", 1, "", -9.0),
        ("a", 2, "lower_reward", -9.0),
        ("b", 0, "not_a_number", None),
        ("b", 1, "context_overflow", None),
    ]
    assert row_counts(select_responses, tmp_path) == {
        "in": 5, "out": 1, "ties": 1, "missing_rewards": 1, "not_a_number": 2,
    }  # fmt: skip


VOTES = {("a", 0): 0, ("a", 1): 1, ("a", 2): 2, ("a", 3): 1, ("a", 4): 2}


@pytest.mark.parametrize(
    ("method", "rewards", "expected"),
    [
        ("majority", None, ["minority_answer", "", "minority_answer", "later_sample", "minority_answer"]),
        (
            "best_of_majority",
            [9.0, 1.0, 2.0, 3.0, 4.0],
            ["minority_answer", "minority_answer", "lower_reward", "minority_answer", ""],
        ),
        (
            "best_of_majority",
            [9.0, 5.0, 4.0, None, math.nan],
            ["minority_answer", "", "minority_answer", "context_overflow", "minority_answer"],
        ),
        (
            "best_of_majority",
            [9.0, 4.0, 4.0, 4.0, 1.0],
            ["minority_answer", "", "minority_answer", "lower_reward", "minority_answer"],
        ),
        (
            "best_of_majority",
            [9.0, None, math.nan, None, None],
            ["unscored_majority", "context_overflow", "not_a_number", "context_overflow", "context_overflow"],
        ),
    ],
)
def test_votes_choose_among_the_most_frequent_answers(tmp_path, method, rewards, expected):
    scored = None if rewards is None else dict(zip(VOTES, rewards, strict=True))
    write(tmp_path, list(VOTES), rewards=scored)
    write_groups(tmp_path, VOTES)
    assert run(tmp_path, method, scored=rewards is not None, grouped=True) == 0
    assert [row[2] for row in chosen(tmp_path)] == expected
    counts = row_counts(select_responses, tmp_path)
    assert (counts["ties"], counts["without_majority"]) == ("" in expected, 0)


def test_too_small_a_majority_leaves_the_question_without_a_response(tmp_path):
    groups = {("a", 0): 0, ("a", 1): 1, ("a", 2): 1, ("a", 3): 1, ("a", 4): 4, ("b", 0): 0, ("b", 1): 1}
    write(tmp_path, list(groups))
    write_groups(tmp_path, groups)
    assert run(tmp_path, "majority", scored=False, grouped=True, smallest_majority=0.6) == 0
    reasons = [row[2] for row in chosen(tmp_path)]
    assert reasons[:5] == ["minority_answer", "", "later_sample", "later_sample", "minority_answer"]
    assert reasons[5:] == ["no_majority", "no_majority"]
    counts = row_counts(select_responses, tmp_path)
    assert counts == {"in": 7, "out": 1, "ties": 0, "without_majority": 1}


def test_a_vote_needs_groups_of_the_same_responses(tmp_path, capsys):
    write(tmp_path, [("a", 0)])
    assert run(tmp_path, "majority", scored=False) == 1
    assert "select_responses.method is majority, but no groups are given" in capsys.readouterr().err
    write_groups(tmp_path, {("a", 1): 1})
    assert run(tmp_path, "majority", scored=False, grouped=True) == 1
    assert "groups.parquet" in capsys.readouterr().err
