"""Merging seed problems: precedence, overlap with benchmarks, and a split that stays when sets grow."""

import json

import merge_problems
import pytest
from synthesis import schema
from synthesis.identity import problem_id


def written(folder, source: str, problems: list[str]):
    """A set of problems as the fetching programs write it."""
    rows = [
        {"problem_id": problem_id(source, text), "source": source, "problem": text, "answer": "1", "solution": None}
        for text in problems
    ]
    path = folder / "sets" / f"{source}.parquet"
    schema.write(path, rows, schema.PROBLEMS)
    return path


def run(folder, problems, benchmarks=(), seed: int = 1, **settings) -> int:
    return merge_problems.main(
        [
            *("--run", "t", "--ledger", str(folder / "ledger/merge_problems/all.json"), "--seed", str(seed)),
            *("--problems", *map(str, problems), "--benchmarks", *map(str, benchmarks)),
            *("--train", str(folder / "train.parquet"), "--held-out", str(folder / "held_out.parquet")),
            *("--settings", json.dumps({"held_out": 0.2, "overlap": "fail", **settings})),
        ]
    )


def merged(folder, *arguments, **settings) -> tuple[list[dict], list[dict]]:
    assert run(folder, *arguments, **settings) == 0
    return tuple(schema.read(folder / f"{part}.parquet", schema.PROBLEMS) for part in ("train", "held_out"))


def row_counts(folder) -> dict:
    return json.loads((folder / "ledger/merge_problems/all.json").read_text())["rows"]


def texts(rows: list[dict]) -> list[str]:
    return [row["problem"] for row in rows]


def numbered(count: int, start: int = 0) -> list[str]:
    return [f"What is {number} + {number}?" for number in range(start, start + count)]


def test_the_first_source_wins_and_the_order_stays(tmp_path):
    first = written(tmp_path, "first", ["What is 1 + 1?", "Name  a\u00a0prime."])
    second = written(tmp_path, "second", ["NAME A PRIME.", "What is 2 + 2?", "what is 1 + 1?\n"])
    train, held_out = merged(tmp_path, [first, second], held_out=0)
    assert [(row["source"], row["problem"]) for row in train] == [
        ("first", "What is 1 + 1?"),
        ("first", "Name  a\u00a0prime."),
        ("second", "What is 2 + 2?"),
    ]
    assert train[0] == schema.read(first, schema.PROBLEMS)[0]
    assert held_out == []
    assert row_counts(tmp_path) == {"in": 5, "duplicates": 2, "overlap": 0, "train": 3, "held_out": 0, "out": 3}
    train, _held_out = merged(tmp_path, [second, first], held_out=0)
    assert [row["source"] for row in train] == ["second"] * 3


def test_every_row_is_counted_once(tmp_path):
    problems = [written(tmp_path, "a", numbered(300)), written(tmp_path, "b", numbered(200, start=250))]
    benchmark = written(tmp_path, "test", [*numbered(10, start=100), "Something else?"])
    train, held_out = merged(tmp_path, problems, [benchmark], overlap="drop")
    counts = row_counts(tmp_path)
    assert counts["in"] == 500 and counts["duplicates"] == 50 and counts["overlap"] == 10
    assert counts["in"] == counts["duplicates"] + counts["overlap"] + counts["train"] + counts["held_out"]
    assert (counts["train"], counts["held_out"]) == (len(train), len(held_out))
    assert not set(texts(train)) & set(texts(held_out))
    assert set(texts(train) + texts(held_out)) == set(numbered(450)) - set(numbered(10, start=100))


def test_the_share_held_out_is_about_as_asked(tmp_path):
    problems = [written(tmp_path, "a", numbered(2000))]
    _train, held_out = merged(tmp_path, problems, held_out=0.2)
    # 400 expected; four standard deviations of the binomial distribution are 72.
    assert 328 < len(held_out) < 472
    _train, half = merged(tmp_path, problems, held_out=0.5)
    assert set(texts(held_out)) < set(texts(half))
    _train, other_seed = merged(tmp_path, problems, held_out=0.2, seed=2)
    assert set(texts(other_seed)) != set(texts(held_out))


def test_growth_and_order_move_no_problem_to_the_other_side(tmp_path):
    small, large = written(tmp_path, "a", numbered(100)), written(tmp_path, "b", numbered(400, start=50))
    train, held_out = merged(tmp_path, [small])
    larger_train, larger_held_out = merged(tmp_path, [large, small])
    assert held_out and set(texts(held_out)) <= set(texts(larger_held_out))
    assert set(texts(train)) <= set(texts(larger_train))


def test_the_split_is_frozen(tmp_path):
    """A changed hash would move problems between training and test of every run made so far."""
    _train, held_out = merged(tmp_path, [written(tmp_path, "a", numbered(20))], held_out=0.3)
    assert texts(held_out) == [f"What is {number} + {number}?" for number in (6, 16, 17)]


def test_an_overlap_with_a_benchmark_stops_the_run(tmp_path, capsys):
    problems = [written(tmp_path, "mine", numbered(20))]
    benchmarks = [written(tmp_path, "exam", ["WHAT IS 3 + 3?", "Else?"]), written(tmp_path, "quiz", numbered(2))]
    assert run(tmp_path, problems, benchmarks) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "3 of 20 problems are benchmark items" in said
    assert "1 in exam" in said and "2 in quiz" in said and "comes from mine" in said
    assert "merge_problems.overlap to drop" in said
    assert not (tmp_path / "train.parquet").exists() and not (tmp_path / "held_out.parquet").exists()
    assert run(tmp_path, problems, benchmarks, overlap="drop") == 0
    assert row_counts(tmp_path)["overlap"] == 3


def test_nothing_left_to_train_on_is_named(tmp_path, capsys):
    problems = [written(tmp_path, "mine", [*numbered(3), "what is 0 + 0?"])]
    assert run(tmp_path, problems, [written(tmp_path, "exam", numbered(3))], overlap="drop") == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "no problem is left to train on: of 4, 1 were duplicates, 3 are in a benchmark and 0 are held out" in said
    assert not (tmp_path / "train.parquet").exists()


@pytest.mark.parametrize(("settings", "key"), [({"held_out": 1}, "held_out"), ({"overlap": "keep"}, "overlap")])
def test_wrong_settings_are_named(tmp_path, capsys, settings, key):
    assert run(tmp_path, [written(tmp_path, "mine", numbered(3))], **settings) == 1
    assert f"merge_problems.{key} is" in capsys.readouterr().err
