"""Check a configuration before Snakemake reads it, whose own words for a file that is no YAML help nobody."""

import argparse
import sys
from pathlib import Path

from synthesis import configuration, licences
from synthesis.errors import InputError


def main(argv=None) -> int:
    """Run the program; returns 0 if the configuration is sound, else 1 with one sentence.

    Of a sound one it prints only what may stand against the licence of the data set, as far as the file tells.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="config file of the run")
    options = parser.parse_args(argv)
    try:
        config = configuration.load(options.config)
        configuration.validate(config, options.config)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    if "write_dataset_card" in config:
        for sentence in licences.warnings(config, config["write_dataset_card"]["license"]):
            print(f"warning: {options.config}: {sentence}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
