"""Makes a conda channel from what a machine has: a Python built from source, and wheels of pure Python.

Runs as a program in the environment of `conda_deployment.tools`: `conda_channel.py CHANNEL PYTHON_PREFIX WHEEL ...`.
A channel is a folder that has a list of packages (repodata.json) for each platform. The packed Python still needs the
system libraries that it was built with, so the channel serves this machine alone.
"""

import configparser
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from conda_package_handling.api import create

PLATFORM = "linux-64"
# Level 19, the default, takes ten times as long.
COMPRESSION_LEVEL = 3
NOT_PACKED = ("site-packages", "test", "idlelib", "turtledemo", "ensurepip", "__pycache__", "config-*", "*.a")


def main(channel: Path, prefix: Path, wheels: list[Path]) -> None:
    """Pack the Python below `prefix` and the wheels into a new channel."""
    listed = {PLATFORM: {}, "noarch": {}}
    with tempfile.TemporaryDirectory() as folder:
        for index in [
            pack_python(prefix, Path(folder) / "python", channel / PLATFORM),
            *(pack_wheel(wheel, Path(folder) / wheel.stem, channel / "noarch") for wheel in wheels),
        ]:
            listed[index["subdir"]][file_name(index)] = index
    for name, packages in listed.items():
        content = {"info": {"subdir": name}, "packages": {}, "packages.conda": packages, "repodata_version": 1}
        (channel / name).mkdir(parents=True, exist_ok=True)
        (channel / name / "repodata.json").write_text(json.dumps(content))


def pack_python(prefix: Path, tree: Path, target: Path) -> dict:
    """Pack the running Python, which lies below `prefix`, without tests and without packages that were added to it."""
    short = ".".join(platform.python_version_tuple()[:2])
    library = f"lib/python{short}"
    shutil.copytree(prefix / library, tree / library, symlinks=True, ignore=shutil.ignore_patterns(*NOT_PACKED))
    (tree / library / "site-packages").mkdir()
    (tree / library / "site-packages/README.txt").write_text("Packages that pip installs.\n")
    # Headers, because pip compiles packages that have no wheel.
    shutil.copytree(prefix / f"include/python{short}", tree / f"include/python{short}")
    for path in (prefix / "lib").glob("libpython*.so*"):
        shutil.copy2(path, tree / "lib", follow_symlinks=False)
    (tree / "bin").mkdir()
    shutil.copy2(prefix / f"bin/python{short}", tree / "bin")
    # Its library lies in the environment now, wherever that will be.
    subprocess.run(["patchelf", "--set-rpath", "$ORIGIN/../lib", tree / f"bin/python{short}"], check=True)
    for name in ("python", "python3"):
        (tree / "bin" / name).symlink_to(f"python{short}")
    index = {"name": "python", "version": platform.python_version(), "depends": [], "subdir": PLATFORM}
    return pack(tree, target, index, placeholder=str(prefix))


def pack_wheel(wheel: Path, tree: Path, target: Path) -> dict:
    """Pack a wheel of pure Python for every platform and every Python."""
    name, version = wheel.name.split("-")[:2]
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tree / "site-packages")
    described = next((tree / "site-packages").glob("*.dist-info"))
    entry_points = configparser.ConfigParser(delimiters="=")
    entry_points.optionxform = str
    entry_points.read(described / "entry_points.txt")
    scripts = entry_points["console_scripts"].items() if entry_points.has_section("console_scripts") else []
    index = {"name": name, "version": version, "depends": ["python"], "subdir": "noarch", "noarch": "python"}
    link = {"type": "python", "entry_points": [f"{command} = {target}" for command, target in scripts]}
    return pack(tree, target, index, link={"noarch": link, "package_metadata_version": 1})


def pack(tree: Path, target: Path, index: dict, placeholder: str = "", link: dict | None = None) -> dict:
    """Write the package of a tree into `target`; returns its entry in the list of packages.

    Text files that hold `placeholder` get the path of the environment in its place when they are linked into one.
    """
    index = {**index, "build": "0", "build_number": 0}
    paths = [_described(path, tree, placeholder) for path in sorted(tree.rglob("*")) if not _is_folder(path)]
    metadata = {
        "index.json": index,
        "paths.json": {"paths": paths, "paths_version": 1},
        "about.json": {},
        **({"link.json": link} if link else {}),
    }
    (tree / "info").mkdir()
    for name, content in metadata.items():
        (tree / "info" / name).write_text(json.dumps(content))
    (tree / "info/files").write_text("".join(f"{path['_path']}\n" for path in paths))
    target.mkdir(parents=True, exist_ok=True)
    # A path instead of a name would end up inside the archive.
    create(str(tree), None, file_name(index), out_folder=str(target), compression_level=COMPRESSION_LEVEL)
    file = target / file_name(index)
    return {**index, "sha256": _sha256(file), "size": file.stat().st_size}


def file_name(index: dict) -> str:
    """The file of a package."""
    return "{name}-{version}-{build}.conda".format(**index)


def _described(path: Path, tree: Path, placeholder: str) -> dict:
    described = {
        "_path": path.relative_to(tree).as_posix(),
        "path_type": "softlink" if path.is_symlink() else "hardlink",
        "sha256": _sha256(path),
        "size_in_bytes": path.stat().st_size,
    }
    if placeholder and not path.is_symlink():
        content = path.read_bytes()
        if placeholder.encode() in content and b"\0" not in content:
            described |= {"prefix_placeholder": placeholder, "file_mode": "text"}
    return described


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [Path(wheel) for wheel in sys.argv[3:]])
