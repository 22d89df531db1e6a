"""What a reader needs to know to make a run again: its configuration, the versions of what ran, and the machines."""

import copy
import platform
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from synthesis import addresses, configuration_paths, servers
from synthesis.canonical import file_sha256
from synthesis.errors import InputError
from synthesis.ledger import find_attempts

VERSION_COLUMNS = ["name", "version"]
HARDWARE_COLUMNS = ["hardware", "gpus", "cpu_cores", "jobs", "hours", "first_started", "last_started"]
JOB_COLUMNS = ["rule", "job"]
FILE_COLUMNS = ["path", "sha256"]
NOT_A_CLONE = "not a git clone"

GIT_SECONDS = 30
# What these rules fetch is there for all runs, and may be there for long.
_FETCHES = "fetch_"


def without_secrets(config: dict) -> dict:
    """A copy of a checked configuration for others: without addresses and keys of servers, nor secrets in addresses.

    Paths below the home folder begin with `~`, so that the same configuration is the same for all users; of others that
    lead out of the working folder the last name is left.
    """
    config = _cleaned(copy.deepcopy(config))
    for setting in configuration_paths.all_paths(config):
        if Path(setting.path).is_relative_to(Path.home()):
            setting.holder[setting.key] = f"~/{Path(setting.path).relative_to(Path.home())}"
        else:
            setting.holder[setting.key] = configuration_paths.published_path(setting.path)
    for model in (model for model in config["models"].values() if "server" in model):
        kept = {name: value for name, value in model["server"].items() if name not in servers.ACCESS}
        model["server"] = {**kept, "model": configuration_paths.published_path(kept["model"])}
    for settings in (*config["problems"].values(), *config["benchmarks"].values()):
        if "url" in settings["source"]:
            settings["source"]["url"]["url"] = addresses.public(settings["source"]["url"]["url"])
    return config


def named_files(config: dict) -> list[str]:
    """The paths of all files that a configuration names: prompts, chat templates, questions, problems and such."""
    return [setting.path for setting in (*configuration_paths.prompts(config), *configuration_paths.data_files(config))]


def files(config: dict, paths: Iterable[Path]) -> list[dict]:
    """Each file that a configuration names with its SHA-256, as rows by column.

    `paths` is where they lie, in the order of `named_files`. The configuration may call them otherwise (see
    `without_secrets`), and several by one name, each of which has a row.
    """
    found = dict.fromkeys(zip(named_files(config), paths, strict=True))
    rows = dict.fromkeys((name, file_sha256(path)) for name, path in found)
    return [dict(zip(FILE_COLUMNS, row, strict=True)) for row in rows]


def _cleaned(value):
    """A value of a configuration with its texts cleaned of names and passwords in addresses."""
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return addresses.without_credentials(value) if isinstance(value, str) else value


def attempts_of_rows(ledgers: Iterable[dict], store: Path) -> list[dict]:
    """The attempts that made the bought rows of these jobs, whichever run they were of, in the order of their ids.

    A job's last attempt need not be among them: it may have found all rows in the store. An attempt that is in no
    journal is left out.
    """
    ledgers = list(ledgers)
    last = {ledger["attempt"]["attempt"]: ledger["attempt"] for ledger in ledgers}
    wanted = {name for ledger in ledgers for name in ledger["rows_by_attempt"]}
    found = {**find_attempts(store, wanted - last.keys()), **last}
    return [found[name] for name in sorted(wanted & found.keys())]


def making_attempts(ledgers: Iterable[dict], store: Path) -> list[dict]:
    """The attempts that made what the jobs gave: those of bought rows, and the last one of a job that buys none."""
    ledgers = list(ledgers)
    return attempts_of_rows(ledgers, store) + [each["attempt"] for each in ledgers if not each["rows_by_attempt"]]


def versions(root: Path, requirements: Path, attempts: Iterable[dict]) -> list[dict]:
    """Versions of the workflow in `root`, of Python, and of the packages in a file of requirements, as rows by column.

    Attempts write down the versions of their engines; of other packages it is the version installed where this runs,
    and those that are not installed are left out. A package that was used in several versions has them all.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for attempt in attempts:
        for name, version in attempt["versions"].items():
            found[_package(name)].add(version)
    for name in _required(requirements):
        if not found[name]:
            found[name] |= _installed(name)
    named = [(name, ", ".join(sorted(known))) for name, known in sorted(found.items()) if known]
    rows = [("workflow", commit(root)), ("Python", platform.python_version()), *named]
    return [dict(zip(VERSION_COLUMNS, row, strict=True)) for row in rows]


def commit(root: Path) -> str:
    """The git commit of a folder, and whether its files were changed since; `NOT_A_CLONE` without one of its own."""
    if not (root / ".git").exists():
        return NOT_A_CLONE
    try:
        head = _git(root, "rev-parse", "HEAD").strip()
        changed = _git(root, "status", "--porcelain", "--untracked-files=no").strip()
    except (OSError, subprocess.SubprocessError):
        return "a git clone whose commit could not be read"
    return f"commit {head}{', with changes that are not committed' if changed else ''}"


def _git(root: Path, *command: str) -> str:
    options = {"capture_output": True, "text": True, "timeout": GIT_SECONDS, "check": True}
    return subprocess.run(["git", "-C", str(root), *command], **options).stdout


def _required(requirements: Path) -> list[str]:
    """The names of the packages in a file of requirements."""
    try:
        lines = requirements.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{requirements} can't be read ({error}); it belongs to the workflow's folder.") from error
    return [_package(line.partition("==")[0]) for line in lines if line.strip() and not line.startswith("#")]


def _package(name: str) -> str:
    """A package's name as package indexes spell it."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _installed(name: str) -> set[str]:
    try:
        return {metadata.version(name)}
    except metadata.PackageNotFoundError:
        return set()


def hardware(attempts: Iterable[dict]) -> list[dict]:
    """Attempts (`jobs`), their hours and when they were started, by the hardware that each had; GPUs first.

    Rows by column. Of what is fetched the start is left out: it may have been there long before the run.
    """
    jobs: Counter = Counter()
    seconds: Counter = Counter()
    started: dict[tuple, list[str]] = defaultdict(list)
    for attempt in attempts:
        name = (attempt["gpu_name"] or "a GPU whose name is not known") if attempt["gpus"] else "CPU"
        kind = (not attempt["gpus"], name, attempt["gpus"], attempt["cpu_cores"])
        jobs[kind] += 1
        seconds[kind] += attempt["wall_seconds"]
        started[kind] += [] if attempt["rule"].startswith(_FETCHES) else [attempt["started"]]
    rows = [
        (*map(str, kind[1:]), str(count), f"{seconds[kind] / 3600:.4f}", *_ends(started[kind]))
        for kind, count in sorted(jobs.items())
    ]
    return [dict(zip(HARDWARE_COLUMNS, row, strict=True)) for row in rows]


def _ends(times: list[str]) -> tuple[str, str]:
    """The first and the last of some times; two empty texts without any."""
    return min(times, default=""), max(times, default="")
