"""Reads published sets, which are no part of this project, from the folder SYNTHESIS_SHARED_DATA."""

import gzip
import json
import os
from pathlib import Path

import pytest
from conftest import ROOT

SHARED = Path(os.environ.get("SYNTHESIS_SHARED_DATA", ROOT.parent / "shared/data"))
published = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"the published sets are not at {SHARED}; set SYNTHESIS_SHARED_DATA to their folder"
)


def read(path: str, column: str) -> list[str]:
    """A column of a published file of JSON lines."""
    opener = gzip.open if path.endswith("gz") else open
    with opener(SHARED / path, "rt", encoding="utf-8", newline="") as file:
        return [json.loads(line)[column] for line in file.read().split("\n") if line]


def mgsm(language: str) -> list[str]:
    """The 250 questions of MGSM in a language."""
    content = (SHARED / f"mgsm/mgsm_{language}.tsv").read_text(encoding="utf-8")
    return [line.split("\t")[0] for line in content.split("\n") if line]
