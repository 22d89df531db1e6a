"""Checks the code's style: ruff, snakefmt, Snakemake's own linter, and what may not be in the tree."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = [
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["snakefmt", "--check", "Snakefile", "rules"],
    ["snakemake", "--lint", "--profile", "local", "--configfile", "config/demo.yaml"],
]
MOST_BYTES = 1_000_000


def large_files() -> list[str]:
    """Tracked files above the limit."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listing.split("\0") if name and (ROOT / name).stat().st_size > MOST_BYTES]


def main() -> int:
    """Run all checks; returns 0 if none complains."""
    folder = Path(sys.executable).parent
    bad = 0
    for command in COMMANDS:
        result = subprocess.run([folder / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True)
        print(f"{'ok' if not result.returncode else 'FAILED':7}{' '.join(command)}", flush=True)
        if result.returncode:
            print(result.stdout + result.stderr)
            bad += 1
    for name in large_files():
        print(f"FAILED {name} is larger than {MOST_BYTES} bytes")
        bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
