"""Choose one response for each question, by its reward, its number or the votes for its answer."""

import math
from collections import Counter
from itertools import groupby
from pathlib import Path

from synthesis import program, schema
from synthesis.errors import InputError
from synthesis.response_choice import METHODS, NO_MAJORITY, Method
from synthesis.verdicts import response_verdict

# So many rewards, none of them a number, come from a broken model; fewer can be chance, and are only counted.
FEWEST_OF_BROKEN_MODEL = 10


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--responses", type=Path, required=True, help="the shard's responses")
    parser.add_argument("--verdicts", type=Path, required=True, help="the verdicts of filter_responses on them")
    parser.add_argument("--agreements", type=Path, nargs="?", help="the verdicts of check_agreement, if there are any")
    parser.add_argument("--rewards", type=Path, nargs="?", help="the rewards of the kept responses, if they have any")
    parser.add_argument("--groups", type=Path, nargs="?", help="the groups of equal answers, if there is a vote")
    parser.add_argument("--output", type=Path, required=True, help="the verdicts, with the rewards as scores")


def work(options, job):
    """Write one verdict for each response that the filters kept, in the order of the responses."""
    method = _method(options)
    share = options.settings.get("smallest_majority", 0)
    kept = read_kept(options.responses, options.verdicts, options.rewards, options.groups, options.agreements)
    rows, counts = [], _counts(kept, options.rewards, method)
    for question_id, group in groupby(kept, key=lambda row: row["question_id"]):
        answers = list(group)
        choice = method.choose(answers, share)
        counts["ties"] += choice.tie
        if method.needs_groups:
            counts["without_majority"] += NO_MAJORITY in choice.reasons.values()
        rows += [
            response_verdict(question_id, row["sample"], choice.reasons.get(row["sample"], ""), _number(row["reward"]))
            for row in answers
        ]
    schema.write(options.output, rows, schema.RESPONSE_VERDICTS)
    job.rows(**{"in": len(rows), "out": sum(row["keep"] for row in rows), **counts})


def _method(options) -> Method:
    name = options.settings["method"]
    method = METHODS.get(name)
    if method is None:
        raise InputError(f"select_responses.method is {name}, which is unknown; use {', '.join(METHODS)}.")
    if method.needs_rewards and not options.rewards:
        raise InputError(f"select_responses.method is {name}, but no rewards are given; give --rewards, or use first.")
    if method.needs_groups and not options.groups:
        raise InputError(f"select_responses.method is {name}, but no groups are given; give --groups, or use first.")
    return method


def _counts(kept: list[dict], rewards: Path | None, method: Method) -> Counter:
    """What the ledger tells beside the rows: each kind of trouble, also where there was none.

    Raises InputError if at least `FEWEST_OF_BROKEN_MODEL` rewards are there and none is a number.
    """
    counts = Counter(ties=0)
    if method.needs_groups:
        counts["without_majority"] = 0
    if rewards:
        numbers = [row["reward"] for row in kept if row["reward"] is not None]
        counts["missing_rewards"] = len(kept) - len(numbers)
        counts["not_a_number"] = sum(map(math.isnan, numbers))
        if counts["not_a_number"] == len(numbers) >= FEWEST_OF_BROKEN_MODEL:
            raise InputError(
                f"all {len(numbers)} rewards in {rewards} are not a number; the model or its precision is broken: "
                "check models.<name>.dtype, then score anew (make forget STAGE=score_responses)."
            )
    return counts


def _number(reward: float | None) -> float | None:
    return None if reward is None or math.isnan(reward) else reward


def read_kept(
    responses: Path, verdicts: Path, rewards: Path | None, groups: Path | None = None, agreements: Path | None = None
) -> list[dict]:
    """The kept responses with reward (or None), finish_reason of the scorer and group, a question's side by side.

    Questions come in the order in which they first appear among the responses, their samples in rising order. Without
    a file of rewards, all are None; without groups, there are none.
    Raises InputError if the files do not hold the same rows, or if a row comes twice.
    """
    answered = _keyed(responses, schema.RESPONSES)
    judged = _keyed(verdicts, schema.RESPONSE_VERDICTS)
    _check_same(judged, answered, verdicts, responses)
    kept = {key: {**row, "reward": None} for key, row in judged.items() if row["keep"]}
    last = agreements or verdicts
    if agreements:
        kept = _agreeing(kept, verdicts, agreements)
    if rewards:
        scored = _keyed(rewards, schema.REWARDS)
        _check_same(scored, kept, rewards, last)
        kept = scored
    if groups:
        voted = _keyed(groups, schema.ANSWER_GROUPS)
        _check_same(voted, kept, groups, last)
        kept = {key: {**row, "group": voted[key]["group"]} for key, row in kept.items()}
    order = {question_id: position for position, question_id in enumerate(dict.fromkeys(key[0] for key in answered))}
    return sorted(kept.values(), key=lambda row: (order[row["question_id"]], row["sample"]))


def _agreeing(kept: dict, verdicts: Path, agreements: Path) -> dict[tuple[str, int], dict]:
    """Those of the responses that filter_responses kept which check_agreement keeps too."""
    compared = _keyed(agreements, schema.RESPONSE_VERDICTS)
    _check_same(compared, kept, agreements, verdicts)
    return {key: row for key, row in kept.items() if compared[key]["keep"]}


def _keyed(path: Path, kind) -> dict[tuple[str, int], dict]:
    columns = ("question_id", "sample", "keep", "reward", "finish_reason", "group")
    wanted = [name for name in columns if name in kind.names]
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


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
