"""Models from a hub on the loopback interface, through the hub's own unmodified client."""

import json
import os
import shutil
from pathlib import Path

import fetch_model
import pytest
from hub_server import COMMIT, Hub, closed_port
from huggingface_hub import constants
from model_fetching import arguments, assert_nothing_left, contents, in_process, manifest, sentence
from synthesis import engines, hub
from tiny_model import make_tiny_model

TOKEN = "hf_secretoftheaccount"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


def from_hub(folder: Path, hub: Hub | str, revision: str = "main", token: str | None = None, **settings):
    url = hub if isinstance(hub, str) else hub.url
    environment = {"HF_ENDPOINT": url, "HF_HOME": str(folder / "cache"), **({"HF_TOKEN": token} if token else {})}
    source = {"hub": {"repo": "acme/tiny", "revision": revision}}
    return in_process(arguments(folder, source, **settings), **environment)


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        ("https://hub.example", "hub.example"),
        ("http://hub.example:8080/path", "hub.example:8080"),
        ("https://user:secret@hub.example/path", "hub.example"),
        ("https://hub.example/a@b", "hub.example"),
    ],
)
def test_the_host_is_told_without_a_name_a_password_and_a_path(monkeypatch, endpoint, host):
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    assert hub.host() == host


def test_the_hub_gives_the_same_content_as_a_folder(tiny, tmp_path):
    files = {
        **contents(tiny),
        "README.md": b"# Tiny",
        "pytorch_model.bin": b"never asked for",
        "modeling_own.py": b"raise SystemExit",
        "original/model.safetensors": b"another format",
    }
    with Hub({"models/acme/tiny": files}) as hub:
        done = from_hub(tmp_path, hub)
        asked = " ".join(hub.requests)
    assert done.returncode == 0, done.stderr
    found = manifest(tmp_path)
    assert found["revision"] == COMMIT
    assert contents(tmp_path / "m/files") == contents(tiny)
    assert fetch_model.main(arguments(tmp_path / "local", {"path": {"folder": str(tiny)}})) == 0
    assert found["content_sha256"] == manifest(tmp_path / "local")["content_sha256"]
    assert not [name for name in ("pytorch_model.bin", ".py", "original", "README") if name in asked]


def test_a_tokenizer_that_can_not_be_read_is_refused_before_the_weights_are_downloaded(tiny, tmp_path):
    files = contents(tiny)
    files["tokenizer.model"] = files.pop("tokenizer.json")
    with Hub({"models/acme/tiny": files}) as hub:
        done = from_hub(tmp_path, hub)
        asked = " ".join(hub.requests)
    assert done.returncode == 1
    assert "the model acme/tiny at revision main has its tokenizer only as tokenizer.model" in sentence(done.stderr)
    assert "tokenizer.model" in asked and "safetensors" not in asked
    assert_nothing_left(tmp_path)


def test_a_pinned_model_in_the_cache_needs_no_network(tiny, tmp_path):
    with Hub({"models/acme/tiny": contents(tiny)}) as hub:
        assert from_hub(tmp_path, hub, revision=COMMIT).returncode == 0
    shutil.rmtree(tmp_path / "m")
    done = from_hub(tmp_path, hub, revision=COMMIT)
    assert done.returncode == 0
    assert "the licence on the card of the model acme/tiny could not be read" in done.stderr
    assert contents(tmp_path / "m/files") == contents(tiny)


def test_of_a_model_on_a_server_no_weights_are_downloaded(tiny, tmp_path):
    files = contents(tiny)
    with Hub({"models/acme/tiny": files}) as hub:
        served = {"engine": "openai", "dtype": None, "server": {"model": "acme/tiny", "url": None}}
        source = {"hub": {"repo": "acme/tiny", "revision": COMMIT}}
        done = in_process(arguments(tmp_path, source, **served), HF_ENDPOINT=hub.url, HF_HOME=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    del files["model.safetensors"]
    assert contents(tmp_path / "m/files") == files
    assert not [path for path in hub.requests if path.endswith(".safetensors")]


def test_a_missing_repository_or_revision_is_named(tiny, tmp_path):
    with Hub({"models/acme/other": contents(tiny)}) as hub:
        done = from_hub(tmp_path, hub)
        assert done.returncode == 1
        assert "the hub has no model acme/tiny" in sentence(done.stderr)
        assert "models.m.source.hub.repo" in sentence(done.stderr)
        hub.repositories["models/acme/tiny"] = contents(tiny)
        done = from_hub(tmp_path, hub, revision="v9")
        assert done.returncode == 1
        assert "the model acme/tiny has no revision v9" in sentence(done.stderr)
    assert_nothing_left(tmp_path)


def test_a_gated_model_asks_for_the_licence_and_a_token(tiny, tmp_path):
    with Hub({"models/acme/tiny": contents(tiny)}, gated={"models/acme/tiny": TOKEN}) as hub:
        for token in (None, "hf_ofsomebodywhohasnotaccepted"):
            done = from_hub(tmp_path, hub, token=token)
            assert done.returncode == 1
            assert "is gated: accept its licence on the model's page, set HF_TOKEN" in sentence(done.stderr)
            assert "hf_" not in done.stdout + done.stderr
            assert_nothing_left(tmp_path)
        done = from_hub(tmp_path, hub, token=TOKEN)
    assert done.returncode == 0, done.stderr
    written = [path.read_text() for path in (tmp_path / "m/manifest.json", tmp_path / "ledger/fetch_model/m.json")]
    assert TOKEN not in "".join([done.stdout, done.stderr, *written])


@pytest.mark.parametrize(
    ("card", "stated"),
    [
        ({"license": "mit"}, {"license": ["mit"]}),
        ({"license": ["mit", "cc-by-4.0"], "tags": ["math"]}, {"license": ["mit", "cc-by-4.0"]}),
        (
            {"license": "other", "license_name": "deep\nseek", "license_link": "LICENSE"},
            {"license": ["other"], "license_name": "deep seek", "license_link": "LICENSE"},
        ),
        ({"license": {"text": "mine"}}, None),
        ({"license": []}, None),
        ({"tags": ["math"]}, None),
        (None, None),
    ],
)
def test_the_licence_on_the_card_stands_in_the_manifest_and_names_nothing(tiny, tmp_path, card, stated):
    name = "models/acme/tiny"
    with Hub({name: contents(tiny)}, cards={} if card is None else {name: card}) as hub:
        done = from_hub(tmp_path, hub)
    assert done.returncode == 0, done.stderr
    found = manifest(tmp_path)
    assert found.get("stated_licence") == stated
    assert fetch_model.main(arguments(tmp_path / "local", {"path": {"folder": str(tiny)}})) == 0
    local = manifest(tmp_path / "local")
    assert engines.model_identity(found, {}) == engines.model_identity(local, {})


def test_a_hub_that_can_not_be_reached_is_named(tmp_path):
    url = f"http://127.0.0.1:{closed_port()}"
    done = from_hub(tmp_path, url)
    assert done.returncode == 1
    assert f"the hub {url.removeprefix('http://')} can't be reached for the model acme/tiny" in sentence(done.stderr)
    assert_nothing_left(tmp_path)


def test_weights_without_safetensors_are_converted(tiny, tmp_path):
    import torch
    from safetensors.torch import load_file

    tensors = load_file(tiny / "model.safetensors")
    for form in (True, False):  # the archive of today and the older format
        torch.save(tensors, tmp_path / f"{form}.bin", _use_new_zipfile_serialization=form)
        files = {**contents(tiny), "pytorch_model.bin": (tmp_path / f"{form}.bin").read_bytes()}
        del files["model.safetensors"]
        with Hub({"models/acme/tiny": files}) as hub:
            done = from_hub(tmp_path / str(form), hub)
        assert done.returncode == 0, done.stderr
        converted = load_file(tmp_path / f"{form}/m/files/model.safetensors")
        assert converted.keys() == tensors.keys()
        assert all(torch.equal(converted[name], tensors[name]) for name in tensors)
        assert not (tmp_path / f"{form}/m/files/pytorch_model.bin").exists()


def test_pickled_code_is_never_run(tiny, tmp_path):
    import torch

    torch.save({"a": Trap(tmp_path / "sprung")}, tmp_path / "trap.bin")
    files = {**contents(tiny), "pytorch_model.bin": (tmp_path / "trap.bin").read_bytes()}
    del files["model.safetensors"]
    with Hub({"models/acme/tiny": files}) as hub:
        done = from_hub(tmp_path, hub)
    assert done.returncode == 1
    assert "holds more than tensors" in sentence(done.stderr)
    assert not (tmp_path / "sprung").exists()
    assert_nothing_left(tmp_path)


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_a_repository_without_weights_is_named(tiny, tmp_path):
    files = {name: content for name, content in contents(tiny).items() if name != "model.safetensors"}
    with Hub({"models/acme/tiny": files}) as hub:
        done = from_hub(tmp_path, hub)
    assert "has neither model.safetensors nor pytorch_model.bin" in sentence(done.stderr)


def test_python_files_come_only_with_trust_and_a_full_commit(tiny, tmp_path):
    own = {"model_type": "own", "auto_map": {"AutoConfig": "own.C"}}
    config = {**json.loads((tiny / "config.json").read_text()), **own}
    files = {**contents(tiny), "config.json": json.dumps(config).encode(), "own.py": b"class C: pass"}
    with Hub({"models/acme/tiny": files}) as hub:
        untrusted = from_hub(tmp_path, hub, revision=COMMIT)
        branch = from_hub(tmp_path, hub, trust_remote_code=True)
        trusted = from_hub(tmp_path, hub, revision=COMMIT, trust_remote_code=True)
    assert "models.m.trust_remote_code to true" in sentence(untrusted.stderr)
    assert "needs a full commit" in sentence(branch.stderr) and "main" in sentence(branch.stderr)
    assert trusted.returncode == 0, trusted.stderr
    assert manifest(tmp_path)["trust_remote_code"] is True
    assert "own.py" in [entry["name"] for entry in manifest(tmp_path)["files"]]
