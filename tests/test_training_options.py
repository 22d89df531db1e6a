"""Settings that save memory or time: what is learnt stays the same, or nearly so."""

import json
from collections import Counter
from pathlib import Path

import pytest
import safetensors.torch
import test_optimize_generator
import test_train_difficulty_scorer
import test_train_generator
import torch
import transformers
from training_bench import Bench, losses, train_in_this_process
from transformers.models.llama.modeling_llama import LlamaAttention

# A test bench for each kind of training.
KINDS = {
    "supervised": test_train_generator.make_bench,
    "preferences": test_optimize_generator.make_bench,
    "regression": test_train_difficulty_scorer.make_bench,
}
WEIGHTS = {"all weights": {}, "adapter": {"lora": {"rank": 4, "alpha": 8, "dropout": 0}, "learning_rate": 0.01}}
each_kind = pytest.mark.parametrize("make_bench", KINDS.values(), ids=KINDS)
each_weights = pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    train_in_this_process(monkeypatch)


@pytest.fixture
def computed(monkeypatch) -> Counter:
    """Counts how often a layer of the model is computed."""
    counts, forward = Counter(), LlamaAttention.forward

    def counting(*args, **options):
        counts["layers"] += 1
        return forward(*args, **options)

    monkeypatch.setattr(LlamaAttention, "forward", counting)
    return counts


@each_kind
def test_the_rows_that_are_taken_at_once_change_nothing(tmp_path, make_bench):
    bench = make_bench(tmp_path)
    at_once = bench.train("at_once", "--rows-per-device", 8, epochs=4)
    accumulated = bench.train("accumulated", "--rows-per-device", 2, "--store", tmp_path / "other", epochs=4)
    assert losses(accumulated) == pytest.approx(losses(at_once), abs=1e-4)
    norms = [[entry["grad_norm"] for entry in report["log"]] for report in (accumulated, at_once)]
    assert norms[0] == pytest.approx(norms[1], rel=0.01)


@each_kind
@each_weights
def test_gradient_checkpointing_computes_more_and_learns_the_same(tmp_path, computed, make_bench, weights):
    bench = make_bench(tmp_path)
    stored = bench.train("stored", epochs=4, **weights)
    layers = computed["layers"]
    recomputed = bench.train(
        "recomputed", "--gradient-checkpointing", 1, "--store", tmp_path / "other", epochs=4, **weights
    )
    assert computed["layers"] - layers > layers
    assert losses(recomputed) == pytest.approx(losses(stored), abs=1e-5)
    assert losses(stored)[-1] < losses(stored)[0]


@each_kind
@each_weights
def test_the_losses_in_bfloat16_are_nearly_those_in_float32(tmp_path, make_bench, weights):
    bench = make_bench(tmp_path)
    exact = bench.train("exact", epochs=4, **weights)
    rounded = bench.train("rounded", epochs=4, precision="bfloat16", **weights)
    assert losses(rounded) != losses(exact)
    # Half a percent; squared errors fall to nearly 0, so they may differ by a hundredth.
    assert losses(rounded) == pytest.approx(losses(exact), rel=0.005, abs=0.01)


@each_kind
@each_weights
def test_what_is_trained_is_float32_whatever_the_model_is_stored_in(tmp_path, monkeypatch, make_bench, weights):
    found, create = {}, transformers.Trainer.create_optimizer

    def look(trainer, *args):
        found.update({name: weight.dtype for name, weight in trainer.model.named_parameters() if weight.requires_grad})
        return create(trainer, *args)

    monkeypatch.setattr(transformers.Trainer, "create_optimizer", look)
    bench = store_in(make_bench(tmp_path), "bfloat16")
    bench.train(precision="bfloat16", epochs=4, **weights)
    assert set(found.values()) == {torch.float32}


def store_in(bench: Bench, dtype: str) -> Bench:
    """Let the model to begin with be one of another precision."""
    path = bench.folder / "base/manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "dtype": dtype}))
    return bench


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return safetensors.torch.load_file(folder / "model.safetensors")


def trained_weights(bench: Bench) -> dict[str, torch.Tensor]:
    manifest = json.loads(bench.manifest().read_text())
    return weights_of(bench.manifest().parent / manifest["folder"])


@each_weights
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_saved_weights_have_the_precision_of_the_model_to_begin_with(tmp_path, weights, dtype):
    bench = store_in(test_train_generator.make_bench(tmp_path), dtype)
    bench.train(precision="bfloat16", **weights)
    assert {weight.dtype for weight in trained_weights(bench).values()} == {getattr(torch, dtype)}
    assert json.loads(bench.manifest().read_text())["dtype"] == dtype


def test_an_adapter_that_is_trained_in_bfloat16_leaves_the_other_weights_as_they_are(tmp_path):
    bench = test_train_generator.make_bench(tmp_path)
    bench.train(precision="bfloat16", lora={"rank": 4, "alpha": 8, "dropout": 0, "modules": ["q_proj"]})
    before, after = weights_of(tmp_path / "base/files"), trained_weights(bench)
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {name for name in before if "q_proj" in name}
