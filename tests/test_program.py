"""How programs start and end: interpreter, log, exit codes, ledger, and nothing half-written."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from synthesis import program, schema
from synthesis.errors import InputError


def start(tmp_path, work, file="scripts/filter_questions.py"):
    arguments = ["--run", "trial", "--settings", '{"n": 1}', "--log", str(tmp_path / "log.txt")]
    arguments += ["--ledger", str(tmp_path / "ledger/filter_questions/source/00000.json")]
    return program.run(file, "Tests.", lambda parser: None, work, arguments)


def test_the_first_line_names_the_interpreter_and_the_ledger_names_the_job(tmp_path):
    assert start(tmp_path, lambda options, job: job.rows(**{"in": 3, "out": 2})) == 0
    assert sys.executable in (tmp_path / "log.txt").read_text().splitlines()[0]
    ledger = json.loads((tmp_path / "ledger/filter_questions/source/00000.json").read_text())
    assert (ledger["rule"], ledger["job"], ledger["rows"]) == ("filter_questions", "source/00000", {"in": 3, "out": 2})
    assert ledger["attempt"]["state"] == "finished"
    assert ledger["settings"] == {"n": 1}


def test_the_books_count_the_cores_of_the_job(tmp_path):
    ledger = tmp_path / "ledger/filter_questions/source/00000.json"
    arguments = ["--run", "trial", "--ledger", str(ledger)]
    for threads, cores in ([], 1), (["--threads", "3"], 3):
        work = [__file__, "Tests.", lambda parser: None, lambda options, job: None]
        assert program.run(*work, [*arguments, *threads]) == 0
        assert json.loads(ledger.read_text())["attempt"]["cpu_cores"] == cores


def test_a_users_mistake_is_one_sentence(tmp_path, capsys):
    def work(options, job):
        raise InputError("row 3 of questions.jsonl has no question; add one.")

    assert start(tmp_path, work) == 1
    assert "row 3 of questions.jsonl has no question; add one." in capsys.readouterr().err
    assert "Traceback" not in (tmp_path / "log.txt").read_text()
    assert not (tmp_path / "ledger").exists()


def test_an_unforeseen_error_is_logged_whole(tmp_path):
    assert start(tmp_path, lambda options, job: 1 / 0) == 1
    assert "ZeroDivisionError" in (tmp_path / "log.txt").read_text()


def test_no_disk_space_is_one_sentence_with_the_place(tmp_path):
    def work(options, job):
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "store/rows.parquet"))

    assert start(tmp_path, work) == 1
    text = (tmp_path / "log.txt").read_text()
    assert f"no disk space left for {tmp_path}/store/rows.parquet" in text
    assert "Traceback" not in text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_no_disk_space_while_writing_leaves_nothing(tmp_path):
    target = tmp_path / "out.txt"
    with pytest.raises(OSError), schema.replacing(target) as temporary:
        temporary.symlink_to("/dev/full")
        temporary.write_text("x" * 100_000)
    assert list(tmp_path.iterdir()) == []


def test_sigterm_ends_with_its_own_code(tmp_path):
    def work(options, job):
        os.kill(os.getpid(), signal.SIGTERM)

    assert start(tmp_path, work) == 143
    assert "goes on from there" in (tmp_path / "log.txt").read_text()


def test_the_status_tells_rows_and_time_to_go(tmp_path):
    seen = []

    def work(options, job):
        job.step("writing", 40)
        job.advance(10)
        seen.append(job.status())

    start(tmp_path, work)
    assert seen[0].startswith("filter_questions source/00000: writing, 10 of 40 rows")
    assert seen[0].endswith("s to go")


def test_the_heartbeat_writes_the_time_to_go_into_the_journal(tmp_path, monkeypatch):
    monkeypatch.setattr(program, "HEARTBEAT_SECONDS", 0.01)
    told = []

    def work(options, job):
        job.attempt.journal_in(tmp_path / "store")
        job.step("writing", 40)
        job.advance(10)
        (path,) = tmp_path.glob("store/journal/*/*/*.json")
        deadline = time.monotonic() + 60
        while not told and time.monotonic() < deadline:
            time.sleep(0.01)
            told.extend(filter(None, [json.loads(path.read_text())["seconds_to_go"]]))

    assert start(tmp_path, work) == 0
    assert told[0] > 0
    (path,) = tmp_path.glob("store/journal/*/*/*.json")
    assert json.loads(path.read_text())["seconds_to_go"] is None


def test_an_unknown_argument_is_refused_by_a_real_program():
    script = Path(__file__).parent.parent / "scripts" / "generate_responses.py"
    result = subprocess.run([sys.executable, script, "--nonsense"], capture_output=True, text=True)
    assert result.returncode == 2
    assert "usage:" in result.stderr
