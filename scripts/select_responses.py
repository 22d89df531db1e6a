"""Choose one response for each question by its reward."""

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
    parser.add_argument("--rewards", type=Path, required=True, help="the rewards of the kept responses")
    parser.add_argument("--output", type=Path, required=True, help="the verdicts, with the rewards as scores")


def work(options, job):
    """Write one verdict for each response that has a reward, in the order of the responses."""
    method = METHODS.get(options.settings["method"])
    if method is None:
        known = ", ".join(METHODS)
        raise InputError(f"select_responses.method is {options.settings['method']}, which is unknown; use {known}.")
    scored = read_scored(options.responses, options.verdicts, options.rewards)
    rows = []
    for question_id, group in groupby(scored, key=lambda row: row["question_id"]):
        answers = list(group)
        reasons = {row["sample"]: row["finish_reason"] for row in answers if row["reward"] is None}
        if len(reasons) < len(answers):
            reasons |= method([row for row in answers if row["reward"] is not None])
        rows += [
            response_verdict(question_id, row["sample"], reasons.get(row["sample"], ""), row["reward"])
            for row in answers
        ]
    schema.write(options.output, rows, schema.RESPONSE_VERDICTS)
    job.rows(**{"in": len(rows), "out": sum(row["keep"] for row in rows)})


def read_scored(responses: Path, verdicts: Path, rewards: Path) -> list[dict]:
    """The kept responses with reward (or None) and finish_reason of the scorer, each question's next to one another.

    Questions come in the order in which they first appear among the responses, their samples in rising order.
    Raises InputError if the three files do not hold the same rows, if a row comes twice, or if a reward is no number.
    """
    answered = _keyed(responses, schema.RESPONSES)
    judged = _keyed(verdicts, schema.RESPONSE_VERDICTS)
    _check_same(judged, answered, verdicts, responses)
    kept = {key: row for key, row in judged.items() if row["keep"]}
    scored = _keyed(rewards, schema.REWARDS)
    _check_same(scored, kept, rewards, verdicts)
    for (question_id, sample), row in scored.items():
        if row["reward"] is not None and math.isnan(row["reward"]):
            raise InputError(
                f"{rewards} gives question {question_id}, sample {sample}, a reward that is not a number; "
                "check the reward model and its precision, then score anew."
            )
    order = {question_id: position for position, question_id in enumerate(dict.fromkeys(key[0] for key in answered))}
    return sorted(scored.values(), key=lambda row: (order[row["question_id"]], row["sample"]))


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
    """Keep the response with the highest reward, the lowest sample among equals; the other samples' reasons."""
    winner = max(answers, key=lambda row: (row["reward"], -row["sample"]))
    return {row["sample"]: "lower_reward" for row in answers if row is not winner}


# A method gets the rows (question_id, sample, reward) of one question and gives a reason for each sample it rejects.
METHODS = {"best": best}


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
