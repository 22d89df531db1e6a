"""Selection to a target distribution of difficulty: the ranges add up, and growth keeps earlier picks."""

import json
import random

import pyarrow as pa
import pytest
import select_questions
from question_files import question, row_counts, write_questions, write_verdicts
from synthesis import schema
from synthesis.target_selection import count_in_range, fill, wanted
from synthesis.verdicts import verdict
from test_select_questions import picks, run, verdicts

STAGES = ("filter_questions", "score_difficulty")
TARGET = [{"up_to": 40, "share": 0.2}, {"up_to": 80, "share": 0.5}, {"up_to": None, "share": 0.3}]


def settings(count: int, target=TARGET, shortfall="warn") -> dict:
    return {"method": "target", "count": count, "target": target, "shortfall": shortfall}


def table(scores: list[float | None], first: int = 0) -> pa.Table:
    return pa.table({"index": range(first, first + len(scores)), "difficulty": pa.array(scores, pa.float64())})


def write(folder, scores: dict[int, float | None], shard: str = "00000") -> str:
    """A shard of questions that the filter kept; those without a score were rejected by the scorer."""
    write_questions(folder / f"questions/alpha/{shard}.parquet", [question(i) for i in scores])
    write_verdicts(folder / f"filter_questions/alpha/{shard}.parquet", {f"alpha-{i}": "" for i in scores})
    rows = [verdict(f"alpha-{i}", "unclear_level" if value is None else "", value) for i, value in scores.items()]
    schema.write(folder / f"score_difficulty/alpha/{shard}.parquet", rows, schema.QUESTION_VERDICTS)
    return f"alpha/{shard}.parquet"


@pytest.mark.parametrize("seed", range(20))
def test_the_ranges_make_up_the_count(seed):
    drawn = random.Random(seed)
    parts = [drawn.random() for _ in range(drawn.randint(1, 7))]
    target = [{"up_to": None, "share": part / sum(parts)} for part in parts]
    count = drawn.randint(1, 10_000)
    found = wanted(target, count)
    assert sum(found) == count
    assert all(abs(part["share"] * count - number) < 1 for part, number in zip(target, found, strict=True))


def test_shares_that_binary_numbers_miss_by_a_hair_are_not_rounded_down():
    assert wanted([{"share": 0.29}, {"share": 0.71}], 100) == [29, 71]
    assert wanted(TARGET, 10) == [2, 5, 3]
    assert wanted([{"share": 1 / 3}] * 3, 10) == [4, 3, 3]
    assert wanted([{"share": 0}, {"share": 1}], 3) == [0, 3]


def test_every_score_lies_in_exactly_one_range():
    scores = [-5, 0, 20, 40, 40.1, 60, 80, 80.5, 100, None, 1e9]
    counts = [count_in_range(scores, TARGET, place) for place in range(3)]
    assert counts == [4, 3, 3]


@pytest.mark.parametrize("seed", range(10))
def test_each_range_takes_its_first_questions_whatever_the_order_of_rows(seed):
    drawn = random.Random(seed)
    scores = [drawn.choice([None, 20, 40, 60, 80, 100]) for _ in range(200)]
    rows = table(scores)
    taken, ranges = fill("alpha", rows, settings(60))
    chosen = {index for index, kept in enumerate(taken.to_pylist()) if kept}
    assert len(chosen) == sum(part["taken"] for part in ranges)
    assert all(part["taken"] == min(part["wanted"], part["there"]) for part in ranges)
    assert sum(part["there"] for part in ranges) == 200 - scores.count(None)
    for low, high, part in ((0, 40, ranges[0]), (40, 80, ranges[1]), (80, 100, ranges[2])):
        inside = [index for index, score in enumerate(scores) if score is not None and low < score <= high]
        assert chosen & set(inside) == set(inside[: part["wanted"]])
    order = drawn.sample(range(200), 200)
    mixed, again = fill("alpha", rows.take(order), settings(60))
    assert {order[place] for place, kept in enumerate(mixed.to_pylist()) if kept} == chosen and again == ranges


@pytest.mark.parametrize("seed", range(10))
def test_growth_keeps_earlier_picks(seed):
    drawn = random.Random(seed)
    scores = [drawn.uniform(0, 100) for _ in range(300)]
    old = fill("alpha", table(scores[:120]), settings(90))[0].to_pylist()
    new = fill("alpha", table(scores), settings(90))[0].to_pylist()
    assert sum(new) == 90
    assert all(now for before, now in zip(old, new[:120], strict=True) if before)


def test_a_larger_count_gives_up_at_most_one_question_a_range():
    scores = [random.Random(1).uniform(0, 100) for _ in range(500)]
    for count in range(1, 120):
        pair = [fill("alpha", table(scores), settings(size))[0].to_pylist() for size in (count, count + 1)]
        assert sum(before and not now for before, now in zip(*pair, strict=True)) <= len(TARGET)


def test_the_program_writes_reasons_counts_and_ranges(tmp_path):
    shards = [
        write(tmp_path, {0: 20, 1: 100, 2: 60, 3: None, 4: 60}),
        write(tmp_path, {5: 60, 6: 20, 7: 100, 8: 40, 9: 80}, "00001"),
    ]
    assert run(tmp_path, shards, STAGES, alpha={"method": "target", "count": 5, "target": TARGET}) == 0
    assert picks(tmp_path) == ["alpha-0", "alpha-1", "alpha-2", "alpha-4", "alpha-5"]
    assert verdicts(tmp_path)["alpha-3"] == "no_difficulty:unclear_level"
    assert [name for name, why in verdicts(tmp_path).items() if why == "over_target"] == [
        "alpha-6", "alpha-7", "alpha-8", "alpha-9",
    ]  # fmt: skip
    found = json.loads((tmp_path / "thresholds.json").read_text())["alpha"]["ranges"]
    assert found == [
        {"up_to": 40, "share": 0.2, "wanted": 1, "there": 3, "taken": 1},
        {"up_to": 80, "share": 0.5, "wanted": 3, "there": 4, "taken": 3},
        {"up_to": None, "share": 0.3, "wanted": 1, "there": 2, "taken": 1},
    ]
    counts = row_counts(select_questions, tmp_path)
    assert [counts[f"out_alpha_range_{number}"] for number in (1, 2, 3)] == [1, 3, 1]
    assert (counts["in"], counts["out"]) == (10, 5)


def test_a_range_with_too_few_warns_or_fails_and_is_not_filled_from_another(tmp_path, capsys):
    shards = [write(tmp_path, {0: 60, 1: 60, 2: 60, 3: 100})]
    wish = {"method": "target", "count": 4, "target": TARGET}
    assert run(tmp_path, shards, STAGES, alpha=wish) == 0
    assert picks(tmp_path) == ["alpha-0", "alpha-1", "alpha-3"]
    sentence = "source alpha has 0 questions in the range up to 40, fewer than the 1 of select_questions.sources.alpha."
    assert f"{sentence}target[0]" in capsys.readouterr().err
    (tmp_path / "out/alpha/00000.parquet").unlink()
    assert run(tmp_path, shards, STAGES, alpha={**wish, "shortfall": "fail"}) == 1
    said = capsys.readouterr().err
    assert sentence in said and "lower its share or select_questions.sources.alpha.count" in said
    assert verdicts(tmp_path) == {}


def test_a_method_that_looks_at_the_difficulty_takes_nothing_without_one_and_none_takes_all(tmp_path):
    shards = [write(tmp_path, {0: 10, 1: None, 2: 90, 3: None})]
    for wish in ({"method": "threshold", "threshold": 5}, {"method": "count", "count": 4}):
        assert run(tmp_path, shards, STAGES, alpha=wish) == 0
        assert picks(tmp_path) == ["alpha-0", "alpha-2"]
    assert run(tmp_path, shards, STAGES, alpha={"cap": 3}) == 0
    assert picks(tmp_path) == ["alpha-0", "alpha-1", "alpha-2"]


def test_scores_of_other_questions_are_refused(tmp_path, capsys):
    shards = [write(tmp_path, {0: 10, 1: 20})]
    schema.write(tmp_path / "score_difficulty" / shards[0], [verdict("alpha-0", score=1.0)], schema.QUESTION_VERDICTS)
    assert run(tmp_path, shards, STAGES, alpha={"method": "count", "count": 1}) == 1
    assert "has no score for question alpha-1" in capsys.readouterr().err


def test_no_question_at_all_leaves_every_range_empty(tmp_path, capsys):
    shards = [write(tmp_path, {})]
    assert run(tmp_path, shards, STAGES, alpha={"method": "target", "count": 4, "target": TARGET}) == 0
    assert picks(tmp_path) == [] and capsys.readouterr().err.count("fewer than") == 3
