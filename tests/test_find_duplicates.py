"""Global exact duplicates: who is kept does not depend on shards, and growth changes no old decision."""

import random

import find_duplicates
import pytest
from question_files import reasons, row_counts, start, write_problems
from synthesis import schema
from synthesis.layout import shards
from synthesis.text import signature

SOURCES = ["alpha", "beta"]


def signed(source: str, index: int, text: str) -> dict:
    return {"question_id": f"{source}-{index}", "index": index, "exact": signature(text)}


def write(folder, source: str, rows: list[dict], shard: str = "00000"):
    path = folder / "in" / source / f"{shard}.signatures.parquet"
    schema.write(path, rows, schema.SIGNATURES)
    return path


def run(folder, inputs: list, sources=SOURCES, method: str = "exact", against=()) -> int:
    outputs = [folder / "out" / path.parent.name / f"{path.name.partition('.')[0]}.parquet" for path in inputs]
    settings = {"method": method, "sources": sources}
    files = ["--inputs", *inputs, "--against", *against, "--outputs", *outputs, *clusters(folder)]
    return start(find_duplicates, folder, settings, *files)


def clusters(folder) -> list:
    return ["--clusters", folder / "clusters.parquet"]


def verdicts(folder) -> dict[str, str]:
    """All verdicts under `out`; checks on the way that each file covers the rows of its signature file."""
    found = {}
    for path in sorted((folder / "out").glob("*/*.parquet")):
        part = reasons(path)
        signatures = folder / "in" / path.parent.name / f"{path.stem}.signatures.parquet"
        assert list(part) == [row["question_id"] for row in schema.read(signatures, schema.SIGNATURES)]
        found |= part
    return found


def sharded(folder, texts: dict[str, list[str]], count: int, size: int) -> list:
    """Signature files of the first `size` texts of each source in `count` shards; every fifth row was filtered out."""
    paths = []
    for source, all_texts in texts.items():
        for shard in shards(size, -(-size // count)):
            rows = [signed(source, i, all_texts[i]) for i in range(shard.start, shard.stop) if i % 5]
            paths.append(write(folder, source, rows, shard.name))
    return paths


@pytest.fixture
def texts() -> dict[str, list[str]]:
    """300 texts a source of which many are equal, inside a source and across."""
    draw = random.Random(3)
    return {source: [f"What is {draw.randrange(200)} + 1?" for _ in range(300)] for source in SOURCES}


def test_the_lowest_index_is_kept_and_the_first_source_among_equals(tmp_path):
    alpha = write(tmp_path, "alpha", [signed("alpha", 2, "same"), signed("alpha", 5, "level"), signed("alpha", 9, "x")])
    beta = write(tmp_path, "beta", [signed("beta", 1, " SAME "), signed("beta", 5, "level"), signed("beta", 9, "y")])
    assert run(tmp_path, [alpha, beta]) == 0
    expected = {"alpha-2": "duplicate_of:beta-1", "beta-5": "duplicate_of:alpha-5"}
    assert {name: reason for name, reason in verdicts(tmp_path).items() if reason} == expected
    assert row_counts(find_duplicates, tmp_path) == {"in": 6, "out": 4, "rejected_duplicate_of": 2}
    assert run(tmp_path, [alpha, beta], sources=["beta", "alpha"]) == 0
    assert verdicts(tmp_path)["alpha-5"] == "duplicate_of:beta-5"
    assert schema.read(tmp_path / "clusters.parquet", schema.DUPLICATES) == [
        {"question_id": "alpha-2", "kept_id": "beta-1", "kind": "exact", "jaccard": 1.0},
        {"question_id": "alpha-5", "kept_id": "beta-5", "kind": "exact", "jaccard": 1.0},
    ]


def test_all_copies_name_the_one_that_is_kept(tmp_path):
    path = write(tmp_path, "alpha", [signed("alpha", index, "same") for index in (3, 1, 2)])
    assert run(tmp_path, [path]) == 0
    assert verdicts(tmp_path) == {"alpha-3": "duplicate_of:alpha-1", "alpha-1": "", "alpha-2": "duplicate_of:alpha-1"}


def test_shards_and_their_order_change_nothing(tmp_path, texts):
    found = []
    for count in (1, 3, 7):
        folder = tmp_path / str(count)
        paths = sharded(folder, texts, count, 300)
        assert len(paths) == 2 * count
        random.Random(count).shuffle(paths)
        assert run(folder, paths) == 0
        found.append(verdicts(folder))
    assert found[0] == found[1] == found[2]
    kept = [name for name, reason in found[0].items() if not reason]
    assert 0 < len(kept) < len(found[0]) == 480
    kept_texts = {texts[name.split("-")[0]][int(name.split("-")[1])] for name in kept}
    assert len(kept_texts) == len(kept), "one question is kept of each text"


def test_growth_in_step_changes_no_old_decision(tmp_path, texts):
    small, large = tmp_path / "small", tmp_path / "large"
    assert run(small, sharded(small, texts, 2, 100)) == 0
    assert run(large, sharded(large, texts, 6, 300)) == 0
    old, new = verdicts(small), verdicts(large)
    assert len(new) == 3 * len(old) and any(old.values())
    assert {name: new[name] for name in old} == old


def test_a_question_that_equals_a_problem_names_its_set_whatever_else_there_is(tmp_path, texts):
    """Also where another question is the same and comes first: the problem was there before both."""
    known = [write_problems(tmp_path / "published.parquet", texts["alpha"][7:9])]
    known.append(write_problems(tmp_path / "other.parquet", [f"  {texts['alpha'][7].upper()}", "What else?"]))
    found = []
    for size, count in ((100, 2), (300, 6)):
        folder = tmp_path / str(size)
        assert run(folder, sharded(folder, texts, count, size), against=known) == 0
        found.append(verdicts(folder))
    small, large = found
    assert {name: large[name] for name in small} == small
    same = [
        f"{name}-{n}" for name in SOURCES for n, text in enumerate(texts[name]) if n % 5 and text == texts["alpha"][7]
    ]
    assert len(same) > 1
    assert {large[name] for name in same} == {"duplicate_of:published/published-0"}
    plain = tmp_path / "plain"
    assert run(plain, sharded(plain, texts, 6, 300)) == 0
    others = {name: reason for name, reason in large.items() if "published/" not in reason}
    assert others == {name: reason for name, reason in verdicts(plain).items() if name in others}
    assert row_counts(find_duplicates, tmp_path / "300")["rejected_duplicate_of"] == sum(map(bool, large.values()))


def test_empty_shards_pass(tmp_path):
    paths = [write(tmp_path, "alpha", []), write(tmp_path, "beta", [signed("beta", 0, "x")])]
    assert run(tmp_path, paths) == 0
    assert verdicts(tmp_path) == {"beta-0": ""}
    assert (tmp_path / "out/alpha/00000.parquet").is_file()


def test_an_id_in_two_shards_is_refused(tmp_path, capsys):
    row = signed("alpha", 4, "x")
    paths = [write(tmp_path, "alpha", [row], "00000"), write(tmp_path, "alpha", [row], "00001")]
    assert run(tmp_path, paths) == 1
    error = capsys.readouterr().err
    assert "question alpha-4 is in" in error and "00000.signatures" in error and "00001.signatures" in error
    assert not (tmp_path / "out").exists()


def test_wrong_arguments_end_in_one_sentence(tmp_path, capsys):
    path = write(tmp_path, "gamma", [])
    assert run(tmp_path, [path]) == 1
    assert "the source gamma, which the settings do not list; they list alpha, beta" in capsys.readouterr().err
    assert run(tmp_path, [path], method="fuzzy") == 1
    assert "find_duplicates.method is fuzzy, which is unknown; use exact or near" in capsys.readouterr().err
    settings = {"method": "exact", "sources": ["gamma"]}
    assert start(find_duplicates, tmp_path, settings, "--inputs", path, "--outputs", "a", "b", *clusters(tmp_path)) == 1
    assert "--inputs names 1 files and --outputs 2" in capsys.readouterr().err
