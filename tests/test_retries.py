"""A job that gets nowhere is given up after two attempts."""

from argparse import Namespace
from types import SimpleNamespace

import pytest
from synthesis import retries
from synthesis.errors import InputError
from synthesis.ledger import Attempt


def attempt(store, begun_at: int, number: int, state: str = "failed", job: str = "writer/00000") -> None:
    made = Attempt(run="trial", rule="generate_questions", job=job, started=f"2026-11-21T10:0{number}:00+00:00")
    made.begun_at = begun_at
    made.journal_in(store)
    made.close(state)


def check(store, begun_at: int, try_number: int = 3) -> None:
    ledger = SimpleNamespace(rule="generate_questions", job="writer/00000")
    job = SimpleNamespace(ledger=ledger, attempt=Attempt("trial", "generate_questions", "writer/00000"))
    retries.check_progress(Namespace(store=store, run="trial", try_number=try_number), job, begun_at)
    assert job.attempt.begun_at == begun_at


def test_two_attempts_that_found_what_this_one_finds_are_enough(tmp_path):
    attempt(tmp_path, 4, 1)
    attempt(tmp_path, 4, 2, "running")
    with pytest.raises(
        InputError, match=r"the last 2 attempts brought nothing new \(failed after 0 s and killed after"
    ):
        check(tmp_path, 4)


@pytest.mark.parametrize("begun", [(3, 4), (4, 3)])
def test_one_of_two_that_brought_something_lets_it_go_on(begun, tmp_path):
    for number, rows in enumerate(begun):
        attempt(tmp_path, rows, number)
    check(tmp_path, 4)


def test_another_job_does_not_count(tmp_path):
    attempt(tmp_path, 4, 1)
    attempt(tmp_path, 4, 2, job="writer/00001")
    check(tmp_path, 4)


def test_a_new_start_tries_again(tmp_path):
    attempt(tmp_path, 4, 1)
    attempt(tmp_path, 4, 2)
    check(tmp_path, 4, try_number=1)


def test_a_slurm_that_requeues_counts_too(tmp_path, monkeypatch):
    attempt(tmp_path, 4, 1)
    attempt(tmp_path, 4, 2)
    monkeypatch.setenv("SLURM_RESTART_COUNT", "2")
    with pytest.raises(InputError, match="given up"):
        check(tmp_path, 4, try_number=1)
