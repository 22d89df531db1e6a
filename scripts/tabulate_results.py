"""Put the values that papers printed and those of runs side by side."""

from pathlib import Path

from synthesis import csv_tables, program, published_values, results, results_page, results_texts, run_tables, schema
from synthesis.configuration_results import Place
from synthesis.run_tables import Found


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--published", type=Path, nargs="+", required=True, help="files with the papers' values")
    parser.add_argument("--tables", type=Path, nargs="*", default=[], help="tables of runs, <run>/tables/<table>.csv")
    parser.add_argument(
        "--output", type=Path, required=True, help="the tidy table (CSV); each table goes into a folder of its name"
    )
    parser.add_argument("--page", type=Path, required=True, help="the tables for readers (HTML)")


class RunTables:
    """The tables of runs that are there, read when they are first asked for."""

    def __init__(self, paths: list[Path]):
        self._paths = {(path.parent.parent.name, path.stem): path for path in paths}
        self._rows: dict[tuple[str, str], list[dict[str, str]]] = {}

    def found_for(self, place: Place) -> Found:
        """What a cell asks for; not run if its run has not made the table."""
        wanted = place.run, place.lookup.table
        path = self._paths.get(wanted)
        # A run that is being made again has removed it since this one was planned.
        if path is None or not path.is_file():
            return Found(missing=f"{results.NOT_RUN} (run: {place.run})")
        if wanted not in self._rows:
            self._rows[wanted] = csv_tables.read(path)
        return run_tables.look_up(path, self._rows[wanted], place.lookup)


def work(options, job):
    """Write the tidy table, each table in three forms, and the page.

    The settings are `run`, which rows mean that name none, `tables` (name and settings of each) and `made_by`, the
    configurations that make the runs.
    """
    tables = RunTables(options.tables)
    values = {path: published_values.read(path) for path in options.published}
    found = {}
    for name, table in options.settings["tables"].items():
        published = values[Path(table["published"]["file"])]
        rows = results.tidy(name, table, options.settings["run"], published, tables.found_for)
        found[name] = (table["caption"], rows)
        _write(options.output.with_suffix("") / name, table["caption"], rows)
    every = [row for _, rows in found.values() for row in rows]
    schema.write_csv(options.output, every, results.COLUMNS)
    schema.write_text(options.page, results_page.page(options.run, found, options.settings["made_by"]))
    job.rows(**{"in": len(options.tables), "out": len(every)})


def _write(path: Path, caption: str, rows: list[dict[str, str]]) -> None:
    lines = results_texts.csv_rows(rows)
    schema.write_csv(path.with_suffix(".csv"), lines, list(lines[0]))
    schema.write_text(path.with_suffix(".md"), results_texts.markdown(caption, rows))
    schema.write_text(path.with_suffix(".tex"), results_texts.latex(path.name, caption, rows))


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
