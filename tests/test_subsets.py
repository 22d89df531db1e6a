"""Subsets of the data set, or of a set of problems with solutions, for students of several sizes."""

import json
import random
from fractions import Fraction

import pytest
import select_subset
from synthesis import schema, subsets
from synthesis.errors import InputError
from synthesis.pairs import Pairs

SOURCES = {"large": 61, "middle": 27, "small": 12}


def pair(source: str, index: int) -> dict:
    texts = {"question": f"What is {index} + 1?", "response": f"The answer is {index + 1}.", "answer": str(index + 1)}
    models = {"question_model": None, "response_model": "m", "reward_model": "m"}
    return {"question_id": f"{source}-{index}", "source": source, **texts, "sample": 0, "reward": 0.5, **models}


PAIRS = [pair(source, index) for source, count in SOURCES.items() for index in range(count)]


def test_each_size_holds_the_smaller_ones_and_every_source_keeps_its_share():
    before: set[str] = set()
    for size in range(1, 101):
        ids = subsets.subset(Pairs(PAIRS, 0), str(size))
        assert len(set(ids)) == size
        assert before < set(ids)
        before = set(ids)
        for source, count in SOURCES.items():
            taken = sum(name.startswith(source) for name in ids)
            assert abs(taken - Fraction(size * count, 100)) < 1, (size, source)


def test_the_choice_depends_on_ids_alone():
    shuffled = random.Random(1).sample(PAIRS, len(PAIRS))
    assert subsets.subset(Pairs(shuffled, 0), "30") == subsets.subset(Pairs(PAIRS, 0), "30")
    assert subsets.subset(Pairs(PAIRS, 0), "all") == subsets.subset(Pairs(PAIRS, 0), "100")
    # Not simply the first ones of each source.
    assert {f"large-{index}" for index in range(10)} - set(subsets.subset(Pairs(PAIRS, 0), "20"))


def test_a_source_that_grows_keeps_the_order_of_the_others():
    grown = [*PAIRS, *(pair("small", index) for index in range(12, 40))]
    order = [[name for name in subsets.nested_order(rows) if name.startswith("large")] for rows in (PAIRS, grown)]
    assert order[0] == order[1]


def run(folder, size: str) -> int:
    files = [folder / f"train-0000{number}-of-00002.parquet" for number in range(2)]
    for number, path in enumerate(files):
        schema.write(path, PAIRS[number::2], schema.DATASET)
    arguments = ["--run", "trial", "--ledger", folder / "ledger/select_subset/x.json", "--size", size]
    return select_subset.main(list(map(str, [*arguments, "--output", folder / "ids.parquet", "--pairs", *files])))


def test_the_program_writes_the_ids_and_their_pairs_are_found(tmp_path):
    assert run(tmp_path, "10") == 0
    ids = [row["question_id"] for row in schema.read(tmp_path / "ids.parquet", schema.SUBSET)]
    assert ids == subsets.subset(Pairs(PAIRS, 0), "10")
    pairs = subsets.chosen_pairs(sorted(tmp_path.glob("train-*")), tmp_path / "ids.parquet")
    assert sorted(row["question_id"] for row in pairs) == sorted(ids)


def test_more_pairs_than_there_are_is_refused(tmp_path, capsys):
    assert run(tmp_path, "101") == 1
    assert "a student learns from 101 pairs, but the data set has 100; lower train_student" in capsys.readouterr().err
    assert not (tmp_path / "ids.parquet").exists()


@pytest.mark.parametrize(("ids", "sentence"), [(["large-99"], "large-99, which the data set lacks"), ([], "is empty")])
def test_a_subset_of_another_data_set_is_refused(tmp_path, ids, sentence):
    schema.write(tmp_path / "data.parquet", PAIRS, schema.DATASET)
    schema.write(tmp_path / "ids.parquet", [{"question_id": name} for name in ids], schema.SUBSET)
    with pytest.raises(InputError, match=sentence):
        subsets.chosen_pairs([tmp_path / "data.parquet"], tmp_path / "ids.parquet")


def problems_file(folder, count: int):
    """A set of problems of which every fourth has no solution."""
    rows = [
        {"problem_id": f"p{n}", "source": "own", "problem": f"{n} + 1?", "answer": str(n + 1), "solution": f"{n + 1}."}
        for n in range(count)
    ]
    path = folder / "own.parquet"
    schema.write(path, [row if n % 4 else {**row, "solution": None} for n, row in enumerate(rows)], schema.PROBLEMS)
    return path


def run_on_problems(folder, size: str, count: int = 40) -> int:
    arguments = [
        "--run",
        "trial",
        "--ledger",
        folder / "ledger.json",
        "--size",
        size,
        "--output",
        folder / "ids.parquet",
    ]
    return select_subset.main(list(map(str, [*arguments, "--pairs", problems_file(folder, count)])))


def test_problems_with_solutions_are_pairs_and_the_others_are_left_out_and_counted(tmp_path):
    assert run_on_problems(tmp_path, "all") == 0
    rows = json.loads((tmp_path / "ledger.json").read_text())["rows"]
    assert rows == {"in": 40, "without_solution": 10, "out": 30}
    pairs = subsets.chosen_pairs([tmp_path / "own.parquet"], tmp_path / "ids.parquet")
    assert [row["question_id"] for row in pairs] == [f"p{n}" for n in range(40) if n % 4]
    assert pairs[0] == {"question_id": "p1", "question": "1 + 1?", "response": "2."}
    before = {row["question_id"] for row in schema.read(tmp_path / "ids.parquet", schema.SUBSET)}
    assert run_on_problems(tmp_path, "12") == 0
    assert {row["question_id"] for row in schema.read(tmp_path / "ids.parquet", schema.SUBSET)} < before


@pytest.mark.parametrize(
    ("size", "count", "sentence"),
    [
        ("31", 40, "learns from 31 pairs, but the set of problems own has 30; lower train_student.<student>.sizes, or"),
        ("all", 1, "the set of problems own has no pairs for a student to learn from; give it more problems with"),
    ],
)
def test_too_few_solutions_are_refused_with_the_set(tmp_path, capsys, size, count, sentence):
    assert run_on_problems(tmp_path, size, count) == 1
    error = " ".join(capsys.readouterr().err.split())
    assert sentence in error
    assert "problems.own.columns.solution" in error
