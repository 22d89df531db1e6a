"""Adapters whose model is in parts, one in each of two real processes."""

import json

import pytest
import test_optimize_generator
import test_train_difficulty_scorer
import test_train_generator
import torch
from training_bench import Bench, losses, train_in_this_process, train_in_two_processes
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

TOKENS = torch.arange(20).unsqueeze(0)
KINDS = {
    "supervised": (test_train_generator.make_bench, AutoModelForCausalLM),
    "preferences": (test_optimize_generator.make_bench, AutoModelForCausalLM),
    "regression": (test_train_difficulty_scorer.make_bench, AutoModelForSequenceClassification),
}


def logits(bench: Bench, name: str, kind) -> torch.Tensor:
    """What a trained model gives for some tokens."""
    manifest = json.loads(bench.manifest(name).read_text())
    model = kind.from_pretrained(bench.manifest(name).parent / manifest["folder"])
    with torch.inference_mode():
        return model(TOKENS).logits


@pytest.mark.parametrize(("make_bench", "kind"), KINDS.values(), ids=KINDS)
def test_an_adapter_of_a_model_in_parts_learns_the_same_and_is_merged(tmp_path, make_bench, kind):
    bench = make_bench(tmp_path)
    settings = {"epochs": 2, "learning_rate": 0.01, "lora": {"rank": 4, "alpha": 8, "dropout": 0}}
    with pytest.MonkeyPatch.context() as patch:
        train_in_this_process(patch)
        whole = bench.train("whole", **settings)
    with pytest.MonkeyPatch.context() as patch:
        train_in_two_processes(patch, "fsdp")
        launch = ["--parallelism", "fsdp", "--rows-per-device", 2, "--store", tmp_path / "other"]
        parts = bench.train("parts", *launch, **settings)
    assert parts["processes"] == 2
    assert losses(parts) == pytest.approx(losses(whole), abs=1e-4)
    assert torch.allclose(logits(bench, "parts", kind), logits(bench, "whole", kind), atol=1e-4)
