"""Choose one response for each question, by its reward or its number."""

import math
from itertools import groupby
from pathlib import Path

from synthesis import program, schema
from synthesis.errors import InputError
from synthesis.verdicts import response_verdict


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--responses", type=Path, required=True, help="the shard's responses")
    parser.add_argument("--verdicts", type=Path, required=True, help="the verdicts of filter_responses on them")
    parser.add_argument("--rewards", type=Path, nargs="?", help="the rewards of the kept responses, if they have any")
    parser.add_argument("--output", type=Path, required=True, help="the verdicts, with the rewards as scores")


def work(options, job):
    """Write one verdict for each response that the filters kept, in the order of the responses."""
    method = METHODS.get(options.settings["method"])
    if method is None:
        known = ", ".join(METHODS)
        raise InputError(f"select_responses.method is {options.settings['method']}, which is unknown; use {known}.")
    if method is best and not options.rewards:
        raise InputError("select_responses.method is best, but no rewards are given; give --rewards, or use first.")
    kept = read_kept(options.responses, options.verdicts, options.rewards)
    rows = []
    for question_id, group in groupby(kept, key=lambda row: row["question_id"]):
        answers = list(group)
        reasons = method(answers)
        rows += [
            response_verdict(question_id, row["sample"], reasons.get(row["sample"], ""), row["reward"])
            for row in answers
        ]
    schema.write(options.output, rows, schema.RESPONSE_VERDICTS)
    job.rows(**{"in": len(rows), "out": sum(row["keep"] for row in rows)})


def read_kept(responses: Path, verdicts: Path, rewards: Path | None) -> list[dict]:
    """The kept responses with reward (or None) and finish_reason of the scorer, each question's next to one another.

    Questions come in the order in which they first appear among the responses, their samples in rising order. Without
    a file of rewards, all are None.
    Raises InputError if the files do not hold the same rows, if a row comes twice, or if a reward is no number.
    """
    answered = _keyed(responses, schema.RESPONSES)
    judged = _keyed(verdicts, schema.RESPONSE_VERDICTS)
    _check_same(judged, answered, verdicts, responses)
    kept = {key: {**row, "reward": None} for key, row in judged.items() if row["keep"]}
    if rewards:
        kept = _scored(kept, verdicts, rewards)
    order = {question_id: position for position, question_id in enumerate(dict.fromkeys(key[0] for key in answered))}
    return sorted(kept.values(), key=lambda row: (order[row["question_id"]], row["sample"]))


def _scored(kept: dict, verdicts: Path, rewards: Path) -> dict[tuple[str, int], dict]:
    scored = _keyed(rewards, schema.REWARDS)
    _check_same(scored, kept, rewards, verdicts)
    for (question_id, sample), row in scored.items():
        if row["reward"] is not None and math.isnan(row["reward"]):
            raise InputError(
                f"{rewards} gives question {question_id}, sample {sample}, a reward that is not a number; "
                "check the reward model and its precision, then score anew."
            )
    return scored


def _keyed(path: Path, kind) -> dict[tuple[str, int], dict]:
    wanted = [name for name in ("question_id", "sample", "keep", "reward", "finish_reason") if name in kind.names]
    rows = {}
    for row in schema.read(path, kind, wanted):
        key = (row["question_id"], row["sample"])
        if key in rows:
            raise InputError(f"{path} holds question {key[0]}, sample {key[1]}, twice; delete it and run again.")
        rows[key] = row
    return rows


def _check_same(found: dict, expected: dict, path: Path, earlier: Path) -> None:
    for key in (*expected, *found):
        if key not in found or key not in expected:
            lacks, holds = (path, earlier) if key not in found else (earlier, path)
            raise InputError(
                f"question {key[0]}, sample {key[1]}, is in {holds} but not among the rows of {lacks}; "
                "the files do not fit together: delete the later one and run the workflow again."
            )


def best(answers: list[dict]) -> dict[int, str]:
    """Keep the response with the highest reward, the lowest sample among equals; the other samples' reasons.

    A response without a reward is never kept; its reason is that of the scorer.
    """
    scored = [row for row in answers if row["reward"] is not None]
    winner = max(scored, key=lambda row: (row["reward"], -row["sample"]), default=None)
    others = [row for row in answers if row is not winner]
    return {row["sample"]: row["finish_reason"] if row["reward"] is None else "lower_reward" for row in others}


def first(answers: list[dict]) -> dict[int, str]:
    """Keep the response of the lowest sample; the other samples' reasons."""
    return {row["sample"]: "later_sample" for row in answers[1:]}


# A method gets the rows (sample, reward, finish_reason) of one question, in the order of the samples, and gives a
# reason for each sample that it rejects.
METHODS = {"best": best, "first": first}


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
