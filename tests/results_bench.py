"""A folder with tables of runs beside which `tabulate_results` puts the papers' values, for its tests."""

import csv
import json
import random
from pathlib import Path

import pytest
import tabulate_results
from conftest import ROOT
from synthesis import configuration, configuration_results, evaluation, evaluation_averages
from synthesis.plan import Plan

RUN = "scalequest"
HIGH = {"student": "llama3_8b_student", "size": "all", "seed": "42"}


def complete_recipe() -> dict:
    """The complete recipe at the size of the paper, whose tables are those of the paper."""
    config = configuration.load(ROOT / "config/config.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        configuration.validate(config)
    return config


class Bench:
    """A folder with tables of runs, and calls of the program with the recipe's tables or others."""

    def __init__(self, folder: Path, config: dict, monkeypatch):
        monkeypatch.chdir(ROOT)
        self.folder, self.config = folder, config

    def write(self, run: str, name: str, columns: list[str], rows: list[dict]) -> None:
        path = self.folder / "results" / run / "tables" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            table = csv.DictWriter(file, columns, restval="")
            table.writeheader()
            table.writerows(rows)

    def run(self, tables: dict | None = None, run: str = RUN) -> int:
        settings = json.loads(Plan(self.config).results_settings()) | {"run": run}
        settings["tables"] = tables or settings["tables"]
        files = {table["published"]["file"] for table in settings["tables"].values()}
        options = ["--run", self.config["run"], "--settings", json.dumps(settings), "--code-version", "1"]
        found = sorted((self.folder / "results").glob("*/tables/*.csv"))
        options += ["--published", *sorted(files), "--tables", *found]
        options += ["--output", self.folder / "results.csv", "--page", self.folder / "page.html"]
        options += ["--ledger", self.folder / "ledger/tabulate_results/all.json"]
        return tabulate_results.main(list(map(str, options)))

    def table(self, name: str | None = None) -> list[dict]:
        with (self.folder / "results.csv").open(newline="") as file:
            return [row for row in csv.DictReader(file) if name in (None, row["table"])]

    def cell(self, *place: str) -> dict:
        (found,) = [row for row in self.table(place[0]) if (row["row"], row["column"]) == place[1:]]
        return found

    def form(self, name: str, suffix: str) -> str:
        return (self.folder / "results" / f"{name}.{suffix}").read_text()


def evaluated(accuracies: dict[str, float], names: dict = HIGH) -> list[dict]:
    """Rows of the evaluation of one model, by benchmark."""
    common = {"model": "llama3_8b", **names, "problems": 1319, "samples": 1}
    return [
        {
            **common,
            "benchmark": benchmark,
            "accuracy": value,
            "accuracy_low": value - 0.01,
            "accuracy_high": value + 0.02,
        }
        for benchmark, value in accuracies.items()
    ]


def everything(bench: Bench, seed: int = 5) -> dict[tuple, float]:
    """All tables of the recipe's run, filled with random values; gives the accuracies by the names of the row."""
    drawn, accuracies, rows = random.Random(seed), {}, []
    for names in configuration_results.known_rows(bench.config, "evaluation"):
        accuracies[tuple(names.values())] = value = round(drawn.uniform(0.1, 0.9), 6)
        rows += evaluated({names["benchmark"]: value}, names)
    bench.write(RUN, "evaluation", evaluation.COLUMNS, rows)
    averages = configuration_results.known_rows(bench.config, "evaluation_averages")
    rows = [{**names, "accuracy": 0.5, "low": 0.4, "high": 0.6} for names in averages]
    bench.write(RUN, "evaluation_averages", evaluation_averages.COLUMNS, rows)
    return accuracies
