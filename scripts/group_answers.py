"""Group the responses that the filters kept by their final answers, for the vote of select_responses."""

from itertools import groupby
from operator import itemgetter
from pathlib import Path

from synthesis import program, schema
from synthesis.answer_groups import group_all
from synthesis.errors import InputError
from synthesis.grading import Grader


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--verdicts", type=Path, required=True, help="the verdicts of filter_responses, with answers")
    parser.add_argument("--agreements", type=Path, nargs="?", help="the verdicts of check_agreement, if there are any")
    parser.add_argument("--output", type=Path, required=True, help="the group of each kept response")


def work(options, job):
    """Write `schema.ANSWER_GROUPS`, question by question in the order of the verdicts, samples rising."""
    questions = read_questions(options.verdicts, options.agreements)
    rows, counts = [], {"groups": 0, "comparisons": 0, "timed_out": 0}
    job.step("grouping answers", len(questions))
    with Grader(options.threads) as grader:
        answers = [[row["answer"] for row in question] for question in questions]
        for question, found in zip(questions, group_all(answers, grader, options.threads), strict=True):
            rows += [
                {**_key(row), "group": question[place]["sample"]}
                for row, place in zip(question, found.first, strict=True)
            ]
            counts["groups"] += len(set(found.first))
            counts["comparisons"] += found.comparisons
            counts["timed_out"] += found.timed_out
            job.advance()
    schema.write(options.output, rows, schema.ANSWER_GROUPS)
    job.rows(**{"in": len(rows), "out": len(rows), **counts})


def read_questions(verdicts: Path, agreements: Path | None = None) -> list[list[dict]]:
    """The kept rows (`question_id`, `sample`, `answer`) of each question, in the order in which questions come first.

    With a file of agreements only the responses that it keeps too. Raises InputError for a kept response without a
    final answer.
    """
    columns = ["question_id", "sample", "keep", "answer"]
    kept = [row for row in schema.read(verdicts, schema.FILTERED_RESPONSES, columns) if row["keep"]]
    if agreements:
        compared = schema.read(agreements, schema.RESPONSE_VERDICTS, columns[:3])
        agreeing = {(row["question_id"], row["sample"]) for row in compared if row["keep"]}
        kept = [row for row in kept if (row["question_id"], row["sample"]) in agreeing]
    for row in kept:
        if row["answer"] is None:
            raise InputError(
                f"{verdicts} keeps sample {row['sample']} of question {row['question_id']} without a final answer, so "
                "there is nothing to vote with; name the forms of answers in filter_responses.answer."
            )
    order = {name: place for place, name in enumerate(dict.fromkeys(row["question_id"] for row in kept))}
    kept.sort(key=lambda row: (order[row["question_id"]], row["sample"]))
    return [list(rows) for _, rows in groupby(kept, key=itemgetter("question_id"))]


def _key(row: dict) -> dict:
    return {name: row[name] for name in ("question_id", "sample")}


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
