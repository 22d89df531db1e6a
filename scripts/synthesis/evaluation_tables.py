"""Further tables of the evaluation: training seeds together, models on the same problems, and pass@k."""

from synthesis import evaluation, metrics
from synthesis.errors import InputError

SEED_COLUMNS = ["model", "student", "size", "benchmark", "seeds", "accuracy", "deviation_over_seeds"]
PAIRED_COLUMNS = ["benchmark", "first", "second", "problems", "difference", "low", "high", "p_value"]
# Smaller p-values would be shown as 0.
LEAST_P = 0.0005
PASS_COLUMNS = [*evaluation.NAMES, "k", "pass_at_k"]


def over_seeds(rows: list[dict]) -> list[dict]:
    """For each student, size and benchmark the mean accuracy over training seeds.

    `rows` have the names of the evaluation's table and an accuracy that is not rounded. The deviation is that of a
    sample (n - 1 in the divisor); empty for one seed.
    """
    groups: dict[tuple, list[float]] = {}
    for row in rows:
        if row["student"]:
            key = tuple(str(row[name]) for name in SEED_COLUMNS[:4])
            groups.setdefault(key, []).append(float(row["accuracy"]))
    return [
        {
            **dict(zip(SEED_COLUMNS, key, strict=False)),
            "seeds": len(found),
            "accuracy": f"{sum(found) / len(found):.6f}",
            "deviation_over_seeds": _text(metrics.deviation(found)),
        }
        for key, found in groups.items()
    ]


def paired(found: list[tuple[dict, list[dict]]], seed: int) -> list[dict]:
    """Each student against the model it began with, and each other model against the first one, problem by problem.

    `found` are the names of each row of the evaluation with its grades. Raises InputError for grades of other problems.
    """
    rows = []
    for benchmark in dict.fromkeys(names["benchmark"] for names, _ in found):
        shares = {
            title(names): (names, evaluation.shares(grades))
            for names, grades in found
            if names["benchmark"] == benchmark
        }
        for second, (names, values) in shares.items():
            first = compared_with(names, list(shares))
            if first is None or first == second:
                continue
            try:
                compared = metrics.paired(
                    shares[first][1], values, seed, resamples=evaluation.RESAMPLES, level=evaluation.LEVEL
                )
            except ValueError as error:
                raise InputError(
                    f"{first} and {second} can't be compared on {benchmark}: {error}; delete their files in "
                    "grade_answers and run the workflow again."
                ) from error
            rows.append({"benchmark": benchmark, "first": first, "second": second, **as_text(compared)})
    return rows


def compared_with(names: dict, titles: list[str]) -> str | None:
    """Which model another one is compared with: a student with what it began with, all others with the first one.

    None for a student whose first model did not answer.
    """
    if names["student"]:
        return names["model"] if names["model"] in titles else None
    return titles[0]


def as_text(compared: metrics.Paired) -> dict:
    """The columns of a comparison after its names."""
    numbers = {name: _text(getattr(compared, name)) for name in PAIRED_COLUMNS[4:]}
    return {"problems": compared.problems, **numbers}


def pass_at_k(found: list[tuple[dict, list[dict]]]) -> list[dict]:
    """pass@k for each row of the evaluation with several samples, for k = 1, 2, 4, ... and the number of samples."""
    return [
        {**names, "k": k, "pass_at_k": f"{rate:.6f}"}
        for names, grades in found
        if len(rates := evaluation.pass_rates(grades)) > 1
        for k, rate in rates
    ]


def title(names: dict) -> str:
    """A model's name in a sentence or a table: `model`, or `student-size-seed` for a student."""
    return "-".join(names[name] for name in ("student", "size", "seed")) if names["student"] else names["model"]


def p_text(row: dict) -> str:
    """The p-value of a comparison with three digits, as readers see it; empty without one."""
    if not row["p_value"]:
        return ""
    return f"{float(row['p_value']):.3f}" if float(row["p_value"]) >= LEAST_P else "< 0.001"


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
