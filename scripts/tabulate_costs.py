"""Say what the data set cost and what its run spent: by rule, by phase beside published costs, by GPU and server."""

import json
from pathlib import Path

from synthesis import cost_page, costs, costs_by_phase, costs_by_resource, program, schema


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--ledgers", type=Path, nargs="*", default=[], help="ledgers of the data set's jobs")
    parser.add_argument("--other-ledgers", type=Path, nargs="*", default=[], help="ledgers of the run's other jobs")
    parser.add_argument("--store", type=Path, required=True, help="the store of paid rows, with its journal")
    parser.add_argument("--prices", type=json.loads, required=True, help="the price table as JSON")
    parser.add_argument("--output", type=Path, required=True, help="the table by rule (CSV)")
    parser.add_argument("--phases", type=Path, required=True, help="the table by phase and step (CSV)")
    parser.add_argument("--resources", type=Path, required=True, help="the table by GPU, CPU core and server (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the tables for readers (HTML)")


def work(options, job):
    """Write the three tables and their page; amounts without a price stay empty."""
    prices = options.prices
    books = costs.read_books(options.run, options.store, options.ledgers, options.other_ledgers)
    steps = costs.steps(books, prices)
    rows = costs.table(steps, books.pairs, prices)
    phases = costs_by_phase.rows(books, steps, prices, options.settings)
    resources = costs_by_resource.rows(books, prices)
    costs.write(options.output, rows)
    costs_by_phase.write(options.phases, phases)
    costs_by_resource.write(options.resources, resources)
    schema.write_text(options.page, cost_page.page(options.run, rows, phases, resources, books.included))
    job.rows(**{"in": len(options.ledgers) + len(options.other_ledgers), "out": len(rows)})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
