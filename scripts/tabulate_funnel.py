"""Count what every stage kept and why it rejected the rest."""

from itertools import groupby
from pathlib import Path

from synthesis import funnel, program, schema, web_pages


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    funnel.add_stage_argument(parser)
    parser.add_argument("--output", type=Path, required=True, help="the table (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the table for readers (HTML)")


def work(options, job):
    """Write one row for each source, stage and outcome (`kept` or a reason), and a page with one row a stage."""
    counts = funnel.count(funnel.stages(options.stage))
    funnel.write(options.output, counts)
    schema.write_text(options.page, page(options.run, counts))
    first, last = min(item.step for item in counts), max(item.step for item in counts)
    job.rows(
        **{
            "in": sum(item.rows_in for item in counts if item.step == first),
            "out": sum(item.kept for item in counts if item.step == last),
        }
    )


def page(run: str, counts: list[funnel.StageCount]) -> str:
    """The funnel as a web page: a table for each source and unit, with one row for each stage or filter."""
    title = f"Rows kept and rejected in run {run}"
    parts = [web_pages.heading(title)]
    for source, of_source in groupby(counts, lambda item: item.source):
        parts.append(web_pages.heading(f"Source {source}", level=2))
        parts += [_table(unit, list(items)) for unit, items in groupby(of_source, lambda item: item.unit)]
    return web_pages.page(title, *parts)


def _table(unit: str, items: list[funnel.StageCount]) -> str:
    reached = f"{unit} in"
    rows = [
        {
            "stage": item.stage,
            reached: f"{item.rows_in:,}",
            "kept": f"{item.kept:,}",
            "% kept": f"{100 * item.kept / item.rows_in:.1f}" if item.rows_in else "",
            "rejected, by reason": "\n".join(f"{reason}: {rows:,}" for reason, rows in item.rejected.items()),
        }
        for item in items
    ]
    return web_pages.table(rows, {reached, "kept", "% kept"})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
