"""Writes small shards of questions and verdicts, and starts programs, for the tests of filters and selections."""

import json
from pathlib import Path

from synthesis import filters, schema
from synthesis.verdicts import verdict


def question(index: int, text: str = "How many?", source: str = "alpha", finish_reason: str = "stop") -> dict:
    """A row of `schema.QUESTIONS` with a readable stand-in for an id."""
    return {
        "question_id": f"{source}-{index}",
        "source": source,
        "index": index,
        "question": text,
        "finish_reason": finish_reason,
        "prompt_tokens": 3,
        "completion_tokens": 5,
    }


def texts(*questions: str) -> list[dict]:
    """Questions with these texts."""
    return [question(index, text) for index, text in enumerate(questions)]


def write_questions(path: Path, rows: list[dict]) -> Path:
    """Write a shard of questions; returns its path."""
    schema.write(path, rows, schema.QUESTIONS)
    return path


def write_verdicts(path: Path, reasons: dict[str, str]) -> Path:
    """Write a verdict file from ids and their reasons, empty for kept ones; returns its path."""
    schema.write(path, [verdict(name, reason) for name, reason in reasons.items()], schema.QUESTION_VERDICTS)
    return path


def write_problems(path: Path, problems: list[str]) -> Path:
    """Write problems under the name of the file; returns its path."""
    rows = [
        {"problem_id": f"{path.stem}-{i}", "source": path.stem, "problem": text, "answer": None, "solution": None}
        for i, text in enumerate(problems)
    ]
    schema.write(path, rows, schema.PROBLEMS)
    return path


def start(program, folder: Path, settings: dict, *arguments) -> int:
    """Run a program with the common arguments; returns its exit code."""
    ledger = ledger_path(program, folder)
    common = ["--run", "t", "--ledger", str(ledger), "--settings", json.dumps(settings)]
    return program.main([*common, *map(str, arguments)])


def ledger_path(program, folder: Path) -> Path:
    """Where `start` has the ledger written."""
    return folder / "ledger" / program.__name__ / "all.json"


def row_counts(program, folder: Path) -> dict:
    """The row counts that the program booked."""
    return json.loads(ledger_path(program, folder).read_text())["rows"]


def reasons(path: Path) -> dict[str, str]:
    """The reasons in a verdict file by id; checks on the way that exactly the kept rows have none."""
    rows = schema.read(path, schema.QUESTION_VERDICTS)
    assert all(row["keep"] is (row["reason"] == "") for row in rows)
    return {row["question_id"]: row["reason"] for row in rows}


def build_filter(kind: str, settings: dict, files: dict | None = None):
    """One filter of questions, under the name `trial`."""
    return filters.build([{"name": "trial", kind: settings}], files or {})["trial"]
