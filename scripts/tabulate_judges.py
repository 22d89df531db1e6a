"""Tabulate how well the measured judges tell questions to keep from others, and how far they agree."""

from collections import defaultdict
from pathlib import Path

from synthesis import judge_tables, program, schema


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--seed", type=int, required=True, help="seed of the bootstrap")
    parser.add_argument("--verdicts", type=Path, nargs="+", required=True, help="verdicts of all measurements")
    parser.add_argument("--output", type=Path, required=True, help="the table of judges (CSV)")
    parser.add_argument("--agreement", type=Path, required=True, help="the table of their agreement (CSV)")
    parser.add_argument("--roc", type=Path, required=True, help="the points of their ROC curves (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the tables for readers (HTML)")


def work(options, job):
    """Write the tables and their page; the settings list the `judges`, which describe the files of verdicts."""
    described = options.settings["judges"]
    found = [schema.read(path, schema.MEASURED_VERDICTS) for path in options.verdicts]
    rows = [judge_tables.judge_row(*pair, options.seed) for pair in zip(described, found, strict=True)]
    agreements = _agreements(described, found, options.seed)
    points = [judge_tables.roc_rows(item["name"], verdicts) for item, verdicts in zip(described, found, strict=True)]
    schema.write_csv(options.output, rows, judge_tables.COLUMNS)
    schema.write_csv(options.agreement, agreements, judge_tables.AGREEMENT_COLUMNS)
    schema.write_csv(options.roc, [point for one in points for point in one], judge_tables.ROC_COLUMNS)
    schema.write_text(options.page, judge_tables.page(options.run, described, rows, agreements))
    job.rows(**{"in": sum(map(len, found)), "out": len(rows)})


def _agreements(described: list[dict], found: list[list[dict]], seed: int) -> list[dict]:
    """Every two judges on questions of one file that both were measured on."""
    sets = defaultdict(dict)
    for item, verdicts in zip(described, found, strict=True):
        sets[item["labels"]][item["name"]] = {row["question_id"]: row["keep"] for row in verdicts}
    return [row for where, kept in sets.items() for row in judge_tables.agreement_rows(where, kept, seed)]


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
