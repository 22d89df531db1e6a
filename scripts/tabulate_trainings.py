"""Tabulate how the run's models were trained, and how good each is on what was held out of its training."""

from pathlib import Path

from synthesis import program, schema, trainings, web_pages
from synthesis.trainings import Training

# The columns of the page's tables, in words.
_TRAINED = {
    "stage": "stage",
    "model": "model",
    "from": "begun with",
    "rows": "rows",
    "rows_too_long": "too long",
    "steps": "steps",
    "first_loss": "first loss",
    "last_loss": "last loss",
}
_HELD_OUT = {
    "model": "model",
    "rows_held_out": "rows",
    "held_out_accuracy": "accuracy",
    "held_out_margin": "margin",
    "held_out_spearman": "Spearman's correlation",
    "held_out_mean_squared_error": "squared error",
    "held_out_mean_squared_error_of_the_mean": "squared error of the mean label",
}
_NAMES = ("stage", "model", "from")
_COUNTS = ("rows", "rows_too_long", "steps", "rows_held_out")
_CALIBRATION_NUMBERS = {"rows", "mean prediction", "mean label"}


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--reports", type=Path, nargs="+", required=True, help="training.json of every trained model")
    parser.add_argument("--output", type=Path, required=True, help="the table (CSV)")
    parser.add_argument("--curves", type=Path, required=True, help="what each step logged (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the table for readers (HTML)")


def work(options, job):
    """Write one row for each trained model; the settings list the `models`, which name the reports in their order."""
    found = trainings.read(options.settings["models"], options.reports)
    schema.write_csv(options.output, [training.row() for training in found], trainings.COLUMNS)
    curves = [row for training in found for row in training.curves()]
    schema.write_csv(options.curves, curves, trainings.CURVE_COLUMNS)
    schema.write_text(options.page, page(options.run, found))
    job.rows(**{"in": len(options.reports), "out": len(found)})


def page(run: str, found: list[Training]) -> str:
    """The table as a web page, what was measured on held-out rows, and the calibration of each scorer that has one."""
    rows = [training.row() for training in found]
    title = f"Trainings of run {run}"
    parts = [web_pages.heading(title), _table(rows, _TRAINED)]
    if measured := [row for row in rows if row["rows_held_out"] not in ("", "0")]:
        parts += [web_pages.heading("Measured on held-out rows", level=2), _table(measured, _HELD_OUT)]
    parts += [part for training in found for part in _calibration(training)]
    return web_pages.page(title, *parts)


def _table(rows: list[dict], columns: dict[str, str]) -> str:
    """Some columns under their names on the page, without those that are empty."""
    told = {key: name for key, name in columns.items() if any(row[key] for row in rows)}
    shown = [{name: _text(key, row[key]) for key, name in told.items()} for row in rows]
    return web_pages.table(shown, {name for key, name in told.items() if key not in _NAMES})


def _text(key: str, text: str) -> str:
    """A field for a reader: counts with thousands separators, other numbers with four digits that matter."""
    if not text or key in _NAMES:
        return text
    return f"{int(text):,}" if key in _COUNTS else _measure(float(text))


def _measure(value: float) -> str:
    return f"{value:.4g}"


def _calibration(training: Training) -> list[str]:
    """Heading and table of what a scorer predicted and what the labels were; nothing if it was not measured."""
    fifths = training.report.get("held_out_calibration")
    if not fifths:
        return []
    rows = [
        {
            "held-out rows by rising prediction": f"fifth {number}",
            "rows": f"{fifth['rows']:,}",
            "mean prediction": _measure(fifth["predicted"]),
            "mean label": _measure(fifth["label"]),
        }
        for number, fifth in enumerate(fifths, 1)
    ]
    heading = web_pages.heading(f"Calibration of {training.model}", level=2)
    return [heading, web_pages.table(rows, _CALIBRATION_NUMBERS)]


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
