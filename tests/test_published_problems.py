"""Published sets as they are: every oddity that is known of them must come through.

They are no part of this project. The tests look for them in the folder SYNTHESIS_SHARED_DATA, by default
`../shared/data`; what is tested here on real rows, `test_fetch_problems.py` tests on small ones.
"""

import json
import os
from pathlib import Path

import fetch_problems
import pytest
from conftest import ROOT
from synthesis import schema

SHARED = Path(os.environ.get("SYNTHESIS_SHARED_DATA", ROOT.parent / "shared/data"))
pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"the published sets are not at {SHARED}; set SYNTHESIS_SHARED_DATA to their folder"
)


def published(folder: Path, path: str, *, header: list[str] | None = None, **settings) -> list[dict]:
    """The rows that a published file gives."""
    source = {"file": {"path": str(SHARED / path), **({"header": header} if header else {})}}
    line = ["--run", "t", "--ledger", str(folder / "ledger/fetch_problems/p.json"), "--problems", "p"]
    line += ["--output", str(folder / "p.parquet"), "--settings", json.dumps({"source": source, **settings})]
    assert fetch_problems.main(line) == 0
    return schema.read(folder / "p.parquet", schema.PROBLEMS)


def row_counts(folder: Path) -> dict:
    return json.loads((folder / "ledger/fetch_problems/p.json").read_text())["rows"]


def test_published_training_sets(tmp_path):
    gsm8k = published(tmp_path, "gsm8k/train.jsonl.gz", answer_after="####")
    assert row_counts(tmp_path)["in"] == 7473
    assert sum("\u2028" in row["problem"] + row["solution"] for row in gsm8k) == 1
    assert all("####" not in row["answer"] and "####" in row["solution"] for row in gsm8k)
    assert gsm8k[0]["answer"] == "72"
    assert any("," in row["answer"] for row in gsm8k)
    math = published(tmp_path, "math/train_problem_answer_only.jsonl.gz")
    assert row_counts(tmp_path)["in"] == 7500
    assert sum(row["answer"] is None for row in math) == 2
    samples = published(tmp_path, "scalequest_samples/samples.jsonl", columns={"solution": "response"})
    assert len(samples) == 100 and all(row["solution"] and row["answer"] is None for row in samples)


def test_published_benchmarks(tmp_path):
    aime = published(tmp_path, "aime/aime_2024_II.jsonl")
    assert len(aime) == 15 and any(row["answer"].startswith("0") for row in aime)
    amc = published(tmp_path, "amc23/test.jsonl")
    assert len(amc) == 40 and amc[0]["answer"] == "27" and amc[0]["problem"].startswith("Cities $A$")
    olympiad = published(tmp_path, "olympiadbench/test.jsonl.gz")
    assert row_counts(tmp_path)["in"] == 675 and all(row["answer"] for row in olympiad)
    math500 = published(tmp_path, "math/math500.jsonl")
    assert len(math500) == 500 and all(row["answer"] and row["solution"] for row in math500)
    for language in ("en", "de", "es", "fr", "ru", "zh"):
        mgsm = published(tmp_path, f"mgsm/mgsm_{language}.tsv", header=["question", "answer"])
        assert row_counts(tmp_path)["in"] == 250 and mgsm[0]["answer"] == "18"
    college = published(tmp_path, "college_math/test.jsonl.gz")
    assert row_counts(tmp_path)["in"] == 2818 and college[0]["answer"] == "$10-4 n$"


def test_other_published_sets(tmp_path):
    solvability = published(tmp_path, "solvability/umwp_half.jsonl.gz")
    assert row_counts(tmp_path)["in"] == 2600 and solvability[0]["answer"] == "460"
    code = published(tmp_path, "humaneval/HumanEval.jsonl.gz", columns={"solution": "canonical_solution"})
    assert len(code) == 164 and all(row["problem"].endswith("\n") for row in code)
    mbpp = published(tmp_path, "mbpp/mbpp.jsonl", columns={"problem": "text", "solution": "code"})
    assert row_counts(tmp_path)["in"] == 974 and mbpp[0]["solution"].startswith("R = 3")
    choices = published(tmp_path, "mmlu_stem/test.jsonl.gz")
    assert row_counts(tmp_path)["in"] == 3018 and choices[0]["answer"]
