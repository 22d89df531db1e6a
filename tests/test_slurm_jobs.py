"""The jobs of a run that SLURM still has, as `squeue` tells of them."""

import sys
from pathlib import Path

import pytest
from synthesis import slurm_jobs
from synthesis.errors import InputError

UUID = "0d3a5b1c-1111-4222-8333-444455556666"


@pytest.fixture
def squeue(tmp_path, monkeypatch):
    """Returns a function that has `squeue` print lines, or end with a code."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def prints(*lines: str, code: int = 0):
        program = folder / "squeue"
        text = "\n".join(lines)
        program.write_text(f"#!{sys.executable}\nimport sys\nsys.stdout.write({text!r})\nsys.exit({code})\n")
        program.chmod(0o755)

    return prints


def line(job_id: str, name: str, comment: str, folder: Path, state: str = "RUNNING") -> str:
    return f"{job_id}|{state}|None|{name}|{comment}|{folder}"


def test_only_jobs_of_the_run_and_the_folder_are_its_own(squeue, tmp_path):
    squeue(
        line("1", f"trial_{UUID}", "rule_judge_questions_wildcards_solvability_writer_00001", tmp_path),
        line("2", f"trial_two_{UUID}", "rule_find_duplicates", tmp_path),
        line("3", f"trial_{UUID}", "rule_find_duplicates", tmp_path / "other"),
        line("4_7", f"trial_{UUID}", "rule_find_duplicates", tmp_path, "PENDING"),
        line("5", UUID, "rule_find_duplicates", tmp_path),
        line("6", "somebody's", "", tmp_path),
    )
    assert slurm_jobs.living("trial", tmp_path) == [
        slurm_jobs.SlurmJob("1", "RUNNING", "None", "judge_questions", "solvability_writer_00001"),
        slurm_jobs.SlurmJob("4_7", "PENDING", "None", "find_duplicates", ""),
    ]


def test_a_start_beside_living_jobs_is_refused_in_one_sentence(squeue, tmp_path):
    squeue(*(line(str(number), f"trial_{UUID}", "rule_find_duplicates", tmp_path) for number in range(7)))
    with pytest.raises(InputError, match=r"still has 7 jobs of the run trial .*\(0, 1, 2, 3, 4, \.\.\.\); start with"):
        slurm_jobs.check_no_job_lives("trial", tmp_path, on_slurm=True)
    squeue()
    slurm_jobs.check_no_job_lives("trial", tmp_path, on_slurm=True)


def test_without_slurm_no_job_lives(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert slurm_jobs.living("trial", tmp_path) == []


def test_a_slurm_that_does_not_answer_is_said(squeue, tmp_path):
    squeue(code=1)
    with pytest.raises(InputError, match="SLURM did not answer `squeue`"):
        slurm_jobs.check_no_job_lives("trial", tmp_path, on_slurm=True)
    # A workstation may have the commands and no cluster.
    slurm_jobs.check_no_job_lives("trial", tmp_path, on_slurm=False)


def test_lines_of_other_jobs_with_line_ends_in_their_names_are_passed_over(squeue, tmp_path):
    squeue("CLUSTER: one", "5|RUNNING|None|a name", "with two lines||/", line("1", f"trial_{UUID}", "rule_x", tmp_path))
    assert [job.job_id for job in slurm_jobs.living("trial", tmp_path)] == ["1"]


def test_waiting_ends_when_no_job_is_left(monkeypatch, tmp_path):
    job = slurm_jobs.SlurmJob("1", "RUNNING", "None", "find_duplicates", "")
    answers = [[job, job], [job], []]
    monkeypatch.setattr(slurm_jobs, "living", lambda *_: answers.pop(0))
    told = []
    slurm_jobs.wait_for_none("trial", tmp_path, lambda jobs: told.append(len(jobs)), seconds=0)
    assert told == [2, 1]


def test_a_slurm_that_is_away_for_a_while_is_asked_again(monkeypatch, tmp_path):
    answers = [slurm_jobs.NoAnswer("away"), []]

    def living(*_):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(slurm_jobs, "living", living)
    slurm_jobs.wait_for_none("trial", tmp_path, lambda _: None, seconds=0)
    assert answers == []
