"""A small run with all that a card of its data set is made from, and the card."""

import copy
import json
from dataclasses import asdict

import assemble_dataset
import small_run
import tabulate_funnel
import write_dataset_card
from synthesis import schema
from synthesis.ledger import Attempt, Ledger, journal_folder

EXPORTS = ["query_response", "problem_solution", "messages", "sharegpt"]
SAMPLING = {"temperature": 0.7, "top_p": 0.95, "max_tokens": 80}
CONFIG = {
    "run": "trial",
    "seed": 20241024,
    "models": {
        name: {
            "source": {"hub": {"repo": f"maker/{name}", "revision": "main"}},
            "license": f"{name}-licence",
            "parameters": 135_000_000,
        }
        for name in ("writer", "teacher", "scorer")
    },
    "problems": {},
    "benchmarks": {},
    "generate_questions": {
        "sources": {
            "smollm2": {
                "empty_prefix": {"model": "writer", "system": "You teach.", "sampling": SAMPLING},
                "total": 15,
                "shard_size": 10,
            },
            "imported": {"imported": {"file": "questions.jsonl"}, "total": 10, "shard_size": 10},
        }
    },
    "filter_questions": {
        "filters": [
            {"name": "rules", "rules": {"require": ["a|b"]}},
            {
                "name": "contamination",
                "contamination": {"words": 13, "benchmarks": ["arithmetic_test"], "held_out": True},
            },
        ]
    },
    "find_duplicates": {"method": "exact"},
    "judge_questions": {
        "judges": [{"name": "solvability", "model": "teacher", "prompt": "judge.yaml", "verdict": {"threshold": 0.5}}]
    },
    "select_questions": {"sources": {"smollm2": {"method": "none", "cap": 24}}},
    "generate_responses": {"model": "teacher", "prompt": "answer.yaml", "samples": 2, "sampling": SAMPLING},
    "filter_responses": {"finished": True, "answer": ["boxed"]},
    "score_responses": {"model": "scorer", "method": "log_likelihood", "prompt": "answer.yaml"},
    "select_responses": {"method": "best"},
    "assemble_dataset": {"files": 2, "exports": EXPORTS},
}
CARD = {"title": "Sums: a trial", "license": "apache-2.0", "language": "en", "description": "Sums of two numbers."}
PRICES = {"date": "2026-01-31", "currency": "EUR", "source": "t", "cpu_core_hour": 0.1, "gpu_hour": {"A100": 2.0}}


def write_run(tmp_path):
    """A run with its data set, tables, manifests and prompts; returns its folder of results."""
    results = small_run.write_run(tmp_path / "run")
    (tmp_path / "judge.yaml").write_text("user: |-\n  Solvable? {question}\n  ```\n  Yes or No\n  ```\n")
    (tmp_path / "answer.yaml").write_text("system: You are exact.\nuser: 'Solve: {question}'\n")
    for name in ("writer", "teacher", "scorer"):
        manifest = {
            "model": name,
            "engine": "transformers",
            "dtype": "float32",
            "source": {"hub": {"repo": f"maker/{name}", "revision": "main"}},
            "revision": f"{name}-revision",
            "context": 2048,
            "content_sha256": "0123456789abcdef" * 4,
            "files": [],
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(manifest))
    return results


def add_ledgers(tmp_path, gpu_name="A100"):
    """One job whose rows an earlier run bought, and the assembly."""
    earlier = Attempt(
        run="earlier", rule="generate_responses", job="s/0", gpus=1, gpu_name=gpu_name, engine="transformers"
    )
    earlier.rows, earlier.versions = 14, {"transformers": "5.19.0"}
    earlier.wall_seconds = 72.0
    schema.write_text(
        journal_folder(tmp_path / "store", "earlier") / "r" / f"{earlier.attempt}.json", json.dumps(asdict(earlier))
    )
    job = Ledger(run="trial", rule="generate_responses", job="s/0", rows_by_attempt={earlier.attempt: 14})
    job.tokens = {"prompt": 1234, "completion": 5678}
    job.write(
        tmp_path / "ledger/generate_responses/s/0.json", Attempt(run="trial", rule="generate_responses", job="s/0")
    )


def make_card(tmp_path, results, config=CONFIG, prices=PRICES, files=(), included=()):
    config = copy.deepcopy(config)
    dataset, names = results / "dataset", ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]
    data = [str(dataset / "data" / name) for name in names]
    add_ledgers(tmp_path)
    stages = small_run.stage_arguments(results)

    def common(rule):
        return small_run.common_arguments(tmp_path, rule)

    exports = [word for name in EXPORTS for word in ["--export", name, *[str(dataset / name / file) for file in names]]]
    settings = ["--settings", json.dumps(small_run.SETTINGS)]
    prompt = ["--prompt", "answer.yaml", "--included", *map(str, included)]
    assert (
        assemble_dataset.main([*common("assemble_dataset"), *settings, *prompt, *stages, "--data", *data, *exports])
        == 0
    )
    assert (
        tabulate_funnel.main([*common("tabulate_funnel"), *stages, "--output", "funnel.csv", "--page", "funnel.html"])
        == 0
    )
    ledgers = ["--ledgers", "ledger/generate_responses/s/0.json", "ledger/assemble_dataset/all.json"]
    books = [*ledgers, "--store", "store"]
    arguments = [*common("write_dataset_card"), "--settings", json.dumps({"card": CARD, "config": config}), *books]
    arguments += [
        "--data",
        *data,
        "--funnel",
        "funnel.csv",
        "--prices",
        json.dumps(prices),
        "--prompts",
        "judge.yaml",
        "answer.yaml",
    ]
    arguments += ["--manifests", *[f"{name}.json" for name in ("writer", "teacher", "scorer")]]
    arguments += ["--files", *map(str, files), "--output", str(dataset / "README.md"), "--page", "card.html"]
    assert write_dataset_card.main(arguments) == 0
    return (dataset / "README.md").read_text(encoding="utf-8")


def section(card, title):
    return card.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
