"""Training, by real processes on a real two-layer model: what is learnt, shared by processes, resumed and reused."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import train_generator
from synthesis import engines, schema
from synthesis.requests import question_requests
from synthesis.training import train_model
from tiny_model import CONTEXT
from training_bench import (
    Bench,
    losses,
    problem_rows,
    refuse_to_train,
    train_in_this_process,
    train_in_two_processes,
)


def make_bench(folder: Path, problems: int = 20) -> Bench:
    return Bench(folder, train_generator, "--problems", problem_rows(problems), schema.PROBLEMS)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    bench = make_bench(tmp_path_factory.mktemp("trained"))
    return bench, bench.train()


def test_a_model_is_trained_once_and_then_found_in_the_store(trained):
    bench, report = trained
    assert (report["rows"], report["rows_too_long"], report["steps"], report["processes"]) == (20, 0, 5, 1)
    assert losses(report)[-1] < losses(report)[0] - 0.1
    first = json.loads(bench.manifest().read_text())
    assert bench.train("again") == report
    assert bench.ledger("again")["rows"] == {"in": 20, "out": 1, "asked": 1, "bought": 0, "reused": 1}
    again = json.loads(bench.manifest("again").read_text())
    assert {**again, "model": "writer"} == first


def test_an_engine_loads_the_trained_model(trained):
    bench, _ = trained
    base = json.loads((bench.folder / "base/manifest.json").read_text())
    manifest = json.loads(bench.manifest().read_text())
    assert manifest["content_sha256"] != base["content_sha256"]
    names = [path.name for path in (bench.manifest().parent / manifest["folder"]).iterdir()]
    assert "training_args.bin" not in names
    engine = engines.load(bench.manifest(), engines.Machine(threads=2))
    request = question_requests(1, "generate_questions", "writer", [("id", 0)], None)
    [completion] = [row for rows in engine.generate(request, {"temperature": 1, "max_tokens": 4}) for _, row in rows]
    assert completion.completion_tokens


def test_the_ledger_shares_the_rows_among_the_attempts(trained):
    bench, _ = trained
    ledger = bench.ledger()
    assert ledger["rows_by_attempt"] == {ledger["attempt"]["attempt"]: 20}
    assert ledger["attempt"]["rows"] == 20
    assert ledger["attempt"]["versions"]["trl"]
    # The time before the first step and after the last one, which does not grow with the rows.
    assert 0 < ledger["attempt"]["load_seconds"] < ledger["attempt"]["wall_seconds"]


def test_packed_rows_do_not_see_each_other(tmp_path):
    """One step over all rows at once has the same loss, whether they stand in one pack or each by itself."""
    bench = make_bench(tmp_path)
    apart = bench.train("apart", epochs=1, global_batch=20)
    packed = bench.train("packed", epochs=1, global_batch=1, max_tokens=CONTEXT, packing=True)
    assert (packed["sequences"], packed["tokens"]) == (1, apart["tokens"])
    assert losses(packed) == pytest.approx(losses(apart), abs=1e-4)


@pytest.mark.parametrize("parallelism", ["data", "fsdp"])
def test_two_processes_give_the_losses_of_one(trained, tmp_path, monkeypatch, parallelism):
    train_in_two_processes(monkeypatch, parallelism)
    report = make_bench(tmp_path).train("writer", "--parallelism", parallelism, "--rows-per-device", 2)
    assert report["processes"] == 2
    assert losses(report) == pytest.approx(losses(trained[1]), abs=1e-4)


LONG = {"epochs": 40, "scheduler": "linear"}


def wait_for_checkpoint(bench: Bench, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 120
    while not bench.checkpoints():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return make_bench(tmp_path_factory.mktemp("uninterrupted")).train(**LONG)


def test_a_killed_training_goes_on_from_its_checkpoint(tmp_path, uninterrupted):
    bench = make_bench(tmp_path)
    process = bench.start("--checkpoint-seconds", 0.5, **LONG)
    wait_for_checkpoint(bench, process)
    process.kill()
    process.wait()
    report = bench.train("writer", "--checkpoint-seconds", 0.5, **LONG)
    assert report["steps"] == uninterrupted["steps"] == 100
    assert losses(report)[-1] == pytest.approx(losses(uninterrupted)[-1], abs=1e-3)
    shares = list(bench.ledger()["rows_by_attempt"].values())
    assert len(shares) == 2 and sum(shares) == 20
    assert not list(bench.folder.glob("store/train_generator/*/checkpoints"))


def test_no_process_outlives_the_program_that_started_it(tmp_path):
    bench = make_bench(tmp_path)
    process = bench.start("--checkpoint-seconds", 1, epochs=100_000)
    wait_for_checkpoint(bench, process)
    [plan] = bench.folder.glob("store/train_generator/*/plan.json")
    assert _processes_with(str(plan))
    process.kill()
    process.wait()
    deadline = time.monotonic() + 30
    while _processes_with(str(plan)):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _processes_with(argument: str) -> list[Path]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [path] if argument in path.read_text().split("\0") else []
        except OSError:
            continue
    return found


def test_a_training_that_is_told_to_stop_leaves_a_checkpoint(tmp_path, uninterrupted):
    bench = make_bench(tmp_path)
    process = bench.start(**LONG)
    log = bench.folder / "writer.log"
    while "steps to go" not in (log.read_text() if log.exists() else ""):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    assert len(bench.checkpoints()) == 1
    assert losses(bench.train(**LONG))[-1] == pytest.approx(losses(uninterrupted)[-1], abs=1e-3)


def test_another_number_of_processes_goes_on(tmp_path, uninterrupted, monkeypatch):
    bench = make_bench(tmp_path)
    process = bench.start("--checkpoint-seconds", 0.5, **LONG)
    wait_for_checkpoint(bench, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    monkeypatch.setattr(train_model, "processes", lambda gpus, nodes: 2)
    report = bench.train(**LONG)
    assert report["processes"] == 2
    assert losses(report)[-1] == pytest.approx(losses(uninterrupted)[-1], abs=1e-3)


def test_an_adapter_is_merged_into_the_model(tmp_path):
    bench = make_bench(tmp_path)
    lora = {"rank": 4, "alpha": 8, "dropout": 0}
    report = bench.train(lora=lora, epochs=8, learning_rate=0.01)
    assert losses(report)[-1] < losses(report)[0] - 0.1
    manifest = json.loads(bench.manifest().read_text())
    assert "model.safetensors" in [entry["name"] for entry in manifest["files"]]
    assert not [entry["name"] for entry in manifest["files"] if "adapter" in entry["name"]]
    engines.load(bench.manifest(), engines.Machine(threads=2))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"max_tokens": 8}, "none of the 20 rows fits into max_tokens: 8; raise it."),
        (
            {"max_tokens": 17, "global_batch": 40},
            "rows in 2 epochs do not fill one global_batch of 40; lower global_batch",
        ),
    ],
)
def test_what_can_not_be_trained_is_said_in_one_sentence(tmp_path, monkeypatch, capsys, settings, sentence):
    train_in_this_process(monkeypatch)
    bench = make_bench(tmp_path)
    assert train_generator.main(bench.arguments(**settings)) == 1
    assert sentence in capsys.readouterr().err
    assert not bench.manifest().exists()


@pytest.mark.parametrize(
    ("gpus", "settings", "sentence"),
    [
        (0, {"global_batch": 64}, "20 rows in 2 epochs do not fill one global_batch of 64; lower global_batch"),
        (0, {"epochs": 0.1}, "20 rows in 0.1 epochs do not fill one global_batch of 8"),
        (3, {}, "global_batch is 8, which 3 processes can't share evenly; write a multiple of 3"),
    ],
)
def test_what_is_known_before_is_said_before_the_training_starts(
    tmp_path, monkeypatch, capsys, gpus, settings, sentence
):
    refuse_to_train(monkeypatch)
    bench = make_bench(tmp_path)
    assert train_generator.main(bench.arguments("writer", "--gpus", gpus, **settings)) == 1
    assert f"train_generator writer: {sentence}" in capsys.readouterr().err
    assert not bench.manifest().exists()


def test_rows_that_are_too_long_are_left_out_and_counted(tmp_path):
    report = make_bench(tmp_path).train(max_tokens=17, epochs=8)
    assert report["rows"] + report["rows_too_long"] == 20
    assert 0 < report["rows"] < 20
    assert report["tokens"] <= 17 * report["rows"]


def test_without_problems_there_is_nothing_to_train_on(tmp_path, capsys):
    bench = make_bench(tmp_path, problems=0)
    assert train_generator.main(bench.arguments()) == 1
    assert "holds no problem to train on" in capsys.readouterr().err
