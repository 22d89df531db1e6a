"""Conda deployment: Snakemake makes the environments in envs/ and runs the rules in them.

The command `conda` is a stand-in over the solver of rattler, its channel is made here, pip and its packages are real:
`conda_deployment` says what that proves. The environments of models and trainings are too large to be made here;
`test_environments.py` resolves their pins.
"""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from conda_deployment import rules_of
from test_fetch_model_package import make_wheel, write_gguf
from tiny_model import make_tiny_model
from workflow import Clone, plan_in

LIGHT = ("fetch", "filter", "evaluate", "report")
RULES = [rule for environment in LIGHT for rule in rules_of(environment)]
# The profile of the cluster, its jobs on this machine.
ON_THIS_MACHINE = ("--executor", "local", "--cores", "2")
# One model from a file that only the packages of envs/fetch.yaml can read.
PACKAGED = {"package": {"name": "tiny-model-package", "version": "1.0", "file": "tiny/tiny.gguf"}}
EVALUATION = {
    "models": ["writer"],
    "benchmarks": ["test"],
    "prompt": "config/prompts/response_short.yaml",
    "samples": 1,
    "sampling": {"temperature": 0, "max_tokens": 48},
}
SUMS = {"package": "reasoning-gym", "task": "chain_sum", "size": 4, "seed": 1, "options": {}}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A clone with a finished run, made in the environment of the tests."""
    clone = Clone(tmp_path_factory.mktemp("finished") / "clone")
    config = clone.config()
    config["models"]["packaged"] = {**config["models"]["writer"], "engine": "transformers", "source": PACKAGED}
    config["problems"]["sums"] = {"source": {"generator": SUMS}}
    config["merge_problems"]["problems"].append("sums")
    config["answer_benchmark"] = EVALUATION
    config["generate_questions"]["sources"]["writer"]["shard_size"] = 42
    clone.write_config(config)
    clone.run()
    return clone


@pytest.fixture
def clone(finished, tmp_path):
    """A copy of the finished clone, in which the rules of the light environments run again."""
    copied = finished.copied_to(tmp_path / "clone")
    shutil.rmtree(copied.folder / "results/trial/logs")
    return copied


def run(clone: Clone, *arguments: str, rules: list[str], conda=None, **options) -> str:
    """Run these rules again with the profile of the cluster, on this machine, and no others."""
    environment = options.pop("environment", {}) | (conda.variables if conda else {})
    arguments = [*ON_THIS_MACHINE, *arguments, "--forceall", "--allowed-rules", "all", *rules]
    return clone.run(*arguments, profile="slurm", environment=environment, **options)


def interpreters(clone: Clone) -> dict[str, Path]:
    """The Python that ran a rule's last job, by rule."""
    logs = clone.folder / "results/trial/logs"
    found = {path.relative_to(logs).parts[0]: path.read_text() for path in logs.rglob("*.log")}
    return {rule: Path(re.search(r" interpreter (\S+) ", text)[1]) for rule, text in found.items()}


# Three environments are made for it; `test_slurm_conda.py` makes one, for a job on a node.
@pytest.mark.long
def test_every_light_rule_runs_in_the_environment_that_it_names(conda, clone, tmp_path, monkeypatch):
    manifest = plan_in(clone, monkeypatch).manifest("packaged").replace("<resources>", "resources")
    write_gguf(make_tiny_model(tmp_path / "tiny"), tmp_path / "tiny.gguf")
    wheels = make_wheel(tmp_path / "wheels", {"tiny/tiny.gguf": (tmp_path / "tiny.gguf").read_bytes()})
    options = {"rules": [*RULES, "fetch"], "conda": conda}
    prefix = ("all", manifest, "--conda-prefix", str(conda.prefix))

    made = run(clone, *prefix, "--conda-create-envs-only", **options)
    assert made.count(" created (location: ") == len(LIGHT)
    assert interpreters(clone) == {}

    found = os.environ.get("PIP_FIND_LINKS", "")
    output = run(clone, *prefix, **options, environment={"PIP_FIND_LINKS": f"{found} {wheels}"})
    assert "Creating conda environment" not in output
    used = {rule: conda.environment_of(interpreter) for rule, interpreter in interpreters(clone).items()}
    assert used == {rule: name for name in LIGHT for rule in rules_of(name) if rule in used}
    assert {"fetch_model", "fetch_problems", "merge_problems", "filter_questions", "grade_answers"} <= used.keys()
    assert {"write_dataset_card", "tabulate_costs", "plot_funnel", "tabulate_evaluation"} <= used.keys()


@pytest.mark.workflow
def test_packages_in_the_home_of_the_user_are_not_seen(conda, clone, tmp_path):
    packages = tmp_path / "home/lib/python3.11/site-packages"
    packages.mkdir(parents=True)
    (packages / "pyarrow.py").write_text("raise RuntimeError('this is the pyarrow of the user')\n")
    run(
        clone,
        *("merge_problems", "--conda-prefix", str(conda.prefix)),
        rules=["merge_problems"],
        conda=conda,
        environment={"PYTHONUSERBASE": str(tmp_path / "home")},
    )
    assert conda.environment_of(interpreters(clone)["merge_problems"]) == "filter"


@pytest.mark.workflow
def test_a_pin_that_does_not_exist_is_named_and_leaves_no_environment(conda, clone):
    path = clone.folder / "envs/filter.yaml"
    path.write_text(re.sub("pyarrow==.*", "pyarrow==0.0.99", path.read_text()))
    output = run(clone, "merge_problems", rules=["merge_problems"], conda=conda, fails=True)
    assert "Could not create conda environment from" in output
    assert "No matching distribution found for pyarrow==0.0.99" in output
    assert [path.name for path in (clone.folder / ".snakemake/conda").iterdir() if path.is_dir()] == []
    assert interpreters(clone) == {}


@pytest.fixture
def without_conda():
    """Environment variables with a PATH on which there is no conda."""
    folders = os.environ["PATH"].split(os.pathsep)
    return {"PATH": os.pathsep.join(folder for folder in folders if not Path(folder, "conda").exists())}


@pytest.mark.graph
@pytest.mark.parametrize("argument", ["-n", "--conda-create-envs-only"])
def test_without_conda_the_profile_of_the_cluster_says_what_to_do(tmp_path, without_conda, argument):
    clone = Clone(tmp_path)
    clone.write_config(clone.config())
    output = clone.run(argument, *ON_THIS_MACHINE, profile="slurm", environment=without_conda, fails=True)
    said = next(line for line in output.splitlines() if "conda environment" in line)
    assert said.startswith("the profile runs every rule in a conda environment, but there is no command `conda`")
    assert "add `--software-deployment-method env-modules`" in said
    assert "Traceback" not in output
    assert not (tmp_path / "results").exists()


@pytest.mark.workflow
def test_without_conda_the_rules_run_in_the_environment_of_snakemake(clone, without_conda):
    method = ("--software-deployment-method", "env-modules")
    run(clone, "merge_problems", *method, rules=["merge_problems"], environment=without_conda)
    assert str(interpreters(clone)["merge_problems"]).startswith(str(Path(sys.executable).parent))
