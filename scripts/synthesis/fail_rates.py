"""How often a solver fails at each problem: ScaleQuest's measure of difficulty (arXiv 2410.18693, section 2.4)."""

from collections.abc import Collection

from synthesis.grading import CORRECT, UNREADABLE_REFERENCE


def fail_rates(grades: list[dict], unwritten: Collection[str]) -> list[dict]:
    """The share of the samples that are not right, for each problem, as rows of `schema.FAIL_RATES`.

    `grades` are rows of `schema.GRADES`. An answer that could not be compared in time is not right. One that was
    cut is graded by what can be read of it; `sampled_rates`, which tells of new questions, takes none from it.
    A problem has no rate if a sample could not be compared with its reference, or if it is among those (ids) of which
    a sample is `unwritten`: too long for the solver, kept back or never answered.
    """
    verdicts: dict[str, list[str]] = {}
    for row in grades:
        verdicts.setdefault(row["problem_id"], []).append(row["verdict"])
    return [
        {
            "problem_id": name,
            "samples": len(found),
            "fail_rate": sum(verdict != CORRECT for verdict in found) / len(found),
        }
        for name, found in verdicts.items()
        if UNREADABLE_REFERENCE not in found and name not in unwritten
    ]
