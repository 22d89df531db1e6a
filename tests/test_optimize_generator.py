"""Preference optimisation by real processes on a real two-layer model."""

import math
from pathlib import Path

import optimize_generator
import pytest
import torch
from synthesis import schema
from synthesis.training import texts
from tiny_model import CONTEXT
from training_bench import Bench, losses, refuse_to_train, train_in_two_processes
from transformers import AutoModelForCausalLM, AutoTokenizer


def make_bench(folder: Path, trained: int = 16, held_out: int = 4) -> Bench:
    rows = [
        {
            "question_id": f"id{number}",
            "direction": "difficulty",
            "chosen": f"Anna has {number} apples and buys {number * 7 % 13} more. How many does she have now?",
            "rejected": f"apples {number}",
            "held_out": number >= trained,
        }
        for number in range(trained + held_out)
    ]
    return Bench(folder, optimize_generator, "--pairs", rows, schema.PREFERENCE_PAIRS, beta=0.1)


@pytest.fixture(scope="module")
def optimized(tmp_path_factory):
    bench = make_bench(tmp_path_factory.mktemp("optimized"))
    return bench, bench.train(epochs=4)


def test_chosen_questions_become_likelier_also_held_out_ones(optimized):
    _, report = optimized
    assert (report["rows"], report["rows_held_out"], report["rows_too_long"], report["steps"]) == (16, 4, 0, 8)
    # Before the first step the model is its own reference, so each loss is log 2.
    assert losses(report)[0] == pytest.approx(math.log(2), abs=1e-4)
    assert losses(report)[-1] < losses(report)[0] - 0.05
    assert report["held_out_accuracy"] == 1.0
    assert report["held_out_margin"] > 0
    assert report["log"][-1]["rewards/accuracies"] == 1.0


def test_the_margin_is_that_of_the_models_themselves(optimized):
    """The report's margin equals beta times the difference of log-ratios, computed from the two saved models."""
    bench, report = optimized
    [trained] = bench.folder.glob("store/optimize_generator/*/model")
    base = bench.folder / "base" / "files"
    tokenizer = AutoTokenizer.from_pretrained(base)
    pairs = [row for row in schema.read(bench.folder / "rows.parquet", schema.PREFERENCE_PAIRS) if row["held_out"]]

    def log_probabilities(folder, name):
        model = AutoModelForCausalLM.from_pretrained(folder)
        found = []
        for context, target in texts.question_parts(tokenizer, None, [pair[name] for pair in pairs]):
            with torch.inference_mode():
                logits = model(torch.tensor([context + target])).logits[0, len(context) - 1 : -1].log_softmax(-1)
            found.append(logits.gather(1, torch.tensor(target).unsqueeze(1)).sum())
        return torch.stack(found)

    ratios = {name: log_probabilities(trained, name) - log_probabilities(base, name) for name in ("chosen", "rejected")}
    margin = 0.1 * (ratios["chosen"] - ratios["rejected"]).mean().item()
    assert report["held_out_margin"] == pytest.approx(margin, abs=1e-3)


@pytest.mark.parametrize("parallelism", ["data", "fsdp"])
def test_two_processes_give_the_losses_of_one(optimized, tmp_path, monkeypatch, parallelism):
    train_in_two_processes(monkeypatch, parallelism)
    more = ["--parallelism", parallelism, "--rows-per-device", 2]
    report = make_bench(tmp_path).train("writer", *more, epochs=4)
    assert report["processes"] == 2
    assert losses(report) == pytest.approx(losses(optimized[1]), abs=1e-4)
    assert report["held_out_margin"] == pytest.approx(optimized[1]["held_out_margin"], abs=1e-3)


def test_pairs_that_are_too_long_are_left_out_and_counted(tmp_path):
    bench = make_bench(tmp_path)
    rows = schema.read(bench.folder / "rows.parquet", schema.PREFERENCE_PAIRS)
    rows[0]["chosen"] = "apples " * CONTEXT
    schema.write(bench.folder / "rows.parquet", rows, schema.PREFERENCE_PAIRS)
    report = bench.train(lora={"rank": 2, "alpha": 4, "dropout": 0})
    assert (report["rows"], report["rows_held_out"], report["rows_too_long"]) == (15, 4, 1)


def test_without_held_out_pairs_nothing_is_measured_on_them(tmp_path):
    report = make_bench(tmp_path, held_out=0).train()
    assert (report["rows_held_out"], report["held_out_accuracy"]) == (0, None)


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        (
            {"trained": 0, "held_out": 4},
            "holds no pair to train on; raise optimize_generator.writer.sample_raw_questions",
        ),
        (
            {"trained": 0, "held_out": 0},
            "holds no pair to train on; raise optimize_generator.writer.sample_raw_questions",
        ),
        ({"trained": 3, "held_out": 9}, "3 rows in 2 epochs do not fill one global_batch of 8"),
    ],
)
def test_too_few_pairs_are_said_before_the_training_starts(tmp_path, monkeypatch, capsys, pairs, sentence):
    refuse_to_train(monkeypatch)
    assert optimize_generator.main(make_bench(tmp_path, **pairs).arguments()) == 1
    assert sentence in capsys.readouterr().err
