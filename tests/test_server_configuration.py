"""Models on servers in a configuration: what does not fit together is refused in one sentence."""

import pytest
from changed_configuration import GREEDY, HUB, assert_refused, changed, validate

SERVED = {
    "engine": "openai",
    "source": {"server": {}},
    **{"license": "none", "parameters": None, "dtype": None, "context": 2048},
    "server": {"model": "owner/served", "url": "http://localhost:8000/v1"},
}
WITH_FILES = {**SERVED, "source": HUB}
LOCAL = {**WITH_FILES, "engine": "vllm", "parameters": 1, "dtype": "bfloat16"}
PRICE = {"prompt": 0.5, "completion": 1.5}
PREFIX = {"model": "teacher", "system": None, "sampling": {**GREEDY, "temperature": 1}}


def without_server(model: dict) -> dict:
    return {key: value for key, value in model.items() if key != "server"}


def answering(model: dict) -> list[tuple]:
    """The model as the one that answers."""
    return [("models.teacher", model), ("generate_responses.model", "teacher")]


# What is changed, and what the sentence must hold (the key and the repair)
NOT_FITTING = {
    "no server": (
        answering(without_server(SERVED)),
        ["models.teacher.engine is openai, so models.teacher.server must name", "add it"],
    ),
    "a server for another engine": (
        answering(LOCAL),
        ["models.teacher.server is for the engine openai", "models.teacher.engine is vllm", "take it out"],
    ),
    "a source that another engine can't ask": (
        answering({**without_server(LOCAL), "source": {"server": {}}}),
        ["models.teacher.source is a server, which only the engine openai can ask", "write `engine: openai`"],
    ),
    "a promise of a server": (
        answering({**SERVED, "reproducibility": "row"}),
        ["models.teacher.reproducibility is row, which no server promises", "write none"],
    ),
    "no precision": (
        answering({**without_server(LOCAL), "dtype": None}),
        ["models.teacher.dtype is null, which is for servers", "name a precision"],
    ),
    "scores of a server": (
        [("models.teacher", SERVED), ("score_responses.model", "teacher")],
        ["score_responses.model is teacher, but a server gives no scores", "the engine vllm or transformers"],
    ),
    "training of a model on a server": (
        [("models.teacher", WITH_FILES), ("train_generator.smollm2_tuned.model", "teacher")],
        ["train_generator.smollm2_tuned.model is teacher", "can't be trained", "whose files are fetched"],
    ),
    "template for a server that has its own": (
        answering({**SERVED, "chat_template": "config/demo.yaml"}),
        ["models.teacher.chat_template is given", "its own template", "take it out"],
    ),
    "name of the chat API for a server that is sent tokens": (
        answering({**WITH_FILES, "server": {"model": "owner/served", "length_parameter": "max_completion_tokens"}}),
        ["models.teacher.server.length_parameter", "chat API", "take it out"],
    ),
    "price of tokens that nobody takes": (
        [*answering(SERVED), ("prices.tokens", {"teache": PRICE})],
        ["prices.tokens.teache", "engine openai", "did you mean teacher?"],
    ),
    "price of a local model's tokens": (
        [("prices.tokens", {"smollm2": PRICE})],
        ["prices.tokens.smollm2", "engine openai", "(there is none)"],
    ),
    "budget without a price of a server's tokens": (
        [*answering(SERVED), ("budget", {"usd": 5})],
        ["generate_responses.model is teacher", "give prices.tokens.teacher", "remove budget.usd"],
    ),
    "an empty user turn without a template": (
        [("models.teacher", SERVED), ("generate_questions.sources.smollm2.empty_prefix", PREFIX)],
        ["sources.smollm2.empty_prefix.model is teacher", "inside an empty user turn", "models.teacher.source"],
    ),
}


@pytest.mark.parametrize(("edits", "fragments"), NOT_FITTING.values(), ids=NOT_FITTING)
def test_what_does_not_fit_a_server_is_refused(edits, fragments):
    assert_refused(edits, fragments)


NEWER_API = {
    "model": "gpt-5",
    "length_parameter": "max_completion_tokens",
    "left_out": ["temperature", "top_p", "seed"],
}
ALLOWED = {
    "answers": answering(SERVED),
    "questions, with a template": [
        ("models.teacher", WITH_FILES),
        ("generate_questions.sources.smollm2.empty_prefix", PREFIX),
    ],
    "tokens with a price": [*answering(SERVED), ("prices.tokens", {"teacher": PRICE})],
    "parameters that a server refuses": answering({**SERVED, "server": NEWER_API}),
}


@pytest.mark.parametrize("edits", ALLOWED.values(), ids=ALLOWED)
def test_what_fits_a_server_is_allowed(edits):
    validate(changed(*edits))
