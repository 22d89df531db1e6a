"""Answers to problems, each with its verdict."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from synthesis import answer_spelling, answer_tolerance, chosen_options, grading, problem_choices, program, schema
from synthesis.errors import InputError


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of the programs that grade answers."""
    parser.add_argument("--problems", type=Path, required=True, help="the problems, with their reference answers")
    parser.add_argument("--answers", type=Path, required=True, help="a model's answers to them")


def grades(options: Namespace, job: program.Job) -> list[dict]:
    """One row of `schema.GRADES` for each answer, in their order, graded in `options.threads` processes.

    Settings: `answer_forms` (those of a final answer that are read), `float_rounding` (decimals that are compared) and
    `relative_tolerance` (share by which a number may differ). A problem that ends with lettered options, and whose
    reference is one of the letters, is graded by the letter that an answer names, which then is the row's answer.
    Raises InputError for an answer to a problem that has no reference answer.
    """
    rows = schema.read(options.answers, schema.PROBLEM_ANSWERS, ["problem_id", "sample", "response"])
    problems = {row["problem_id"]: row for row in schema.read(options.problems, schema.PROBLEMS)}
    answered: dict[str, list[dict]] = {}
    for row in rows:
        if problems.get(row["problem_id"], {}).get("answer") is None:
            raise InputError(
                f"{options.answers} answers problem {row['problem_id']}, for which {options.problems} has no reference "
                "answer; the files do not fit together: delete the answers and run the workflow again."
            )
        answered.setdefault(row["problem_id"], []).append(row)
    job.step("grading", len(rows))
    graded = {}
    for found in _graded([(problems[name], found) for name, found in answered.items()], options):
        graded |= {(row["problem_id"], row["sample"]): row for row in found}
        job.advance(len(found))
    return [graded[row["problem_id"], row["sample"]] for row in rows]


def _graded(answered: list[tuple[dict, list[dict]]], options: Namespace) -> Iterator[list[dict]]:
    """The graded answers to each problem."""
    forms = options.settings.get("answer_forms")
    of_choice = [(problem, rows) for problem, rows in answered if problem_choices.graded_options(problem)]
    others = [(problem, rows) for problem, rows in answered if not problem_choices.graded_options(problem)]
    for problem, rows in of_choice:
        yield [_graded_choice(problem, row, forms) for row in rows]
    others = [
        (problem, [{**row, "answer": grading.answer_in(row["response"], forms)} for row in rows])
        for problem, rows in others
    ]
    decimals = options.settings.get("float_rounding", grading.AS_MATH_VERIFY.float_rounding)
    share = options.settings.get("relative_tolerance", 0)
    with grading.Grader(options.threads, comparison=grading.Comparison(float_rounding=decimals)) as grader:
        asked = [(problem["answer"], [row["answer"] for row in rows]) for problem, rows in others]
        for (problem, rows), verdicts in zip(others, grader.grade_all(asked), strict=True):
            yield [
                _grade(row, _tolerant(problem["answer"], row["answer"], verdict, share), row["answer"])
                for row, verdict in zip(rows, verdicts, strict=True)
            ]


def _graded_choice(problem: dict, row: dict, forms: list[str] | None) -> dict:
    letter, answer = chosen_options.option_in(
        row["response"],
        problem_choices.graded_options(problem),
        forms or grading.STATED,
        answer_spelling.normalised,
        is_stated=forms is not None,
    )
    if answer is None:
        return _grade(row, grading.NO_ANSWER, None)
    return _grade(row, grading.CORRECT if letter == problem["answer"] else grading.WRONG, letter or answer)


def _tolerant(reference: str, answer: str | None, verdict: str, share: float) -> str:
    """The verdict, or right for a number that is near enough."""
    compared = answer is not None and verdict != grading.CORRECT and share > 0
    return grading.CORRECT if compared and answer_tolerance.is_near(reference, answer, share) else verdict


def _grade(row: dict, verdict: str, answer: str | None) -> dict:
    return {"problem_id": row["problem_id"], "sample": row["sample"], "verdict": verdict, "answer": answer}
