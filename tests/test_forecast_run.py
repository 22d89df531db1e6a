"""A pilot, its forecast and the run that was forecast, on the stand-in engine; and the pilot of the recipe."""

import csv
import json
import subprocess
import sys

import pytest
import yaml
from conftest import ROOT
from synthesis import configuration
from synthesis.plan import Plan
from test_graph import job_counts
from workflow import Clone

WRITER = "generate_questions__sources__writer__"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone with a run of 600 questions that is not made, and a pilot of 60 that is."""
    clone = Clone(tmp_path_factory.mktemp("forecast"))
    sizes = {f"{WRITER}total": 600, f"{WRITER}shard_size": 200, "select_questions__sources__writer__cap": 200}
    clone.write_config({**clone.config(**sizes), "forecast_cost": {"pilot": "pilot", "gpus": 0}})
    pilot = {"based_on": "trial.yaml", "run": "pilot", "without": ["forecast_cost"]}
    pilot["generate_questions"] = {"sources": {"writer": {"total": 60, "shard_size": 20}}}
    pilot["select_questions"] = {"sources": {"writer": {"cap": 30}}}
    clone.write_config(pilot, "pilot.yaml")
    return clone


def forecast_of(clone) -> dict[tuple[str, str], dict]:
    with (clone.folder / "results/trial/tables/forecast.csv").open() as file:
        return {(row["step"], row["quantity"]): row for row in csv.DictReader(file)}


def real_rows(clone, rule: str) -> int:
    paths = (clone.folder / f"results/trial/ledger/{rule}").rglob("*.json")
    counts = [json.loads(path.read_text())["rows"] for path in paths]
    return sum(rows["out"] if rule == "assemble_dataset" else rows.get("asked", rows["in"]) for rows in counts)


@pytest.mark.long
def test_the_rows_of_a_run_are_within_the_intervals_of_its_forecast(clone):
    refused = clone.run("forecast", fails=True)
    assert "the pilot run pilot is missing or not finished" in refused
    clone.run(config="pilot.yaml")
    output = clone.run("forecast")
    assert "# Forecast of run trial from the pilot pilot" in output
    # Nothing of the run itself was started.
    assert {path.name for path in (clone.folder / "results/trial/ledger").iterdir()} == {"forecast_cost"}
    assert "Nothing to be done" in clone.run("forecast")
    found = forecast_of(clone)
    clone.run()
    rules = {rule for rule, quantity in found if quantity == "rows" and found[rule, quantity]["value"]}
    rules = {rule for rule in rules if not rule.startswith("fetch_")}  # what the pilot has fetched is there
    assert {"judge_questions", "generate_responses", "select_responses", "assemble_dataset"} <= rules
    for rule in rules:
        row = found[rule, "rows"]
        assert float(row["low"]) <= real_rows(clone, rule) <= float(row["high"]), rule
    assert real_rows(clone, "generate_responses") == float(found["generate_responses", "rows"]["value"]) == 400


@pytest.mark.long
def test_a_changed_pilot_makes_a_new_forecast(clone):
    before = forecast_of(clone)
    pilot = yaml.safe_load((clone.folder / "pilot.yaml").read_text())
    pilot["generate_questions"]["sources"]["writer"]["total"] = 75
    clone.write_config(pilot, "pilot.yaml")
    clone.run(config="pilot.yaml")
    clone.run("forecast")
    after = forecast_of(clone)
    assert after["generate_questions", "rows"] == before["generate_questions", "rows"]
    assert after["judge_questions", "rows"]["low"] != before["judge_questions", "rows"]["low"]


@pytest.mark.graph
def test_without_the_section_the_target_says_what_to_write(clone):
    clone.write_config(clone.config(run="other"), "other.yaml")
    output = clone.run("forecast", "-n", config="other.yaml", fails=True)
    assert "add `forecast_cost: {pilot: NAME, gpus: 8}`" in output


@pytest.mark.graph
def test_the_pilot_of_the_recipe_has_its_shards_and_models(clone, monkeypatch):
    monkeypatch.chdir(ROOT)
    recipe, pilot = (configuration.load(ROOT / f"config/{name}.yaml") for name in ("config", "pilot"))
    for config in (recipe, pilot):
        configuration.validate(config)
    assert recipe["forecast_cost"]["pilot"] == pilot["run"] and "forecast_cost" not in pilot
    changed = {"run", "forecast_cost", "generate_questions", "select_questions", "train_student"}
    assert {name for name in recipe if recipe[name] != pilot.get(name)} == changed
    large, small = (config["generate_questions"]["sources"] for config in (recipe, pilot))
    assert all(small[name] == {**large[name], "total": large[name]["total"] // 20} for name in large)
    # Every kind of job of the recipe is in the pilot, but for what the sizes of students add.
    kinds = [{rule for rule, _ in Plan(config).priced_jobs()} for config in (recipe, pilot)]
    assert kinds[0] == kinds[1]
    command = [sys.executable, "-m", "snakemake", "-n", "--profile", "slurm", "--configfile", "config/pilot.yaml"]
    command += ["--software-deployment-method", "env-modules"]
    result = subprocess.run(command, cwd=clone.folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    counts = job_counts(result.stdout)
    assert (counts["generate_questions"], counts["train_student"], counts["sample_raw_questions"]) == (8, 4, 2)
