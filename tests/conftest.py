"""What all tests share."""

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))


@pytest.fixture
def figure_style():
    """The project's style sheet, for figures that a test draws without their program."""
    from synthesis import figures

    figures.prepare("trial", ROOT / figures.STYLE)


@pytest.fixture(scope="module")
def grader():
    """A grader whose worker lives as long as the tests of a file."""
    from synthesis import grading

    with grading.Grader() as grader:
        yield grader


@pytest.fixture(scope="session")
def served_by_vllm(tmp_path_factory):
    """The address of a real server of vLLM with the two-layer model of 2 heads; it starts once, since that is slow."""
    from tiny_model import make_tiny_model
    from vllm_server import vllm_server

    with vllm_server(make_tiny_model(tmp_path_factory.mktemp("served") / "model", heads=2)) as address:
        yield address


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A running SLURM of three nodes, for all tests that need one."""
    from slurm_cluster import Cluster, missing_programs

    if missing := missing_programs():
        pytest.skip(f"no SLURM here: {', '.join(missing)} missing; install Debian's slurm-wlm and munge")
    if os.getuid():
        pytest.skip("only root may make the device files that the tests' SLURM takes for GPUs")
    cluster = Cluster(tmp_path_factory.mktemp("cluster") / "slurm")
    try:
        yield cluster.start()
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def recipe_run(cluster, tmp_path_factory):
    """The demo's recipe on SLURM, as a future: it runs beside the tests that ask for it first."""
    from slurm_run import SlurmClone
    from test_slurm_recipe import run_recipe

    # On nodes that no test strikes.
    clone = SlurmClone(tmp_path_factory.mktemp("recipe"), cluster, cpu="steady", gpu="steady_gpu")
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
        patch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
        yield pool.submit(run_recipe, clone)


@pytest.fixture(scope="session")
def selected(tmp_path_factory):
    """A clone on this machine with the selected questions of the small run that faults on SLURM strike."""
    from slurm_run import SlurmClone
    from workflow import Clone

    clone = Clone(tmp_path_factory.mktemp("selected") / "clone")
    clone.write_config(SlurmClone.small_config(clone))
    clone.run("questions")
    return clone


@pytest.fixture(scope="session")
def undisturbed(selected, tmp_path_factory):
    """The data set of that run, made on this machine without any fault."""
    clone = selected.copied_to(tmp_path_factory.mktemp("undisturbed") / "clone")
    clone.run("dataset")
    return clone.rows("dataset/data")


@pytest.fixture(scope="session")
def conda(tmp_path_factory):
    """Snakemake's conda deployment, see `conda_deployment`; each environment is made once and removed at the end."""
    import conda_deployment

    if why_not := conda_deployment.missing():
        pytest.skip(why_not)
    found = conda_deployment.deployment(tmp_path_factory.mktemp("conda"))
    yield found
    shutil.rmtree(found.prefix, ignore_errors=True)
