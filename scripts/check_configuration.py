"""Check a configuration before Snakemake reads it, whose own words for a file that is no YAML help nobody.

With `--print`, also print it in full: a file that is derived from another one becomes one that stands alone.
"""

import argparse
import copy
import sys
from pathlib import Path

from synthesis import configuration, licences
from synthesis.errors import InputError
from synthesis.strict_yaml import as_text


def main(argv=None) -> int:
    """Run the program; returns 0 if the configuration is sound, else 1 with one sentence.

    Of a sound one it prints only what may stand against the licence of the data set, as far as the file tells.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="config file of the run")
    parser.add_argument("--print", action="store_true", help="print the complete configuration as YAML")
    options = parser.parse_args(argv)
    try:
        config = configuration.load(options.config)
        checked = copy.deepcopy(config)
        configuration.validate(checked, options.config)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    if options.print:
        print(as_text(config), end="")
    elif "write_dataset_card" in checked:
        for sentence in licences.warnings(checked, checked["write_dataset_card"]["license"]):
            print(f"warning: {options.config}: {sentence}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
