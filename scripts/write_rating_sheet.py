"""Write a sheet on which people rate questions of several sets without knowing these, and the key beside it."""

from pathlib import Path

from synthesis import program, rating_sheets, schema
from synthesis.configuration_problems import DATASET
from synthesis.errors import InputError


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="the files of the data set")
    parser.add_argument("--problems", type=Path, nargs="*", default=[], help="the problem sets, in their order")
    parser.add_argument("--sheet", type=Path, required=True, help="the empty sheet (CSV)")
    parser.add_argument("--key", type=Path, required=True, help="which set each item is from (CSV)")


def work(options, job):
    """Draw the items and write both files; the settings are `items` (of each set) and `sets`."""
    sets = options.settings["sets"]
    problems = dict(zip((name for name in sets if name != DATASET), options.problems, strict=True))
    items = rating_sheets.draw(options.data, problems, sets, options.seed, options.settings["items"])
    if not items:
        raise InputError(f"there is nothing to rate: no question in {', '.join(sets)}; correct rate_questions.sets.")
    for name in sets:
        drawn = sum(item.set == name for item in items)
        if drawn < options.settings["items"]:
            program.log.warning("%s: %s has only %d items to rate.", job.name, name, drawn)
    schema.write_csv(options.sheet, rating_sheets.sheet_rows(items), rating_sheets.SHEET_COLUMNS, for_spreadsheets=True)
    schema.write_csv(options.key, rating_sheets.key_rows(items), rating_sheets.KEY_COLUMNS)
    job.rows(**{"in": len(sets), "out": len(items)})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
