"""What our Python files do and import, by the digest of their content, kept from one start to the next.

Every start of Snakemake asks for the code of every rule, and on a cluster every job is a start. Reading the syntax of
some 200 files takes seconds, so what was found is kept in a file beside compiled Python, under the content it belongs
to: it can't be out of date, may be deleted at any time, and is done without where it can't be written.
"""

import ast
import hashlib
import json
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

KEPT = "__pycache__/code_digests.json"


class Code(NamedTuple):
    """The digest of what a file does, and the dotted names that it imports or may import."""

    digest: str
    imported: list[str]


def of_folder(folder: Path) -> dict[Path, Code]:
    """The code of each Python file below a folder, but for hidden ones and those that are no Python at present."""
    paths = [path for path in sorted(folder.rglob("*.py")) if path.is_file() and not path.name.startswith(".")]
    contents = {path: path.read_bytes() for path in paths}
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}
    kept = _read(folder / KEPT)
    found = {digest: kept[digest] for digest in digests.values() if digest in kept}
    for path, digest in digests.items():
        if digest not in found:
            with suppress(SyntaxError, UnicodeDecodeError):
                found[digest] = _code(contents[path])
    if found.keys() != kept.keys():
        _write(folder / KEPT, found)
    return {path: Code(*found[digest]) for path, digest in digests.items() if digest in found}


def of_file(path: Path) -> Code:
    """The code of one file; raises SyntaxError where it is no Python."""
    return _code(path.read_bytes())


def _code(content: bytes) -> Code:
    tree = ast.parse(content.decode("utf-8"))
    return Code(_digest(tree), sorted(_imported(tree)))


def _imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("synthesis."):
            # A module that is started as a process of its own, such as that of the training.
            names.add(node.value)
    return names


def _digest(tree: ast.Module) -> str:
    """Digest of what a file does: neither comments nor layout nor docstrings count."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return hashlib.sha256(repr(_shape(tree)).encode()).hexdigest()


def _shape(node):
    """A syntax tree as nested lists that are the same in every Python version: without what is empty or a spelling."""
    if isinstance(node, list):
        return [_shape(item) for item in node if not (isinstance(item, ast.Constant) and item.value == "")]
    if not isinstance(node, ast.AST):
        return node
    fields = [(name, value) for name, value in ast.iter_fields(node) if name != "kind"]
    return [
        type(node).__name__,
        *((name, _shape(value)) for name, value in fields if value is not None and value != []),
    ]


@cache
def _way() -> str:
    """What a digest means: it changes with this file."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _read(path: Path) -> dict[str, list]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    files = kept.get("files") if isinstance(kept, dict) and kept.get("way") == _way() else None
    return files if isinstance(files, dict) else {}


def _write(path: Path, found: dict[str, Code]) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.partial")
    # Where nothing can be written, the next start reads the files again.
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        temporary.write_text(json.dumps({"way": _way(), "files": found}), encoding="utf-8")
        temporary.replace(path)
