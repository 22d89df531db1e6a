"""What the trainings of a run say of themselves, from the `training.json` that each has written."""

from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from synthesis.errors import InputError
from synthesis.ledger import read_json

# The share of the steps, at the end, whose mean is the last loss: a single step says little.
LAST_SHARE = 0.1

# What is measured on rows that were held out, by the key in `training.json`. Each kind of training has its own.
MEASURES = [
    "held_out_accuracy",
    "held_out_margin",
    "held_out_spearman",
    "held_out_mean_squared_error",
    "held_out_mean_squared_error_of_the_mean",
]
# What the steps log, by the key there, and what it is called in the table of all steps.
_LOGGED = {
    "loss": "loss",
    "rewards/accuracies": "accuracy",
    "accuracy": "accuracy",
    "rewards/margins": "margin",
    "margin": "margin",
    "grad_norm": "gradient_norm",
    "learning_rate": "learning_rate",
}
CURVE_COLUMNS = ["stage", "model", "step", "measure", "value"]
COLUMNS = [
    *("stage", "model", "from", "rows", "rows_too_long", "steps", "first_loss", "last_loss", "rows_held_out"),
    *MEASURES,
]


@dataclass(frozen=True)
class Training:
    """A trained model's name, the stage and the model that it came from, and its report (the parsed JSON)."""

    stage: str
    model: str
    begun_with: str
    report: dict

    @property
    def steps(self) -> list[int]:
        """The steps in the log."""
        return [entry["step"] for entry in self.report["log"]]

    @property
    def losses(self) -> list[float]:
        """The loss of each step in the log."""
        return [entry["loss"] for entry in self.report["log"]]

    @property
    def last_loss(self) -> float:
        """The mean loss of the last tenth of the steps, at least of one."""
        count = max(1, round(LAST_SHARE * len(self.losses)))
        return fmean(self.losses[-count:])

    def curves(self) -> list[dict[str, str]]:
        """Every number of every logged step, and after the last step what was measured on held-out rows."""
        entries = [
            (entry["step"], name, entry[key])
            for entry in self.report["log"]
            for key, name in _LOGGED.items()
            if key in entry
        ]
        measured = [
            (self.report["steps"], name, self.report[name]) for name in MEASURES if self.report.get(name) is not None
        ]
        return [
            {"stage": self.stage, "model": self.model, "step": str(step), "measure": name, "value": f"{value:.6g}"}
            for step, name, value in [*entries, *measured]
        ]

    def row(self) -> dict[str, str]:
        """The training's row of the table, as text; empty where something was not measured."""
        numbers = {
            "rows": self.report["rows"],
            "rows_too_long": self.report.get("rows_too_long"),
            "steps": self.report["steps"],
            "first_loss": self.losses[0],
            "last_loss": self.last_loss,
            **{name: self.report.get(name) for name in ("rows_held_out", *MEASURES)},
        }
        names = {"stage": self.stage, "model": self.model, "from": self.begun_with}
        return names | {name: _text(value) for name, value in numbers.items()}


def _text(value: float | None) -> str:
    """A count with all its digits, another number with six that matter, and nothing for what was not measured."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def read(names: list[dict], paths: list[Path]) -> list[Training]:
    """The trainings of `names` (`stage`, `model` and `from` of each), whose reports lie in `paths` in that order.

    Raises InputError if a report is missing, is no JSON or holds no losses.
    """
    found = []
    for name, path in zip(names, paths, strict=True):
        report = read_json(path)
        if not report.get("log"):
            raise InputError(f"{path} holds no losses; delete it and run the workflow again.")
        found.append(Training(name["stage"], name["model"], name["from"], report))
    return found
