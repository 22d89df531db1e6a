"""How well scores tell right responses from wrong ones: labels that are read, formulas, and both programs."""

import csv
import json
import math

import measure_reward
import numpy as np
import pytest
import tabulate_rewards
from conftest import ROOT
from paid_bench import PROMPTS, Bench
from published_sets import SHARED, published
from question_files import row_counts, start
from synthesis import labelled_responses, problem_files, reward_measures, schema
from synthesis.errors import InputError

EXAMPLE = ROOT / "config/examples/labelled_responses.jsonl"
COLUMNS = {"question": "question", "response": "response", "label": "label"}


def pairs_won(labels, rewards) -> float:
    """The area by its definition: over all pairs of a right and a wrong response."""
    right = [reward for label, reward in zip(labels, rewards, strict=True) if label]
    wrong = [reward for label, reward in zip(labels, rewards, strict=True) if not label]
    won = [(one > other) + (one == other) / 2 for one in right for other in wrong]
    return sum(won) / len(won)


def test_the_area_is_the_share_of_pairs_that_are_in_order():
    assert reward_measures.area([True, False], [2.0, 1.0]) == 1
    assert reward_measures.area([True, False, True], [1.0, 1.0, 0.0]) == 0.25
    random = np.random.default_rng(1)
    for _ in range(20):
        labels, rewards = random.random(40) < 0.3, random.integers(0, 9, 40).astype(float)
        assert reward_measures.area(labels, rewards) == pytest.approx(pairs_won(labels, rewards))
        twice = [value for value in rewards for _ in range(2)]
        doubled = reward_measures.area([label for label in labels for _ in range(2)], twice)
        assert reward_measures.area(labels, rewards, np.full(40, 2.0)) == pytest.approx(doubled)
    for labels in ([True, True], [False], []):
        assert math.isnan(reward_measures.area(labels, [0.5] * len(labels)))
    assert reward_measures.area([True, False, True], [1.0, 0.5, -math.inf]) == 0.5


def test_the_interval_is_over_questions_and_not_over_responses():
    labels, rewards = [True, False] * 30, [float(n % 7) for n in range(60)]
    apart = reward_measures.area_with_interval(labels, rewards, [str(n) for n in range(60)], 4)
    again = reward_measures.area_with_interval(labels, rewards, [str(n) for n in range(60)], 4)
    together = reward_measures.area_with_interval(labels, rewards, [str(n // 20) for n in range(60)], 4)
    assert apart == again
    value, low, high = apart
    assert low < value < high
    assert together[0] == value
    assert together[1:] != apart[1:]
    assert all(map(math.isnan, reward_measures.area_with_interval([True], [1.0], ["a"], 4)))


def row(question: str, label: bool, reward: float | None) -> dict:
    name = f"{question}{label}{reward}"
    return {
        "question_id": question, "response_id": name, "label": label, "reward": reward,
        "finish_reason": "context_overflow" if reward is None else "stop", "tokens": 3,
    }  # fmt: skip


ROWS = [
    row("a", True, 2.0), row("a", False, 1.0), row("a", False, None),
    row("b", True, 0.0), row("b", False, 3.0), row("b", True, math.nan),
    row("c", True, 1.0), row("c", False, 1.0), row("d", True, 5.0),
]  # fmt: skip


def test_the_best_of_several_responses_is_compared_with_any_and_the_best_possible():
    usable = [item for item in ROWS if item["reward"] is not None and not math.isnan(item["reward"])]
    found = reward_measures.choices(usable)
    assert found == {"best": [1.0, 0.0, 0.5], "random": [0.5, 0.5, 0.5], "oracle": [1.0, 1.0, 1.0]}
    measured = tabulate_rewards.measures(ROWS, 1)
    assert (measured["responses"], measured["right"], measured["wrong"]) == ("9", "5", "4")
    assert (measured["missing_rewards"], measured["not_a_number"], measured["questions_with_choice"]) == ("1", "1", "3")
    assert float(measured["best_is_right"]) == float(measured["random_is_right"]) == 0.5
    assert float(measured["auc"]) == pytest.approx(
        pairs_won(*zip(*((r["label"], r["reward"]) for r in usable), strict=True)), abs=1e-6
    )


def test_without_one_kind_of_label_there_is_no_area():
    measured = tabulate_rewards.measures([row("a", True, 1.0), row("b", True, None)], 1)
    assert measured["auc"] == measured["auc_low"] == measured["best_is_right"] == measured["any_is_right"] == ""


def test_one_question_has_no_interval():
    measured = tabulate_rewards.measures([row("a", True, 2.0), row("a", False, 1.0)], 1)
    assert (measured["auc"], measured["best_is_right"]) == ("1.000000", "1.000000")
    ends = ("auc_low", "auc_high", "best_is_right_low", "best_is_right_high")
    assert [measured[name] for name in ends] == [""] * 4
    named = {"measurement": "m", "model": "x", "method": "grade", "is_check_of_measurement": "false"}
    page = tabulate_rewards.page("trial", [{**named, **measured}])
    assert "1.000" in page and " to " not in page


def test_small_models_are_remarked_on(tmp_path):
    names = [{"measurement": f"m{n}", "model": "x<y", "method": "grade", "parameters": n} for n in (10**8, 10**9, None)]
    for number in range(3):
        schema.write(tmp_path / f"{number}.parquet", ROWS, schema.MEASURED_REWARDS)
    files = [tmp_path / f"{number}.parquet" for number in range(3)]
    made = ["--output", tmp_path / "out.csv", "--page", tmp_path / "out.html"]
    assert start(tabulate_rewards, tmp_path, {"measurements": names}, "--seed", 1, "--rewards", *files, *made) == 0
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [found["is_check_of_measurement"] for found in rows] == ["true", "false", "false"]
    page = (tmp_path / "out.html").read_text()
    assert page.count(tabulate_rewards.CHECK) == 1
    assert "x&lt;y" in page and "x<y" not in page
    assert row_counts(tabulate_rewards, tmp_path) == {"in": 3, "out": 3}


def test_more_responses_add_to_fewer_and_questions_stay_whole():
    rows = [row for number in (2, 3, 4, 6) for row in labelled_responses.read_responses(EXAMPLE, COLUMNS, 5, number)]
    questions = [
        sorted({row["question_id"] for row in rows[start:stop]}) for start, stop in ((0, 2), (2, 4), (4, 8), (8, 14))
    ]
    assert [len(found) for found in questions] == [1, 1, 2, 3]
    assert set(questions[0]) < set(questions[2]) < set(questions[3])
    with pytest.raises(InputError, match="no question whose responses are at most 1"):
        labelled_responses.read_responses(EXAMPLE, COLUMNS, 5, 1)


@pytest.mark.parametrize(
    ("rows", "fragments"),
    [
        ([{"question": "a", "response": "b"}], ["line 1 has no column label", "labels.label"]),
        ([{"question": "a", "response": " ", "label": True}], ["line 1 has no text in its column response"]),
        (
            [{"question": "a", "response": "b", "label": 0.5}],
            ["'label' the value 0.5".replace("'", ""), "neither true"],
        ),
        (
            [{"question": "a", "response": "b", "label": 1}, {"question": "a ", "response": "b", "label": "False"}],
            ["line 2 has the response of an earlier row with the other label"],
        ),
        ([], ["no rows"]),
    ],
)
def test_labels_that_can_not_be_read_end_in_a_sentence(tmp_path, rows, fragments):
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(found) + "\n" for found in rows))
    with pytest.raises(InputError) as error:
        labelled_responses.read_responses(path, COLUMNS, 1)
    for fragment in fragments:
        assert fragment in str(error.value)


def test_responses_are_bought_once_whatever_else_is_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    bench = Bench(tmp_path)

    def measure(count: int | None, method: str = "reward") -> list[dict]:
        settings = {"score": {"method": method}, "columns": COLUMNS, "responses": count}
        if method == "steps":
            settings["score"]["steps"] = {"split": "paragraphs", "method": "reward", "aggregate": "min"}
        more = ["--seed", 3, "--labels", EXAMPLE, "--prompt", PROMPTS / "response_short.yaml"]
        assert not measure_reward.main(bench.arguments("measure_reward", settings, "measured", *more))
        return schema.read(tmp_path / "measured.parquet", schema.MEASURED_REWARDS)

    few, many = measure(4), measure(None)
    assert bench.bought("measure_reward", "measured") == 2
    assert [found for found in many if found in few] == few
    assert [found["label"] for found in many] == [True, False] * 3
    assert len({found["question_id"] for found in many}) == 3
    measure(None, "steps")
    assert bench.ledger("measure_reward", "measured")["rows"]["bought"] == 6
    assert list((tmp_path / "store").glob("score_responses/*/_labelled-*/*.parquet"))


@published
def test_the_published_solutions_can_be_flattened_as_documented(tmp_path):
    guide = (ROOT / "docs/rewards.md").read_text(encoding="utf-8")
    code = guide.split("```python\n", 1)[1].split("```", 1)[0]
    code = code.replace(
        '"example_model_solutions.jsonl.gz"', repr(str(SHARED / "gsm8k/example_model_solutions.jsonl.gz"))
    )
    code = code.replace('"gsm8k_solutions.jsonl"', repr(str(tmp_path / "flat.jsonl")))
    exec(compile(code, "docs/rewards.md", "exec"), {})
    path = tmp_path / "flat.jsonl"
    assert sum(1 for _ in problem_files.read_rows(path, str(path))) == 4 * 1319
    rows = labelled_responses.read_responses(path, COLUMNS, 1, 150)
    assert 140 < len(rows) <= 150
    assert 0 < sum(found["label"] for found in rows) < len(rows)
