"""Say of each answer to a benchmark whether it is right."""

from collections import Counter
from pathlib import Path

from synthesis import grading, program, schema
from synthesis.errors import InputError


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--problems", type=Path, required=True, help="the benchmark, with its reference answers")
    parser.add_argument("--answers", type=Path, required=True, help="a model's answers to it")
    parser.add_argument("--output", type=Path, required=True, help="a verdict for each answer")


def work(options, job):
    """Write one row of `schema.GRADES` for each answer, in their order."""
    rows = schema.read(options.answers, schema.BENCHMARK_ANSWERS, ["problem_id", "sample", "response"])
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
    grades = [graded[row["problem_id"], row["sample"]] for row in rows]
    schema.write(options.output, grades, schema.GRADES)
    job.rows(**{"in": len(rows), "out": len(grades), **Counter(row["verdict"] for row in grades)})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
