"""Write the first page of the report: what was run, what was kept, how good it is, how it compares, what it cost."""

from pathlib import Path

import yaml
from synthesis import costs, csv_tables, funnel, overview, program, schema, web_pages
from synthesis.ledger import read_json


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--configuration", type=Path, required=True, help="the run's whole configuration (YAML)")
    parser.add_argument("--versions", type=Path, required=True, help="versions by name (CSV)")
    parser.add_argument("--hardware", type=Path, required=True, help="jobs by hardware (CSV)")
    parser.add_argument("--costs", type=Path, required=True, help="the bill (CSV)")
    for name, content in {
        "funnel": "the funnel's table (CSV)",
        "checks": "what check_funnel found (JSON)",
        "averages": "averages over benchmarks (CSV)",
        "paired": "models on the same problems (CSV)",
        "results": "papers' values and ours (CSV)",
    }.items():
        parser.add_argument(f"--{name}", type=Path, nargs="*", default=[], help=f"{content}; none if there is none")
    parser.add_argument("--page", type=Path, required=True, help="the page (HTML)")
    parser.add_argument("--landing", type=Path, required=True, help="the same for Snakemake's own page (part of HTML)")


def work(options, job):
    """Write the page, and its parts without their frame for the page with which Snakemake's report begins."""
    tables = overview.Tables(
        config=yaml.safe_load(options.configuration.read_text(encoding="utf-8")),
        versions=csv_tables.read(options.versions),
        hardware=csv_tables.read(options.hardware),
        costs=costs.read(options.costs),
        funnel=[item for path in options.funnel for item in funnel.read(path)],
        checks=next(map(read_json, options.checks), None),
        averages=[row for path in options.averages for row in csv_tables.read(path)],
        paired=[row for path in options.paired for row in csv_tables.read(path)],
        results=[row for path in options.results for row in csv_tables.read(path)],
    )
    title = overview.heading(tables.config)
    parts = [web_pages.heading(title), *overview.blocks(tables)]
    schema.write_text(options.page, web_pages.page(title, *parts))
    schema.write_text(options.landing, "\n".join(['<div class="overview">', *filter(None, parts), "</div>\n"]))
    job.rows(out=len(parts))


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
