"""Whole runs on the stand-in engine: identity, reuse, funnel, faults and the bill."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from synthesis import costs
from synthesis.pending import gpus_for
from workflow import Clone, Inputs, bought_since, plan_in

pytestmark = pytest.mark.workflow

PAID = {"generate_questions", "judge_questions", "generate_responses", "score_responses"}
OUTCOME = {"assemble_dataset", "write_dataset_card", "tabulate_costs", "plot_costs", "tabulate_contamination"}
OUTCOME |= {"tabulate_funnel", "plot_funnel", "check_funnel", "sample_rejections", "sample_pairs"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A clone with a finished run; tests copy it."""
    clone = Clone(tmp_path_factory.mktemp("finished"))
    clone.write_config(clone.config())
    clone.run()
    return clone


@pytest.fixture
def clone(finished, tmp_path):
    """A moved copy of the finished clone, dates kept."""
    return finished.copied_to(tmp_path / "moved")


def change(clone: Clone, **changes) -> tuple[set[str], dict[str, int]]:
    """Change the config and run again; returns the rules that ran and the rows that were bought."""
    ledgers, rows = clone.attempts(), clone.bought()
    clone.write_config(clone.config(**changes))
    clone.run()
    return clone.rules_that_ran(ledgers), bought_since(rows, clone.bought())


def test_the_run_makes_every_artifact_and_then_nothing(clone):
    results = clone.folder / "results/trial"
    for name in ("dataset/README.md", "tables/funnel.csv", "tables/contamination.csv", "tables/costs.csv"):
        assert (results / name).stat().st_size > 0
    assert clone.rows("select_responses")
    assert "Nothing to be done" in clone.run()


def test_every_job_has_log_benchmark_and_ledger(clone):
    results = clone.folder / "results/trial"
    ledgers = {
        str(path.relative_to(results / "ledger").with_suffix("")) for path in (results / "ledger").rglob("*.json")
    }
    ledgers |= {
        str(path.relative_to(clone.folder / "resources/ledger").with_suffix(""))
        for path in (clone.folder / "resources/ledger").rglob("*.json")
    }
    logs = {str(path.relative_to(results / "logs").with_suffix("")) for path in (results / "logs").rglob("*.log")}
    benchmarks = {
        str(path.relative_to(results / "benchmarks").with_suffix(""))
        for path in (results / "benchmarks").rglob("*.tsv")
    }
    assert ledgers == logs == benchmarks
    for path in (results / "logs").rglob("*.log"):
        assert "interpreter " in path.read_text().splitlines()[0]


def test_every_rejected_row_has_a_reason_and_every_kept_row_none(clone):
    stages = ("filter_questions", "find_duplicates", "judge_questions", "select_questions", "filter_responses")
    for stage in (*stages, "select_responses"):
        rows = clone.rows(stage)
        assert rows
        assert all(row["keep"] != bool(row["reason"]) for row in rows), stage
    assert any(not row["keep"] for row in clone.rows("filter_questions"))


@pytest.mark.parametrize("shard_size", [42, 14, 6])
def test_the_same_rows_for_one_three_and_seven_shards(finished, tmp_path, shard_size):
    other = Clone(tmp_path)
    other.write_config(other.config(generate_questions__sources__writer__shard_size=shard_size))
    other.run("--until", "select_responses")
    for stage in ("generate_questions", "select_questions", "generate_responses", "select_responses"):
        assert other.rows(stage) == finished.rows(stage), stage


def test_a_choice_without_scores_and_back_buys_nothing(clone):
    best, answers = clone.rows("dataset/data"), clone.rows("filter_responses")
    config = clone.config(select_responses__method="first")
    del config["score_responses"]
    for tree in (config, clone.config()):
        ledgers, rows = clone.attempts(), clone.bought()
        clone.write_config(tree)
        clone.run()
        drawn = {"tabulate_reward_distribution", "plot_rewards"} if "score_responses" in tree else set()
        assert clone.rules_that_ran(ledgers) == {"select_responses"} | OUTCOME | drawn
        assert bought_since(rows, clone.bought()) == {}
        if tree is config:
            kept = [(row["question_id"], row["sample"]) for row in answers if row["keep"]]
            first = {name: min(sample for other, sample in kept if other == name) for name, _ in kept}
            chosen = {row["question_id"]: row["sample"] for row in clone.rows("dataset/data")}
            assert chosen == first != {row["question_id"]: row["sample"] for row in best}
    assert clone.rows("dataset/data") == best


def test_a_data_set_cut_anew_loads_without_what_was_there_before(clone, tmp_path):
    change(clone, assemble_dataset={"files": 2, "exports": ["messages"]})
    code = (
        "import sys, datasets\n"
        "print(datasets.get_dataset_config_names(sys.argv[1]))\n"
        "print(*(datasets.load_dataset(*sys.argv[1:], *name)['train'].num_rows for name in ([], ['messages'])))"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", code, str(clone.folder / "results/trial/dataset")]
    loaded = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert loaded.returncode == 0, loaded.stderr
    rows = sum(row["keep"] for row in clone.rows("select_responses"))
    assert loaded.stdout.splitlines() == ["['data', 'messages']", f"{rows} {rows}"]
    folders = {path.name for path in (clone.folder / "results/trial/dataset").iterdir()}
    assert folders == {"README.md", "data", "messages"}


def test_empty_shards_pass_through_the_whole_chain(clone):
    config = clone.config(select_questions__sources__writer__cap=4)
    config["generate_questions"]["sources"]["writer"] |= {"total": 12, "shard_size": 2}
    clone.write_config(config)
    clone.run()
    rows = [len(_rows(path)) for path in sorted(clone.folder.glob("results/trial/generate_responses/writer/*.parquet"))]
    assert len(rows) == 6
    assert rows.count(0) >= 2
    assert json.loads((clone.folder / "results/trial/check_funnel/check_funnel.json").read_text())


def _rows(path):
    import pyarrow.parquet as pq

    return pq.read_table(path, partitioning=None).to_pylist()


def test_another_python_first_on_the_path_is_not_used(clone, tmp_path):
    decoy = tmp_path / "decoy"
    decoy.mkdir()
    (decoy / "python").write_text("#!/bin/sh\necho this is the wrong python >&2\nexit 3\n")
    (decoy / "python").chmod(0o755)
    environment = {"PATH": f"{decoy}{os.pathsep}{os.environ['PATH']}"}
    clone.run("--forcerun", "plot_funnel", environment=environment)
    log = next((clone.folder / "results/trial/logs/plot_funnel").rglob("*.log"))
    assert f"interpreter {Path(sys.executable).parent}" in log.read_text().splitlines()[0]


def test_a_killed_attempt_of_a_step_that_was_taken_back_is_booked_by_the_next_run(clone):
    """No job's ledger tells of it: the step is not in the workflow any more."""
    before, journal = clone.attempts(), clone.folder / "results/store/journal/trial/judge_questions"
    known, spent = set(journal.glob("*.json")), _costs(clone)["judge_questions"]["spent"]
    judges = clone.config()["judge_questions"]["judges"]
    verdict = {"probability": {"yes": "Good", "no": "Bad", "threshold": 0.3}}
    second = {**judges[0], "name": "second", "verdict": verdict}
    clone.write_config(clone.config(judge_questions__judges=[*judges, second]))
    process = clone.start(environment={"SYNTHESIS_STAND_IN_SECONDS": "30"}, start_new_session=True)
    deadline = time.monotonic() + 120
    while set(journal.glob("*.json")) == known and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, 9)
    process.communicate()
    killed = set(journal.glob("*.json")) - known
    assert killed
    for path in killed:
        attempt = json.loads(path.read_text())
        assert attempt["state"] == "running"
        path.write_text(json.dumps({**attempt, "wall_seconds": 3600.0, "cpu_cores": 1}))
    clone.write_config(clone.config())
    clone.run("--unlock")
    clone.run()
    assert clone.rules_that_ran(before) == {"tabulate_costs", "plot_costs", "write_dataset_card"}
    now = _costs(clone)
    price = clone.config()["prices"]["cpu_core_hour"]
    assert float(now["judge_questions"]["spent"]) == pytest.approx(float(spent) + price * len(killed), abs=1e-5)
    card = (clone.folder / "results/trial/dataset/README.md").read_text()
    assert costs.shown(now["total"]["spent"]) in card
    assert "Nothing to be done" in clone.run()


def _costs(clone):
    rows = costs.read(clone.folder / "results/trial/tables/costs.csv")
    return {row["step"] or "total": row for row in rows}


def test_two_definitions_under_one_name_do_not_meet(clone):
    """A model of the same name in another config is another model; neither run touches the other's files."""
    before = clone.attempts()
    models = clone.config()["models"]
    models["writer"]["context"] = 1000
    clone.write_config(clone.config(run="other", models=models), "other.yaml")
    clone.run(config="other.yaml")
    assert len(list((clone.folder / "resources/models").iterdir())) == 2
    assert "Nothing to be done" in clone.run()
    assert clone.attempts().items() >= before.items()


def test_a_job_asks_for_a_gpu_only_while_it_has_something_to_buy(clone, monkeypatch):
    plan = plan_in(clone, monkeypatch)
    results, manifest = Path("results/trial"), str(next(Path("resources/models").glob("*/manifest.json")))
    wildcards = SimpleNamespace(source="writer", shard="00001", judge="solvability")

    def shard(stage):
        return str(results / stage / "writer/00001.parquet")

    prompt = "config/prompts/response_short.yaml"
    judged = [shard("filter_questions"), shard("find_duplicates")]
    inputs = {
        "generate_questions": Inputs(model=manifest),
        "judge_questions": Inputs(
            model=manifest,
            prompt="config/prompts/solvability_probability.yaml",
            questions=shard("generate_questions"),
            verdicts=judged,
        ),
        "generate_responses": Inputs(
            model=manifest, prompt=prompt, questions=shard("generate_questions"), verdicts=shard("select_questions")
        ),
        "score_responses": Inputs(
            model=manifest,
            prompt=prompt,
            questions=shard("generate_questions"),
            responses=shard("generate_responses"),
            verdicts=shard("filter_responses"),
        ),
    }
    for stage in PAID:
        asked = gpus_for(plan, stage, "results/store")
        assert asked(wildcards, inputs[stage]) == 0, stage
        shutil.rmtree(Path("results/store") / stage)
        assert asked(wildcards, inputs[stage]) == 1, stage
        with pytest.raises(FileNotFoundError) as error:
            asked(wildcards, Inputs(model="missing.json"))
        assert error.value.filename == "missing.json"
