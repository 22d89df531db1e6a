"""Count what every stage kept and why it rejected the rest."""

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
    """The funnel as a web page: one row for each source and stage."""
    rows = [
        {
            "source": item.source,
            "stage": item.stage,
            "unit": item.unit,
            "rows in": f"{item.rows_in:,}",
            "kept": f"{item.kept:,}",
            "kept, % of rows in": f"{100 * item.kept / item.rows_in:.1f}" if item.rows_in else "",
            "rejected, by reason": "\n".join(f"{reason}: {rows:,}" for reason, rows in item.rejected.items()),
        }
        for item in counts
    ]
    title = f"Rows kept and rejected in run {run}"
    numbers = {"rows in", "kept", "kept, % of rows in"}
    return web_pages.page(title, web_pages.heading(title), web_pages.table(rows, numbers))


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
