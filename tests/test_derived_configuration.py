"""Configuration files that are derived from others: what they say together, and what is refused."""

import re
from pathlib import Path

import check_configuration
import pytest
import yaml
from conftest import ROOT
from synthesis import configuration
from synthesis.canonical import canonical_json
from synthesis.errors import InputError
from synthesis.plan import Plan

BASE = """
run: base
seed: 1
budget: 5
models:
  small: {engine: transformers, source: {hub: {repo: a/b, revision: main}}, context: 10}
  large: {engine: vllm, context: 20}
filter_questions:
  filters:
    - name: rules
      rules: {min_words: 3}
    - name: language
      language: {keep: [en]}
judge_questions:
  judges:
    - {name: solvability, verdict: {text: {}}}
train_student:
  llama3: {sizes: [all, 1000]}
  qwen2: {sizes: [all]}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def derived(folder: Path, text: str, name: str = "arm.yaml") -> dict:
    """Write a file that is derived from the base, and read it with all that it takes from there."""
    (folder / name).write_text(f"based_on: base.yaml\nrun: arm\n{text}")
    return configuration.load(folder / name)


def base(folder: Path) -> dict:
    return configuration.load(folder / "base.yaml")


# What comes out


def test_a_file_that_varies_nothing_is_its_base_under_another_name(folder):
    assert derived(folder, "") == base(folder) | {"run": "arm"}


def test_mappings_are_merged_and_all_else_is_replaced(folder):
    text = "seed: 2\nbudget: null\ntrain_student: {qwen2: {sizes: [7]}}\nmodels: {large: {context: 30}, other: {x: {}}}"
    config, expected = derived(folder, text), base(folder) | {"run": "arm", "seed": 2, "budget": None}
    expected["train_student"]["qwen2"]["sizes"] = [7]
    expected["models"]["large"]["context"] = 30
    expected["models"]["other"] = {"x": {}}
    assert config == expected
    assert list(config) == list(expected)
    assert list(config["models"]) == ["small", "large", "other"]


def test_a_list_of_named_things_is_replaced_as_a_whole(folder):
    entry = {"name": "rules", "rules": {"min_words": 9}}
    config = derived(folder, "filter_questions: {filters: [{name: rules, rules: {min_words: 9}}]}")
    assert config["filter_questions"] == {"filters": [entry]}


def test_parts_are_left_out_by_key_and_by_name(folder):
    names = "[budget, train_student.llama3, filter_questions.filters.language, judge_questions.judges.solvability]"
    config, expected = derived(folder, f"without: {names}"), base(folder) | {"run": "arm"}
    del expected["budget"], expected["train_student"]["llama3"], expected["filter_questions"]["filters"][1]
    expected["judge_questions"]["judges"] = []
    assert config == expected


def test_a_name_inside_a_named_thing_can_be_left_out(folder):
    config = derived(folder, "without: [filter_questions.filters.rules.rules.min_words]")
    assert config["filter_questions"]["filters"][0] == {"name": "rules", "rules": {}}


def test_what_is_left_out_can_be_given_anew_as_a_whole(folder):
    """Where exactly one kind may stand, merging would leave two."""
    text = "models: {small: {source: {path: {folder: x}}}}\n"
    assert set(derived(folder, text)["models"]["small"]["source"]) == {"hub", "path"}
    for name in ("models.small.source", "models.small.source.hub"):
        config = derived(folder, f"{text}without: [{name}]")
        assert config["models"]["small"]["source"] == {"path": {"folder": "x"}}
        assert config["models"]["small"]["context"] == 10


def test_a_part_and_what_holds_it_may_both_be_left_out(folder):
    assert "models" not in derived(folder, "without: [models, models.small, models]")


def test_a_base_may_be_derived_itself(folder):
    derived(folder, "without: [train_student.llama3]\nseed: 2\n")
    (folder / "sub").mkdir()
    (folder / "sub/last.yaml").write_text(
        "based_on: ../arm.yaml\nrun: last\nwithout: [budget]\ntrain_student: {llama3: {sizes: [5]}}\n"
    )
    config, expected = configuration.load(folder / "sub/last.yaml"), base(folder) | {"run": "last", "seed": 2}
    del expected["budget"]
    expected["train_student"] = {"qwen2": {"sizes": ["all"]}, "llama3": {"sizes": [5]}}
    assert config == expected


def test_a_base_may_stand_in_the_home_folder(folder, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    path = tmp_path_factory.mktemp("other") / "arm.yaml"
    path.write_text("based_on: ~/base.yaml\nrun: arm\n")
    assert configuration.load(path)["seed"] == 1


def test_words_that_yaml_misreads_are_the_same_key_in_both_files(folder):
    (folder / "base.yaml").write_text("run: base\nwords: {yes: a, no: b, other: c}\nday: 2026-01-31\n")
    config = derived(folder, "without: [words.no]\nwords: {'yes': d, 'no': e}\n")
    assert config == {"run": "arm", "words": {"yes": "d", "other": "c", "no": "e"}, "day": "2026-01-31"}


def test_the_base_is_not_checked_and_may_be_a_part_of_a_configuration(folder):
    (folder / "base.yaml").write_text("seed: 5\n")
    assert derived(folder, "") == {"seed": 5, "run": "arm"}


# What is refused


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("run: arm\nbased_on: bas.yaml", ["based_on is bas.yaml", "no file", "did you mean base.yaml?"]),
        ("run: arm\nbased_on: sub/x.yaml", ["based_on is sub/x.yaml", "sub/x.yaml; correct the path"]),
        ("run: arm\nbased_on: ~nobody_of_this_name/x.yaml", ["home folder is not known", "write the whole path"]),
        ("run: arm\nbased_on: [base.yaml]", ["based_on must be text, not a list", "the path of one"]),
        ("run: arm\nbased_on:", ["based_on must be text, not nothing"]),
        ("run: arm\nbased_on: arm.yaml", ["based_on leads in a circle", "arm.yaml, ", "take it out"]),
        ("based_on: base.yaml", ["run is missing", "results of its base", "add it"]),
        ("run: base\nbased_on: base.yaml", ["run is base", "base.yaml; choose another name"]),
        ("run: arm\nwithout: [seed]", ["without is for a file with based_on"]),
        ("run: arm\nbased_on: base.yaml\nwithout: seed", ["without must be a list of names", "in brackets"]),
        ("run: arm\nbased_on: base.yaml\nwithout: [1]", ["without must be a list of names"]),
        ("run: arm\nbased_on: base.yaml\nseed: 1\nseed: 2", ["line 4", "the key seed is given a second time"]),
    ],
)
def test_a_derivation_that_can_not_be_read_is_refused(folder, text, fragments):
    (folder / "arm.yaml").write_text(text + "\n")
    with pytest.raises(InputError) as error:
        configuration.load(folder / "arm.yaml")
    for fragment in [f"{folder}/arm.yaml", *fragments]:
        assert fragment in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "fragments"),
    [
        ("budgets", ["base.yaml has no budgets", "did you mean budget?"]),
        ("train_student.lama3", ["train_student in ", "base.yaml has no lama3", "did you mean llama3?"]),
        ("filter_questions.filters.languages", ["has no languages", "did you mean language?"]),
        ("filter_questions.filters.0", ["has no 0", "use one of: rules, language."]),
        ("train_student.nope.sizes", ["has no nope", "use one of: llama3, qwen2."]),
        ("zzz", ["use one of: run, seed, budget, models"]),
        ("train_student.qwen2.sizes.all", ["base.yaml has no parts with names", "give train_student.qwen2.sizes anew"]),
        ("seed.x", ["seed in ", "has no parts with names"]),
        ("", ["use one of: run"]),
    ],
)
def test_an_entry_that_names_nothing_in_the_base_is_refused(folder, name, fragments):
    with pytest.raises(InputError) as error:
        derived(folder, f"without: [seed, '{name}']")
    for fragment in [f"{folder}/arm.yaml: without names {name}", *fragments]:
        assert fragment in str(error.value)


def test_a_circle_of_several_files_is_named(folder):
    (folder / "base.yaml").write_text("based_on: arm.yaml\nrun: base\n")
    with pytest.raises(InputError, match=r"arm\.yaml: based_on leads in a circle \(.*arm.*, .*base.*, .*arm\.yaml\)"):
        derived(folder, "")


def test_each_file_of_a_chain_needs_a_run_of_its_own(folder):
    derived(folder, "")
    path = folder / "last.yaml"
    for name, first in (("arm", "arm.yaml"), ("base", "base.yaml")):
        path.write_text(f"based_on: arm.yaml\nrun: {name}\n")
        with pytest.raises(InputError, match=rf"last\.yaml: run is {name}, which is that of .*{first}"):
            configuration.load(path)
    path.write_text("based_on: arm.yaml\nrun: last\n")
    (folder / "arm.yaml").write_text("based_on: base.yaml\n")
    with pytest.raises(InputError, match=r"arm\.yaml: run is missing"):
        configuration.load(path)


@pytest.mark.parametrize("content", [b"run: a\nrun: b\n", b"run: caf\xe9\n", b"- run\n", b"run: [\n"])
def test_every_file_of_a_chain_must_be_proper_yaml(folder, content):
    (folder / "base.yaml").write_bytes(content)
    with pytest.raises(InputError) as error:
        derived(folder, "")
    assert str(error.value).startswith(f"{folder}/base.yaml")


def test_a_mistake_is_reported_with_the_name_of_the_derived_file(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    path = tmp_path / "arm.yaml"
    path.write_text(f"based_on: {ROOT}/config/demo.yaml\nrun: arm\nwithout: [generate_responses.samples]\n")
    assert check_configuration.main(["--config", str(path)]) == 1
    assert capsys.readouterr().err.startswith(f"{path}: generate_responses.samples is missing; add it")


@pytest.mark.parametrize("name", ["based_on", "without"])
def test_both_keys_belong_into_a_file(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    config = configuration.load(Path("config/demo.yaml")) | {name: {"based_on": "x.yaml", "without": []}[name]}
    with pytest.raises(InputError, match=f"{name} is read from a configuration file alone"):
        configuration.validate(config)


def test_a_misspelt_key_is_answered_with_the_right_one(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(InputError, match=r"base_on is not a known key; did you mean based_on\?"):
        configuration.validate({"base_on": "config.yaml", "run": "arm"})


# The complete file


def complete(path: Path, capsys) -> str:
    """What the program prints."""
    assert check_configuration.main(["--config", str(path), "--print"]) == 0
    return capsys.readouterr().out


def plan(path: Path) -> tuple[str, list[str]]:
    """The checked configuration in one spelling, and the ledgers that the run would write."""
    config = configuration.load(path)
    configuration.validate(config, path)
    return canonical_json(config), Plan(config).ledgers()


ARM = """
run: arm
without: [train_student, tabulate_generators, filter_questions.filters.language, judge_questions.judges]
judge_questions:
  judges:
    - name: solvability
      model: smollm2
      prompt: ~/prompt.yaml
      verdict: {probability: {yes: 'Yes', no: 'No', threshold: 5.0e-7}}
generate_questions:
  sources:
    smollm2: {empty_prefix: {system: "One: 'two'\\n # three \\u2028 1e-5 "}}
answer_benchmark: {benchmarks: [arithmetic_test]}
prices: {date: 2026-12-24, source: 'null', gpu_hour: {'4090': 1.5}, tokens: {}}
"""


def test_the_printed_file_stands_alone_and_plans_the_same(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "prompt.yaml").write_text("user: '{question}'\n")
    path, alone = tmp_path / "arm.yaml", tmp_path / "alone.yaml"
    path.write_text(f"based_on: {ROOT}/config/demo.yaml{ARM}")
    alone.write_text(complete(path, capsys))
    assert not {"based_on", "without"} & set(yaml.safe_load(alone.read_text()))
    assert plan(alone) == plan(path)
    assert "prompt: ~/prompt.yaml" in alone.read_text()
    assert complete(alone, capsys) == alone.read_text()


def test_a_file_without_a_base_is_printed_as_it_is(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert yaml.safe_load(complete(Path("config/grid.yaml"), capsys)) == configuration.load(Path("config/grid.yaml"))


def test_what_stands_in_two_places_is_printed_twice(folder, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    (folder / "base.yaml").write_text((ROOT / "config/demo.yaml").read_text())
    derived(folder, "merge_problems: {problems: &sets [arithmetic]}\nsample_fail_rates: {solver: {problems: *sets}}\n")
    printed = complete(folder / "arm.yaml", capsys)
    assert not re.search(r"[&*]\w", printed)
    assert yaml.safe_load(printed)["sample_fail_rates"]["solver"]["problems"] == ["arithmetic"]


def test_nothing_is_printed_of_a_file_with_a_mistake(folder, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert check_configuration.main(["--config", str(folder / "base.yaml"), "--print"]) == 1
    assert capsys.readouterr().out == ""


def test_the_documented_example_is_sound(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    example = next(block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "based_on: " in block)
    path = tmp_path / "first_answer.yaml"
    path.write_text(example.replace("based_on: ", f"based_on: {ROOT}/config/"))
    config = yaml.safe_load(complete(path, capsys))
    assert config["run"] == "first_answer"
    assert "score_responses" not in config
    assert list(config["models"]["smollm2"]["source"]) == ["path"]
