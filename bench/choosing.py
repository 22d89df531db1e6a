"""Choosing one response of each question: rows a second of CPU time, with the obvious way of each step beside it.

A shard is made up: five answers to each question, most of them equal, in several spellings. Programs are measured as
Snakemake starts them, with their start and with the processes that compare answers.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time

from workload import FOLDER, ROOT, answer

SAMPLES = 5
# How a right answer is spelled, with the chance of each; a wrong one is a number beside it.
SPELLINGS = [("{}", 40), ("{}.0", 8), ("${}$", 8), ("{} apples", 4), (r"\frac{{{double}}}{{2}}", 8), ("x={}", 2)]
WRONG = 30


def write_shard(folder, count: int) -> None:
    """The artifacts of a shard of so many questions with answers and rewards."""
    from synthesis import schema

    draw = random.Random(1)
    keys = [
        {"question_id": f"id{number:08d}", "sample": sample} for number in range(count) for sample in range(SAMPLES)
    ]
    text = {"response": "A text.", "finish_reason": "stop", "prompt_tokens": 9, "completion_tokens": 90}
    schema.write(folder / "responses.parquet", [{**key, **text} for key in keys], schema.RESPONSES)
    kept = {"keep": True, "reason": "", "score": None}
    answers = [{**key, **kept, "answer": spelled(int(key["question_id"][2:]) % 997 + 3, draw)} for key in keys]
    schema.write(folder / "verdicts.parquet", answers, schema.FILTERED_RESPONSES)
    scored = [{**key, "reward": draw.gauss(0, 1), "finish_reason": "stop", "tokens": 90} for key in keys]
    schema.write(folder / "rewards.parquet", scored, schema.REWARDS)


def spelled(number: int, draw: random.Random) -> str:
    """An answer to a question whose right one is the number."""
    forms, chances = zip(*SPELLINGS, strict=True)
    form = draw.choices([*forms, None], [*chances, WRONG])[0]
    return str(number + draw.randint(1, 4)) if form is None else form.format(number, double=2 * number)


def program(folder, name: str, settings: dict, *files) -> dict:
    """Run a program on the shard on one core; seconds by the clock, and its most memory (MB).

    By the clock, since the processes that compare answers are children of another one and not counted with it.
    """
    command = [sys.executable, ROOT / f"scripts/{name}.py", "--run", "bench", "--settings", json.dumps(settings)]
    command += ["--ledger", folder / f"{name}.json", *files]
    started = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stderr=subprocess.DEVNULL)
    os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{name} failed")
    return {"seconds": time.monotonic() - started, "memory": usage.ru_maxrss / 1024}


def chosen_in_a_loop(folder) -> float:
    """Seconds of the plain way to the best: all rows as dictionaries, and one dictionary by question."""
    import pyarrow.parquet as pq

    started = time.process_time()
    best = {}
    for row in pq.read_table(folder / "rewards.parquet").to_pylist():
        if row["question_id"] not in best or row["reward"] > best[row["question_id"]]["reward"]:
            best[row["question_id"]] = row
    return time.process_time() - started


def compared_in_pairs(folder, questions: int) -> float:
    """Seconds of math-verify for every pair of answers to the first questions, each parsed once."""
    import math_verify
    from synthesis import schema
    from synthesis.answer_spelling import as_formula

    rows = schema.read(folder / "verdicts.parquet", schema.FILTERED_RESPONSES, ["answer"])[: questions * SAMPLES]
    forms = (math_verify.LatexExtractionConfig(),)
    started = time.process_time()
    for start in range(0, len(rows), SAMPLES):
        parsed = [
            math_verify.parse(as_formula(row["answer"]), forms, parsing_timeout=None)
            for row in rows[start : start + SAMPLES]
        ]
        for place, one in enumerate(parsed):
            for other in parsed[place + 1 :]:
                math_verify.verify(one, other, timeout_seconds=None)
    return time.process_time() - started


def main() -> None:
    """Print the figures of this part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=5_000)
    parser.add_argument("--pairs", type=int, default=200, help="questions whose answers are compared in pairs")
    options = parser.parse_args()
    folder = FOLDER / "choosing"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_shard(folder, options.questions)
    files = ["--responses", folder / "responses.parquet", "--verdicts", folder / "verdicts.parquet"]
    rewards = ["--rewards", folder / "rewards.parquet"]
    groups = folder / "groups.parquet"
    found = {
        "best": program(
            folder, "select_responses", {"method": "best"}, *files, *rewards, "--output", folder / "best.parquet"
        ),
        "groups": program(
            folder, "group_answers", {}, "--verdicts", folder / "verdicts.parquet", "--output", groups, "--threads", 1
        ),
        "majority": program(
            folder,
            "select_responses",
            {"method": "majority"},
            *files,
            "--groups",
            groups,
            "--output",
            folder / "voted.parquet",
        ),
        "loop": {"seconds": chosen_in_a_loop(folder), "memory": None},
        "pairs": {"seconds": compared_in_pairs(folder, options.pairs), "memory": None},
    }
    rows = {name: (options.pairs if name == "pairs" else options.questions) * SAMPLES for name in found}
    ledger = json.loads((folder / "group_answers.json").read_text())
    found = {name: {**item, "rows": rows[name], "rate": rows[name] / item["seconds"]} for name, item in found.items()}
    answer({**found, "comparisons": ledger["rows"]["comparisons"]})


if __name__ == "__main__":
    main()
