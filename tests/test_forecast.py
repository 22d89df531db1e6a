"""Forecasts from written ledgers: known rates in, exact amounts out, and intervals that hold the truth."""

import csv
import json
import shutil

import forecast_cost
import numpy as np
import pytest
import yaml
from conftest import ROOT
from synthesis import configuration, forecast_table, schema
from synthesis.forecast import Forecast
from synthesis.forecast_estimates import exact, rate, share, total
from synthesis.forecast_pilot import Pilot, kind_of
from synthesis.ledger import Attempt, Ledger
from synthesis.plan import Plan
from synthesis.verdicts import verdict

HOUR = 3600
PILOT_SHARDS, SHARD = 2, 100
PRICES = {"date": "2026-01-31", "currency": "USD", "source": "test", "cpu_core_hour": None, "gpu_hour": {"A100": 2.0}}


class PilotRun:
    """Writes the ledgers, the journal and the selection of a pilot with 2 shards of 100 questions.

    Of 100 questions, 60 are judged, 50 may be selected and 40 are; each gets 2 responses, of which 3 in 4 are scored.
    """

    def __init__(self, folder):
        self.folder, self.results, self.store = folder, folder / "results/pilot", folder / "store"
        self.machine = {"gpus": 1, "gpu_name": "A100", "cpu_cores": 8, "engine": "vllm", "model": "writer"}

    def job(self, rule, job, rows, work, load=0.0, tokens=None, settings=None, **machine):
        """A finished job; `work` is the seconds after loading. Rows that it asked for were bought by its attempt."""
        paid = "asked" in rows or rule.startswith("train")
        machine = {**(self.machine if paid else {"cpu_cores": 2, "engine": ""}), **machine}
        attempt = Attempt(run="pilot", rule=rule, job=job, state="finished", **machine)
        attempt.rows = rows.get("asked", rows.get("in", 0)) if not rule.startswith("train") else rows["in"]
        attempt.load_seconds, attempt.wall_seconds = load, load + work
        path = self.store / f"journal/pilot/{rule}/{attempt.attempt}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(vars_of(attempt)))
        bought = {attempt.attempt: attempt.rows} if paid else {}
        ledger = Ledger("pilot", rule, job, rows, tokens or {}, bought, settings=settings or {})
        ledger.attempt = vars_of(attempt)
        path = self.results / f"ledger/{rule}/{job}.json"
        schema.write_text(path, json.dumps(vars(ledger)))

    def data_set(self, slower=(1.0, 1.0)):
        """All stages of a data set; `slower` is how much longer the responses of each shard take."""
        for number, factor in zip(range(PILOT_SHARDS), slower, strict=True):
            shard = f"writer/{number:05d}"
            self.job("generate_questions", shard, asked_rows(100), 50, 10, {"prompt": 400, "completion": 3000})
            self.job("filter_questions", shard, {"in": 100, "out": 70}, 7)
            self.job("judge_questions", f"solvability/{shard}", {**asked_rows(60), "out": 50}, 12, 10)
            self.job("generate_responses", shard, {**asked_rows(80), "in": 40}, 160 * factor, 10)
            self.job("filter_responses", shard, {"in": 80, "out": 60}, 8)
            self.job("score_responses", shard, asked_rows(60), 6, 10)
            self.job("select_responses", shard, {"in": 60, "out": 36}, 6)
            rows = [verdict(f"{shard}{index}", "" if index < 40 else "over_cap", index / 50) for index in range(50)]
            schema.write(self.results / f"select_questions/{shard}.parquet", rows, schema.QUESTION_VERDICTS)
        self.job("find_duplicates", "all", {"in": 140, "out": 120}, 14)
        self.job("select_questions", "all", {"in": 100, "out": 80}, 10)
        self.job("assemble_dataset", "all", {"in": 120, "out": 72}, 36)
        self.job("merge_problems", "all", {"in": 20, "out": 20}, 2)
        return self

    def forecast(self, config):
        return Forecast(config, Plan(config).priced_jobs(), Pilot(self.results, self.store, self.folder / "resources"))


def asked_rows(count):
    return {"asked": count, "bought": count, "reused": 0, "in": count, "out": count}


def vars_of(attempt):
    return {name: value for name, value in vars(attempt).items() if not name.startswith("_")}


HALVES = [{"up_to": 0.49, "share": 0.3}, {"up_to": None, "share": 0.7}]


def config_of(monkeypatch, total=2000, selection=None, gpus=8, samples=2, **changes):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    config = yaml.safe_load((ROOT / "tests/configs/stand_in.yaml").read_text())
    config["models"]["writer"] |= {"engine": "vllm", "source": {"path": {"folder": "."}}, "license": "mit"}
    config["generate_questions"]["sources"]["writer"] |= {"total": total, "shard_size": SHARD}
    selection = selection or {"method": "none", "shortfall": "warn"}
    if selection["method"] != "none":
        config["score_difficulty"] = {"scorers": {"head": {"method": "regression", "model": "writer"}}}
    config["select_questions"]["sources"]["writer"] = selection
    config["generate_responses"]["samples"] = samples
    config |= {"forecast_cost": {"pilot": "pilot", "gpus": gpus}, "prices": dict(PRICES), **changes}
    configuration.validate(config)
    return config


@pytest.fixture
def pilot(tmp_path):
    return PilotRun(tmp_path)


def amounts(forecast, name):
    return {line.rule: line.amounts[name].value for line in forecast.lines if name in line.amounts}


def test_known_rates_give_exact_amounts(pilot, monkeypatch):
    forecast = pilot.data_set().forecast(config_of(monkeypatch))
    rows = amounts(forecast, "rows")
    expected = {
        "generate_questions": 2000, "filter_questions": 2000, "find_duplicates": 1400, "judge_questions": 1200,
        "select_questions": 1000, "generate_responses": 2000, "filter_responses": 2000, "score_responses": 1500,
        "select_responses": 1500, "merge_problems": 20,
    }  # fmt: skip
    assert {rule: rows[rule] for rule in expected} == pytest.approx(expected)
    # Of 40 questions with responses, 36 have a chosen one.
    assert rows["assemble_dataset"] == pytest.approx(1000 * 36 / 40)
    hours = amounts(forecast, "gpu_hours")
    assert hours["generate_questions"] * HOUR == pytest.approx(20 * 10 + 2000 * 0.5)
    assert hours["generate_responses"] * HOUR == pytest.approx(20 * 10 + 2000 * 2)
    assert hours["score_responses"] * HOUR == pytest.approx(20 * 10 + 1500 * 0.1)
    assert hours["filter_questions"] == 0
    assert amounts(forecast, "cpu_core_hours")["filter_questions"] * HOUR == pytest.approx(2000 * 0.07 * 2)
    assert amounts(forecast, "cpu_core_hours")["generate_questions"] == 0
    assert amounts(forecast, "completion_tokens")["generate_questions"] == pytest.approx(60_000)
    assert amounts(forecast, "cost")["generate_questions"] == pytest.approx(1200 / HOUR * 2.0)
    # A core has no price.
    assert "filter_questions" not in amounts(forecast, "cost")
    assert "filter_questions" in forecast.lacking("cost")


def test_twice_the_total_takes_twice_as_much(pilot, monkeypatch):
    pilot.data_set()
    once, twice = (pilot.forecast(config_of(monkeypatch, total=total)).totals() for total in (2000, 4000))
    fixed = 4 * 2 * 2 / HOUR  # merge_problems has as many rows in both, three more rules have a single job
    assert twice["gpu_hours"].value == pytest.approx(2 * once["gpu_hours"].value)
    assert twice["cpu_core_hours"].value - fixed == pytest.approx(2 * (once["cpu_core_hours"].value - fixed))
    assert twice["completion_tokens"].value == pytest.approx(2 * once["completion_tokens"].value)


def test_the_start_of_programs_without_a_model_grows_with_jobs_and_not_with_rows(pilot, monkeypatch):
    pilot.data_set()
    for number in range(PILOT_SHARDS):
        pilot.job("filter_questions", f"writer/{number:05d}", {"in": 5, "out": 3}, 2)
    hours = amounts(pilot.forecast(config_of(monkeypatch)), "cpu_core_hours")
    assert hours["filter_questions"] * HOUR == pytest.approx(20 * 2 * 2)


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        ({"method": "none", "cap": 300}, 300),
        ({"method": "none", "cap": 1500}, 1000),
        ({"method": "count", "count": 400}, 400),
        ({"method": "count", "count": 400, "cap": 250}, 250),
        ({"method": "quantile", "share": 0.7, "calibration_shards": 1}, 700),
        # Scores are 0, 0.02 and so on to 0.98: half of them reach 0.5.
        ({"method": "threshold", "threshold": 0.5}, 500),
        ({"method": "threshold", "threshold": 0.5, "cap": 120}, 120),
        # The lower half has 500 questions for 300 places, the upper one 500 for 700.
        ({"method": "target", "count": 1000, "target": HALVES}, 300 + 500),
    ],
)
def test_selection_is_that_of_the_configuration(pilot, monkeypatch, selection, selected):
    config = config_of(monkeypatch, selection={**selection, "shortfall": "warn"}, samples=5)
    forecast = pilot.data_set().forecast(config)
    assert amounts(forecast, "rows")["generate_responses"] == pytest.approx(5 * selected)
    (line,) = [line for line in forecast.lines if line.rule == "generate_responses"]
    # A cap takes the first questions: 300 of 1,000 lie in 6 of 20 shards, and only these jobs load the model.
    passing = {"none": 1000, "count": 400, "quantile": 700, "threshold": 500, "target": 800}[selection["method"]]
    assert line.working_jobs == -(-20 * selected // passing)


def test_a_stage_that_the_pilot_lacks_is_named_and_the_total_says_so(pilot, monkeypatch, tmp_path):
    selection = {"method": "count", "count": 400, "shortfall": "warn"}
    forecast = pilot.data_set().forecast(config_of(monkeypatch, selection=selection))
    rows = forecast_table.rows(forecast, "USD")
    missing = [row for row in rows if row["step"] == "score_difficulty" and row["kind"] == "head/writer"]
    assert {row["note"] for row in missing} == {"not in the pilot"}
    assert {row["value"] for row in missing if row["quantity"] != "jobs"} == {""}
    (hours,) = [row for row in rows if row["phase"] == "Total" and row["quantity"] == "gpu_hours"]
    assert "score_difficulty" in hours["note"]
    assert float(hours["value"]) > 0
    text = forecast_table.text("trial", "pilot", forecast, config_of(monkeypatch, selection=selection))
    assert "- not in the pilot: " in text and "score_difficulty/head/writer" in text


def test_seconds_of_a_cpu_are_never_hours_of_a_gpu(pilot, monkeypatch):
    pilot.machine |= {"gpus": 0, "gpu_name": "", "engine": "transformers"}
    pilot.data_set()
    planned = pilot.forecast(config_of(monkeypatch, gpus=8))
    (line,) = [line for line in planned.lines if line.rule == "generate_responses"]
    assert not {"gpu_hours", "cpu_core_hours", "cost"} & set(line.amounts)
    assert line.notes == [
        "measured with the engine transformers, not vllm", "measured without a GPU, so its hours are not known",
    ]  # fmt: skip
    assert line.measured_on == "transformers, 8 CPU cores"
    assert line.amounts["rows"].value == pytest.approx(2000)
    assert planned.wall_hours()["generate_responses"] is None
    without = pilot.forecast(config_of(monkeypatch, gpus=0))
    (line,) = [line for line in without.lines if line.rule == "generate_responses"]
    assert line.amounts["gpu_hours"].value == 0
    assert line.amounts["cpu_core_hours"].value * HOUR == pytest.approx(8 * (20 * 10 + 2000 * 2))


@pytest.mark.parametrize(("gpus", "waves"), [(8, 3), (20, 1), (7, 3), (1, 20)])
def test_jobs_run_in_waves_on_the_gpus_there_are(pilot, monkeypatch, gpus, waves):
    walls = pilot.data_set().forecast(config_of(monkeypatch, gpus=gpus)).wall_hours()
    assert walls["generate_responses"].value * HOUR == pytest.approx(waves * (10 + 100 * 2))


def test_tokens_of_a_server_are_paid_by_its_prices(pilot, monkeypatch):
    pilot.machine |= {"gpus": 0, "gpu_name": "", "cpu_cores": 1, "engine": "openai"}
    pilot.data_set()
    config = config_of(monkeypatch)
    served = {"engine": "openai", "source": {"server": {}}, "license": "other", "parameters": None, "dtype": None}
    config["models"]["served"] = {**served, "context": 4096, "server": {"model": "served"}}
    config["generate_responses"]["model"] = "served"
    for number in range(PILOT_SHARDS):
        tokens = {"prompt": 8000, "completion": 40_000}
        pilot.job("generate_responses", f"writer/{number:05d}", {**asked_rows(80), "in": 40}, 160, 0, tokens)
    config["prices"] |= {"cpu_core_hour": 0, "tokens": {"served": {"prompt": 2.0, "completion": 8.0}}}
    configuration.validate(config)
    assert amounts(pilot.forecast(config), "cost")["generate_responses"] == pytest.approx(0.2 * 2 + 1.0 * 8)
    config["prices"]["tokens"] = {}
    (line,) = [line for line in pilot.forecast(config).lines if line.rule == "generate_responses"]
    assert "cost" not in line.amounts and line.notes == ["no price for tokens of served"]


TRAINING = {
    "epochs": 3, "learning_rate": 1e-5, "global_batch": 8, "max_tokens": 64, "precision": "float32", "packing": True,
}  # fmt: skip


def test_disk_grows_with_the_rows_and_footers_with_the_jobs(pilot, monkeypatch, tmp_path):
    pilot.data_set()
    for number in range(PILOT_SHARDS):
        rows = [verdict(f"{number}-{index}") for index in range(100)]
        schema.write(pilot.results / f"filter_questions/writer/{number:05d}.parquet", rows, schema.QUESTION_VERDICTS)
    (line,) = [line for line in pilot.forecast(config_of(monkeypatch)).lines if line.rule == "filter_questions"]
    rows = [verdict(f"{index % 2}-{index}") for index in range(100)]
    whole = 0
    for number in range(20):
        schema.write(tmp_path / f"real/{number}.parquet", rows, schema.QUESTION_VERDICTS)
        whole += (tmp_path / f"real/{number}.parquet").stat().st_size
    assert line.amounts["disk_bytes"].value == pytest.approx(whole, rel=0.05)
    size = schema.size((tmp_path / "real").iterdir())
    assert size.data + size.rest == whole
    assert 0 < size.data < whole
    schema.write(tmp_path / "large.parquet", rows * 50, schema.QUESTION_VERDICTS)
    large = schema.size([tmp_path / "large.parquet"])
    assert large.rest == pytest.approx(size.rest / 20, rel=0.1)


def test_trainings_follow_rows_and_epochs_and_their_gpus(pilot, monkeypatch):
    pilot.data_set()
    settings = {**TRAINING, "epochs": 1, "seed": 1}
    pilot.job("train_student", "small/all/1", {"in": 72, "out": 1}, 72, 30, settings=settings, gpus=2)
    student = {"model": "writer", "prompt": "config/prompts/response_short.yaml", "seeds": [1], "training": TRAINING}
    student |= {"sizes": ["all", 100], "launch": {"gpus": 4}}
    config = config_of(monkeypatch)
    config["models"]["writer"]["engine"] = "transformers"
    config["train_student"] = {"small": student}
    configuration.validate(config)
    forecast = pilot.forecast(config)
    (line,) = [line for line in forecast.lines if line.rule == "train_student"]
    assert line.amounts["rows"].value == pytest.approx(900 + 100)
    # 2 GPU seconds a row and epoch, 60 to load; twice the GPUs take half the time.
    assert line.amounts["gpu_hours"].value * HOUR == pytest.approx(1000 * 3 * 2 + 2 * 60)
    assert line.job_seconds.value == pytest.approx((1000 * 3 * 2 + 2 * 60) / 2 / 4)
    assert not line.amounts["gpu_hours"].is_spread_known
    assert "spread not known" in line.notes[0]


def test_steps_are_asked_as_often_as_in_the_pilot(pilot, monkeypatch):
    pilot.data_set()
    for path in sorted((pilot.results / "ledger/score_responses/writer").glob("*.json")):
        ledger = json.loads(path.read_text())
        ledger["rows"]["asked"] *= 3
        path.write_text(json.dumps(ledger))
    assert amounts(pilot.forecast(config_of(monkeypatch)), "rows")["score_responses"] == pytest.approx(3 * 1500)


@pytest.mark.parametrize(("questions", "expected"), [(300, 300), (5000, 900)])
def test_the_diversity_takes_as_long_as_its_questions_and_all_seed_problems(pilot, monkeypatch, questions, expected):
    pilot.data_set()
    pilot.job("measure_diversity", "all", {"in": 10, "seeds": 390, "out": 4}, 402)
    config = config_of(monkeypatch)
    config["models"]["embedder"] = {**config["models"]["writer"], "engine": "transformers", "pooling": "mean"}
    config["measure_diversity"] = {"embedding_model": "embedder", "questions": questions, "topics": 3}
    configuration.validate(config)
    (line,) = [line for line in pilot.forecast(config).lines if line.rule == "measure_diversity"]
    # 900 pairs at most. The first 2 seconds are the start of any program.
    assert line.amounts["rows"].value == pytest.approx(expected + 390)
    assert line.amounts["cpu_core_hours"].value * HOUR == pytest.approx(((expected + 390) * 400 / 400 + 2) * 2)


def test_rows_that_another_stage_buys_cost_nothing_here(pilot, monkeypatch):
    pilot.data_set()
    path = pilot.results / "ledger/score_responses/writer/00000.json"
    ledger = json.loads(path.read_text())
    other = json.loads((pilot.results / "ledger/judge_questions/solvability/writer/00000.json").read_text())
    ledger["rows_by_attempt"] = {**{name: 30 for name in ledger["rows_by_attempt"]}, other["attempt"]["attempt"]: 30}
    path.write_text(json.dumps(ledger))
    hours = amounts(pilot.forecast(config_of(monkeypatch)), "gpu_hours")["score_responses"]
    assert hours * HOUR == pytest.approx(20 * 10 + 1500 * 0.75 * 0.1)


@pytest.mark.parametrize(
    ("budget", "sentence"),
    [
        ({"usd": 100}, "is within the budget of 100 USD"),
        ({"gpu_hours": 1.0, "usd": 100}, "is above the budget of 1.0 GPU hours"),
        ({"gpu_hours": 100}, "is within the budget of 100 GPU hours"),
    ],
)
def test_the_forecast_is_compared_with_the_budget(pilot, monkeypatch, budget, sentence):
    config = config_of(monkeypatch)
    # A core has no price, which the budget does not count.
    forecast = pilot.data_set().forecast(config)
    # What is fetched is not in this pilot; without those lines nothing is lacking.
    forecast.lines = [line for line in forecast.lines if not line.rule.startswith("fetch")]
    assert sentence in " ".join(forecast_table.budget_sentences(forecast, {**config, "budget": budget}))


def test_a_forecast_that_lacks_a_stage_is_not_called_within_the_budget(pilot, monkeypatch):
    shutil.rmtree(pilot.data_set().results / "ledger/score_responses")
    forecast = pilot.forecast(config_of(monkeypatch))
    (sentence,) = forecast_table.budget_sentences(forecast, config_of(monkeypatch) | {"budget": {"usd": 1000}})
    assert "may be above the budget of 1,000 USD, and lacks" in sentence


# Uncertainty


def test_jobs_that_differ_give_an_interval_and_one_job_gives_none(pilot, monkeypatch):
    forecast = pilot.data_set(slower=(0.8, 1.2)).forecast(config_of(monkeypatch))
    (line,) = [line for line in forecast.lines if line.rule == "generate_responses"]
    low, high = line.amounts["gpu_hours"].interval
    assert low < line.amounts["gpu_hours"].value < high
    (line,) = [line for line in forecast.lines if line.rule == "find_duplicates"]
    assert not line.amounts["cpu_core_hours"].is_spread_known
    assert line.amounts["rows"].interval[0] < 1400 < line.amounts["rows"].interval[1]


def test_intervals_of_rates_and_shares_hold_the_truth_about_as_often_as_they_say():
    random = np.random.default_rng(12)
    held = {"rate": 0, "share": 0, "share of one job": 0}
    for number in range(400):
        sizes = random.integers(50, 150, 4)
        seconds = sizes * random.normal(2.0, 0.3, 4)
        low, high = rate(str(number), seconds, sizes).interval
        held["rate"] += low <= 2.0 <= high
        kept = random.binomial(sizes, 0.6)
        low, high = share(str(number), kept, sizes).interval
        held["share"] += low <= 0.6 <= high
        low, high = share(str(number), kept[:1], sizes[:1]).interval
        held["share of one job"] += low <= 0.6 <= high
    assert 0.74 <= held["rate"] / 400 <= 0.86
    # The wider of two intervals holds it more often.
    assert 0.8 <= held["share"] / 400 <= 0.95
    assert 0.74 <= held["share of one job"] / 400 <= 0.86


def test_estimates_follow_sums_products_and_caps():
    random = np.random.default_rng(3)
    uncertain = rate("a", random.normal(10, 1, 50), np.ones(50))
    low, high = uncertain.interval
    assert (uncertain * 3).interval == pytest.approx((3 * low, 3 * high))
    assert (uncertain + exact(5)).interval == pytest.approx((low + 5, high + 5))
    capped = uncertain.at_most(low)
    assert (capped.value, *capped.interval) == pytest.approx((low, low, low))
    assert total([]).value == 0
    # The errors of two independent amounts add up in squares.
    other = rate("b", random.normal(10, 1, 50), np.ones(50))
    assert (uncertain + other).interval[1] - (uncertain + other).interval[0] < 1.6 * (high - low)
    assert rate("c", [1], [0]) is None
    assert share("d", [], []) is None
    low, high = share("e", [5, 5], [5, 5]).interval
    assert low < 1 == high


def test_the_same_pilot_gives_the_same_forecast(pilot, monkeypatch):
    pilot.data_set(slower=(0.8, 1.2))
    first, second = (forecast_table.rows(pilot.forecast(config_of(monkeypatch)), "USD") for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("rule", "job", "kind"),
    [
        ("generate_questions", "writer/00001", "writer"),
        ("judge_questions", "solvability/writer/00001", "solvability/writer"),
        ("find_duplicates", "all", "all"),
        ("train_student", "small/1000/2", "small"),
        ("answer_benchmark", "small-1000-2/test", "small/test"),
        ("answer_benchmark", "writer/test", "writer/test"),
        ("select_subset", "dataset/1000", "dataset"),
    ],
)
def test_jobs_of_one_kind_differ_in_shard_size_or_seed_alone(rule, job, kind):
    assert kind_of(rule, job) == kind


# The program


def run_program(pilot, config):
    arguments = ["--run", "trial", "--settings", json.dumps(config), "--results", str(pilot.folder / "results")]
    arguments += ["--resources", str(pilot.folder / "resources"), "--store", str(pilot.store)]
    arguments += ["--output", str(pilot.folder / "forecast.csv"), "--text", str(pilot.folder / "forecast.md")]
    return forecast_cost.main([*arguments, "--ledger", str(pilot.folder / "ledger.json")])


def test_the_program_prints_what_it_writes(pilot, monkeypatch, capsys):
    pilot.data_set()
    schema.write_text(pilot.results / "tables/costs.csv", "")
    assert run_program(pilot, config_of(monkeypatch)) == 0
    assert (pilot.folder / "forecast.md").read_text().strip() == capsys.readouterr().out.strip()
    with (pilot.folder / "forecast.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == forecast_table.COLUMNS
    (wall,) = [row for row in rows if row["phase"] == "Total" and row["quantity"] == "wall_hours"]
    assert float(wall["value"]) > 0


def test_a_missing_pilot_and_a_missing_section_end_with_a_sentence(pilot, monkeypatch, capsys):
    config = config_of(monkeypatch)
    assert run_program(pilot, config) == 1
    sentence = " ".join(capsys.readouterr().err.split())
    assert "the pilot run pilot is missing or not finished" in sentence and "snakemake --profile local" in sentence
    del config["forecast_cost"]
    assert run_program(pilot, config) == 1
    assert "add `forecast_cost: {pilot: NAME, gpus: 8}`" in " ".join(capsys.readouterr().err.split())


def test_a_run_is_no_pilot_of_its_own(monkeypatch):
    with pytest.raises(configuration.InputError, match=r"forecast_cost\.pilot is trial, which is this run itself"):
        config_of(monkeypatch, forecast_cost={"pilot": "trial", "gpus": 8})
