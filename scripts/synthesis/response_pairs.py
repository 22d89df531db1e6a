"""Pairs of a right and a wrong response to one problem: what a reward model learns from."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from synthesis import schema
from synthesis.errors import InputError
from synthesis.grading import CORRECT, NO_ANSWER, WRONG
from synthesis.identity import is_held_out
from synthesis.text import normalise


@dataclass(frozen=True)
class Solved:
    """A problem (row of `schema.PROBLEMS`) with the distinct texts of its right and wrong responses, by sample."""

    problem: dict
    right: list[str]
    wrong: list[str]


def read_solved(problems: Path, answers: Iterable[Path], grades: Iterable[Path]) -> list[Solved]:
    """The problems that were answered, in their order.

    `answers` are files of `schema.PROBLEM_ANSWERS` and `grades` files of `schema.GRADES`. A response without a final
    answer is wrong. One that could not be compared is neither right nor wrong, nor is one without any text.
    """
    verdicts = {_sample(row): row["verdict"] for path in grades for row in schema.read(path, schema.GRADES)}
    found: dict[str, list[tuple[int, str, str]]] = {}
    for path in answers:
        for row in schema.read(path, schema.PROBLEM_ANSWERS):
            if _sample(row) not in verdicts:
                raise InputError(
                    f"{path} has sample {row['sample']} of problem {row['problem_id']}, which has no grade; the files "
                    "do not fit together: run the workflow again with --forcerun grade_fail_rates."
                )
            found.setdefault(row["problem_id"], []).append((row["sample"], row["response"], verdicts[_sample(row)]))
    return [
        _solved(problem, sorted(found[problem["problem_id"]]))
        for problem in schema.read(problems, schema.PROBLEMS)
        if problem["problem_id"] in found
    ]


def _sample(row: dict) -> tuple[str, int]:
    return row["problem_id"], row["sample"]


def _solved(problem: dict, samples: list[tuple[int, str, str]]) -> Solved:
    def texts(*verdicts: str) -> list[str]:
        return list(dict.fromkeys(text for _, text, verdict in samples if text and verdict in verdicts))

    return Solved(problem, texts(CORRECT), texts(WRONG, NO_ANSWER))


def ranking_rows(solved: list[Solved], prompt, pairs_per_problem: int, seed: int, held_out: float) -> list[dict]:
    """Up to `pairs_per_problem` pairs of each problem as `schema.TRAINING_RANKINGS`, in the order of the problems.

    The first right response stands against the first wrong one and so on, so no response is in two pairs, and more
    samples change no pair that is there. `held_out` is the share (0 to below 1) of the problems to measure on.
    """
    return [
        {
            "row_id": f"{item.problem['problem_id']}-{number}",
            "messages": [
                {"role": role, "content": content} for role, content in prompt.messages(item.problem["problem"])
            ],
            "chosen": chosen,
            "rejected": rejected,
            "held_out": is_held_out(seed, normalise(item.problem["problem"]), held_out, "scorer"),
        }
        for item in solved
        for number, (chosen, rejected) in enumerate(list(zip(item.right, item.wrong, strict=False))[:pairs_per_problem])
    ]


def check_pairs(rows: list[dict], solved: list[Solved], model: str, solver: str) -> None:
    """Raise InputError if no row of `schema.TRAINING_RANKINGS` is left to train on.

    `model` is the name of the reward model, `solver` that of the samples.
    """
    if any(not row["held_out"] for row in rows):
        return
    right = sum(bool(item.right) and not item.wrong for item in solved)
    wrong = sum(bool(item.wrong) and not item.right for item in solved)
    neither = sum(not item.right and not item.wrong for item in solved)
    raise InputError(
        f"train_reward_model.{model} has no pair of a right and a wrong response to train on: of the {len(solved)} "
        f"problems of sample_fail_rates.{solver}, {right} have only right responses, {wrong} only wrong ones and "
        f"{neither} neither, and {len(rows)} pairs are held out; raise sample_fail_rates.{solver}.samples, or choose "
        "other problems or another solver."
    )
