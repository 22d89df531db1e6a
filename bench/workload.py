"""What the measurements work on: the demo's real model, real problems, and a machine's limit."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "results/bench"
sys.path.insert(0, str(ROOT / "scripts"))

import yaml
from synthesis.prompts import load_prompt
from synthesis.requests import answer_requests

PROMPT = ROOT / "config/prompts/response_short.yaml"
MODEL = "smollm2"


def fetched_model() -> Path:
    """Manifest of the demo's model, fetched once."""
    import fetch_model

    manifest = FOLDER / MODEL / "manifest.json"
    if not manifest.exists():
        settings = yaml.safe_load((ROOT / "config/demo.yaml").read_text())["models"][MODEL]
        arguments = ["--run", "bench", "--model", MODEL, "--settings", json.dumps(settings), "--manifest", manifest]
        arguments += ["--folder", manifest.parent / "files", "--ledger", manifest.parent / "ledger.json"]
        if fetch_model.main([str(argument) for argument in arguments]):
            raise SystemExit("the model could not be fetched")
    return manifest


def manifest_for(engine: str, manifest: Path | None = None, **changes) -> Path:
    """The manifest of the same model for another engine, beside it."""
    manifest = manifest or fetched_model()
    content = json.loads(manifest.read_text()) | {"engine": engine} | changes
    path = manifest.with_name("-".join(["manifest", engine, *map(str, changes.values())]) + ".json")
    path.write_text(json.dumps(content))
    return path


def questions(count: int) -> list[dict]:
    """Word problems as rows of `schema.QUESTIONS`."""
    import reasoning_gym

    problems = reasoning_gym.create_dataset("gsm_symbolic", size=count, seed=12)
    fixed = {"source": "bench", "finish_reason": "imported", "prompt_tokens": 0, "completion_tokens": 0}
    return [
        {"question_id": f"id{number}", "index": number, "question": problem["question"], **fixed}
        for number, problem in enumerate(problems)
    ]


def requests(count: int, samples: int):
    """Requests for several answers to each of so many word problems."""
    return answer_requests(1, "generate_responses", questions(count), load_prompt(PROMPT), samples)


def interleaved(repeats: int, **ways) -> dict[str, list[float]]:
    """Run each way `repeats` times, in turns, so that a slow minute of the machine hits all; their answers by name."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            found[name].append(way())
            print(f"  {name}: {found[name][-1]:.1f}", file=sys.stderr, flush=True)
    return found


def ratio(found: dict[str, list[float]], name: str, to: str) -> float:
    """Median over the rounds of one way's value over another's in the same round."""
    return median(one / other for one, other in zip(found[name], found[to], strict=True))


def seconds_of(work) -> float:
    """How long a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measured(command: list) -> dict:
    """Run a process; returns its seconds by the clock and of the CPU, its most memory (MB) and what it printed."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**os.environ, "SYNTHESIS_ALLOW_STAND_IN": "1"},
    )
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(map(str, command[:3]))} failed: {output}")
    wall = time.perf_counter() - started
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024, "output": output}


def answer(figures: dict) -> None:
    """Print a part's figures as the last line."""
    print(json.dumps(figures))
