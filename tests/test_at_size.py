"""The bench at the size of the paper, on few rows, so that it goes on working; and what it is about."""

import json
import subprocess
import sys

import pytest
from conftest import ROOT

sys.path.append(str(ROOT / "bench"))

import at_size_page

pytestmark = pytest.mark.long

QUESTIONS = 200


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """What the bench finds on 200 questions in two shards."""
    folder = tmp_path_factory.mktemp("bench") / "run"
    command = [sys.executable, ROOT / "bench/at_size.py", "--questions", QUESTIONS, "--shard-size", 100]
    command += ["--folder", folder, "--without-plan"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not folder.exists()
    return json.loads(done.stdout)


def test_every_stage_runs_on_all_its_rows(figures):
    small, large = figures["sizes"].values()
    assert list(small) == list(large)
    rows = {name: stage["rows"] for name, stage in large.items()}
    assert rows["filter_questions"] == QUESTIONS
    # All questions are answered five times, and nearly all answers have a result.
    assert rows["filter_responses"] == 5 * QUESTIONS >= rows["select_responses"] > 4 * QUESTIONS
    assert rows["assemble_dataset"] == rows["write_dataset_card"] == QUESTIONS
    assert [large[name]["jobs"] for name in ("filter_responses", "assemble_dataset")] == [2, 1]


def test_a_job_needs_a_gpu_until_its_rows_are_bought(figures):
    found = figures["purchases"]
    assert {name: stage["rows"] for name, stage in found.items()}["generate_responses"] == 500
    assert all(stage["asked_before"]["gpus"] == 1 for stage in found.values())
    assert all(stage["asked_after"]["gpus"] == 0 for stage in found.values())


def test_its_section_replaces_the_former_one_alone(figures):
    plans = {"1": {"jobs": 1424, "wall": 9.0, "cpu": 8.0, "memory": 240.0}}
    section = at_size_page.section({**figures, "plans": plans}, "2026-11-21")
    assert "| 2 million | 1,424 | 9 | 8 | 240 |" in section
    page = at_size_page.replaced("# Measured\n\n| a |\n", section)
    assert page == f"# Measured\n\n| a |\n\n{section}"
    assert at_size_page.section_of(page) == section
    changed = at_size_page.replaced(f"{page}\n## Other\n\nb\n", section.replace("1,424", "1,425"))
    assert changed.count(at_size_page.TITLE) == 1
    assert "1,424" not in changed
    assert changed.startswith("# Measured\n\n| a |\n")
    assert changed.endswith("\n\n## Other\n\nb\n")
