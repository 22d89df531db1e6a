"""The data set holds the chosen responses, in order, under every name it is exported to."""

import json
import os
import subprocess
import sys

import assemble_dataset
import pyarrow.parquet as pq
import pytest
import small_run
from synthesis import schema

EXPORTS = ["query_response", "problem_solution", "messages", "sharegpt"]


PROMPT = "user: '{question}'\n"


def assemble(tmp_path, results, files=1, exports=(), prompt=PROMPT, stages=small_run.STAGES, included=(), **more):
    (tmp_path / "prompt.yaml").write_text(prompt)
    names = [f"train-{number:05d}-of-{files:05d}.parquet" for number in range(files)]
    arguments = [*small_run.common_arguments(tmp_path, "assemble_dataset"), "--prompt", str(tmp_path / "prompt.yaml")]
    settings = {**small_run.SETTINGS, "files": files, "exports": list(exports), **more}
    arguments += ["--settings", json.dumps(settings)]
    arguments += ["--data", *[str(results / "dataset/data" / name) for name in names]]
    for export in exports:
        arguments += ["--export", export, *[str(results / "dataset" / export / name) for name in names]]
    arguments += ["--included", *map(str, included)]
    return assemble_dataset.main([*arguments, *small_run.stage_arguments(results, stages)])


def read(results, config="data"):
    paths = sorted((results / "dataset" / config).glob("*.parquet"))
    return [row for path in paths for row in pq.read_table(path, partitioning=None).to_pylist()]


def test_each_row_joins_a_question_with_its_chosen_response(tmp_path):
    results = small_run.write_run(tmp_path / "run")
    assert assemble(tmp_path, results) == 0
    rows = read(results)
    assert pq.read_schema(results / "dataset/data/train-00000-of-00001.parquet").names == schema.DATASET.names
    assert rows[0] == {
        "question_id": "smollm2-0",
        "source": "smollm2",
        "question": "What is 0 + 0?\u2028(smollm2)",
        "response": "0 + 0 = 0, try 1",
        "answer": "0",
        "sample": 1,
        "reward": 1.0,
        "question_model": "smollm2",
        "response_model": "teacher",
        "reward_model": "scorer",
    }
    assert rows[-1]["question_model"] is None
    numbers = {"smollm2": [0, 2, 5, 7, 9, 10, 12], "imported": [0, 2, 5, 7, 9]}
    assert [row["question_id"] for row in rows] == [f"{name}-{number}" for name in numbers for number in numbers[name]]
    ledger = json.loads((tmp_path / "ledger/assemble_dataset/all.json").read_text())
    assert ledger["rows"] == {"in": 21, "out": 12}


def test_included_pairs_stand_behind_the_own_and_are_counted_apart(tmp_path):
    results = small_run.write_run(tmp_path / "run")
    published = small_run.write_published(tmp_path / "published.parquet")
    prompt = "system: You are exact.\nuser: '{question}'\n"
    arguments = {"files": 2, "exports": ["messages"], "prompt": prompt}
    assert assemble(tmp_path, results, included=[published], **arguments) == 0
    rows = read(results)
    assert [row["source"] for row in rows] == ["smollm2"] * 7 + ["imported"] * 5 + ["published"] * 2
    assert rows[-1] == {
        "question_id": "published-1",
        "source": "published",
        "question": "Is 1 odd?",
        "response": "I think so: yes",
        "answer": "yes",
        **dict.fromkeys(["sample", "reward", "question_model", "response_model", "reward_model"]),
    }
    ledger = json.loads((tmp_path / "ledger/assemble_dataset/all.json").read_text())
    assert ledger["rows"] == {"in": 21, "out": 12, "included": 2, "included_without_solution": 1}
    # Its answers were not written after our system turn.
    roles = [[turn["role"] for turn in row["messages"]] for row in read(results, "messages")]
    assert roles == [["system", "user", "assistant"]] * 12 + [["user", "assistant"]] * 2


def test_rewards_are_empty_where_nothing_was_scored(tmp_path):
    results = small_run.write_run(tmp_path / "run", {"smollm2": [10]})
    path = results / "select_responses/smollm2/00000.parquet"
    rows = schema.read(path, schema.RESPONSE_VERDICTS)
    schema.write(path, [{**row, "score": None} for row in rows], schema.RESPONSE_VERDICTS)
    stages = [stage for stage in small_run.STAGES if stage != "score_responses"]
    assert assemble(tmp_path, results, stages=stages, reward_model=None) == 0
    assert {(row["reward"], row["reward_model"]) for row in read(results)} == {(None, None)}


def test_rows_come_in_the_order_of_the_index_even_if_a_file_is_shuffled(tmp_path):
    results = small_run.write_run(tmp_path / "run", {"smollm2": [10]})
    path = results / "generate_questions/smollm2/00000.parquet"
    schema.write(path, schema.read(path, schema.QUESTIONS)[::-1], schema.QUESTIONS)
    assert assemble(tmp_path, results) == 0
    assert [row["question_id"] for row in read(results)] == [f"smollm2-{number}" for number in (0, 2, 5, 7, 9)]


@pytest.mark.parametrize(("files", "sizes"), [(1, [12]), (5, [2, 2, 3, 2, 3]), (14, None)])
def test_files_are_of_nearly_equal_size_and_hold_the_same_rows(tmp_path, files, sizes):
    results = small_run.write_run(tmp_path / "run")
    assert assemble(tmp_path, results) == 0
    whole = read(results)
    assert assemble(tmp_path, results, files=files, exports=["query_response"]) == 0
    assert read(results) == whole  # also: the files of the first assembly are gone
    paths = sorted((results / "dataset/data").glob("*.parquet"))
    found = [pq.read_metadata(path).num_rows for path in paths]
    assert len(found) == files
    assert max(found) - min(found) <= 1
    assert sizes is None or found == sizes
    export = sorted((results / "dataset/query_response").glob("*.parquet"))
    assert [pq.read_metadata(path).num_rows for path in export] == found


LOAD = "import sys, datasets; print(datasets.load_dataset(sys.argv[1])['train'].num_rows)"


def test_what_an_earlier_assembly_left_is_not_loaded(tmp_path):
    results = small_run.write_run(tmp_path / "run")
    dataset = results / "dataset"
    assert assemble(tmp_path, results, files=3, exports=["query_response", "messages"]) == 0
    (dataset / "messages/notes.txt").write_text("mine")
    (dataset / "data/train-of-mine.parquet").write_bytes((dataset / "data/train-00000-of-00003.parquet").read_bytes())
    assert assemble(tmp_path, results, files=2, exports=["sharegpt"]) == 0
    found = {str(path.relative_to(dataset)) for path in dataset.rglob("*") if path.is_file()}
    written = {f"{name}/train-0000{n}-of-00002.parquet" for name in ("data", "sharegpt") for n in range(2)}
    assert found == written | {"messages/notes.txt", "data/train-of-mine.parquet"}
    assert not (dataset / "query_response").exists()
    (dataset / "data/train-of-mine.parquet").unlink()
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", LOAD, str(dataset / "data")]
    loaded = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert loaded.returncode == 0, loaded.stderr
    assert int(loaded.stdout) == 12


def test_exports_have_the_names_that_users_expect(tmp_path):
    results = small_run.write_run(tmp_path / "run", {"smollm2": [1]})
    prompt = "system: You are exact.\nuser: 'Solve: {question}'\n"
    assert assemble(tmp_path, results, exports=EXPORTS, prompt=prompt) == 0
    question, response = "What is 0 + 0?\u2028(smollm2)", "0 + 0 = 0, try 1"
    assert read(results, "query_response") == [{"query": question, "response": response}]
    assert read(results, "problem_solution") == [{"problem": question, "solution": response}]
    assert read(results, "messages")[0]["messages"] == [
        {"role": "system", "content": "You are exact."},
        {"role": "user", "content": question},
        {"role": "assistant", "content": response},
    ]
    assert read(results, "sharegpt")[0]["conversations"] == [
        {"from": "human", "value": question},
        {"from": "gpt", "value": response},
    ]


@pytest.mark.parametrize("prompt", ["user: '{question}'\n", "system: ''\nuser: '{question}'\n"])
def test_without_a_system_text_there_is_no_system_message(tmp_path, prompt):
    results = small_run.write_run(tmp_path / "run", {"smollm2": [1]})
    assert assemble(tmp_path, results, exports=["messages"], prompt=prompt) == 0
    assert [turn["role"] for turn in read(results, "messages")[0]["messages"]] == ["user", "assistant"]


def test_an_unknown_export_is_refused(tmp_path, capsys):
    assert assemble(tmp_path, small_run.write_run(tmp_path / "run"), exports=["alpaca"]) == 1
    assert "alpaca, which is not an export; use one of query_response" in capsys.readouterr().err


def rejecting(results, stage, reason, columns):
    """Make a stage reject all rows, and leave the later stages empty."""
    place = small_run.STAGES.index(stage)
    for path in (results / stage).glob("*/*.parquet"):
        rows = [{**row, "keep": False, "reason": reason} for row in schema.read(path, columns)]
        schema.write(path, rows, columns)
    for later in small_run.STAGES[place + 1 :]:
        for path in (results / later).glob("*/*.parquet"):
            schema.write(path, [], pq.read_schema(path))


@pytest.mark.parametrize(
    ("stage", "reason", "columns", "sentences"),
    [
        (
            "judge_questions/solvability",
            "unsolvable",
            schema.QUESTION_VERDICTS,
            [
                "judge_questions/solvability rejected the last 16 questions (most often, 16 times, as unsolvable)",
                "loosen the verdict of this judge under judge_questions.judges",
            ],
        ),
        (
            "filter_responses",
            "no_answer",
            schema.FILTERED_RESPONSES,
            [
                "filter_responses rejected the last 24 responses (most often, 24 times, as no_answer)",
                "raise generate_responses.sampling.max_tokens",
            ],
        ),
        (
            "select_responses",
            "no_majority",
            schema.RESPONSE_VERDICTS,
            ["as no_majority); lower select_responses.smallest_majority, or make score_responses give rewards"],
        ),
    ],
)
def test_an_empty_data_set_names_the_stage_that_lost_the_last_rows(tmp_path, capsys, stage, reason, columns, sentences):
    results = small_run.write_run(tmp_path / "run")
    rejecting(results, stage, reason, columns)
    assert assemble(tmp_path, results) == 1
    error = " ".join(capsys.readouterr().err.split())
    for sentence in sentences:
        assert sentence in error
    assert not (results / "dataset").exists()


def test_a_run_without_questions_says_so(tmp_path, capsys):
    assert assemble(tmp_path, small_run.write_run(tmp_path / "run", {"smollm2": [0]})) == 1
    assert "generate_questions gave no questions; raise generate_questions.sources" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ("generate_questions", "lacks question smollm2-0, to which a response was chosen"),
        ("generate_responses", "lacks sample 1 of question smollm2-0"),
        ("filter_responses", "lacks sample 1 of question smollm2-0"),
    ],
)
def test_files_that_do_not_fit_together_are_named(tmp_path, capsys, stage, message):
    results = small_run.write_run(tmp_path / "run", {"smollm2": [10]})
    path = results / stage / "smollm2/00000.parquet"
    columns = pq.read_schema(path)
    rows = [row for row in schema.read(path, columns) if row["question_id"] != "smollm2-0"]
    schema.write(path, rows, columns)
    assert assemble(tmp_path, results) == 1
    error = capsys.readouterr().err
    assert message in error
    assert stage in error


def test_two_chosen_responses_to_one_question_are_refused(tmp_path, capsys):
    results = small_run.write_run(tmp_path / "run", {"smollm2": [10]})
    path = results / "select_responses/smollm2/00000.parquet"
    rows = [{**row, "keep": True, "reason": ""} for row in schema.read(path, schema.RESPONSE_VERDICTS)]
    schema.write(path, rows, schema.RESPONSE_VERDICTS)
    assert assemble(tmp_path, results) == 1
    assert "chooses two responses to one question" in capsys.readouterr().err


def test_a_stage_that_is_not_given_is_named(tmp_path, capsys):
    results = small_run.write_run(tmp_path / "run")
    assert assemble(tmp_path, results, stages=small_run.STAGES[:-1]) == 1
    assert "--stage select_responses is missing" in capsys.readouterr().err


def test_shards_do_not_change_the_data_set(tmp_path):
    whole = small_run.write_run(tmp_path / "whole", {"smollm2": [30], "imported": [20]})
    pieces = small_run.write_run(tmp_path / "pieces", {"smollm2": [4, 0, 1, 25], "imported": [0, 20]})
    for results in (whole, pieces):
        assert assemble(tmp_path, results, files=3, exports=EXPORTS) == 0
    for name in ["data", *EXPORTS]:
        assert read(pieces, name) == read(whole, name)
    assert len(read(whole)) == 25
