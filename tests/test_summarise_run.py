"""The summary at the end of a run shows the numbers of its tables."""

import json
import os
from pathlib import Path

import assemble_dataset
import pytest
import small_run
import summarise_run
import tabulate_costs
import tabulate_funnel
from synthesis import costs
from synthesis.ledger import Attempt, Ledger

PRICES = {"date": "2026-01-31", "currency": "EUR", "source": "t", "cpu_core_hour": 0.1, "gpu_hour": {"A100": 2.0}}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that makes a finished run, with attempts on one kind of GPU."""
    monkeypatch.chdir(tmp_path)
    results = small_run.write_run(tmp_path / "results/trial")
    (tmp_path / "prompt.yaml").write_text("user: '{question}'\n")

    def make(gpu_name="A100"):
        bought = attempt("finished", gpu_name, 3600.0, 10)
        attempt("failed", gpu_name, 1800.0, 0)
        paid = results / "ledger/generate_responses/s/0.json"
        ledger = Ledger("trial", "generate_responses", "s/0", rows_by_attempt={bought.attempt: 10})
        ledger.tokens = {"prompt": 12345, "completion": 678}
        ledger.write(paid, bought)
        stages = small_run.stage_arguments(results)
        settings = ["--settings", json.dumps(small_run.SETTINGS), "--prompt", "prompt.yaml"]
        data = ["--data", str(results / "dataset/data/train-00000-of-00001.parquet")]
        assert assemble_dataset.main([*common("assemble_dataset"), *settings, *stages, *data]) == 0
        table = ["--output", str(results / "tables/funnel.csv"), "--page", str(results / "pages/funnel.html")]
        assert tabulate_funnel.main([*common("tabulate_funnel"), *stages, *table]) == 0
        ledgers = ["--ledgers", str(paid), str(results / "ledger/assemble_dataset/all.json"), "--store", "store"]
        costs = ["--prices", json.dumps(PRICES), "--output", str(results / "tables/costs.csv")]
        costs += ["--page", str(results / "pages/costs.html"), "--phases", str(results / "tables/costs_by_phase.csv")]
        costs += ["--resources", str(results / "tables/costs_by_resource.csv")]
        assert tabulate_costs.main([*common("tabulate_costs"), *ledgers, *costs]) == 0

    def common(rule):
        return ["--run", "trial", "--ledger", str(results / f"ledger/{rule}/all.json")]

    def attempt(state, gpu_name, seconds, rows):
        made = Attempt(run="trial", rule="generate_responses", job="s/0", state=state, gpus=1, gpu_name=gpu_name)
        made.engine, made.rows = "transformers", rows
        made._clock -= seconds
        made.journal_in(tmp_path / "store")
        return made

    return make


def summarise(capsys):
    capsys.readouterr()
    code = summarise_run.main(["--results", "results/trial", "--store", "store"])
    return code, capsys.readouterr()


def test_the_summary_tells_funnel_tokens_hours_cost_and_time(run, capsys):
    run()
    code, printed = summarise(capsys)
    assert code == 0
    lines = printed.out.splitlines()
    assert lines[0] == "Run trial: 12 rows in the data set"
    assert "  filter_questions/rules       13 of 15  too_short 2" in lines
    assert "  filter_questions/language    11 of 13  language:de 2" in lines
    assert "  select_responses              7 of 12  lower_reward 5" in lines
    assert sum(line.startswith("  select_responses") for line in lines) == 2
    assert "Tokens of the data set: 12,345 read, 678 written" in lines
    assert any(line.startswith("Hours of the data set: 1.00 GPU, ") for line in lines)
    assert any(line.startswith("Hours spent by the run: 1.50 GPU, ") for line in lines)
    assert any(line.startswith("Of these, lost with failed attempts: 0.50") for line in lines)
    assert not any(line.startswith("Saved by") for line in lines)
    assert any(
        line.startswith("Cost: 2.00 EUR for the data set, 3.00 EUR spent by the run, 1.00 EUR of that lost with failed")
        for line in lines
    )
    assert any(
        line.startswith("Time: 1 h 30 min of work in 5 attempts at jobs (1 failed, 4 finished)") for line in lines
    )


@pytest.mark.parametrize(
    ("host", "age", "shown"), [("", 0, "killed"), ("node7", 0, "running"), ("node7", 90, "killed")]
)
def test_a_killed_attempt_is_not_said_to_run(run, capsys, host, age, shown):
    """Its file says that it runs; on another machine only its silence tells that it does not."""
    run()
    killed = Attempt(run="trial", rule="generate_responses", job="s/1", pid=4_000_000)
    killed.host = host or killed.host
    killed.journal_in(Path("store"))
    path = Path(f"store/journal/trial/generate_responses/{killed.attempt}.json")
    os.utime(path, (path.stat().st_mtime - age,) * 2)
    _, printed = summarise(capsys)
    ends = {"killed": "1 failed, 4 finished, 1 killed", "running": "1 failed, 4 finished, 1 running"}
    assert f"6 attempts at jobs ({ends[shown]})" in printed.out


def test_two_rows_are_shown_and_what_exists_is_named(run, capsys):
    run()
    _, printed = summarise(capsys)
    assert printed.out.count("  question: ") == 2
    assert "What is 0 + 0?" in printed.out
    assert 'datasets.load_dataset("results/trial/dataset")' in printed.out
    assert "report" not in printed.out
    Path("results/trial/report.html").touch()
    assert "  report     results/trial/report.html" in summarise(capsys)[1].out


def test_a_missing_price_is_named_instead_of_a_cost(run, capsys):
    run("H100")
    _, printed = summarise(capsys)
    assert "no price for H100" in printed.out
    assert "EUR" not in printed.out
    assert "Hours of the data set: 1.00 GPU" in printed.out


def test_what_is_in_no_journal_is_named_as_the_reason_for_unknown_amounts(run, capsys):
    run()
    reason = "Not known in full: attempts are in no journal of the store (see the log of tabulate_costs)"
    assert reason not in summarise(capsys)[1].out
    table = Path("results/trial/tables/costs.csv")
    rows = costs.read(table)
    costs.write(table, [*rows[:-1], {**rows[-1], "gpu_hours": "", "cpu_core_hours": "", "cost": ""}])
    _, printed = summarise(capsys)
    assert "Hours of the data set: unknown GPU, unknown CPU core" in printed.out and reason in printed.out


def test_an_unfinished_run_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, printed = summarise(capsys)
    assert code == 1
    assert "results/trial/tables/costs.csv is missing" in printed.err
    assert printed.out == ""
