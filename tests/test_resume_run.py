"""What is done before a run whose Snakemake was killed starts again."""

import json
import os
import subprocess
import sys

import psutil
import pytest
import resume_run
from conftest import ROOT
from synthesis import machine, running_snakemake, slurm_jobs
from synthesis.errors import InputError
from synthesis.ledger import Attempt


@pytest.fixture
def results(tmp_path):
    (tmp_path / "trial").mkdir()
    running_snakemake.write_down(tmp_path / "trial")
    return tmp_path


def change(results, **values):
    path = results / "trial" / running_snakemake.FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_living_snakemake_is_named(results):
    with pytest.raises(InputError, match=rf"the run trial is being made by Snakemake, process {os.getpid()} on "):
        running_snakemake.check_none_lives(results)


def test_a_process_that_got_the_number_of_a_dead_one_is_another(results):
    change(results, created=psutil.Process().create_time() - 50)
    running_snakemake.check_none_lives(results)


def test_a_snakemake_of_another_machine_may_live(results):
    change(results, host="login2")
    with pytest.raises(InputError, match=r"process \d+ on login2 and did not end in order; look there .*delete"):
        running_snakemake.check_none_lives(results)


def test_an_orderly_end_leaves_no_note(results):
    running_snakemake.strike_out(results / "trial")
    running_snakemake.strike_out(results / "trial")
    assert not list(results.glob("*/*"))


def test_the_note_of_another_process_stays(results):
    change(results, pid=1)
    running_snakemake.strike_out(results / "trial")
    assert (results / "trial" / running_snakemake.FILE).exists()


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """Returns a function that prepares a start, with SLURM's answers given; tells what was done to jobs."""
    monkeypatch.chdir(tmp_path)
    done = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: done.append(command[2:4]) or _Result())
    monkeypatch.setattr(slurm_jobs, "is_there", lambda: True)
    monkeypatch.setattr(slurm_jobs, "cancel", lambda jobs: done.append([job.job_id for job in jobs]))

    def prepare(*arguments: str, answers: list) -> list:
        monkeypatch.setattr(slurm_jobs, "living", lambda *_: answers.pop(0))
        config = ROOT / "tests/configs/stand_in.yaml"
        code = resume_run.main(["--config", str(config), "--poll-seconds", "0", *arguments])
        return [code, *done]

    return prepare


class _Result:
    returncode = 0


JOB = slurm_jobs.SlurmJob("17", "RUNNING", "None", "find_duplicates", "")


def test_living_jobs_are_waited_for(prepared, capsys):
    assert prepared(answers=[[JOB], [JOB], [JOB], []]) == [0, ["snakemake", "--unlock"]]
    assert capsys.readouterr().out == "waiting for 1 jobs of the run trial, 1 of them at work\n"


def test_living_jobs_are_cancelled_if_asked_for(prepared):
    assert prepared("--jobs", "cancel", answers=[[JOB], [JOB], []]) == [0, ["snakemake", "--unlock"], ["17"]]


def test_a_program_that_the_killed_snakemake_left_is_waited_for(prepared, capsys, monkeypatch):
    words = [["judge_questions writer/00000 (process 7)"], ["judge_questions writer/00000 (process 7)"], []]
    monkeypatch.setattr(running_snakemake, "living_programs", lambda *_: words.pop(0))
    assert prepared(answers=[[]]) == [0, ["snakemake", "--unlock"]]
    assert capsys.readouterr().out == "waiting for judge_questions writer/00000 (process 7)\n"


def test_the_local_profile_needs_no_slurm_that_answers(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here/config.yaml").write_text("executor: local\n")
    assert not resume_run._is_for_slurm(str(tmp_path / "here"))
    assert resume_run._is_for_slurm(str(ROOT / "profiles/slurm"))

    def living(*_):
        raise slurm_jobs.NoAnswer("no cluster")

    monkeypatch.setattr(slurm_jobs, "living", living)
    assert slurm_jobs.living_or_none("trial", tmp_path, on_slurm=False) == []
    with pytest.raises(slurm_jobs.NoAnswer):
        slurm_jobs.living_or_none("trial", tmp_path, on_slurm=True)


def test_a_second_start_of_a_run_is_refused(results):
    other = subprocess.Popen(["sleep", "60"])
    try:
        running_snakemake.check_run(results / "trial")  # the note is this process's own
        change(results, pid=other.pid, created=psutil.Process(other.pid).create_time())
        with pytest.raises(InputError, match=f"being made by Snakemake, process {other.pid}; wait for it or stop it"):
            running_snakemake.check_run(results / "trial")
    finally:
        other.kill()
        other.wait()
    running_snakemake.check_run(results / "trial")


def test_programs_at_work_are_found_by_their_journals(tmp_path):
    program = tmp_path / "judge_questions.py"
    program.write_text("import time\ntime.sleep(60)\n")
    at_work = subprocess.Popen([sys.executable, program])
    try:
        for rule in ("judge_questions", "generate_questions"):
            attempt = Attempt(run="trial", rule=rule, job="writer/00000", pid=at_work.pid)
            attempt.journal_in(tmp_path / "store")
        with pytest.raises(
            InputError, match=rf"still at work: judge_questions writer/00000 \(process {at_work.pid}\);"
        ):
            running_snakemake.check_no_program_lives(tmp_path / "store", "trial")
    finally:
        at_work.kill()
        at_work.wait()
    running_snakemake.check_no_program_lives(tmp_path / "store", "trial")


def test_beside_a_living_snakemake_nothing_is_unlocked(prepared, capsys, tmp_path):
    (tmp_path / "results/other").mkdir(parents=True)
    running_snakemake.write_down(tmp_path / "results/other")
    assert prepared(answers=[]) == [1]
    assert "the run other is being made by Snakemake" in capsys.readouterr().err


def test_the_host_is_written_down(results):
    noted = json.loads((results / "trial" / running_snakemake.FILE).read_text())
    assert noted["host"] == machine.host_name()
