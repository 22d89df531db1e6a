"""What the paid stages ask of an engine, built from their inputs without loading any model.

The same functions serve the programs and the check whether a job still has anything to buy.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from synthesis.canonical import plain_digest
from synthesis.identity import hashed_shard, rewrite_direction, sample_seed, sample_seeds
from synthesis.prompts import Prompt
from synthesis.store import BUCKET_ROWS, Key, Place

Messages = tuple[tuple[str, str], ...]

# Folders of the store that the answers to a set of problems are spread over.
PROBLEM_FOLDERS = 64


@dataclass(frozen=True)
class Request:
    """One sample asked of an engine.

    `messages` are (role, content) pairs. `turn` says whose text the engine writes: `assistant` answers the last
    user turn, `user` goes on inside an opened, empty user turn (that is how questions are generated), `none` scores
    the conversation as it is.
    """

    row_id: str
    sample: int
    source: str
    index: int
    seed: int
    messages: Messages
    turn: str

    @cached_property
    def place(self) -> Place:
        """Where the answer lies in the store. The template that turns messages into text is in the fingerprint."""
        exact_input = plain_digest([self.messages, self.turn, self.seed])
        return Place(Key(self.row_id, self.sample, exact_input), self.source, self.index)


def question_requests(
    run_seed: int, stage: str, source: str, rows: Iterable[tuple[str, int]], system: str | None
) -> list[Request]:
    """One request of a stage to write a question for each (id, index), all from the same empty user turn.

    `system` None leaves the system turn to the template; an empty text asks for a template without one.
    """
    messages = () if system is None else (("system", system),)
    return [
        Request(row_id, 0, source, index, sample_seed(run_seed, stage, row_id, 0), messages, "user")
        for row_id, index in rows
    ]


def answer_requests(run_seed: int, stage: str, questions: list[dict], prompt, samples: int) -> list[Request]:
    """Requests for `samples` answers to each question (rows of `schema.QUESTIONS`), asked through a prompt."""
    requests = []
    for question in questions:
        row_id, source, index = question["question_id"], question["source"], question["index"]
        messages, seeds = prompt.messages(question["question"]), sample_seeds(run_seed, stage, row_id, samples)
        requests += [
            Request(row_id, sample, source, index, seed, messages, "assistant") for sample, seed in enumerate(seeds)
        ]
    return requests


def problem_requests(
    run_seed: int, stage: str, problems: list[dict], prompt, samples: int, folder: str | None = None
) -> list[Request]:
    """Requests of a stage for `samples` answers to each problem (rows of `schema.PROBLEMS`) with a reference answer.

    Where a row lies in the store must not follow from its position, which moves when problems are added or dropped.
    It lies in the one folder named `folder`, or else in one of `PROBLEM_FOLDERS` of the set that it comes from, so that
    a job need not read the answers to all others.
    """
    questions = [
        {
            "question_id": row["problem_id"],
            "source": folder or row["source"],
            "index": 0 if folder else BUCKET_ROWS * hashed_shard(row["problem_id"], PROBLEM_FOLDERS),
            "question": row["problem"],
        }
        for row in problems
        if row["answer"] is not None
    ]
    return answer_requests(run_seed, stage, questions, prompt, samples)


def rewrite_requests(run_seed: int, questions: list[dict], prompts: dict[str, Prompt]) -> list[Request]:
    """One request for each question (row of `schema.QUESTIONS`) to rewrite it in its direction.

    `prompts` are the prompts by direction; see `identity.rewrite_direction` for the choice.
    """
    return [
        request
        for question in questions
        for request in answer_requests(
            run_seed,
            "rewrite_questions",
            [question],
            prompts[rewrite_direction(run_seed, question["question_id"], prompts)],
            1,
        )
    ]


def text_requests(questions: list[dict]) -> list[Request]:
    """One request for each question (rows of `schema.QUESTIONS`) to score its text alone; nothing is random."""
    return [
        Request(row["question_id"], 0, row["source"], row["index"], 0, (("user", row["question"]),), "none")
        for row in questions
    ]


def judge_shaping(settings: dict) -> dict:
    """The part of a judge's settings that shapes its answer: sampling, or the two words that are compared.

    The threshold is not among them: another one reads the same answers anew.
    """
    if "probability" in settings["verdict"]:
        verdict = settings["verdict"]["probability"]
        return {"candidates": [verdict["yes"], verdict["no"]]}
    return settings["sampling"]
