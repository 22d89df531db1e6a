"""The studies of the recipe: each is a complete configuration once it is derived, and plans what its comment says."""

import subprocess
import sys

import pytest
import yaml
from conftest import ROOT
from synthesis import configuration
from synthesis.plan import Plan
from test_graph import job_counts
from workflow import Clone

STUDIES = sorted(path.stem for path in (ROOT / "config/studies").glob("*.yaml"))


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return Clone(tmp_path_factory.mktemp("clone"))


def complete(name: str) -> dict:
    config = configuration.load(ROOT / f"config/studies/{name}.yaml")
    configuration.validate(config)
    return config


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_is_short_and_complete(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    path = ROOT / f"config/studies/{name}.yaml"
    config = complete(name)
    assert config["run"] == f"scalequest_{name}"
    assert Plan(config).dataset_files("data")
    assert len(path.read_text().splitlines()) < 60
    assert f"`{name}.yaml`" in (ROOT / "docs/studies.md").read_text()


@pytest.mark.graph
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("raw_model", {"train_generator": 0, "optimize_generator": 0, "generate_questions": 160, "train_student": 1}),
        ("without_reward_selection", {"score_responses": 0, "generate_responses": 160, "train_student": 1}),
        ("same_responder_numinamath", {"generate_questions": 115, "judge_questions": 0, "train_student": 4}),
        ("equal_volume", {"generate_questions": 160, "fetch_problems": 5, "train_student": 4}),
        ("simple", {"rewrite_questions": 1, "generate_questions": 80, "train_difficulty_scorer": 1}),
        ("preference_pairs_40k", {"sample_raw_questions": 4, "rewrite_questions": 4, "train_student": 0}),
    ],
)  # fmt: skip
def test_a_study_plans_what_it_says(clone, name, expected):
    command = [sys.executable, "-m", "snakemake", "-n", "--profile", "slurm", "--configfile"]
    command += [f"config/studies/{name}.yaml", "--software-deployment-method", "env-modules"]
    result = subprocess.run(command, cwd=clone.folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    counts = job_counts(result.stdout)
    assert {rule: counts.get(rule, 0) for rule in expected} == expected


@pytest.mark.parametrize("name", STUDIES)
def test_no_student_is_larger_than_what_can_be_left(name, monkeypatch):
    """Some selected questions have no answer with a result, so a student of all that were selected would be refused."""
    monkeypatch.chdir(ROOT)
    config = complete(name)
    selected = [
        settings.get("count") or settings.get("cap") or config["generate_questions"]["sources"][source]["total"]
        for source, settings in config["select_questions"]["sources"].items()
    ]
    sizes = [
        size for student in config["train_student"].values() if "pairs" not in student for size in student["sizes"]
    ]
    assert all(size == "all" or size < 0.95 * sum(selected) for size in sizes)


def test_runs_of_studies_never_share_a_folder():
    runs = [yaml.safe_load((ROOT / f"config/studies/{name}.yaml").read_text())["run"] for name in STUDIES]
    assert len({*runs, "scalequest"}) == len(runs) + 1
