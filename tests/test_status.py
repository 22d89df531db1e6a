"""How far a run is, told from books that are written here as jobs do, and from a program that plays `squeue`."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import pytest
import show_status
import yaml
from synthesis import budget, configuration, slurm_jobs, status, status_text
from synthesis.expected_end import expected_end
from synthesis.ledger import Attempt, Ledger
from synthesis.plan import Plan
from synthesis.status import RuleStatus, RunStatus
from workflow import ROOT, Clone

NOW = datetime(2026, 11, 21, 18, 42)
UUID = "3f2b8f0e-9d2c-4c83-8f60-0a4d7e1b2c3d"
SHARDS = [f"writer/{number:05d}" for number in range(4)]


class Run:
    """A run of the stand-in configuration with four shards, whose books are written by hand."""

    def __init__(self, folder: Path, shards: int = 4, **changes):
        tree = yaml.safe_load((ROOT / "tests/configs/stand_in.yaml").read_text())
        tree["generate_questions"]["sources"]["writer"] |= {"total": 21 * shards, "shard_size": 21}
        tree |= changes
        configuration.validate(tree)
        self.folder, self.plan = folder, Plan(tree)

    def attempt(self, rule, job, state="running", age=5, seconds=100.0, rows=0, tokens=0, to_go=None, name="", **more):
        """Journal an attempt that was written `age` seconds ago."""
        attempt = Attempt(run="trial", rule=rule, job=job, state=state, rows=rows, completion_tokens=tokens, **more)
        attempt.wall_seconds, attempt.seconds_to_go = seconds, to_go
        attempt.attempt, attempt.host = name or attempt.attempt, "node7"
        attempt.started = datetime.fromtimestamp(time.time() - age - seconds).astimezone().isoformat()
        path = self.folder / f"results/store/journal/trial/{rule}/{attempt.attempt}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(attempt)))
        os.utime(path, (time.time() - age,) * 2)
        return attempt

    def finish(self, rule, job, rows=21, seconds=100.0, bought=None, attempt=None, **more):
        """Write the ledger of a job; one that buys is journaled too."""
        if attempt is None and rule in status.BUYING_RULES:
            attempt = self.attempt(rule, job, "finished", age=1000, seconds=seconds, rows=rows, **more)
        elif attempt is None:
            attempt = Attempt(run="trial", rule=rule, job=job, state="finished", wall_seconds=seconds, **more)
        ledger = Ledger("trial", rule, job, rows={"out": rows, "bought": rows if bought is None else bought})
        ledger.rows_by_attempt = {attempt.attempt: rows} if rule in status.BUYING_RULES else {}
        ledger.attempt = asdict(attempt)
        path = self.folder / f"results/trial/ledger/{rule}/{job}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(ledger)))

    def read(self) -> RunStatus:
        """The status now."""
        return status.read(self.plan, self.folder)

    def rule(self, name: str) -> RuleStatus:
        """The status of a rule now."""
        return next(rule for rule in self.read().rules if rule.rule == name)

    def text(self) -> str:
        """What is printed."""
        found, config = self.read(), self.plan.config
        account = budget.account(config, (sign.attempt for sign in found.signs))
        return status_text.text(found, "trial", config["prices"], account, NOW)

    def lines(self) -> dict[str, str]:
        """The printed lines below the table, by the word before the colon; broken ones put together."""
        words = " ".join(self.text().split("\n\n")[2].split()).replace("Expected end:", "\nExpected end:")
        for name in ("Attempts", "Budget", "SLURM"):
            words = words.replace(f" {name}:", f"\n{name}:")
        return dict(line.strip().split(": ", 1) for line in words.splitlines())


@pytest.fixture
def without_slurm(monkeypatch):
    monkeypatch.setattr(slurm_jobs, "is_there", lambda: False)


@pytest.fixture
def make(tmp_path, monkeypatch, without_slurm):
    """A function that makes a run."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    return lambda *arguments, **changes: Run(tmp_path, *arguments, **changes)


@pytest.fixture
def run(make):
    return make()


@pytest.fixture
def queue(run, monkeypatch, tmp_path):
    """A function that puts a program on PATH which prints jobs as `squeue` does: (id, state, reason, comment)."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.undo()
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")

    def answer(*jobs, name=f"trial_{UUID}", folder=run.folder, code=0):
        lines = "".join(f"{id_}|{state}|{reason}|{name}|{comment}|{folder}\n" for id_, state, reason, comment in jobs)
        path = programs / "squeue"
        path.write_text(f"#!/bin/sh\necho asked >> {tmp_path}/asked\ncat <<'END'\n{lines}END\nexit {code}\n")
        path.chmod(0o755)

    return answer


def counts(rule: RuleStatus) -> dict[str, int]:
    found = {"done": rule.done, "running": rule.running, "queued": rule.queued, "failed": len(rule.failed)}
    return {name: count for name, count in {**found, "waiting": rule.waiting}.items() if count}


def test_before_the_start_every_job_waits_in_the_order_of_the_workflow(run):
    rules = run.read().rules
    assert [rule.rule for rule in rules] == [
        "fetch_model", "fetch_problems", "fetch_benchmark", "merge_problems", "generate_questions", "filter_questions",
        "find_duplicates", "judge_questions", "select_questions", "generate_responses", "filter_responses",
        "score_responses", "select_responses", "assemble_dataset", "tabulate_funnel", "plot_funnel", "check_funnel",
        "sample_rejections", "sample_pairs", "write_dataset_card", "tabulate_contamination",
        "tabulate_reward_distribution", "plot_rewards",
        "tabulate_costs", "plot_costs", "write_settings", "write_overview",
    ]  # fmt: skip
    assert all(counts(rule) == {"waiting": len(rule.jobs)} for rule in rules)
    assert run.rule("judge_questions").jobs == [f"solvability/{shard}" for shard in SHARDS]
    assert run.lines() == {
        "Spent": "0.00 GPU hours, 0.00 CPU core hours, 0.00 USD",
        "Attempts": "none yet",
        "Expected end": "not known, no job is seen at work",
    }


def test_an_attempt_that_writes_is_at_work_and_one_that_fell_silent_was_killed(run):
    run.finish("generate_questions", SHARDS[0])
    run.attempt("generate_questions", SHARDS[1], age=status.SILENT_SECONDS - 5)
    run.attempt("generate_questions", SHARDS[2], age=status.SILENT_SECONDS + 5)
    assert counts(run.rule("generate_questions")) == {"done": 1, "running": 1, "failed": 1, "waiting": 1}
    assert run.rule("generate_questions").failed == [SHARDS[2]]
    assert "generate_questions writer/00002: killed 1 min 5 s ago on node7" in run.text()


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["failed"], "failed"),
        (["terminated"], "failed"),
        (["failed", "running"], "running"),
        (["running", "failed"], "failed"),
        (["failed", "finished"], "waiting"),  # its output was removed since
    ],
)
def test_the_last_attempt_counts(run, states, expected):
    for number, state in enumerate(states):
        run.attempt("generate_questions", SHARDS[0], state, age=50 - number, seconds=1)
    assert counts(run.rule("generate_questions")) == Counter([expected, "waiting", "waiting", "waiting"])


def test_rows_are_those_of_finished_jobs_and_what_attempts_at_the_others_bought(run):
    run.attempt("generate_questions", SHARDS[0], "terminated", age=2000, rows=8, name="first")
    run.finish("generate_questions", SHARDS[0], rows=21)  # of which it found 8 in the store
    run.attempt("generate_questions", SHARDS[1], "failed", age=70, rows=5)
    run.attempt("generate_questions", SHARDS[1], rows=3)
    assert run.rule("generate_questions").rows == 21 + 5 + 3


def test_speed_is_that_of_one_job_without_the_loading_of_its_model(run):
    run.finish("generate_questions", SHARDS[0], seconds=110.0, tokens=1000, prompt_tokens=500, load_seconds=10.0)
    run.attempt("generate_questions", SHARDS[1], seconds=60.0, tokens=500, load_seconds=10.0)
    assert run.rule("generate_questions").tokens_per_second == 2000 / 150
    assert run.rule("judge_questions").tokens_per_second is None


def test_money_that_is_not_known_stays_empty_and_its_price_is_named(make):
    prices = {"date": "2026-11-21", "currency": "EUR", "source": "t", "cpu_core_hour": 1, "gpu_hour": {"A100": 2.0}}
    run = make(prices=prices)
    run.finish("generate_questions", SHARDS[0], seconds=3600.0, gpus=2, gpu_name="A100")
    run.finish("generate_responses", SHARDS[0], seconds=1800.0, gpus=1, gpu_name="H100")
    run.finish("filter_questions", SHARDS[0], seconds=3600.0, cpu_cores=3)
    table = {line.split()[0]: line.split()[1:] for line in run.text().split("\n\n")[1].splitlines()}
    assert table["generate_questions"][-2:] == ["2.0", "4.00"]
    assert table["filter_questions"][-2:] == ["-", "3.00"]
    assert table["generate_responses"][-1] == "0.5"
    assert table["total"][-1] == "2.5"
    assert run.lines()["Spent"] == "2.50 GPU hours, 3.00 CPU core hours; EUR not known: no price for H100"


def test_what_a_rule_cost_that_is_not_configured_any_more_is_shown(run):
    run.attempt("score_difficulty", SHARDS[0], "failed", seconds=7200.0, gpus=1)
    rule = run.rule("score_difficulty")
    assert (rule.jobs, counts(rule), rule.spent.gpu_hours) == ([], {}, 2.0)
    assert run.read().spent.gpu_hours == 2.0


def test_attempts_came_to_nothing_if_no_row_of_theirs_is_left(run):
    run.attempt("generate_questions", SHARDS[0], "failed", age=90, seconds=3600.0, gpus=2)
    run.attempt("generate_questions", SHARDS[1], "terminated", age=90, rows=1)
    published = run.attempt("generate_questions", SHARDS[2], age=90)  # killed before it could count its rows
    run.finish("generate_questions", SHARDS[2], attempt=published)
    run.attempt("train_student", "small/all/1", "failed", age=90)  # whose checkpoint the next one may use
    run.attempt("generate_questions", SHARDS[3])
    assert [attempt["job"] for attempt in run.read().came_to_nothing()] == [SHARDS[0]]
    said = run.lines()["Attempts"]
    assert said == "1 running, 2 failed, 1 terminated, 1 killed; 1 came to nothing (2.00 GPU hours)"


def test_the_budget_is_shown(make):
    run = make(budget={"gpu_hours": 100, "usd": 20})
    run.attempt("generate_questions", SHARDS[0], "failed", seconds=3600.0, gpus=3)
    assert run.lines()["Budget"] == "3.00 of 100 GPU hours and 0.00 of 20 USD spent"


# The expected end


def finish_all(run, *rules):
    for rule in run.read().rules:
        if not rules or rule.rule in rules:
            for job in rule.jobs:
                run.finish(rule.rule, job, seconds=10.0)


def test_the_end_is_told_from_the_last_jobs_of_each_rule_and_what_runs_side_by_side(run):
    for rule in ("generate_questions", "judge_questions", "generate_responses", "score_responses"):
        for job in run.rule(rule).jobs[:2]:
            run.finish(rule, job, seconds=1000.0)
    run.attempt("score_responses", SHARDS[2], age=0, seconds=400.0)  # 600 of the usual 1000 to go
    run.attempt("score_responses", SHARDS[3], age=0, to_go=800.0)
    end = expected_end(run.read())
    assert end.side_by_side == 2
    assert end.wait == pytest.approx((600 + 800 + 6 * 1000) / 2, abs=5)
    assert end.unknown == []
    assert end.left_out == end.left - 8
    assert run.lines()["Expected end"] == (
        "2026-11-21 19:43, in 1 h 1 min with 2 jobs side by side, as now; "
        f"{end.left_out} jobs that buy nothing are not counted"
    )


def test_the_end_is_not_before_that_of_the_slowest_job_at_work(run):
    finish_all(run)
    for shard, seconds in ((SHARDS[2], 5000.0), (SHARDS[3], 10.0)):
        (run.folder / f"results/trial/ledger/score_responses/{shard}.json").unlink()
        run.attempt("score_responses", shard, age=0, to_go=seconds)
    assert expected_end(run.read()).wait == pytest.approx(5000, abs=5)


def test_the_end_is_not_known_while_a_rule_that_buys_has_not_told_how_long_it_takes(run):
    for rule in ("generate_questions", "judge_questions"):
        finish_all(run, rule)
    run.attempt("generate_responses", SHARDS[0], age=0)
    assert run.lines()["Expected end"] == (
        "not known yet, as generate_responses and score_responses have finished no job"
    )
    run.attempt("generate_responses", SHARDS[1], age=0, seconds=100.0, to_go=300.0)
    assert run.lines()["Expected end"].startswith(
        "not known yet, as score_responses has finished no job; what is known"
    )
    assert expected_end(run.read()).wait == pytest.approx((300 + 300 + 2 * 400) / 2, abs=5)


def test_jobs_that_found_their_rows_in_the_store_do_not_tell_how_long_the_others_take(run):
    run.finish("generate_questions", SHARDS[0], seconds=1000.0)
    run.finish("generate_questions", SHARDS[1], seconds=1.0, bought=0)
    run.finish("generate_questions", SHARDS[2], seconds=1.0, bought=0)
    run.attempt("judge_questions", f"solvability/{SHARDS[0]}", age=0)
    assert expected_end(run.read()).wait == pytest.approx(1000.0)


def test_a_finished_run_says_so(run):
    finish_all(run)
    for resource in run.plan.every_ledger():
        if resource.startswith("<resources>"):
            rule, job = resource.removeprefix("<resources>/ledger/").removesuffix(".json").split("/")
            path = run.folder / f"resources/ledger/{rule}/{job}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            (run.folder / f"results/trial/ledger/{rule}/{job}.json").rename(path)
    assert run.lines()["Expected end"] == "all jobs are done"
    jobs = len(run.plan.every_ledger())
    assert f"{jobs} of {jobs} jobs done" in run.text()


# SLURM


def test_jobs_of_slurm_count_at_their_rule_and_only_those_of_this_run_and_clone(run, queue):
    run.finish("filter_questions", SHARDS[0])
    queue(
        ("10", "RUNNING", "None", "rule_filter_questions_wildcards_writer_00000"),  # done, SLURM has not cleaned up
        ("11", "RUNNING", "None", "rule_filter_questions_wildcards_writer_00001"),
        ("12", "PENDING", "Priority", "rule_filter_questions_wildcards_writer_00002"),
        ("13", "PENDING", "Resources", "rule_find_duplicates"),
        ("14", "PENDING", "Priority", "rule_fetch_model_wildcards_writer_4bf83d25"),
    )
    assert counts(run.rule("filter_questions")) == {"done": 1, "running": 1, "queued": 1, "waiting": 1}
    assert counts(run.rule("find_duplicates")) == {"queued": 1}
    assert counts(run.rule("fetch_model")) == {"queued": 1}
    assert run.lines()["SLURM"] == "3 pending, 2 running (Priority 2, Resources 1)"
    for other in ({"name": f"trial_2_{UUID}"}, {"folder": "/elsewhere"}):
        queue(("11", "RUNNING", "None", "rule_filter_questions_wildcards_writer_00001"), **other)
        assert counts(run.rule("filter_questions")) == {"done": 1, "waiting": 3}
        assert "queue" not in run.text()


def test_a_failed_job_that_is_queued_again_is_queued(run, queue):
    run.attempt("generate_questions", SHARDS[0], "failed")
    run.attempt("generate_questions", SHARDS[1], "failed")
    queue(("11", "PENDING", "Priority", "rule_generate_questions_wildcards_writer_00001"))
    assert counts(run.rule("generate_questions")) == {"queued": 1, "failed": 1, "waiting": 2}
    assert run.rule("generate_questions").failed == [SHARDS[0]]


def test_tasks_of_an_array_are_counted_since_they_do_not_say_which_job_they_are(run, queue):
    run.finish("generate_questions", SHARDS[0])
    run.attempt("generate_questions", SHARDS[1])
    first = "rule_generate_questions_wildcards_writer_00001"
    queue(
        ("12_1", "RUNNING", "None", first), ("12_2", "RUNNING", "None", first), ("12_3", "PENDING", "Priority", first)
    )
    assert counts(run.rule("generate_questions")) == {"done": 1, "running": 2, "queued": 1}


def test_slurm_is_asked_once(run, queue, tmp_path):
    queue()
    run.text()
    assert (tmp_path / "asked").read_text().count("asked") == 1


def test_a_controller_that_does_not_answer_is_named_and_the_files_still_tell(run, queue):
    run.attempt("generate_questions", SHARDS[0])
    queue(code=1)
    assert run.lines()["SLURM"] == "does not answer, so jobs in its queue are not shown"
    assert counts(run.rule("generate_questions")) == {"running": 1, "waiting": 3}


# The whole


def test_two_thousand_shards_are_counted(make):
    run = make(2000)
    shards = [f"writer/{shard}" for shard in run.plan.shard_names("writer")]
    for shard in shards:
        run.finish("generate_questions", shard, seconds=36.0, gpus=1, gpu_name="A100")
    for shard in shards[:500]:
        run.finish("judge_questions", f"solvability/{shard}", rows=14, seconds=18.0, gpus=1)
    for shard in shards[500:505]:
        run.attempt("judge_questions", f"solvability/{shard}", rows=3, seconds=18.0)
    for shard in shards[505:508]:
        run.attempt("judge_questions", f"solvability/{shard}", "failed")
    rules = {rule.rule: rule for rule in run.read().rules}
    assert counts(rules["generate_questions"]) == {"done": 2000}
    assert counts(rules["filter_questions"]) == {"waiting": 2000}
    judged = rules["judge_questions"]
    assert counts(judged) == {"done": 500, "running": 5, "failed": 3, "waiting": 1492}
    assert (judged.rows, judged.spent.gpu_hours) == (14 * 500 + 3 * 5, pytest.approx(2.5))
    assert rules["generate_questions"].spent.gpu_hours == pytest.approx(20.0)


def test_nothing_is_wider_than_a_terminal(make, monkeypatch):
    run = make(2000)
    for number in range(3):
        run.finish("generate_responses", f"writer/{number:05d}", rows=1_234_567, seconds=3.6e6, gpus=4, tokens=10**11)
        run.attempt("generate_responses", f"writer/{number + 100:05d}", "failed", age=10**6)
    states = ("RUNNING", "PENDING") * 500
    queued = [
        slurm_jobs.SlurmJob(f"123456_{number}", state, "Priority", "generate_responses", "")
        for number, state in enumerate(states)
    ]
    monkeypatch.setattr(slurm_jobs, "living", lambda *_: queued)
    text = run.text()
    assert max(map(len, text.splitlines())) <= status_text.WIDTH
    assert "\ntabulate_reward_distributi\u2026 " in text
    assert next(line.split()[:7] for line in text.splitlines() if line.startswith("generate_responses")) == [
        "generate_responses", "3", "500", "500", "3", "994", "3.70M",
    ]  # fmt: skip


def test_the_program_ends_in_one_sentence_if_the_configuration_is_wrong(tmp_path, capsys):
    assert show_status.main(["--config", str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml does not exist; correct the path." in capsys.readouterr().err


def test_the_program_imports_nothing_heavy():
    code = (
        "import sys, show_status; print(*({'torch', 'transformers', 'pandas', 'datasets', 'trl'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, cwd=ROOT / "scripts", capture_output=True, text=True, check=True).stdout == "\n"


@pytest.mark.workflow
def test_a_whole_run_leaves_the_ledgers_that_the_status_counts(tmp_path):
    clone = Clone(tmp_path)
    clone.write_config(clone.config(budget={"gpu_hours": 1}))
    clone.run()
    output = clone.make("status", "CONFIG=trial.yaml")
    assert "34 of 34 jobs done" in output
    assert "Expected end: all jobs are done" in output
    assert "Budget:       0.00 of 1 GPU hours spent" in output
