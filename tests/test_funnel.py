"""The funnel counts every row once, and the check finds every way in which counts can fail to add up."""

import csv
import json
import re
from pathlib import Path

import assemble_dataset
import check_funnel
import pyarrow.parquet as pq
import pytest
import small_run
import tabulate_funnel
from synthesis import funnel, schema
from synthesis.errors import InputError


def tabulate(tmp_path, results):
    output = tmp_path / "tables/funnel.csv"
    arguments = [*small_run.common_arguments(tmp_path, "tabulate_funnel"), "--output", str(output)]
    arguments += ["--page", str(tmp_path / "funnel.html")]
    return tabulate_funnel.main([*arguments, *small_run.stage_arguments(results)]), output


def test_the_table_has_one_row_for_each_source_stage_and_outcome(tmp_path):
    code, output = tabulate(tmp_path, small_run.write_run(tmp_path / "run"))
    assert code == 0
    with output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    table = {(row["source"], row["stage"], row["outcome"]): int(row["rows"]) for row in rows}
    assert len(table) == len(rows)
    assert table["smollm2", "generate_questions", "kept"] == 15
    assert table["smollm2", "filter_questions/rules", "kept"] == 13
    assert table["smollm2", "filter_questions/rules", "too_short"] == 2
    assert table["smollm2", "filter_questions/language", "kept"] == 11
    assert table["smollm2", "filter_questions/language", "language:de"] == 2
    assert table["smollm2", "find_duplicates", "duplicate"] == 2
    assert table["smollm2", "judge_questions/solvability", "unsolvable"] == 1
    assert table["smollm2", "select_questions", "over_cap"] == 1
    assert table["smollm2", "generate_responses", "kept"] == 14
    assert table["smollm2", "filter_responses", "no_answer"] == 2
    assert table["smollm2", "score_responses", "kept"] == 12
    assert table["smollm2", "select_responses", "kept"] == 7
    assert table["imported", "select_responses", "kept"] == 5
    steps = {row["stage"]: int(row["step"]) for row in rows}
    first, filtered, *others = small_run.STAGES
    assert sorted(steps, key=steps.get) == [first, *(f"{filtered}/{name}" for name in small_run.FILTERS), *others]
    assert {row["unit"] for row in rows if row["stage"] in small_run.STAGES[5:]} == {"responses"}
    ledger = json.loads((tmp_path / "ledger/tabulate_funnel/all.json").read_text())
    assert ledger["rows"] == {"in": 25, "out": 12}


def test_reading_gives_back_what_was_written(tmp_path):
    _, output = tabulate(tmp_path, small_run.write_run(tmp_path / "run"))
    counts = funnel.read(output)
    assert counts == funnel.count(_stages(tmp_path / "run"))
    filtered = next(item for item in counts if item.stage == "filter_questions/language" and item.source == "smollm2")
    assert (filtered.rows_in, filtered.kept, filtered.rejected) == (13, 11, {"language:de": 2})


VERDICTS = [
    # reason, and what the filters a and b say
    ("", "", ""),
    ("short", "short", ""),
    ("short", "short", "language:de"),
    ("language:de", "", "language:de"),
    ("refused", "short", "language:de"),
    ("copied", "copied", "copied"),
]


def test_each_filter_counts_what_those_before_it_let_pass(tmp_path):
    names = ("question_id", "keep", "reason", "score", "a_reason", "b_reason")
    rows = [
        dict(zip(names, (str(number), not reason, reason, None, *found), strict=True))
        for number, (reason, *found) in enumerate(VERDICTS)
    ]
    path = tmp_path / "s/00000.parquet"
    schema.write(path, rows, schema.filter_verdicts(["a", "b"]))
    first, second = funnel.count(funnel.stages([["filter_questions", str(path)]]))
    assert (first.stage, first.step, first.rows_in, first.kept) == ("filter_questions/a", 1, 6, 2)
    assert first.rejected == {"short": 2, "copied": 1, "refused": 1}
    assert (second.stage, second.step, second.rows_in, second.kept) == ("filter_questions/b", 2, 2, 1)
    assert second.rejected == {"language:de": 1}


@pytest.mark.parametrize(
    ("reason", "kind", "original"),
    [
        ("duplicate_of:x-1", "duplicate", "x-1"),
        ("near_duplicate_of:set/7", "near_duplicate", "set/7"),
        ("contaminated:test", "contaminated:test", ""),
        ("too_short", "too_short", ""),
    ],
)
def test_a_duplicates_reason_is_counted_without_the_row_that_it_names(reason, kind, original):
    assert (funnel.kind(reason), funnel.original(reason)) == (kind, original)


def _stages(results):
    arguments = small_run.stage_arguments(results)
    starts = [place for place, word in enumerate(arguments) if word == "--stage"]
    return funnel.stages([arguments[a + 1 : b] for a, b in zip(starts, [*starts[1:], len(arguments)], strict=True)])


def test_empty_shards_and_empty_sources_count_as_nothing(tmp_path):
    code, output = tabulate(tmp_path, small_run.write_run(tmp_path / "run", {"smollm2": [10, 0], "imported": [0]}))
    assert code == 0
    counts = {(item.source, item.stage): item for item in funnel.read(output)}
    assert counts["imported", "select_responses"].rows_in == 0
    assert counts["smollm2", "generate_questions"].kept == 10


def test_the_order_of_the_arguments_does_not_matter_but_judges_stay_in_theirs():
    found = funnel.stages(
        [
            [name, "run/x/smollm2/00000.parquet"]
            for name in ("judge_questions/b", "generate_questions", "judge_questions/a")
        ]
    )
    assert [stage.name for stage in found] == ["generate_questions", "judge_questions/b", "judge_questions/a"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([["read_tea_leaves", "a/s/00000.parquet"]], "read_tea_leaves is not a stage"),
        ([["find_duplicates", "a/s/00000.parquet"]] * 2, "given twice"),
        ([["find_duplicates"]], "has no files"),
        ([["find_duplicates", "a/s/00000.parquet", "b/s/00000.parquet"]], "two files for s/00000"),
        (
            [
                ["generate_questions", "a/s/00000.parquet", "a/s/00001.parquet"],
                ["find_duplicates", "b/s/00000.parquet"],
            ],
            "source s, shard 00001: find_duplicates has no file but generate_questions has one",
        ),
    ],
)
def test_wrong_stage_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        funnel.stages(arguments)


def test_a_table_of_another_shape_is_refused(tmp_path):
    (tmp_path / "funnel.csv").write_text("stage,rows\na,1\n")
    with pytest.raises(InputError, match="does not have the columns"):
        funnel.read(tmp_path / "funnel.csv")


# check_funnel


def assemble(tmp_path, results, included=()):
    data = results / "dataset/data/train-00000-of-00001.parquet"
    prompt = tmp_path / "prompt.yaml"
    prompt.write_text("user: '{question}'\n")
    arguments = [
        *small_run.common_arguments(tmp_path, "assemble_dataset"),
        "--prompt",
        str(prompt),
        "--data",
        str(data),
    ]
    arguments += ["--settings", json.dumps(small_run.SETTINGS), *small_run.stage_arguments(results)]
    arguments += ["--included", *map(str, included)]
    assert assemble_dataset.main(arguments) == 0
    return data


@pytest.fixture
def finished(tmp_path):
    results = small_run.write_run(tmp_path / "run")
    return results, assemble(tmp_path, results)


def check(tmp_path, finished, samples=small_run.SAMPLES, included=()):
    results, data = finished
    output = tmp_path / "check_funnel.json"
    arguments = [*small_run.common_arguments(tmp_path, "check_funnel"), "--settings", json.dumps({"samples": samples})]
    arguments += ["--page", str(tmp_path / "check_funnel.html")]
    arguments += ["--output", str(output), "--dataset", str(data), *small_run.stage_arguments(results)]
    arguments += ["--included", *map(str, included)]
    return check_funnel.main(arguments), output


def test_a_whole_run_passes_and_the_report_says_what_was_checked(tmp_path, finished):
    code, output = check(tmp_path, finished)
    assert code == 0
    report = json.loads(output.read_text())
    assert report["shards"] == 3
    assert report["dataset_rows"] == 12
    assert report["stages"]["smollm2"]["filter_questions"] == {"in": 15, "kept": 11}
    assert report["stages"]["imported"]["select_responses"] == {"in": 9, "kept": 5}
    assert report["checks"]


def test_included_pairs_are_counted_apart(tmp_path):
    results, published = (
        small_run.write_run(tmp_path / "run"),
        small_run.write_published(tmp_path / "published.parquet"),
    )
    code, output = check(tmp_path, (results, assemble(tmp_path, results, [published])), included=[published])
    assert code == 0
    report = json.loads(output.read_text())
    assert report["dataset_rows"] == 12
    assert report["included"] == {"published": {"pairs": 2, "without_solution": 1}}
    assert set(report["stages"]) == {"smollm2", "imported"}
    assert "includes 2 pairs of published" in (tmp_path / "check_funnel.html").read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], "source published: assemble_dataset included 2 pairs but the data set has 1 rows"),
        (lambda rows: [*rows, rows[-1]], "source published: question published-1 stands in the data set twice"),
        (
            lambda rows: [*rows[:-1], {**rows[-1], "question_id": "x"}],
            "source published: the data set has 2 rows, as expected, but other rows than assemble_dataset included",
        ),
    ],
)
def test_a_lost_or_doubled_included_pair_is_found(tmp_path, capsys, change, message):
    results, published = (
        small_run.write_run(tmp_path / "run"),
        small_run.write_published(tmp_path / "published.parquet"),
    )
    finished = results, assemble(tmp_path, results, [published])
    edit(finished, "dataset", change)
    assert check(tmp_path, finished, included=[published])[0] == 1
    assert message in " ".join(capsys.readouterr().err.split())


def test_a_question_whose_responses_are_all_too_long_for_the_scorer_needs_no_chosen_one(tmp_path):
    results = small_run.write_run(tmp_path / "run")
    for stage, values in (
        ("score_responses", {"reward": None, "finish_reason": "context_overflow"}),
        ("select_responses", {"keep": False, "reason": "context_overflow", "score": None}),
    ):
        path = results / stage / "smollm2/00000.parquet"
        columns = pq.read_schema(path)
        rows = schema.read(path, columns)
        changed = [{**row, **values} if row["question_id"] == rows[0]["question_id"] else row for row in rows]
        schema.write(path, changed, columns)
    assert check(tmp_path, (results, assemble(tmp_path, results)))[0] == 0


def test_a_run_without_scores_passes(tmp_path, finished):
    results, data = finished
    for path in (results / "score_responses").rglob("*.parquet"):
        path.unlink()
    stages = [stage for stage in small_run.STAGES if stage != "score_responses"]
    arguments = [*small_run.common_arguments(tmp_path, "check_funnel"), "--settings", json.dumps({"samples": 2})]
    arguments += ["--page", str(tmp_path / "page.html"), "--output", str(tmp_path / "checks.json")]
    arguments += ["--dataset", str(data), *small_run.stage_arguments(results, stages)]
    assert check_funnel.main(arguments) == 0
    assert "score_responses" not in json.loads((tmp_path / "checks.json").read_text())["stages"]["smollm2"]


def test_shards_change_no_count(tmp_path):
    tables, stages = [], []
    for name, sizes in (("whole", [30]), ("pieces", [4, 0, 1, 25])):
        folder = tmp_path / name
        results = small_run.write_run(folder / "run", {"smollm2": sizes, "imported": [10]})
        code, output = tabulate(folder, results)
        assert code == 0
        tables.append(output.read_text())
        code, output = check(folder, (results, assemble(folder, results)))
        assert code == 0
        stages.append(json.loads(output.read_text())["stages"])
    assert tables[0] == tables[1]
    assert stages[0] == stages[1]


def test_empty_shards_pass(tmp_path):
    results = small_run.write_run(tmp_path / "run", {"smollm2": [0, 10], "imported": [0]})
    code, _ = check(tmp_path, (results, assemble(tmp_path, results)))
    assert code == 0


def edit(finished, stage, change, source="smollm2", shard="00000"):
    """Rewrite one file of the run: `change` gets its rows and returns the new ones."""
    results, data = finished
    path = data if stage == "dataset" else results / stage / source / f"{shard}.parquet"
    columns = pq.read_schema(path)
    schema.write(path, change(schema.read(path, columns)), columns)


def with_values(number, **values):
    return lambda rows: [{**row, **values} if place == number else row for place, row in enumerate(rows)]


def without(number):
    return lambda rows: [row for place, row in enumerate(rows) if place != number]


def doubled(rows):
    return [rows[0], *rows]


CORRUPTIONS = [
    *[(stage, without(0), f"source smollm2, shard 00000: .*{stage}") for stage in small_run.STAGES[1:]],
    ("dataset", without(0), "source smollm2: select_responses chose 7 responses but the data set has 6 rows"),
    *[(stage, doubled, "twice") for stage in [*small_run.STAGES, "dataset"]],
    ("filter_questions", with_values(0, reason="too_short"), "keeps .* but gives the reason too_short"),
    ("filter_questions", with_values(1, reason=""), "rejects .* without a reason"),
    ("filter_responses", with_values(0, keep=False), "rejects .* without a reason"),
    ("select_responses", with_values(1, reason="lower_reward"), "gives the reason lower_reward"),
    ("find_duplicates", with_values(0, question_id="stranger"), "other rows"),
    ("generate_questions", with_values(0, question_id="stranger"), "other rows"),
    ("score_responses", with_values(0, sample=7), "other rows"),
    ("generate_responses", with_values(0, sample=7), "other rows"),
    ("select_responses", with_values(0, keep=True, reason=""), "chooses 2"),
    ("select_responses", with_values(1, keep=False, reason="lower_reward"), "chooses 0"),
    ("dataset", with_values(0, sample=7), "other rows"),
    ("dataset", with_values(0, source="imported"), "smollm2"),
]


@pytest.mark.parametrize(("stage", "change", "message"), CORRUPTIONS)
def test_every_kind_of_corruption_is_found_and_named(tmp_path, finished, capsys, stage, change, message):
    edit(finished, stage, change)
    code, output = check(tmp_path, finished)
    assert code == 1
    assert not output.exists()
    error = " ".join(capsys.readouterr().err.split())
    assert "Traceback" not in error
    assert re.search(message, error), error


def test_the_sentence_names_source_stage_shard_and_both_counts(tmp_path, finished, capsys):
    edit(finished, "judge_questions/solvability", without(0), shard="00001")
    check(tmp_path, finished)
    error = " ".join(capsys.readouterr().err.split())
    expected = "source smollm2, shard 00001: find_duplicates kept 2 rows but 1 reached judge_questions/solvability"
    assert expected in error


def test_too_few_samples_are_found(tmp_path, finished, capsys):
    code, _ = check(tmp_path, finished, samples=3)
    assert code == 1
    assert (
        "select_questions kept 5 questions, so 3 samples each make 15 rows, but generate_responses has 10"
        in " ".join(capsys.readouterr().err.split())
    )


def test_one_question_in_two_sources_is_found(tmp_path, finished, capsys):
    for stage in small_run.STAGES:
        edit(finished, stage, lambda rows: [_renamed(row) for row in rows], source="imported")
    code, _ = check(tmp_path, finished)
    assert code == 1
    assert "smollm2-0" in capsys.readouterr().err


def _renamed(row):
    changed = {**row, "question_id": row["question_id"].replace("imported", "smollm2")}
    return {**changed, "reason": changed["reason"].replace("imported", "smollm2")} if "reason" in row else changed


def test_a_missing_file_is_named(tmp_path, finished, capsys):
    results, _ = finished
    Path(results / "find_duplicates/smollm2/00001.parquet").unlink()
    code, _ = check(tmp_path, finished)
    assert code == 1
    assert "source smollm2, shard 00001: find_duplicates has no file" in capsys.readouterr().err
