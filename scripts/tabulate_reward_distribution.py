"""Tabulate how the rewards of the chosen responses are distributed against those of the rejected ones."""

from pathlib import Path

from synthesis import funnel, program, reward_distribution, schema, web_pages
from synthesis.reward_distribution import COLUMNS, HISTOGRAM_COLUMNS

_WORDS = ("source", "outcome")


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    funnel.add_stage_argument(parser)
    parser.add_argument("--ledgers", type=Path, nargs="*", default=[], help="the ledgers of select_responses")
    parser.add_argument("--table", type=Path, required=True, help="means and counts (CSV)")
    parser.add_argument("--histogram", type=Path, required=True, help="counts by bins of one width (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="means and counts for readers (HTML)")


def work(options, job):
    """Write means and counts by source and outcome, and the counts by bins; the same rewards give the same bytes."""
    stages = funnel.require(funnel.stages(options.stage), ["score_responses", "select_responses"])
    found = reward_distribution.read(stages["score_responses"], stages["select_responses"])
    rows = reward_distribution.table(found, reward_distribution.ties(options.ledgers))
    schema.write_csv(options.table, rows, COLUMNS)
    schema.write_csv(options.histogram, reward_distribution.histogram(found), HISTOGRAM_COLUMNS)
    schema.write_text(options.page, page(options.run, rows))
    job.rows(**{"in": sum(int(row["responses"]) for row in rows)})


def page(run: str, rows: list[dict]) -> str:
    """The table as a web page."""
    title = f"Rewards of chosen and rejected responses in run {run}"
    shown = [{name.replace("_", " "): row[name] for name in COLUMNS} for row in rows]
    numbers = {name.replace("_", " ") for name in COLUMNS if name not in _WORDS}
    return web_pages.page(title, web_pages.heading(title), web_pages.table(shown, numbers))


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
