"""What all tests share."""

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))


@pytest.fixture(scope="session")
def served_by_vllm(tmp_path_factory):
    """The address of a real server of vLLM with the two-layer model of 2 heads; it starts once, since that is slow."""
    from tiny_model import make_tiny_model
    from vllm_server import vllm_server

    with vllm_server(make_tiny_model(tmp_path_factory.mktemp("served") / "model", heads=2)) as address:
        yield address


@pytest.fixture(scope="session")
def conda(tmp_path_factory):
    """Snakemake's conda deployment, see `conda_deployment`; each environment is made once and removed at the end."""
    import conda_deployment

    if why_not := conda_deployment.missing():
        pytest.skip(why_not)
    found = conda_deployment.deployment(tmp_path_factory.mktemp("conda"))
    yield found
    shutil.rmtree(found.prefix, ignore_errors=True)
