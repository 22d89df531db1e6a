"""Pushes of a small finished data set to a hub on this machine, for their tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from card_run import make_card, write_run
from conftest import ROOT
from pushing_hub import PushingHub

TOKEN = "hf_secretoftheaccount"
RIGHTS = {TOKEN: {"acme"}, "hf_areader": {"somebody"}}
# The client's two ways to send large files; it takes the second where its storage library is missing.
WAYS = {"storage": {}, "lfs": {"HF_HUB_DISABLE_XET": "1"}}


def finished_dataset(folder: Path) -> Path:
    """The folder of the data set, with exports and card, of a run that is made in `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        results = write_run(folder)
        make_card(folder, results)
    return results / "dataset"


def command(folder: Path, dataset: Path, run: str = "trial", **settings) -> list[str]:
    data = sorted(str(path) for path in dataset.glob("*/train-*.parquet"))
    chosen = {"repo": "acme/sums", "private": True, "branch": "main", **settings}
    return [
        *(sys.executable, str(ROOT / "scripts/push_dataset.py"), "--run", run, "--settings", json.dumps(chosen)),
        *("--card", str(dataset / "README.md"), "--data", *data, "--manifest", str(folder / "manifest.json")),
        *("--ledger", str(folder / "ledger/push_dataset/all.json"), "--log", str(folder / "push.log")),
    ]


def environment(folder: Path, hub: PushingHub | str, token: str | None = TOKEN, **more) -> dict:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    url = hub if isinstance(hub, str) else hub.url
    return {
        **clean,
        "HF_ENDPOINT": url,
        "HF_HOME": str(folder / "cache"),
        **({"HF_TOKEN": token} if token else {}),
        **more,
    }


def push(folder, hub, dataset, run="trial", token=TOKEN, way="storage", more=None, **settings):
    """Run the program by itself, because the hub's client reads its environment when it is imported."""
    arguments = command(folder, dataset, run, **settings)
    variables = environment(folder, hub, token, **WAYS[way], **(more or {}))
    return subprocess.run(arguments, env=variables, capture_output=True, text=True, timeout=120)


def pushed(folder, hub, dataset, **options) -> dict:
    """Push, check that it succeeded, and return the manifest."""
    done = push(folder, hub, dataset, **options)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "manifest.json").read_text())


def refused(folder, hub, dataset, **options) -> str:
    """What the program says when it refuses; no content may have reached the hub, and no manifest is written."""
    before = {name: dict(repository.branches) for name, repository in hub.repositories.items()}
    sent = hub.sent
    done = push(folder, hub, dataset, **options)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert hub.sent == sent
    assert {name: hub.repositories[name].branches for name in before} == before
    assert not (folder / "manifest.json").exists()
    return done.stderr.strip().splitlines()[-1]


def contents(dataset: Path) -> dict[str, bytes]:
    return {str(path.relative_to(dataset)): path.read_bytes() for path in dataset.rglob("*") if path.is_file()}
