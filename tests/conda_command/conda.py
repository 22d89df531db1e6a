"""A stand-in for the command `conda`: answers what Snakemake asks of it and refuses everything else.

Solver and linker are those of rattler, and pip is the environment's own. Not as in conda: how the file is read, the
solver, scripts of packages at activation, messages. Runs in the environment of `conda_deployment.tools`.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from rattler import Channel, ChannelConfig, MatchSpec, Platform, VirtualPackage, install, solve

# The oldest version that Snakemake takes.
VERSION = "24.7.1"
# The folder in which Snakemake looks for bin/activate.
BASE = os.environ["STAND_IN_CONDA_BASE"]
# Holds a folder for each channel; without the slash at its end the last part of the address would be lost.
CHANNELS = f"file://{os.environ['STAND_IN_CONDA_CHANNELS']}/"
PACKAGES = os.environ["STAND_IN_CONDA_PACKAGES"]


def main(arguments: list[str]) -> None:
    """Answer one command; ends with a sentence and code 1 if it is none that Snakemake issues here."""
    match arguments:
        case ["--version"]:
            print(f"conda {VERSION}")
        case ["info", "--json"]:
            print(json.dumps({"conda_prefix": BASE, "platform": str(Platform.current())}))
        case ["config", "--get", "channel_priority", "--json"]:
            print(json.dumps({"get": {"channel_priority": "strict"}}))
        case ["clean", *_]:
            pass
        case ["env", "create", *options]:
            create(*_file_and_prefix(options))
        case _:
            sys.exit(f"the stand-in for conda does not know: conda {' '.join(arguments)}")


def _file_and_prefix(options: list[str]) -> tuple[Path, Path]:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--no-default-packages", action="store_true")
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--prefix", type=Path, required=True)
    given = parser.parse_args(options)
    return given.file, given.prefix


def create(file: Path, prefix: Path) -> None:
    """Make the environment that a file describes: its conda packages first, then its list for pip."""
    described = yaml.safe_load(file.read_text(encoding="utf-8"))
    if unknown := set(described) - {"channels", "dependencies"}:
        sys.exit(f"{file}: the stand-in for conda does not know the keys {', '.join(sorted(unknown))}")
    packages = [MatchSpec(entry) for entry in described["dependencies"] if isinstance(entry, str)]
    pins = [pin for entry in described["dependencies"] if isinstance(entry, dict) for pin in entry["pip"]]
    asyncio.run(_link(described["channels"], packages, prefix))
    if pins:
        with tempfile.NamedTemporaryFile("w", suffix=".txt", dir=file.parent) as requirements:
            requirements.write("\n".join(pins))
            requirements.flush()
            pip = [prefix / "bin/python", "-m", "pip", "install", "--no-input", "-r", requirements.name]
            sys.exit(subprocess.run(pip).returncode)


async def _link(channels: list[str], packages: list[MatchSpec], prefix: Path) -> None:
    settings = ChannelConfig(channel_alias=CHANNELS)
    records = await solve(
        sources=[Channel(name, settings) for name in channels],
        specs=packages,
        platforms=[Platform.current(), Platform("noarch")],
        virtual_packages=VirtualPackage.detect(),
    )
    await install(records=records, target_prefix=prefix, cache_dir=PACKAGES, show_progress=False)


if __name__ == "__main__":
    main(sys.argv[1:])
