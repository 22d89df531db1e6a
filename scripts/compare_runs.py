"""Put runs beside each other: settings that differ, funnel, evaluation on the same problems, cost, shared rows.

It reads what the runs left, and the books of the store. It starts nothing and may be called at any time.
"""

import argparse
import sys
from pathlib import Path

from synthesis import run_comparison, run_comparison_page, schema
from synthesis.canonical import digest
from synthesis.errors import InputError

# Most file systems take names of 255 bytes.
MOST_BYTES = 200
_DIGITS = 12


def folder_name(runs: list[str]) -> str:
    """The folder of a comparison: the names of the runs, cut and ended by their digest where they are too long.

    No name has a plus, and many have an underscore.
    """
    whole = "+".join(runs)
    if len(whole.encode()) <= MOST_BYTES:
        return whole
    return f"{whole.encode()[: MOST_BYTES - _DIGITS - 1].decode(errors='ignore')}+{digest(runs)[:_DIGITS]}"


def main(argv=None) -> int:
    """Write page and tables and print a short text; returns 0, or 1 with one sentence for runs that are not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", help="names of the runs; the others are set against the first")
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of all runs")
    parser.add_argument("--store", type=Path, help="the store of paid rows; default: <results>/store")
    options = parser.parse_args(argv)
    folder = options.results / "comparisons" / folder_name(options.runs)
    try:
        found = run_comparison.compare(options.results, options.store or options.results / "store", options.runs)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    for name, (rows, columns) in found.tables().items():
        schema.write_csv(folder / f"{name}.csv", rows, columns)
    schema.write_text(folder / "index.html", run_comparison_page.page(found))
    print(run_comparison_page.text(found, folder / "index.html"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
