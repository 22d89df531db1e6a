"""Write down what a run was made with: configuration and files, versions of what ran, jobs and their hardware."""

from pathlib import Path

import yaml
from synthesis import program, run_settings, schema, web_pages
from synthesis.ledger import read_json

ROOT = Path(__file__).resolve().parent.parent
_NUMBERS = {"GPUs of a job", "CPU cores of a job", "jobs", "hours"}


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--ledgers", type=Path, nargs="*", default=[], help="ledgers of the run's jobs")
    parser.add_argument("--store", type=Path, required=True, help="the store of paid rows, with its journal")
    parser.add_argument("--requirements", type=Path, required=True, help="names of the packages whose versions matter")
    parser.add_argument(
        "--named-files", type=Path, nargs="*", default=[], help="the files that the configuration names"
    )
    parser.add_argument("--configuration", type=Path, required=True, help="the whole configuration (YAML)")
    parser.add_argument("--jobs", type=Path, required=True, help="the jobs whose ledgers are given (CSV)")
    parser.add_argument("--files", type=Path, required=True, help="digests of the files that are named (CSV)")
    parser.add_argument("--versions", type=Path, required=True, help="versions by name (CSV)")
    parser.add_argument("--hardware", type=Path, required=True, help="jobs and hours by hardware (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="all of it for readers (HTML)")


def work(options, job):
    """Write the files and the page; the settings are the run's whole configuration."""
    ledgers = [read_json(path) for path in options.ledgers]
    attempts = run_settings.making_attempts(ledgers, options.store)
    public = run_settings.without_secrets(options.settings)
    configuration = yaml.safe_dump(public, sort_keys=False, allow_unicode=True, width=110)
    versions = run_settings.versions(ROOT, options.requirements, attempts)
    hardware = run_settings.hardware(attempts)
    schema.write_text(options.configuration, configuration)
    jobs = [{name: ledger[name] for name in run_settings.JOB_COLUMNS} for ledger in ledgers]
    schema.write_csv(options.jobs, jobs, run_settings.JOB_COLUMNS)
    files = run_settings.files(public, options.named_files)
    schema.write_csv(options.files, files, run_settings.FILE_COLUMNS)
    schema.write_csv(options.versions, versions, run_settings.VERSION_COLUMNS)
    schema.write_csv(options.hardware, hardware, run_settings.HARDWARE_COLUMNS)
    schema.write_text(options.page, page(options.run, configuration, versions, hardware))
    job.rows(**{"in": len(ledgers), "out": len(versions)})


def page(run: str, configuration: str, versions: list[dict], hardware: list[dict]) -> str:
    """The page: versions, hardware, and the configuration as it stands in its file."""
    title = f"Settings and versions of run {run}"
    about = (
        "The configuration is given in full, with all that it takes from the file it is derived from. Left out are "
        "addresses and keys of servers, names and passwords in addresses, queries in those of problems and benchmarks, "
        "and the folders of files that lie neither in the workflow's folder nor below the home folder. To make the run "
        "again, save it as a file, put them in, and call make report CONFIG=<file>."
    )
    found = [_shown(row) for row in hardware]
    return web_pages.page(
        title,
        web_pages.heading(title),
        web_pages.paragraph(about),
        web_pages.heading("Versions", level=2),
        web_pages.table(versions, set()),
        web_pages.heading("Hardware of the jobs", level=2),
        web_pages.paragraph(
            "Of bought rows it is the hardware that made them, also in another run; a job that found all of its rows "
            "in the store is not counted."
        ),
        web_pages.table(found, _NUMBERS) if found else web_pages.paragraph("No job has written its books."),
        web_pages.heading("Configuration", level=2),
        web_pages.code(configuration),
    )


def _shown(row: dict) -> dict:
    """A row of the hardware's table under the names that the page has for its columns."""
    hours = float(row["hours"])
    return {
        "hardware": row["hardware"],
        "GPUs of a job": row["gpus"],
        "CPU cores of a job": row["cpu_cores"],
        "jobs": f"{int(row['jobs']):,}",
        "hours": f"{hours:,.2f}" if hours >= 0.01 else "< 0.01",
    }


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
