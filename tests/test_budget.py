"""The budget: what counts for it, and where a run that has spent it ends."""

import json
import shutil
from dataclasses import asdict

import pytest
from paid_bench import Bench
from synthesis import budget
from synthesis.engines import stand_in_engine
from synthesis.errors import InputError
from synthesis.ledger import Attempt
from workflow import Clone

HOUR = 3600
PRICES = {
    "currency": "USD",
    "cpu_core_hour": 0.1,
    "gpu_hour": {"A100": 2.0},
    "tokens": {"teacher": {"prompt": 2.0, "completion": 8.0}},
}
# What the server `teacher` took 3 dollars for.
TOKENS = {"engine": "openai", "model": "teacher", "prompt_tokens": 500_000, "completion_tokens": 250_000}


@pytest.fixture
def allow(monkeypatch):
    """A function that gives a run a budget and prices."""
    monkeypatch.setenv(budget.VARIABLE, "{}")

    def export(limits, prices=PRICES):
        budget.export({"budget": limits, "prices": prices})

    return export


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    bench = Bench(tmp_path)
    bench.questions([f"What is {number} + {number}?" for number in range(8)])
    return bench


def spend(store, name, run="trial", **values):
    """Write an attempt into the journal, as a job does."""
    attempt = Attempt(run=run, rule="generate_responses", job="s/00000", attempt=name, **values)
    path = store / "journal" / run / attempt.rule / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(attempt)))
    return path


def refused(store):
    with pytest.raises(InputError) as error:
        budget.check(store, "trial")
    return str(error.value)


def test_gpu_hours_count_each_gpu_of_each_attempt_however_it_ended_and_need_no_price(tmp_path, allow):
    spend(tmp_path, "a", wall_seconds=HOUR, gpus=4, gpu_name="a card without a price", state="failed")
    spend(tmp_path, "b", wall_seconds=HOUR / 2, gpus=1, state="running")
    spend(tmp_path, "c", wall_seconds=HOUR, gpus=0, cpu_cores=64, state="finished")
    spend(tmp_path, "d", run="other", wall_seconds=100 * HOUR, gpus=8)
    prices = {"currency": "EUR", "cpu_core_hour": None, "gpu_hour": {}, "tokens": {}}
    allow({"gpu_hours": 4.6}, prices)
    budget.check(tmp_path, "trial")
    allow({"gpu_hours": 4.5}, prices)
    assert refused(tmp_path) == (
        "the run trial has spent 4.50 of 4.5 GPU hours, so nothing more is bought; raise budget.gpu_hours to go on. "
        "What was bought stays in the store."
    )


def test_dollars_count_hours_and_the_tokens_of_servers(tmp_path, allow):
    spend(tmp_path, "a", wall_seconds=HOUR, **TOKENS)
    allow({"usd": 3.2})
    budget.check(tmp_path, "trial")
    allow({"usd": 3})
    assert "has spent 3.10 of 3 USD, so" in refused(tmp_path)
    allow({"usd": 2}, {**PRICES, "cpu_core_hour": None})
    assert "has spent 3.00 of 2 USD, so" in refused(tmp_path)


def test_of_two_limits_the_first_that_is_reached_counts_and_is_named(tmp_path, allow):
    spend(tmp_path, "a", wall_seconds=HOUR, gpus=2, gpu_name="A100")
    allow({"gpu_hours": 3, "usd": 5})
    budget.check(tmp_path, "trial")
    allow({"gpu_hours": 2, "usd": 5})
    assert "2.00 of 2 GPU hours and 4.00 of 5 USD, so nothing more is bought; raise budget.gpu_hours to go" in refused(
        tmp_path
    )
    allow({"gpu_hours": 2, "usd": 4})
    assert "raise budget.gpu_hours and budget.usd to go on" in refused(tmp_path)


def test_without_a_budget_nothing_is_counted(tmp_path, allow):
    spend(tmp_path, "a", wall_seconds=1e9, gpus=8)
    budget.export({"prices": PRICES})
    budget.check(tmp_path, "trial")


def test_a_watch_reads_attempts_that_go_on_again_and_those_that_ended_once(tmp_path, allow):
    allow({"gpu_hours": 10})
    ended = spend(tmp_path, "ended", wall_seconds=HOUR, gpus=2, state="finished")
    spend(tmp_path, "running", wall_seconds=HOUR, gpus=1)
    watch = budget.Watch(tmp_path, "trial")
    assert watch.account().spent == {"gpu_hours": 3.0}
    spend(tmp_path, "running", wall_seconds=3 * HOUR, gpus=1)
    spend(tmp_path, "new", wall_seconds=HOUR, gpus=1)
    ended.write_text("not read again")
    assert watch.account().spent == {"gpu_hours": 6.0}


def test_over_budget_nothing_more_is_bought_and_no_model_is_loaded(bench, allow, monkeypatch, capsys):
    bench.respond([0, 1])
    spend(bench.folder / "store", "other", wall_seconds=2 * HOUR, gpus=1, state="failed")
    allow({"gpu_hours": 2.5})
    bench.respond([0, 1, 2])
    allow({"gpu_hours": 1.5})
    monkeypatch.setattr("synthesis.engines.load", lambda *_: pytest.fail("a model was loaded"))
    monkeypatch.setattr("synthesis.gpu_claims.claimed", lambda *_: pytest.fail("it waited for a GPU"))
    bench.respond([0, 1, 2])  # all bought: free
    assert bench.bought() == 0
    with pytest.raises(AssertionError):
        bench.respond([0, 1, 2, 3])
    assert "has spent 2.00 of 1.5 GPU hours" in capsys.readouterr().err


def test_a_job_that_passes_the_budget_ends_and_keeps_what_it_bought(bench, allow, monkeypatch, capsys):
    """Another job of the run spends the rest while this one buys."""
    completion = stand_in_engine.StandInEngine._completion
    written = []

    def write(engine, request, *more):
        written.append(request)
        if len(written) == 3:
            spend(bench.folder / "store", "other", wall_seconds=2 * HOUR, gpus=1)
        return completion(engine, request, *more)

    monkeypatch.setattr(stand_in_engine.StandInEngine, "_completion", write)
    monkeypatch.setattr(budget, "AGAIN_SECONDS", 0)
    allow({"gpu_hours": 2})
    job = bench.questions_job(8)
    assert job.main() == 1
    assert "has spent 2.00 of 2 GPU hours" in capsys.readouterr().err
    assert len(written) == len(job.stored()) == 3
    allow({"gpu_hours": 3})
    assert job.main() == 0
    assert len(written) == len(job.stored()) == 8


def test_a_job_looks_at_the_budget_again_after_some_time_only(tmp_path, allow, monkeypatch):
    allow({"gpu_hours": 1})
    now = [100.0]
    monkeypatch.setattr(budget.time, "monotonic", lambda: now[0])
    watch = budget.Watch(tmp_path, "trial")
    watch.check()
    spend(tmp_path, "a", wall_seconds=HOUR, gpus=1)
    now[0] += budget.AGAIN_SECONDS - 1
    watch.check_if_due()
    now[0] += 1
    with pytest.raises(InputError, match="budget"):
        watch.check_if_due()


@pytest.mark.workflow
def test_a_start_over_budget_ends_before_any_job_unless_all_rows_are_bought(tmp_path):
    clone = Clone(tmp_path)
    config = clone.config(budget={"gpu_hours": 2, "usd": 50})
    clone.write_config(config)
    assert "budget of the run trial: 0.00 of 2 GPU hours and 0.00 of 50 USD spent" in clone.run()
    spend(clone.folder / "results/store", "lost", wall_seconds=HOUR, gpus=3, state="failed")
    shutil.rmtree(clone.folder / "results/trial")
    rows = clone.bought()
    assert "budget of the run trial: 3.00 of 2 GPU hours" in clone.run()
    config["generate_questions"]["sources"]["writer"]["total"] = 63
    clone.write_config(config)
    ledgers = clone.attempts()
    assert "budget" not in clone.run("-n")
    output = clone.run(fails=True)
    assert output.count("has spent 3.00 of 2 GPU hours") == 1
    assert "raise budget.gpu_hours to go on" in output
    assert "Traceback" not in output and "Execute" not in output
    assert clone.attempts() == ledgers
    config["budget"]["gpu_hours"] = 4
    clone.write_config(config)
    clone.run()
    assert clone.bought()["generate_questions"] == rows["generate_questions"] + 21
