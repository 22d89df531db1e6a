"""Whole runs on the stand-in engine that are killed, or that start beside another one."""

import json
import os
import time

import pytest
from workflow import Clone

pytestmark = pytest.mark.workflow


def test_two_runs_share_rows_and_may_start_at_once(tmp_path):
    clone = Clone(tmp_path)
    for name in ("first", "second"):
        clone.write_config(clone.config(run=name), f"{name}.yaml")
    clone.run("fetch", config="first.yaml")
    slow = {"SYNTHESIS_STAND_IN_SECONDS": "0.02"}
    processes = [clone.start(config=f"{name}.yaml", environment=slow) for name in ("first", "second")]
    outputs = [process.communicate(timeout=600)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert clone.rows("select_responses", "first") == clone.rows("select_responses", "second")
    clone.write_config(clone.config(run="third"), "third.yaml")
    clone.run(config="third.yaml")
    assert clone.bought("third") == {}


def test_a_killed_run_goes_on_and_its_cost_is_booked(tmp_path):
    clone = Clone(tmp_path)
    clone.write_config(clone.config())
    clone.run("fetch")
    slow = {"SYNTHESIS_STAND_IN_SECONDS": "0.3"}
    process = clone.start(environment=slow, start_new_session=True)
    journal = clone.folder / "results/store/journal/trial/generate_questions"
    deadline = time.monotonic() + 120
    while not list(journal.glob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(2)
    os.killpg(process.pid, 9)
    process.communicate()
    clone.run("--unlock")
    clone.run()
    attempts = [json.loads(path.read_text()) for path in clone.folder.glob("results/store/journal/trial/*/*.json")]
    assert "running" in {attempt["state"] for attempt in attempts}
    assert len(clone.rows("generate_questions")) == 42
    costs = (clone.folder / "results/trial/tables/costs.csv").read_text()
    assert "generate_questions" in costs
