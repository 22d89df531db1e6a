"""Tabulate how far the judges of a run agree on the questions that several of them judged."""

from collections import defaultdict
from pathlib import Path

from synthesis import judge_tables, program, schema, web_pages

# What the sets of questions are, by the stage that judged them.
_SETS = {"judge_questions": "questions of the data set", "judge_generators": "questions of compared generators"}
_SERIES = (
    "In the data set a judge sees only what the earlier ones kept, so there only the share that it keeps says "
    "something; a table that compares generators has every judge judge the same questions."
)


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--seed", type=int, required=True, help="seed of the bootstrap")
    parser.add_argument(
        "--verdicts", action="append", nargs="+", required=True, help="stage, judge, and the files of its verdicts"
    )
    parser.add_argument("--output", type=Path, required=True, help="the table (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the table for readers (HTML)")


def work(options, job):
    """Write one row for every two judges of a stage."""
    kept = defaultdict(dict)
    for stage, judge, *files in options.verdicts:
        kept[stage][judge] = _kept(files)
    rows = [row for stage in kept for row in judge_tables.agreement_rows(_SETS[stage], kept[stage], options.seed)]
    schema.write_csv(options.output, rows, judge_tables.AGREEMENT_COLUMNS)
    title = f"Agreement of the judges of run {options.run}"
    parts = judge_tables.agreement_parts(rows, "the questions that both judged")
    text = web_pages.page(title, web_pages.heading(title), web_pages.paragraph(_SERIES), *parts)
    schema.write_text(options.page, text)
    job.rows(**{"in": sum(len(found) for judges in kept.values() for found in judges.values()), "out": len(rows)})


def _kept(files: list[str]) -> dict[str, bool]:
    """Whether a judge keeps each question, by its id."""
    found = {}
    for path in files:
        table = schema.read_table(Path(path), schema.QUESTION_VERDICTS, ["question_id", "keep"])
        found |= dict(zip(*(column.to_pylist() for column in table.columns), strict=True))
    return found


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
