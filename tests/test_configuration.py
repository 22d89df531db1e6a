"""The configuration: reading, completing, the files of the project, and what the machine allows."""

import datetime
import json
import subprocess
import sys

import pytest
import yaml
from changed_configuration import DEMO, FILTER, JUDGE, changed, validate
from conftest import ROOT
from synthesis import configuration
from synthesis.errors import InputError

CONFIGS = [*sorted((ROOT / "config").glob("*.yaml")), ROOT / "tests/configs/large_model.yaml"]
COMPLETE = [path for path in CONFIGS if "based_on" not in yaml.safe_load(path.read_text(encoding="utf-8"))]

# The files of the project


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_configuration_of_the_project_is_valid(path):
    validate(configuration.load(path))


@pytest.mark.parametrize("path", COMPLETE, ids=lambda path: path.stem)
def test_a_configuration_as_snakemake_reads_it_becomes_the_same(path):
    """Snakemake reads `yes:` as true and dates as dates."""
    ours, theirs = configuration.load(path), yaml.safe_load(path.read_text(encoding="utf-8"))
    validate(ours)
    validate(theirs)
    assert theirs == ours


def test_keys_and_dates_that_yaml_misreads_are_repaired_in_place():
    date = datetime.date(2026, 1, 31)
    config = changed(
        ("prices.date", date),
        (f"{FILTER}.0.rules.forbid", [date]),
        (f"{JUDGE}.verdict.probability", {"threshold": 0.5, False: "No", True: "Yes"}),
    )
    keys = list(config)
    validate(config)
    assert config["prices"]["date"] == "2026-01-31"
    assert config["filter_questions"]["filters"][0]["rules"]["forbid"] == ["2026-01-31"]
    words = config["judge_questions"]["judges"][0]["verdict"]["probability"]
    assert list(words.items()) == [("threshold", 0.5), ("no", "No"), ("yes", "Yes")]
    assert [key for key in config if key in keys] == keys


def test_defaults_are_filled_in():
    config = configuration.load(ROOT / "config/imported.yaml")
    for name in ("problems", "benchmarks"):
        del config[name]
    validate(config)
    assert config["problems"] == config["benchmarks"] == {}
    assert config["models"]["smollm2"]["trust_remote_code"] is False
    config["problems"]["x"] = 1
    again = configuration.load(ROOT / "config/imported.yaml")
    del again["problems"]
    validate(again)
    assert again["problems"] == {}


def test_the_examples_are_different_questions():
    lines = (ROOT / "config/examples/questions.jsonl").read_text(encoding="utf-8").strip().split("\n")
    questions = {json.loads(line)["question"].casefold() for line in lines}
    source = configuration.load(ROOT / "config/imported.yaml")["generate_questions"]["sources"]["own"]
    assert len(questions) == len(lines) == source["total"]


def test_checking_imports_nothing_heavy():
    code = (
        "import sys; sys.path.insert(0, 'scripts')\n"
        "from synthesis import configuration\n"
        "configuration.validate(configuration.load('config/demo.yaml'))\n"
        "print(*sys.modules)"
    )
    command = [sys.executable, "-c", code]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    heavy = {"torch", "transformers", "datasets", "lingua", "pyarrow", "pandas", "reasoning_gym"}
    assert not heavy.intersection(output)


# Files that can't be read


@pytest.mark.parametrize(
    ("content", "fragments"),
    [
        (b"run: a\nseed: 1\nrun: b\n", ["line 3", "the key run is given a second time", "line 1"]),
        (b"run: a\nmodels:\n  m: {x: 1,\n     x: 2}\n", ["line 4", "the key x", "second time"]),
        (b"run: caf\xe9\n", ["line 1", "UTF-8"]),
        (b"run: a\n\tseed: 1\n", ["line 2", "correct the YAML"]),
        (b"- run\n", ["key: value"]),
        (b"", ["key: value"]),
    ],
)
def test_a_file_that_is_no_proper_yaml_is_refused(tmp_path, content, fragments):
    path = tmp_path / "my.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        configuration.load(path)
    for fragment in [str(path), *fragments]:
        assert fragment in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"my\.yaml does not exist"):
        configuration.load(tmp_path / "my.yaml")


# The machine


def test_a_large_model_needs_a_gpu_or_a_cluster():
    config = configuration.load(ROOT / "tests/configs/large_model.yaml")
    validate(config)
    configuration.check_machine(config, None)
    configuration.check_machine(config, 1)
    with pytest.raises(InputError) as error:
        configuration.check_machine(config, 0)
    for fragment in (
        "generate_questions.sources.qwen.empty_prefix.model is qwen2_5_math_7b",
        "7.6 billion parameters",
        "no GPU",
        "--profile slurm",
        "at most 1.5 billion",
    ):
        assert fragment in str(error.value)


def test_a_large_model_that_no_stage_uses_is_no_obstacle():
    large = {**DEMO["models"]["smollm2"], "parameters": 7_000_000_000}
    configuration.check_machine(changed(("models.large", large)), 0)
    with pytest.raises(InputError, match=r"score_responses\.model is large"):
        configuration.check_machine(changed(("models.large", large), ("score_responses.model", "large")), 0)


def test_vllm_needs_a_gpu_or_its_build_for_cpus(monkeypatch):
    config = changed(("models.smollm2.engine", "vllm"))
    configuration.validate(config)
    monkeypatch.setattr(configuration, "_has_vllm_for_cpus", lambda: False)
    configuration.check_machine(config, 1)
    configuration.check_machine(config, None)
    with pytest.raises(InputError, match=r"smollm2 with the engine vllm, but this machine has no GPU.*transformers"):
        configuration.check_machine(config, 0)
    monkeypatch.setattr(configuration, "_has_vllm_for_cpus", lambda: True)
    configuration.check_machine(config, 0)


def test_one_copy_of_a_model_never_wants_more_gpus_than_there_are():
    config = changed(("models.smollm2.engine", "vllm"), ("models.smollm2.vllm", {"tensor_parallel_size": 4}))
    configuration.validate(config)
    configuration.check_machine(config, 4)
    with pytest.raises(InputError, match=r"tensor_parallel_size is 4, but this machine has 2 GPU; write 2 or less"):
        configuration.check_machine(config, 2)


def test_the_demo_needs_no_gpu():
    configuration.check_machine(DEMO, 0)
