"""The selection of questions: the cap, the shortfall, and that growth keeps earlier picks."""

import json

import pytest
import select_questions
from question_files import question, reasons, row_counts, start, write_questions, write_verdicts
from synthesis import schema
from synthesis.verdicts import verdict


def write(folder, source: str, indices, rejected: dict[int, str], shard: str = "00000") -> str:
    """A shard's questions with two stages of verdicts: every third is rejected first, then those in `rejected`."""
    write_questions(folder / f"questions/{source}/{shard}.parquet", [question(i, source=source) for i in indices])
    first = {f"{source}-{i}": "" if i % 3 else "too_short" for i in indices}
    second = {f"{source}-{i}": rejected.get(i, "") for i in indices if i % 3}
    write_verdicts(folder / f"filter_questions/{source}/{shard}.parquet", first)
    write_verdicts(folder / f"find_duplicates/{source}/{shard}.parquet", second)
    return f"{source}/{shard}.parquet"


def run(folder, shards: list[str], stages=("filter_questions", "find_duplicates"), **sources) -> int:
    settings = {"sources": {name: {"method": "none", "shortfall": "warn", **rest} for name, rest in sources.items()}}
    line = ["--questions", *(folder / "questions" / shard for shard in shards)]
    for stage in (stage for stage in stages if stage != "score_difficulty"):
        line += ["--verdicts", stage, *(folder / stage / shard for shard in shards)]
    if "score_difficulty" in stages:
        line += ["--scores", *(folder / "score_difficulty" / shard for shard in shards)]
    line += ["--outputs", *(folder / "out" / shard for shard in shards)]
    line += ["--thresholds", folder / "thresholds.json"]
    return start(select_questions, folder, settings, *line)


def verdicts(folder) -> dict[str, str]:
    return {name: why for path in sorted((folder / "out").glob("*/*")) for name, why in reasons(path).items()}


def picks(folder) -> list[str]:
    return [name for name, reason in verdicts(folder).items() if not reason]


def test_without_a_cap_all_that_is_left_is_kept(tmp_path):
    shards = [write(tmp_path, "alpha", range(6), {4: "duplicate_of:x"}), write(tmp_path, "beta", range(3), {})]
    assert run(tmp_path, shards, alpha={}, beta={}) == 0
    assert reasons(tmp_path / "out/alpha/00000.parquet") == {"alpha-1": "", "alpha-2": "", "alpha-5": ""}
    assert reasons(tmp_path / "out/beta/00000.parquet") == {"beta-1": "", "beta-2": ""}
    assert row_counts(select_questions, tmp_path) == {"in": 5, "out": 5, "out_alpha": 3, "out_beta": 2}


def test_the_cap_keeps_the_first_in_index_order_whatever_the_order_of_files(tmp_path):
    shards = [
        write(tmp_path, "alpha", [8, 7, 5], {}, "00001"),
        write(tmp_path, "alpha", [2, 1, 4], {}, "00000"),
        write(tmp_path, "beta", range(6), {}),
    ]
    assert run(tmp_path, shards, alpha={"cap": 4}, beta={"cap": 1}) == 0
    assert reasons(tmp_path / "out/alpha/00000.parquet") == {"alpha-2": "", "alpha-1": "", "alpha-4": ""}
    expected = {"alpha-8": "over_cap", "alpha-7": "over_cap", "alpha-5": ""}
    assert reasons(tmp_path / "out/alpha/00001.parquet") == expected
    assert picks(tmp_path)[-1:] == ["beta-1"]
    assert row_counts(select_questions, tmp_path) == {"in": 10, "out": 5, "out_alpha": 4, "out_beta": 1}


@pytest.mark.parametrize("cap", [3, 7, 1000, None])
def test_growth_keeps_earlier_picks(tmp_path, cap):
    rest = {} if cap is None else {"cap": cap}
    shards = [write(tmp_path, "alpha", range(9), {5: "rejected_by:x"})]
    assert run(tmp_path, shards, alpha=rest) == 0
    old = set(picks(tmp_path))
    shards.append(write(tmp_path, "alpha", range(9, 30), {}, "00001"))
    assert run(tmp_path, shards, alpha=rest) == 0
    assert len(old) == min(cap or 5, 5)
    assert old <= set(picks(tmp_path))


def test_a_shortfall_warns_or_fails(tmp_path, capsys):
    shards = [write(tmp_path, "alpha", range(6), {})]
    assert run(tmp_path, shards, alpha={"cap": 5}) == 0
    assert len(picks(tmp_path)) == 4
    sentence = "source alpha has 4 questions left after all filters and judges, fewer than the 5 of select_questions"
    assert sentence in capsys.readouterr().err
    (tmp_path / "out/alpha/00000.parquet").unlink()
    assert run(tmp_path, shards, alpha={"cap": 5, "shortfall": "fail"}) == 1
    error = capsys.readouterr().err
    assert sentence in error and "raise generate_questions.sources.alpha.total" in error
    assert verdicts(tmp_path) == {}
    assert run(tmp_path, shards, alpha={"cap": 4, "shortfall": "fail"}) == 0
    assert "fewer than" not in capsys.readouterr().err


def test_empty_shards_pass(tmp_path):
    shards = [write(tmp_path, "alpha", [], {}), write(tmp_path, "alpha", [3], {}, "00001")]
    assert run(tmp_path, shards, alpha={"cap": 2}) == 0
    assert verdicts(tmp_path) == {} and (tmp_path / "out/alpha/00001.parquet").is_file()


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({}, "select_questions.sources has no entry for the source alpha"),
        ({"alpha": {"method": "magic"}}, "select_questions.sources.alpha.method is magic; use none"),
        ({"alpha": {"shortfall": "ask"}}, "select_questions.sources.alpha.shortfall is ask; use warn or fail"),
    ],
)
def test_wrong_settings_end_in_one_sentence(tmp_path, capsys, settings, complaint):
    assert run(tmp_path, [write(tmp_path, "alpha", range(3), {})], **settings) == 1
    assert complaint in capsys.readouterr().err


def test_files_that_do_not_fit_are_refused(tmp_path, capsys):
    shards = [write(tmp_path, "alpha", [1, 2], {}), write(tmp_path, "alpha", [4, 5], {}, "00001")]
    paths = {stage: [tmp_path / stage / shard for shard in shards] for stage in ("questions", "filter_questions")}
    settings = {"sources": {"alpha": {"method": "none", "shortfall": "warn"}}}

    def start_with(verdict_files, outputs) -> str:
        line = ["--questions", *paths["questions"], "--verdicts", "filter_questions", *verdict_files]
        line += ["--thresholds", tmp_path / "thresholds.json"]
        assert start(select_questions, tmp_path, settings, *line, "--outputs", *outputs) == 1
        return capsys.readouterr().err

    outputs = [tmp_path / "out" / shard for shard in shards]
    sentence = "--verdicts filter_questions does not name one file for each of the 2 question files"
    assert sentence in start_with(paths["filter_questions"][::-1], outputs)
    assert sentence in start_with(paths["filter_questions"][:1], outputs)
    assert "--questions names 2 files and --outputs 1" in start_with(paths["filter_questions"], outputs[:1])
    write_verdicts(paths["filter_questions"][1], {"beta-1": ""})
    assert "keeps question beta-1, which" in start_with(paths["filter_questions"], outputs)


def score(folder, source: str, scores: dict[int, float], shard: str = "00000") -> str:
    """A shard of questions that all stages kept, with their difficulty."""
    write_questions(folder / f"questions/{source}/{shard}.parquet", [question(i, source=source) for i in scores])
    write_verdicts(folder / f"filter_questions/{source}/{shard}.parquet", {f"{source}-{i}": "" for i in scores})
    rows = [verdict(f"{source}-{i}", score=value) for i, value in scores.items()]
    schema.write(folder / f"score_difficulty/{source}/{shard}.parquet", rows, schema.QUESTION_VERDICTS)
    return f"{source}/{shard}.parquet"


SCORED = ("filter_questions", "score_difficulty")


def thresholds(folder) -> dict:
    return json.loads((folder / "thresholds.json").read_text())


def test_a_threshold_keeps_what_reaches_it(tmp_path):
    shards = [score(tmp_path, "alpha", {0: 0.2, 1: 0.5, 2: 0.9}), score(tmp_path, "beta", {0: 0.1})]
    settings = {"alpha": {"method": "threshold", "threshold": 0.5}, "beta": {}}
    assert run(tmp_path, shards, SCORED, **settings) == 0
    assert verdicts(tmp_path) == {"alpha-0": "too_easy", "alpha-1": "", "alpha-2": "", "beta-0": ""}
    assert thresholds(tmp_path) == {"alpha": 0.5, "beta": None}
    found = schema.read(tmp_path / "out/alpha/00000.parquet", schema.QUESTION_VERDICTS)
    assert [row["score"] for row in found] == [0.2, 0.5, 0.9]


def test_a_quantile_is_fitted_on_the_first_shards_so_growth_keeps_earlier_picks(tmp_path):
    settings = {"alpha": {"method": "quantile", "share": 0.5, "calibration_shards": 2}}
    shards = [
        score(tmp_path, "alpha", {0: 0.1, 1: 0.2}),
        score(tmp_path, "alpha", {2: 0.3, 3: 0.4}, "00001"),
    ]
    assert run(tmp_path, shards, SCORED, **settings) == 0
    assert picks(tmp_path) == ["alpha-2", "alpha-3"]
    shards.append(score(tmp_path, "alpha", {4: 0.9, 5: 0.25, 6: 0.95}, "00002"))
    assert run(tmp_path, shards, SCORED, **settings) == 0
    assert picks(tmp_path) == ["alpha-2", "alpha-3", "alpha-4", "alpha-6"]
    assert thresholds(tmp_path) == {"alpha": 0.3}


def test_a_count_keeps_the_most_difficult_of_all_shards(tmp_path):
    shards = [score(tmp_path, "alpha", {0: 0.1, 1: 0.8}), score(tmp_path, "alpha", {2: 0.3, 3: 0.4}, "00001")]
    assert run(tmp_path, shards, SCORED, alpha={"method": "count", "count": 2}) == 0
    assert picks(tmp_path) == ["alpha-1", "alpha-3"]
    assert run(tmp_path, shards, SCORED, alpha={"method": "count", "count": 100}) == 0
    assert len(picks(tmp_path)) == 4


def test_the_cap_comes_after_the_threshold(tmp_path):
    shards = [score(tmp_path, "alpha", {0: 0.1, 1: 0.8, 2: 0.9})]
    assert run(tmp_path, shards, SCORED, alpha={"method": "threshold", "threshold": 0.5, "cap": 1}) == 0
    assert verdicts(tmp_path) == {"alpha-0": "too_easy", "alpha-1": "", "alpha-2": "over_cap"}


def test_a_threshold_that_nothing_is_left_to_fit_on_is_said(tmp_path, capsys):
    shards = [score(tmp_path, "alpha", {})]
    settings = {"alpha": {"method": "quantile", "share": 0.5, "calibration_shards": 1}}
    assert run(tmp_path, shards, SCORED, **settings) == 1
    assert "no question of the source is left to fit a threshold on" in capsys.readouterr().err
