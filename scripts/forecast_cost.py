"""Project what the configured run will take from the ledgers of a small pilot run, before anything large starts."""

from pathlib import Path

from synthesis import forecast_table, program, schema
from synthesis.forecast import Forecast
from synthesis.forecast_pilot import Pilot
from synthesis.plan import Plan
from synthesis.plan_forecast import pilot_results


def add_arguments(parser):
    """Declare what the program needs beside the common arguments; the settings are the whole configuration."""
    parser.add_argument("--results", type=Path, required=True, help="the folder that holds the runs' folders")
    parser.add_argument("--resources", type=Path, required=True, help="the folder of what was fetched")
    parser.add_argument("--store", type=Path, required=True, help="the store of paid rows, with its journal")
    parser.add_argument("--output", type=Path, required=True, help="the forecast (CSV)")
    parser.add_argument("--text", type=Path, required=True, help="the forecast for readers (Markdown)")


def work(options, job):
    """Write one row for each quantity of each kind of jobs, and print the text for readers."""
    config = options.settings
    results = pilot_results(config, options.results)
    pilot = Pilot(results, options.store, options.resources)
    forecast = Forecast(config, Plan(config).priced_jobs(), pilot)
    rows = forecast_table.rows(forecast, config["prices"]["currency"])
    text = forecast_table.text(options.run, pilot.run, forecast, config)
    schema.write_csv(options.output, rows, forecast_table.COLUMNS)
    schema.write_text(options.text, text)
    job.rows(**{"in": sum(line.jobs for line in forecast.lines), "out": len(rows)})
    print(text, flush=True)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
