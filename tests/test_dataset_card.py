"""The card tells what the run recorded, and with it the data set loads in one line."""

import copy
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict

import pytest
import small_run
import write_dataset_card
import yaml
from card_run import CARD, CONFIG, EXPORTS, PRICES, make_card, section, write_run
from synthesis import dataset_card, dataset_card_making, schema
from synthesis.ledger import Attempt, journal_folder
from synthesis.response_choice import METHODS

LOAD = """
import json, sys
from datasets import load_dataset
found = {}
for name in [None, "data", *sys.argv[2:]]:
    loaded = load_dataset(sys.argv[1], name) if name else load_dataset(sys.argv[1])
    found[str(name)] = {"splits": list(loaded), "rows": loaded["train"].num_rows, "first": loaded["train"][0]}
print(json.dumps(found))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The run, seen from the working folder as the workflow does."""
    monkeypatch.chdir(tmp_path)
    return write_run(tmp_path)


def test_the_data_set_and_its_exports_load_in_one_line(tmp_path, folder):
    make_card(tmp_path, folder)
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "cache"), "HF_DATASETS_OFFLINE": "1"}
    environment.pop("HF_DATASETS_CACHE", None)
    command = [sys.executable, "-c", LOAD, str(folder / "dataset"), *EXPORTS]
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert {(tuple(item["splits"]), item["rows"]) for item in found.values()} == {(("train",), 12)}
    assert found["None"]["first"] == found["data"]["first"]
    assert found["data"]["first"]["question_id"] == "smollm2-0"
    assert set(found["query_response"]["first"]) == {"query", "response"}
    assert [turn["role"] for turn in found["messages"]["first"]["messages"]] == ["system", "user", "assistant"]
    assert [turn["from"] for turn in found["sharegpt"]["first"]["conversations"]] == ["human", "gpt"]


def test_the_front_matter_is_what_the_hub_reads(tmp_path, folder):
    from huggingface_hub import DatasetCard

    make_card(tmp_path, folder)
    data = DatasetCard.load(folder / "dataset/README.md").data.to_dict()
    assert (data["license"], data["language"], data["pretty_name"]) == ("apache-2.0", "en", "Sums: a trial")
    assert data["size_categories"] == ["n<1K"]
    assert "synthetic" in data["tags"]
    assert [item["config_name"] for item in data["configs"]] == ["data", *EXPORTS]
    assert [item["config_name"] for item in data["configs"] if item.get("default")] == ["data"]


def test_other_rows_have_another_trace_in_the_front_matter(tmp_path, folder):
    """`datasets` would take them from its cache else, as `test_derived_run.py` shows."""
    first = make_card(tmp_path, folder).partition("\nconfigs:")[2].partition("---")[0]
    again = make_card(tmp_path, folder).partition("\nconfigs:")[2].partition("---")[0]
    other = make_card(tmp_path, small_run.write_run(tmp_path / "other", {"smollm2": [10]}))
    assert "description: rows " in first
    assert first == again
    assert first != other.partition("\nconfigs:")[2].partition("---")[0]


@pytest.mark.parametrize(
    ("rows", "size"), [(999, "n<1K"), (1000, "1K<n<10K"), (999_999, "100K<n<1M"), (1_000_000, "1M<n<10M")]
)
def test_sizes_have_the_hubs_names(rows, size):
    facts = dataset_card.Facts(CONFIG, CARD, rows, [], {}, [], [])
    assert dataset_card.front_matter(facts)["size_categories"] == [size]


def test_models_prompts_and_settings_stand_there_word_for_word(tmp_path, folder):
    card = make_card(tmp_path, folder)
    models = section(card, "Models")
    for name, role in (
        ("writer", "questions of `smollm2`"),
        ("teacher", "judge `solvability`, responses"),
        ("scorer", "scores"),
    ):
        line = next(line for line in models.splitlines() if line.startswith(f"| `{name}`"))
        for text in (role, f"maker/{name}", f"{name}-revision", f"{name}-licence", "135,000,000", "float32"):
            assert text in line
    prompts = section(card, "Prompts")
    assert (tmp_path / "judge.yaml").read_text() in prompts
    assert (tmp_path / "answer.yaml").read_text() in prompts
    assert "````yaml" in prompts  # the prompt holds a fence of three
    assert "`judge.yaml`, for judge `solvability`:" in prompts
    assert "`answer.yaml`, for responses, scores:" in prompts
    assert "You teach." in prompts
    assert '`{"temperature": 0.7, "top_p": 0.95, "max_tokens": 80}`' in section(card, "Settings")
    assert "a\\|b" in section(card, "Settings")
    assert "20241024" in section(card, "Seeds and reproducibility")


def test_the_scorers_that_select_stand_there_with_prompt_and_settings(tmp_path, folder):
    words = {"method": "first_token", "model": "teacher", "prompt": "judge.yaml", "words": {"easy": "No"}}
    scorers = {"words": words, "head": {"method": "regression", "model": "scorer"}}
    card = make_card(tmp_path, folder, {**CONFIG, "score_difficulty": {"scorers": scorers}})
    assert "`judge.yaml`, for judge `solvability`, difficulty `words`:" in section(card, "Prompts")
    settings = section(card, "Settings")
    assert '| difficulty `words` | `{"method": "first_token", "words": {"easy": "No"}}` |' in settings
    assert '| difficulty `head` | `{"method": "regression"}` |' in settings


def test_numbers_come_from_the_tables_and_the_ledgers(tmp_path, folder):
    card = make_card(tmp_path, folder)
    assert "12 questions, each with one response" in card
    assert "| smollm2 | `filter_questions/rules` | questions | 15 | 13 | 86.7 % | too_short 2 |" in card
    assert "| smollm2 | `filter_questions/language` | questions | 13 | 11 | 84.6 % | language:de 2 |" in card
    costs = section(card, "Cost")
    assert "| generate_responses | Infer | 14 | 1234 | 5678 | 0.020000 | 0 | 0.040000 |" in costs
    assert "| cost (EUR) | spent (EUR) |" in costs
    seeds = section(card, "Seeds and reproducibility")
    assert "transformers 5.19.0" in seeds
    assert "Computed on: A100" in seeds
    assert "`imported`: imported from a file" in card


def test_a_card_without_scores_promises_none(tmp_path, folder):
    card = make_card(tmp_path, folder)
    assert "the one with the highest score was taken" in card
    assert "| `reward` | score of the response; higher is better; null" in section(card, "Columns")
    config = {name: settings for name, settings in CONFIG.items() if name != "score_responses"}
    card = make_card(tmp_path, folder, {**config, "select_responses": {"method": "first"}})
    assert "the first one was taken" in card
    assert "`answer.yaml`, for responses:" in section(card, "Prompts")
    assert "| scores |" not in section(card, "Settings")
    for name in ("reward", "reward_model"):
        assert f"| `{name}` | null: no response was scored |" in section(card, "Columns")


def test_what_the_run_spent_is_said_to_be_without_what_comes_after_the_data_set(tmp_path, folder):
    student = Attempt(run="trial", rule="train_student", job="s/0", state="finished", wall_seconds=3600.0)
    path = journal_folder(tmp_path / "store", "trial") / "train_student" / f"{student.attempt}.json"
    schema.write_text(path, json.dumps(asdict(student)))
    costs = section(make_card(tmp_path, folder), "Cost")
    assert "all its attempts but those after the data set (students, evaluation, comparison, judges, audit)" in costs
    total = next(line for line in costs.splitlines() if line.startswith("| total "))
    assert "train_student" not in costs and float(total.split("|")[-4]) < 0.1  # the student's hour alone costs that


def test_texts_of_the_configuration_break_no_table(tmp_path, folder):
    config = copy.deepcopy(CONFIG)
    config["filter_questions"]["filters"][0]["rules"] = {"require": ["a`b"]}
    config["models"]["writer"]["license"] = "of its\n\n| own"
    card = make_card(tmp_path, folder, config)
    assert '| `` {"rules": {"require": ["a`b"]}} `` |' in section(card, "Settings")
    assert "| of its \\| own |" in section(card, "Models")


def test_a_missing_price_is_said(tmp_path, folder):
    costs = section(make_card(tmp_path, folder, prices={**PRICES, "gpu_hour": {}}), "Cost")
    assert "There is no price for A100." in costs
    assert "| generate_responses | Infer | 14 | 1234 | 5678 | 0.020000 | 0 |  |" in costs


@pytest.mark.parametrize("other", [{"dtype": "bfloat16"}, {"engine": "vllm"}, {"reproducibility": "shard"}])
def test_float32_on_transformers_by_row_is_the_only_promise(tmp_path, folder, other):
    same = "the same rows on one kind of hardware"
    assert same in section(make_card(tmp_path, folder), "Seeds and reproducibility").replace("\n", " ")
    manifest = json.loads((tmp_path / "teacher.json").read_text())
    (tmp_path / "teacher.json").write_text(json.dumps({**manifest, **other}))
    changed = section(make_card(tmp_path, folder), "Seeds and reproducibility").replace("\n", " ")
    assert same not in changed
    assert "can differ from run to run" in changed


def test_rows_of_a_stand_in_are_called_so(tmp_path, folder):
    assert "stand-in" not in make_card(tmp_path, folder).partition("## Loading")[0]
    manifest = json.loads((tmp_path / "teacher.json").read_text())
    stand_in = {**manifest, "engine": "stand_in", "source": {"stand_in": {}}, "revision": None}
    (tmp_path / "teacher.json").write_text(json.dumps(stand_in))
    assert "A stand-in took the place of a model" in make_card(tmp_path, folder).partition("## Loading")[0]


def test_a_server_is_named_without_where_it_is(tmp_path, folder):
    server = {"model": "maker/large", "url": "http://secret.host.example:8000/v1", "key_variable": "MY_KEY"}
    config = copy.deepcopy(CONFIG)
    config["models"]["teacher"] |= {"engine": "openai", "source": {"server": {}}, "server": server, "parameters": None}
    manifest = json.loads((tmp_path / "teacher.json").read_text())
    manifest |= {"engine": "openai", "dtype": None, "source": {"server": {}}, "server": server, "revision": None}
    (tmp_path / "teacher.json").write_text(json.dumps(manifest))
    card = make_card(tmp_path, folder, config)
    row = next(line for line in section(card, "Models").splitlines() if line.startswith("| `teacher`"))
    assert row.endswith("| a server, under the name `maker/large` | none | teacher-licence | unknown | openai | none |")
    assert "secret" not in card and "MY_KEY" not in card


def test_a_local_folder_is_not_named_among_the_models(tmp_path, folder):
    manifest = json.loads((tmp_path / "teacher.json").read_text())
    local = {**manifest, "source": {"path": {"folder": "/somewhere/teacher"}}}
    (tmp_path / "teacher.json").write_text(json.dumps(local))
    models = section(make_card(tmp_path, folder), "Models")
    assert "a local folder" in models
    assert "`teacher`" in models
    assert "/somewhere" not in models


def test_no_folder_of_the_machine_is_published(tmp_path, folder):
    config = copy.deepcopy(CONFIG)
    for name in ("own.jsonl", "problems.csv", "test.csv", "chat.jinja"):
        (tmp_path / name).write_text(name)
    files = [tmp_path / "own.jsonl", tmp_path / "chat.jinja", tmp_path / "problems.csv", tmp_path / "test.csv"]
    config["generate_questions"]["sources"]["imported"]["imported"]["file"] = str(files[0])
    config["models"]["teacher"]["chat_template"] = str(files[1])
    config["models"]["writer"]["source"] = {"path": {"folder": str(tmp_path / "models/mine")}}
    config["problems"] = {"a": {"source": {"file": {"path": str(files[2])}}}}
    address = {"url": f"file://{files[3]}", "sha256": "0" * 64}
    config["benchmarks"] = {
        "b": {"source": {"file": {"path": f"../{tmp_path.name}/test.csv"}}},
        "c": {"source": {"url": address}},
    }
    config["generate_responses"]["prompt"] = str(tmp_path / "answer.yaml")
    manifest = json.loads((tmp_path / "writer.json").read_text())
    lora = {"source": {"path": {"folder": str(tmp_path / "adapters/lora")}}, "revision": None, "rank": 4}
    config["models"]["writer"]["adapter"] = lora["source"]
    manifest |= {"source": config["models"]["writer"]["source"], "adapter": lora}
    (tmp_path / "writer.json").write_text(json.dumps(manifest))
    card = make_card(tmp_path, folder, config=config, files=files)
    assert str(tmp_path) not in card
    assert tmp_path.name not in card
    assert "a local folder, `mine`; its adapter: a local folder, `lora` |" in section(card, "Models")
    making = section(card, "Making it again")
    for path in files:
        assert f"| `{path.name}` | `{hashlib.sha256(path.name.encode()).hexdigest()}` |" in making
    assert "folder: mine" in making
    assert "prompt: answer.yaml" in making
    assert "url: file:///test.csv" in making


def test_an_adapter_of_the_hub_is_named_with_its_commit(tmp_path, folder):
    manifest = json.loads((tmp_path / "writer.json").read_text())
    source = {"hub": {"repo": "maker/lora", "revision": "main"}}
    manifest["adapter"] = {"source": source, "revision": "0123abcd", "rank": 4}
    (tmp_path / "writer.json").write_text(json.dumps(manifest))
    models = section(make_card(tmp_path, folder), "Models")
    assert "| hub, `maker/writer`, `main`; its adapter: hub, `maker/lora`, `0123abcd` |" in models
    assert models.count("adapter") == 1


def test_contamination_is_counted_by_benchmark(tmp_path, folder):
    clean = section(make_card(tmp_path, folder), "Contamination")
    assert "13 words in a row" in clean
    assert "`arithmetic_test` or the held-out part" in clean
    assert "| smollm2 | any | 0 | 0.0 % |" in clean
    counts = [
        dataset_card.StageCount("s", "filter_questions/rules", 2, "questions", 9, {"too_short": 1}),
        dataset_card.StageCount("s", "filter_questions/c", 3, "questions", 6, {"contaminated:arithmetic_test": 3}),
    ]
    facts = dataset_card.Facts(CONFIG, CARD, 1, [], {}, counts, [])
    assert "| s | arithmetic_test | 3 | 30.0 % |" in dataset_card.contamination(facts)


def test_contamination_that_is_only_measured_is_not_called_removed():
    filters = [{"name": "c", "contamination": {"words": 13, "benchmarks": ["exam"], "remove": False}}]
    counts = [dataset_card.StageCount("s", "filter_questions/c", 2, "questions", 10)]
    facts = dataset_card.Facts({**CONFIG, "filter_questions": {"filters": filters}}, CARD, 1, [], {}, counts, [])
    card = dataset_card.contamination(facts)
    assert "were counted and not removed" in card and "questions removed" not in card


def test_without_a_contamination_filter_the_card_says_so():
    config = {**CONFIG, "filter_questions": {"filters": []}}
    facts = dataset_card.Facts(config, CARD, 1, [], {}, [], [])
    assert "were not compared with any benchmark" in dataset_card.contamination(facts)


def test_the_configuration_in_the_card_is_the_runs(tmp_path, folder):
    making = section(make_card(tmp_path, folder), "Making it again")
    block = making.partition("```yaml\n")[2].partition("\n```")[0]
    assert yaml.safe_load(block) == CONFIG


def test_a_missing_data_file_is_named(tmp_path, folder, capsys):
    make_card(tmp_path, folder)
    arguments = [*small_run.common_arguments(tmp_path, "write_dataset_card"), "--data", "none.parquet"]
    arguments += [
        "--settings",
        json.dumps({"card": CARD, "config": CONFIG}),
        "--funnel",
        "funnel.csv",
        "--prices",
        json.dumps(PRICES),
    ]
    arguments += [
        "--prompts",
        "judge.yaml",
        "--manifests",
        "writer.json",
        "--store",
        "store",
        "--output",
        "other.md",
        "--page",
        "o.html",
    ]
    assert write_dataset_card.main([*arguments, "--ledgers", "ledger/assemble_dataset/all.json"]) == 1
    assert "none.parquet is missing" in capsys.readouterr().err
    assert not (tmp_path / "other.md").exists()


def test_included_pairs_are_told_apart_and_not_counted_as_made_here(tmp_path, folder):
    config = copy.deepcopy(CONFIG)
    config["assemble_dataset"]["include"] = ["published"]
    config["problems"]["published"] = {"source": {"file": {"path": "published.jsonl"}}, "license": "mit"}
    published = small_run.write_published(tmp_path / "published.parquet")
    card = make_card(tmp_path, small_run.write_run(tmp_path / "run"), config, included=[published])
    assert "\n12 questions, each with one response written by a model." in card
    assert "taken from other sets as they are: 2 of `published`. They went through none" in card
    assert "published" not in section(card, "Rows kept by each stage")


def test_the_questions_of_a_set_are_said_to_be_from_it():
    config = copy.deepcopy(CONFIG)
    config["generate_questions"]["sources"]["imported"]["imported"] = {"problems": "metamath"}
    facts = dataset_card.Facts(config, CARD, 1, [], {}, [], [])
    assert "- `imported`: the problems of the set `metamath`" in dataset_card.introduction(facts)


TAKEN = {
    "best": "of the answers that passed the filter the one with the highest score was taken.",
    "first": "of the answers that passed the filter the first one was taken.",
    "majority": "the first one with the most frequent final answer was taken.",
    "best_of_majority": "the one with the highest score among those with the most frequent final answer was taken.",
}


@pytest.mark.parametrize("method", METHODS)
def test_the_choice_of_responses_is_told_as_it_was(method):
    config = {**CONFIG, "select_responses": {"method": method}}
    card = dataset_card.introduction(dataset_card.Facts(config, CARD, 12, [], {}, [], []))
    assert TAKEN[method] in card and "left out" not in card and "probe" not in card
    config["select_responses"] = {"method": method, "smallest_majority": 0.55}
    card = dataset_card.introduction(dataset_card.Facts(config, CARD, 12, [], {}, [], []))
    assert "had less than 55 % of the votes have no response and are left out." in card


@pytest.mark.parametrize("agrees", ["any", "majority"])
@pytest.mark.parametrize("keep", ["agreeing", "differing"])
def test_the_comparison_with_a_probe_is_told(keep, agrees):
    probe = {"model": "small", "samples": 4, "keep": keep, "agrees": agrees}
    card = dataset_card.introduction(dataset_card.Facts({**CONFIG, "check_agreement": probe}, CARD, 12, [], {}, [], []))
    assert "passed the filter and the comparison with a probe the one with the highest score was taken." in card
    assert "The probe, the model `small`, answered 4 times too" in card
    assert ("a response was kept" if keep == "agreeing" else "a question was dropped") in card
    assert ("more than half" in card) == (agrees == "majority")


def test_known_limits_are_those_of_the_stages_that_were_run():
    changed = copy.deepcopy(CONFIG)
    changed["filter_questions"]["filters"][1]["contamination"]["remove"] = False
    changed["find_duplicates"] = {"method": "near"}
    changed["judge_questions"]["judges"] = []
    changed["filter_responses"]["finished"] = False
    changed["select_responses"] = {"method": "majority"}
    fragments = {
        "judged by models (`teacher`)": "No model judged",
        "if their texts are the same": "by the words that they share",
        "chosen by the score of a model": "the answer that was given most often",
    }
    before, after = dataset_card_making.limits(CONFIG), dataset_card_making.limits(changed)
    for first, second in fragments.items():
        assert first in before and first not in after
        assert second in after and second not in before
    for only_after in ("counted and are still there", "they end at 80 tokens"):
        assert only_after in after and only_after not in before


def test_the_card_says_with_what_commit_of_the_workflow_it_was_made(tmp_path, folder):
    again = section(make_card(tmp_path, write_run(tmp_path)), "Making it again")
    assert re.search(r"Workflow: (commit [0-9a-f]{40}|not a git clone)", again) and "seed: 20241024" in again
