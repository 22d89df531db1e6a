"""Answers to problems, each with its verdict."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from synthesis import grading, program, schema
from synthesis.errors import InputError


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of the programs that grade answers."""
    parser.add_argument("--problems", type=Path, required=True, help="the problems, with their reference answers")
    parser.add_argument("--answers", type=Path, required=True, help="a model's answers to them")


def grades(options: Namespace, job: program.Job) -> list[dict]:
    """One row of `schema.GRADES` for each answer, in their order, graded in `options.threads` processes.

    Raises InputError for an answer to a problem that has no reference answer.
    """
    rows = schema.read(options.answers, schema.PROBLEM_ANSWERS, ["problem_id", "sample", "response"])
    references = {row["problem_id"]: row["answer"] for row in schema.read(options.problems, schema.PROBLEMS)}
    found: dict[str, list[dict]] = {}
    for row in rows:
        if references.get(row["problem_id"]) is None:
            raise InputError(
                f"{options.answers} answers problem {row['problem_id']}, for which {options.problems} has no reference "
                "answer; the files do not fit together: delete the answers and run the workflow again."
            )
        answer = grading.answer_in(row["response"])
        found.setdefault(row["problem_id"], []).append({**row, "answer": answer})
    job.step("grading", len(rows))
    graded = {}
    with grading.Grader(options.threads) as grader:
        problems = [(references[name], [row["answer"] for row in answers]) for name, answers in found.items()]
        for answers, verdicts in zip(found.values(), grader.grade_all(problems), strict=True):
            for row, verdict in zip(answers, verdicts, strict=True):
                graded[row["problem_id"], row["sample"]] = {
                    "problem_id": row["problem_id"],
                    "sample": row["sample"],
                    "verdict": verdict,
                    "answer": row["answer"],
                }
            job.advance(len(answers))
    return [graded[row["problem_id"], row["sample"]] for row in rows]
