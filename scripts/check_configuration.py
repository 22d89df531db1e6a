"""Check a configuration before Snakemake reads it, whose own words for a file that is no YAML help nobody."""

import argparse
import sys
from pathlib import Path

from synthesis import configuration
from synthesis.errors import InputError


def main(argv=None) -> int:
    """Run the program; returns 0 and prints nothing if the configuration is sound, else 1 with one sentence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="config file of the run")
    options = parser.parse_args(argv)
    try:
        configuration.validate(configuration.load(options.config), options.config)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
