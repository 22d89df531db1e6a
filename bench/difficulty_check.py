"""Scores real questions with three scorers of difficulty and a small model, and prints how far they agree.

It checks the measurement from the questions to the table, not the scorers: a model of this size hardly knows what is
difficult. The solver's answers are compared with the reference answers and, without buying anything again, with their
own majority.
"""

import argparse
import csv
import json
import os
import sys
from pathlib import Path

from workload import FOLDER, ROOT, fetched_model

sys.path.insert(0, str(ROOT / "scripts"))

import score_difficulty
import tabulate_difficulty
from synthesis import schema
from synthesis.answers import hashes
from synthesis.verdicts import verdict

PROMPTS = ROOT / "config/prompts"
SAMPLES, SHARE, GREEDY = 2, 0.25, {"temperature": 0, "max_tokens": 16}
SOLVER = {
    "method": "fail_rate",
    "samples": SAMPLES,
    "share": SHARE,
    "sampling": {"temperature": 0.7, "top_p": 0.95, "max_tokens": 80},
}
# Name, settings, prompt, and whether the reference answers are told.
SCORERS = [
    ("words", {"method": "first_token", "words": {"hard": "Yes", "easy": "No"}}, "difficulty_first_token.yaml", False),
    ("levels", {"method": "level", "sampling": GREEDY}, "difficulty_level_short.yaml", False),
    ("fail_rate", SOLVER, "response_short.yaml", True),
    ("disagreement", SOLVER, "response_short.yaml", False),
]  # fmt: skip


def write_questions(folder: Path, rows: list[dict], source: str) -> None:
    """Problems of the form of GSM8K (`question`, `answer` that ends in `#### <number>`) as artifacts of a run."""
    fixed = {"source": source, "finish_reason": "imported", "prompt_tokens": 0, "completion_tokens": 0}
    questions = [
        {"question_id": f"id{index:04d}", "index": index, "question": row["question"].strip(), **fixed}
        for index, row in enumerate(rows)
    ]
    problems = [
        {"problem_id": f"p{index}", "source": source, "problem": row["question"], "answer": hashes(row["answer"])}
        for index, row in enumerate(rows)
    ]
    schema.write(folder / "questions.parquet", questions, schema.QUESTIONS)
    schema.write(folder / "problems.parquet", [{**row, "solution": None} for row in problems], schema.PROBLEMS)
    kept = [verdict(row["question_id"]) for row in questions]
    schema.write(folder / "kept.parquet", kept, schema.QUESTION_VERDICTS)


def arguments(folder: Path, name: str, settings: dict) -> list:
    """The arguments that all programs share."""
    ledger = folder / f"ledger/{name}.json"
    return ["--run", "bench", "--settings", json.dumps(settings), "--ledger", ledger, "--seed", 1]


def score(folder: Path, source: str, name: str, settings: dict, prompt: str, told: bool) -> Path:
    """Score all questions with one scorer; returns its file."""
    output = folder / f"score_difficulty/{name}/{source}/00000.parquet"
    line = [*arguments(folder, name, settings), "--code-version", "1.1", "--model", fetched_model()]
    line += ["--prompt", PROMPTS / prompt, "--store", folder / "store", "--threads", os.cpu_count()]
    line += ["--questions", folder / "questions.parquet", "--verdicts", folder / "kept.parquet"]
    line += ["--output", output, "--answers", output.with_suffix(".answers.parquet"), "--batch-rows", 32]
    line += ["--references", folder / "problems.parquet"] if told else []
    if score_difficulty.main([str(part) for part in line]):
        raise SystemExit(f"{name} failed")
    return output


def markdown(path: Path, columns: list[str]) -> str:
    """Some columns of a CSV file as a table."""
    with path.open(newline="") as file:
        rows = [[_short(row[name]) for name in columns] for row in csv.DictReader(file)]
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _short(text: str) -> str:
    return f"{float(text):.2f}" if "." in text and text.replace(".", "").lstrip("-").isdigit() else text


def main() -> None:
    """Score, tabulate and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True, help="GSM8K's test.jsonl, or a file of its form")
    parser.add_argument("--questions", type=int, default=60, help="how many of the first problems")
    options = parser.parse_args()
    folder, source = FOLDER / "difficulty", "gsm8k"
    lines = options.problems.read_text(encoding="utf-8").splitlines()[: options.questions]
    write_questions(folder, list(map(json.loads, lines)), source)
    files = [word for scorer in SCORERS for word in ["--scorer", scorer[0], score(folder, source, *scorer)]]
    methods = {name: settings["method"] for name, settings, *_ in SCORERS}
    line = [*arguments(folder, "tabulate_difficulty", {"methods": methods, "with_references": []}), *files]
    line += ["--output", folder / "scores.csv", "--correlations", folder / "pairs.csv", "--page", folder / "page.html"]
    if tabulate_difficulty.main([str(part) for part in line]):
        raise SystemExit("the table failed")
    print(
        markdown(folder / "scores.csv", ["scorer", "questions", "scored", "mean", "q25", "median", "q75", "unscored"])
    )
    print(markdown(folder / "pairs.csv", ["first", "second", "questions", "spearman", "spearman_low", "spearman_high"]))


if __name__ == "__main__":
    main()
