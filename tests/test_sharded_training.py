"""Models in parts, one in each of several real processes: adapters, and what an interrupted training goes on with."""

import json
import shutil

import psutil
import pytest
import test_optimize_generator
import test_train_difficulty_scorer
import test_train_generator
import torch
import train_generator
from synthesis import model_files
from synthesis.training import train_model
from synthesis.training.base_model import load, one_process_reads
from tiny_model import make_tiny_model
from training_bench import Bench, losses, train_in_this_process, train_in_two_processes
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

TOKENS = torch.arange(20).unsqueeze(0)
KINDS = {
    "supervised": (test_train_generator.make_bench, AutoModelForCausalLM),
    "preferences": (test_optimize_generator.make_bench, AutoModelForCausalLM),
    "regression": (test_train_difficulty_scorer.make_bench, AutoModelForSequenceClassification),
}


PLAN = {
    "kind": "answers",
    "trust_remote_code": False,
    "dtype": "float32",
    "settings": {"precision": "float32", "seed": 1},
    "parallelism": "fsdp",
    "gpus": 0,
}
LORA = {"precision": "bfloat16", "seed": 1, "lora": {}}


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


def test_an_interrupted_training_in_parts_goes_on_with_another_number_of_them(tmp_path, monkeypatch):
    bench = test_train_generator.make_bench(tmp_path)
    settings = {"epochs": 2, "learning_rate": 0.01, "lora": {"rank": 4, "alpha": 8, "dropout": 0}}
    with pytest.MonkeyPatch.context() as patch:
        train_in_this_process(patch)
        bench.train("whole", "--store", tmp_path / "other", **settings)
    train_in_two_processes(monkeypatch, "fsdp")
    bench.interrupt("--parallelism", "fsdp", **settings)
    monkeypatch.setattr(train_model, "processes", lambda gpus, nodes: 4)
    report = bench.train("writer", "--parallelism", "fsdp", **settings)
    assert report["processes"] == 4
    assert sorted(bench.ledger()["rows_by_attempt"].values()) == [4, 16]
    found = [logits(bench, name, AutoModelForCausalLM) for name in ("writer", "whole")]
    assert torch.allclose(*found, atol=1e-4)


def test_a_whole_model_and_one_in_parts_do_not_go_on_with_each_others_checkpoints(tmp_path, monkeypatch, capsys):
    bench = test_train_generator.make_bench(tmp_path)
    train_in_this_process(monkeypatch)
    bench.interrupt()
    monkeypatch.setattr(train_model, "processes", lambda gpus, nodes: 2)
    assert train_generator.main(bench.arguments("writer", "--parallelism", "fsdp")) == 1
    said = capsys.readouterr().err
    assert "has the whole model in each file, so the training goes on only with `parallelism: data`; use that" in said
    for path in bench.checkpoints():
        path.write_text('{"sharded": true}')
    assert train_generator.main(bench.arguments("writer")) == 1
    assert (
        "has parts in each file, so the training goes on only with `parallelism: fsdp` on several"
        in capsys.readouterr().err
    )
    [folder] = {path.parent.parent for path in bench.checkpoints()}
    assert f"or delete {folder} to begin anew" in said
    shutil.rmtree(folder)
    monkeypatch.undo()
    train_in_this_process(monkeypatch)
    assert bench.train()["processes"] == 1


def test_a_single_process_holds_the_whole_model(tmp_path, monkeypatch):
    train_in_this_process(monkeypatch)
    assert test_train_generator.make_bench(tmp_path).train("writer", "--parallelism", "fsdp")["processes"] == 1


@pytest.mark.parametrize("head", ["language", "one_number"])
def test_processes_other_than_the_first_read_no_weights_and_keep_no_memory_for_them(tmp_path, monkeypatch, head):
    plan = {**PLAN, "model": make_tiny_model(tmp_path / "base")}
    _, read = load(plan, head)
    config = plan["model"] / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "vocab_size": 2**21}))
    (plan["model"] / "model.safetensors").unlink()
    monkeypatch.setenv("RANK", "1")
    before = psutil.Process().memory_info().rss
    _, empty = load(plan, head)
    assert psutil.Process().memory_info().rss - before < 2**27
    assert empty.num_parameters() * 4 > 2**29
    assert empty.state_dict().keys() == read.state_dict().keys()
    assert empty.config.pad_token_id == read.config.pad_token_id
    # The first process sends no buffers, so the others compute theirs.
    buffers = dict(read.named_buffers())
    assert buffers
    assert all(torch.equal(buffer, buffers[name]) for name, buffer in empty.named_buffers())


@pytest.mark.parametrize("change", [{"parallelism": "data"}, {"kind": "preferences"}])
def test_every_process_reads_weights_that_it_needs_as_a_whole(tmp_path, monkeypatch, change):
    plan = {**PLAN, **change, "model": make_tiny_model(tmp_path / "base")}
    _, first = load(plan)
    monkeypatch.setenv("RANK", "1")
    _, second = load(plan)
    assert all(torch.equal(weight, first.state_dict()[name]) for name, weight in second.state_dict().items())
    assert not one_process_reads(plan, first)


def test_one_process_reads_only_what_can_be_sent(tmp_path):
    plan = {**PLAN, "dtype": "bfloat16", "model": make_tiny_model(tmp_path / "base")}
    _, model = load(plan)
    assert one_process_reads(plan, model)
    model._keep_in_fp32_modules_strict = {"gate"}
    assert one_process_reads(plan, model)
    assert not one_process_reads({**plan, "settings": LORA}, model)
    model._keep_in_fp32_modules_strict = set()
    assert one_process_reads({**plan, "settings": LORA}, model)
    model.register_buffer("bias", torch.zeros(2))
    assert not one_process_reads(plan, model)


@pytest.mark.parametrize("settings", [{}, {"lora": {"rank": 4, "alpha": 8, "dropout": 0}}], ids=["all weights", "lora"])
def test_a_model_in_parts_whose_head_is_its_embedding_learns_the_same(tmp_path, settings):
    bench = test_train_generator.make_bench(tmp_path)
    tie_embeddings(bench)
    settings = {"learning_rate": 0.01, **settings}
    with pytest.MonkeyPatch.context() as patch:
        train_in_this_process(patch)
        whole = bench.train("whole", "--store", tmp_path / "other", **settings)
    with pytest.MonkeyPatch.context() as patch:
        train_in_two_processes(patch, "fsdp")
        parts = bench.train("parts", "--parallelism", "fsdp", "--rows-per-device", 2, **settings)
    assert losses(parts) == pytest.approx(losses(whole), abs=1e-4)
    found = [logits(bench, name, AutoModelForCausalLM) for name in ("parts", "whole")]
    assert torch.allclose(*found, atol=1e-3)


def tie_embeddings(bench: Bench) -> None:
    """Let the bench's base model use its embedding as its head."""
    folder = bench.folder / "base/files"
    model = AutoModelForCausalLM.from_pretrained(folder)
    model.config.tie_word_embeddings = True
    model.tie_weights()
    model.save_pretrained(folder)
    manifest = json.loads((bench.folder / "base/manifest.json").read_text())
    manifest["content_sha256"] = model_files.content_sha256(model_files.file_entries(folder))
    (bench.folder / "base/manifest.json").write_text(json.dumps(manifest))
