"""Which version of the code a stage runs.

Stages with a paid stage in or below them carry hand-raised integers, so that a comment never costs a GPU hour:
`rows` stands for the rows that are bought and is part of their fingerprint, `output` for what is written from them.
They stand in `scripts/code_versions.json` beside a digest of the stage's modules; a test fails when a module changed
and nobody said what that means (`make sign`). All other stages use that digest itself.
"""

import argparse
import hashlib
import json
from functools import cache
from pathlib import Path

from synthesis import code_digests
from synthesis.identity import BOUGHT_AS, bought_as

SCRIPTS = Path(__file__).resolve().parent.parent
VERSIONS = SCRIPTS / "code_versions.json"


def code_version(rule: str) -> str:
    """The version that a rule carries in its params: `<rows>.<output>` or a digest of its modules.

    A rule that buys rows as another stage does has that stage's `rows`, and its digest as `output`.
    """
    if rule in BOUGHT_AS:
        return f"{_versions()[bought_as(rule)]['rows']}.{modules_digest(rule)}"
    entry = _versions().get(rule)
    return f"{entry['rows']}.{entry['output']}" if entry else modules_digest(rule)


def modules_digest(rule: str) -> str:
    """Digest (12 hexadecimal digits) of a program and of all our modules it imports, without comments."""
    found = hashlib.sha256()
    for path in sorted(modules(SCRIPTS / f"{rule}.py")):
        found.update(f"{path.relative_to(SCRIPTS)} {_code(path).digest}\n".encode())
    return found.hexdigest()[:12]


@cache
def modules(path: Path) -> frozenset[Path]:
    """A file of ours and all files of ours that it imports, at any depth."""
    found, open_files = set(), [path]
    while open_files:
        file = open_files.pop()
        if file not in found:
            found.add(file)
            open_files += _imports(file)
    return frozenset(found)


def unsigned() -> list[str]:
    """The rules in the versions file whose modules changed since they were signed."""
    return [rule for rule, entry in _versions().items() if entry["modules"] != modules_digest(rule)]


def sign(rows: list[str], output: list[str]) -> None:
    """Raise the numbers of the named rules and write down today's digests: all other rules keep their rows."""
    versions = _versions()
    for rule, entry in versions.items():
        entry["rows"] += rule in rows
        entry["output"] += rule in output
        entry["modules"] = modules_digest(rule)
    VERSIONS.write_text(json.dumps(versions, indent=2) + "\n", encoding="utf-8")


def _versions() -> dict:
    return json.loads(VERSIONS.read_text(encoding="utf-8"))


@cache
def _imports(path: Path) -> list[Path]:
    files = [SCRIPTS.joinpath(*name.split(".")) for name in _code(path).imported]
    return [found for file in files for found in (file.with_suffix(".py"), file / "__init__.py") if found.is_file()]


def _code(path: Path) -> code_digests.Code:
    return _known().get(path) or code_digests.of_file(path)


@cache
def _known() -> dict[Path, code_digests.Code]:
    return code_digests.of_folder(SCRIPTS)


def main() -> None:
    """Sign the code: say which rules' rows or outputs changed; the others are declared to give the same rows."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rows", nargs="*", default=[], help="rules whose bought rows changed: they are bought anew")
    parser.add_argument("--output", nargs="*", default=[], help="rules whose outputs changed for the same rows")
    options = parser.parse_args()
    if unknown := sorted({*options.rows, *options.output} - set(_versions())):
        parser.error(f"no version is kept for {', '.join(unknown)}; known rules: {', '.join(_versions())}")
    changed = unsigned()
    sign(options.rows, options.output)
    print(f"signed: {', '.join(changed) or 'nothing had changed'}")


if __name__ == "__main__":
    main()
