"""Questions of a run with the response that was chosen and the other one of the lowest reward, for readers.

Chosen responses are drawn from the verdicts of the choice, which are small, one shard at a time. Only then are the
texts of the drawn ones read. So memory grows neither with the rows of a run nor with its texts.
"""

import heapq
import math
from pathlib import Path
from typing import NamedTuple

from synthesis import row_digests, schema
from synthesis.funnel import Piece, Stage, require
from synthesis.sampled_rows import ROWS, cut, matching

# How the pairs were drawn, in the order of the page, and how many of each.
AT_RANDOM, HIGHEST, LOWEST = "at random", "highest rewards", "lowest rewards"
COUNTS = {AT_RANDOM: ROWS, HIGHEST: 5, LOWEST: 5}

CHOICE, QUESTIONS, RESPONSES = "select_responses", "generate_questions", "generate_responses"


class Response(NamedTuple):
    """A response that was chosen from: its question, its sample, its reward (None without one) and its shard."""

    question_id: str
    sample: int
    reward: float | None
    piece: Piece

    @property
    def key(self) -> tuple[str, int]:
        """What names the response."""
        return self.question_id, self.sample


def rows(found: list[Stage], scores: dict[str, dict[Piece, Path]], chunk_done=lambda: None) -> list[dict]:
    """The drawn pairs as rows of `schema.SAMPLED_PAIRS`, by the way in which they were drawn.

    `found` are the stages of the funnel with their files, `scores` the files of verdicts of each scorer of difficulty.
    The same run gives the same pairs, whatever its shards.
    """
    stages = require(found, [CHOICE, QUESTIONS, RESPONSES])
    drawn = _draw(stages[CHOICE], chunk_done)
    others = _lowest_others(stages[CHOICE], [response for each in drawn.values() for response in each])
    asked = {response for each in drawn.values() for response in each} | set(others.values())
    responses = _responses(stages[RESPONSES], asked)
    questions = _questions(stages[QUESTIONS], asked)
    difficulty = _difficulty(scores, asked)
    return [
        {
            "drawn": drawn_as,
            "source": chosen.piece.source,
            "question_id": chosen.question_id,
            "question": questions[chosen.question_id],
            "difficulty": difficulty.get(chosen.question_id, {}),
            "sample": chosen.sample,
            "reward": chosen.reward,
            "response": responses[chosen.key],
            "worst_sample": other.sample if other else None,
            "worst_reward": other.reward if other else None,
            "worst_response": responses[other.key] if other else None,
        }
        for drawn_as, each in drawn.items()
        for chosen in each
        for other in [others.get(chosen.question_id)]
    ]


def _draw(choice: Stage, chunk_done) -> dict[str, list[Response]]:
    """The chosen responses that are shown: some by a hash of their ids, and those of the highest and lowest rewards."""
    kept: dict[str, list[tuple]] = {name: [] for name in COUNTS}
    for piece, path in choice.files.items():
        chosen = [row for row in _verdicts(path) if row["keep"]]
        lots = row_digests.digests(f"sampled pair\n{row['question_id']}" for row in chosen).to_pylist()
        for lot, row in zip(lots, chosen, strict=True):
            response = Response(row["question_id"], row["sample"], row["score"], piece)
            kept[AT_RANDOM].append((lot, response))
            if _is_number(response.reward):
                kept[HIGHEST].append((-response.reward, lot, response))
                kept[LOWEST].append((response.reward, lot, response))
        kept = {name: heapq.nsmallest(COUNTS[name], each, key=lambda item: item[:-1]) for name, each in kept.items()}
        chunk_done()
    return {name: [item[-1] for item in each] for name, each in kept.items()}


def _is_number(reward: float | None) -> bool:
    return reward is not None and math.isfinite(reward)


def _verdicts(path: Path) -> list[dict]:
    return schema.read(path, schema.RESPONSE_VERDICTS, ["question_id", "sample", "keep", "score"])


def _lowest_others(choice: Stage, chosen: list[Response]) -> dict[str, Response]:
    """Of each question the response with the lowest reward beside the chosen one; none if nothing else has a reward."""
    of = {response.question_id: response for response in chosen}
    found: dict[str, Response] = {}
    for piece in {response.piece for response in chosen}:
        for row in _verdicts(choice.files[piece]):
            mine = of.get(row["question_id"])
            if mine is None or mine.piece != piece or row["sample"] == mine.sample or not _is_number(row["score"]):
                continue
            other = Response(row["question_id"], row["sample"], row["score"], piece)
            lowest = found.setdefault(row["question_id"], other)
            found[row["question_id"]] = min(lowest, other, key=lambda item: (item.reward, item.sample))
    return found


def _responses(stage: Stage, asked: set[Response]) -> dict[tuple[str, int], str]:
    return {
        (row["question_id"], row["sample"]): cut(row["response"])
        for piece in {response.piece for response in asked}
        for row in matching(
            stage.files[piece],
            schema.RESPONSES,
            ["question_id", "sample"],
            "response",
            {response.key for response in asked if response.piece == piece},
        )
    }


def _ids(asked: set[Response], piece: Piece) -> set[tuple[str]]:
    return {(response.question_id,) for response in asked if response.piece == piece}


def _questions(stage: Stage, asked: set[Response]) -> dict[str, str]:
    return {
        row["question_id"]: cut(row["question"])
        for piece in {response.piece for response in asked}
        for row in matching(stage.files[piece], schema.QUESTIONS, ["question_id"], "question", _ids(asked, piece))
    }


def _difficulty(scores: dict[str, dict[Piece, Path]], asked: set[Response]) -> dict[str, dict[str, float]]:
    """What each scorer of difficulty says of the questions."""
    found: dict[str, dict[str, float]] = {}
    for scorer, files in scores.items():
        for piece in {response.piece for response in asked} & files.keys():
            wanted = _ids(asked, piece)
            for row in matching(files[piece], schema.QUESTION_VERDICTS, ["question_id"], "score", wanted):
                if row["score"] is not None:
                    found.setdefault(row["question_id"], {})[scorer] = row["score"]
    return found
