"""The data set under the column names that other tools expect."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from synthesis import schema
from synthesis.schema import STRING

_MESSAGES = pa.list_(pa.struct([("role", STRING), ("content", STRING)]))
_CONVERSATIONS = pa.list_(pa.struct([("from", STRING), ("value", STRING)]))


@dataclass(frozen=True)
class Export:
    """A way to write the data set: its schema, and how a row of `schema.DATASET` becomes a row of it.

    The second argument of `row` is the system text of the prompt that the responses answer; None or empty if there
    is none.
    """

    schema: pa.Schema
    row: Callable[[dict, str | None], dict]


def _query_response(row: dict, _system: str | None) -> dict:
    return {"query": row["question"], "response": row["response"]}


def _problem_solution(row: dict, _system: str | None) -> dict:
    return {"problem": row["question"], "solution": row["response"]}


def _messages(row: dict, system: str | None) -> dict:
    turns = [("system", system)] if system else []
    turns += [("user", row["question"]), ("assistant", row["response"])]
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


def _sharegpt(row: dict, _system: str | None) -> dict:
    turns = [("human", row["question"]), ("gpt", row["response"])]
    return {"conversations": [{"from": name, "value": value} for name, value in turns]}


# The user's turn is the question alone, without the prompt around it, as in the papers' released sets.
EXPORTS = {
    "query_response": Export(schema.of(query=STRING, response=STRING), _query_response),
    "problem_solution": Export(schema.of(problem=STRING, solution=STRING), _problem_solution),
    "messages": Export(schema.of(messages=_MESSAGES), _messages),
    "sharegpt": Export(schema.of(conversations=_CONVERSATIONS), _sharegpt),
}
