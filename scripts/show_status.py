"""Show how far a run is: jobs by rule, rows, speed, hours, money and the expected end.

It reads the configuration, the books of the run and, where there is SLURM, its queue. It starts nothing and may be
called at any time.
"""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from synthesis import budget, configuration, status, status_text
from synthesis.errors import InputError
from synthesis.plan import Plan


def main(argv=None) -> int:
    """Print the status; returns 0, or 1 with one sentence for a configuration that is not sound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="config file of the run")
    options = parser.parse_args(argv)
    try:
        config = configuration.load(options.config)
        configuration.validate(config, options.config)
        found = status.read(Plan(config))
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    account = budget.account(config, (sign.attempt for sign in found.signs))
    print(status_text.text(found, config["run"], config["prices"], account, datetime.now()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
