"""Tabulate how well scores tell right responses from wrong ones."""

import math
from pathlib import Path

from synthesis import program, reward_measures, schema, web_pages
from synthesis.evaluation import SMALL_MODEL

COLUMNS = [
    "measurement", "model", "method", "parameters", "is_check_of_measurement", "responses", "right", "wrong", "auc",
    "auc_low", "auc_high", "questions_with_choice", "best_is_right", "best_is_right_low", "best_is_right_high",
    "random_is_right", "any_is_right", "missing_rewards", "not_a_number",
]  # fmt: skip
CHECK = "check of the measurement, not of a scorer"


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--seed", type=int, required=True, help="seed of the bootstrap")
    parser.add_argument("--rewards", type=Path, nargs="+", required=True, help="the rewards of all measurements")
    parser.add_argument("--output", type=Path, required=True, help="the table (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the table for readers (HTML)")


def work(options, job):
    """Write one row for each measurement; the settings list the `measurements`, which name the files in their order."""
    rows = [
        {**_described(item), **measures(schema.read(path, schema.MEASURED_REWARDS), options.seed)}
        for item, path in zip(options.settings["measurements"], options.rewards, strict=True)
    ]
    schema.write_csv(options.output, rows, COLUMNS)
    schema.write_text(options.page, page(options.run, rows))
    job.rows(**{"in": len(options.rewards), "out": len(rows)})


def _described(item: dict) -> dict[str, str]:
    parameters = item["parameters"]
    small = parameters is not None and parameters < SMALL_MODEL
    known = {name: item[name] for name in ("measurement", "model", "method")}
    shown = "" if parameters is None else str(parameters)
    return {**known, "parameters": shown, "is_check_of_measurement": str(small).lower()}


def measures(rows: list[dict], seed: int) -> dict[str, str]:
    """The columns after the names, from rows of `schema.MEASURED_REWARDS`, as text; empty for what has no value.

    Area and choices are those of the responses with a reward.
    """
    numbers = [row for row in rows if row["reward"] is not None]
    usable = [row for row in numbers if not math.isnan(row["reward"])]
    columns = ([row[name] for row in usable] for name in ("label", "reward", "question_id"))
    area = reward_measures.area_with_interval(*columns, seed)
    chosen = reward_measures.choices(usable)
    best = reward_measures.choice_interval(chosen["best"], seed)
    others = [
        math.fsum(chosen[name]) / len(chosen[name]) if chosen[name] else math.nan for name in ("random", "oracle")
    ]
    right = sum(row["label"] for row in rows)
    return {
        "responses": str(len(rows)),
        "right": str(right),
        "wrong": str(len(rows) - right),
        **dict(zip(("auc", "auc_low", "auc_high"), map(_text, area), strict=True)),
        "questions_with_choice": str(len(chosen["best"])),
        **dict(zip(("best_is_right", "best_is_right_low", "best_is_right_high"), map(_text, best), strict=True)),
        **dict(zip(("random_is_right", "any_is_right"), map(_text, others), strict=True)),
        "missing_rewards": str(len(rows) - len(numbers)),
        "not_a_number": str(len(numbers) - len(usable)),
    }


def _text(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6f}"


def page(run: str, rows: list[dict]) -> str:
    """The table as a web page, with a remark on small models."""
    shown = [
        {
            "measurement": row["measurement"],
            "model": row["model"],
            "method": row["method"],
            "right": row["right"],
            "wrong": row["wrong"],
            "AUC": _shown(row, "auc", 1),
            "questions": row["questions_with_choice"],
            "best is right, %": _shown(row, "best_is_right", 100),
            "any one, %": _short(row["random_is_right"], 100),
            "one of them is, %": _short(row["any_is_right"], 100),
            "without reward": row["missing_rewards"],
            "not a number": row["not_a_number"],
            "remark": CHECK if row["is_check_of_measurement"] == "true" else "",
        }
        for row in rows
    ]
    title = f"Scores of right and wrong responses in run {run}"
    words = ("measurement", "model", "method", "remark")
    table = web_pages.table(shown, {name for name in shown[0] if name not in words})
    return web_pages.page(title, web_pages.heading(title), table)


def _shown(row: dict, name: str, scale: int) -> str:
    if not row[name]:
        return ""
    low, high = (_short(row[f"{name}_{end}"], scale) for end in ("low", "high"))
    return f"{_short(row[name], scale)} ({low} to {high})" if low else _short(row[name], scale)


def _short(text: str, scale: int) -> str:
    return f"{scale * float(text):.{1 if scale == 100 else 3}f}" if text else ""


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
