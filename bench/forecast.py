"""What `snakemake forecast` says from a pilot of a twentieth, against the run itself, stage by stage.

Both are real runs of a two-layer random model on the engine transformers. The run finds the pilot's rows in the store,
so what is compared is the cost of its data set, to which every row belongs with its share of the job that bought it.
"""

import csv
import json
import shutil
import sys

from workload import FOLDER, ROOT, answer

sys.path.insert(0, str(ROOT / "tests"))

from synthesis import costs
from synthesis.configuration_models import TRAINING_STAGES
from synthesis.forecast_pilot import Pilot, kind_of, units
from tiny_model import CHAT_TEMPLATE, make_tiny_model
from workflow import Clone

TOTAL, CAP, SHARDS, SHARE = 2000, 500, 2, 20
QUANTITIES = ("rows", "prompt_tokens", "completion_tokens", "cpu_core_hours", "cost", "disk_bytes")
STUDENT = {
    "model": "scorer",
    "prompt": "tests/configs/short_prompt.yaml",
    "sizes": ["all"],
    "seeds": [1],
    "training": {"epochs": 2, "learning_rate": 0.001, "global_batch": 8, "max_tokens": 256, "precision": "float32"},
}
JUDGE = {
    "name": "solvability",
    "model": "scorer",
    "prompt": "tests/configs/short_prompt.yaml",
    "verdict": {"probability": {"yes": "Yes", "no": "No", "threshold": 0.5}},
}


def prepared() -> Clone:
    """A clone with the model and the configurations of run and pilot."""
    folder = FOLDER / "forecast"
    shutil.rmtree(folder, ignore_errors=True)
    clone = Clone(folder)
    make_tiny_model(folder / "model", heads=2, chat_template=CHAT_TEMPLATE)
    config = clone.config("tests/configs/engines.yaml", judge_questions__judges=[JUDGE])
    source = config["generate_questions"]["sources"]["writer"]
    source |= {"total": TOTAL, "shard_size": TOTAL // SHARDS}
    # About half of the questions are shorter.
    config["filter_questions"]["filters"][0]["rules"] = {"min_characters": 46}
    config["select_questions"]["sources"]["writer"]["cap"] = CAP
    clone.write_config({**config, "train_student": {"small": STUDENT}, "forecast_cost": {"pilot": "pilot", "gpus": 0}})
    pilot = {"based_on": "trial.yaml", "run": "pilot", "without": ["forecast_cost"]}
    sizes = {"total": TOTAL // SHARE, "shard_size": TOTAL // SHARE // SHARDS}
    pilot["generate_questions"] = {"sources": {"writer": sizes}}
    pilot["select_questions"] = {"sources": {"writer": {"cap": CAP // SHARE}}}
    clone.write_config(pilot, "pilot.yaml")
    return clone


def forecast(clone: Clone) -> dict[tuple[str, str], dict]:
    """The forecast of each rule with one kind of jobs, by rule and quantity."""
    with (clone.folder / "results/trial/tables/forecast.csv").open(encoding="utf-8") as file:
        return {(row["step"], row["quantity"]): row for row in csv.DictReader(file) if row["kind"]}


def measured(clone: Clone, rule: str) -> dict[str, float]:
    """The same quantities of the run itself."""
    results = clone.folder / "results/trial"
    (row,) = [row for row in costs.read(results / "tables/costs.csv") if row["step"] == rule]
    paths = sorted((results / "ledger" / rule).rglob("*.json"))
    ledgers = [json.loads(path.read_text()) for path in paths]
    rows = sum(map(units, ledgers))
    # Students come after the data set, and are in the column of what was spent alone.
    after = "spent_" if row["phase"] in ("Students", "Evaluation") else ""
    hours, cost = f"{after}cpu_core_hours", "spent" if after else "cost"
    run = Pilot(results, clone.folder / "results/store", clone.folder / "resources")
    kind = kind_of(rule, ledgers[0]["job"])
    size = run.model_bytes(rule, kind)
    if rule not in TRAINING_STAGES:
        size += sum(rows * each + len(ledgers) * rest for each, rest in (run.disk(rule, kind), run.stored(rule)))
    tokens = {name: float(row[name]) for name in ("prompt_tokens", "completion_tokens")}
    return {"rows": rows, **tokens, "cpu_core_hours": float(row[hours]), "cost": float(row[cost]), "disk_bytes": size}


def main() -> None:
    """Print the figures of this part: for each rule and quantity the forecast, its interval and what was measured."""
    clone = prepared()
    clone.run(config="pilot.yaml")
    clone.run("forecast")
    found = forecast(clone)
    clone.run()
    rules = [rule for rule in costs.RULES if (rule, "rows") in found and not rule.startswith("fetch_")]
    figures, others = [], ["stages without a model", "cpu_core_hours", 0.0, None, None, 0.0]
    for rule in rules:
        real = measured(clone, rule)
        has_model = rule in TRAINING_STAGES or found[rule, "prompt_tokens"]["value"]
        if not has_model:
            others[2] += float(found[rule, "cpu_core_hours"]["value"])
            others[5] += real["cpu_core_hours"]
        for quantity in QUANTITIES if has_model else ("rows",) * (rule == "assemble_dataset"):
            values = [found[rule, quantity][name] for name in ("value", "low", "high")]
            figures.append([rule, quantity, *(float(value) if value else None for value in values), real[quantity]])
    answer({"total": TOTAL, "share": 1 / SHARE, "figures": [*figures, others]})


if __name__ == "__main__":
    main()
