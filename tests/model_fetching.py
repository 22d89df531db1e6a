"""How the tests of `fetch_model` run it and look at what it left."""

import json
import os
import subprocess
import sys
from pathlib import Path

import fetch_model
from conftest import ROOT

SETTINGS = {
    "engine": "transformers",
    "dtype": "float32",
    "context": 512,
}


def arguments(folder: Path, source: dict, **settings) -> list[str]:
    """Arguments that fetch model `m` into `folder`."""
    return [
        *("--run", "t", "--ledger", str(folder / "ledger/fetch_model/m.json")),
        *("--model", "m", "--folder", str(folder / "m/files"), "--manifest", str(folder / "m/manifest.json")),
        *("--settings", json.dumps({**SETTINGS, "source": source, **settings})),
    ]


def manifest(folder: Path) -> dict:
    return json.loads((folder / "m/manifest.json").read_text())


def refused(folder: Path, source: dict, capsys, **settings) -> str:
    """What the program says when it refuses a model; nothing may be left."""
    assert fetch_model.main(arguments(folder, source, **settings)) == 1
    assert_nothing_left(folder)
    return sentence(capsys.readouterr().err)


def assert_nothing_left(folder: Path):
    assert [path for path in (folder / "m").rglob("*")] == []
    assert not (folder / "ledger").exists()


def sentence(errors: str) -> str:
    assert "Traceback" not in errors
    return errors.strip().splitlines()[-1]


def in_process(arguments: list[str], **environment) -> subprocess.CompletedProcess:
    """Run the program by itself, because the hub's client reads its environment when it is imported."""
    command = [sys.executable, str(ROOT / "scripts/fetch_model.py"), *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PIP_"))}
    return subprocess.run(command, env={**clean, **environment}, capture_output=True, text=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
