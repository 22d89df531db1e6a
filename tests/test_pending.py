"""Whether a job has anything to buy is found without more work than needed: Snakemake waits for the answer."""

import json
from types import SimpleNamespace

import pytest
from synthesis import pending
from synthesis.canonical import digest, plain_digest
from synthesis.purchase import stage_store
from synthesis.store import SCORES, Key, Place, Store

SAMPLING = {"temperature": 1.0, "max_tokens": 8}
TOTAL = 3 * pending.PART_ROWS
SCORE = {"score": 1.0, "finish_reason": "stop", "prompt_tokens": 1, "completion_tokens": 1}
COMPLETION = {"text": "What?", "finish_reason": "stop", "prompt_tokens": 1, "completion_tokens": 1}
ORIGIN = {"engine": "stand_in", "engine_version": "1"}


def places(count: int) -> list[Place]:
    return [Place(Key(f"id{index}", 0, f"digest {index}"), "source", 1000 * index) for index in range(count)]


@pytest.mark.parametrize("bought", [0, 3, 7])
def test_the_look_into_the_store_ends_at_the_first_missing_row(tmp_path, bought):
    store = Store(tmp_path, "score_responses", {"model": "m"}, SCORES)
    with store.writer("attempt", 2, 60) as writer:
        for place in places(bought):
            writer.add(place, SCORE | ORIGIN)
    looked_at = []
    lacks = store.lacks_any(looked_at.append(place) or place for place in places(7))
    assert lacks == (bought < 7)
    assert len(looked_at) == min(bought + 1, 7)
    assert store.missing(places(7)) == places(7)[bought:]


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A function that asks for the GPUs of a shard of questions; returns them and the number of requests made."""
    made = []
    real = pending.question_requests

    def counting(*arguments):
        requests = real(*arguments)
        made.extend(requests)
        return requests

    monkeypatch.setattr(pending, "question_requests", counting)
    manifest = tmp_path / "manifest.json"
    described = {"model": "m", "engine": "stand_in", "dtype": "float32", "context": 64, "content_sha256": "m"}
    manifest.write_text(json.dumps(described | {"trust_remote_code": False}))
    plan = SimpleNamespace(
        config={"run": "trial", "seed": 3},
        source=lambda name: {"empty_prefix": {"system": None, "sampling": SAMPLING}},
        start=lambda wildcards: 0,
        stop=lambda wildcards: TOTAL,
        gpus=lambda stage, wildcards, input: 4,
    )

    class Input(list):
        model = str(manifest)

    def ask():
        made.clear()
        gpus = pending.gpus_for(plan, "generate_questions", str(tmp_path / "store"))
        return gpus(SimpleNamespace(source="own"), Input([str(manifest)])), list(made)

    return ask, tmp_path / "store", json.loads(manifest.read_text())


def test_requests_are_made_only_up_to_the_first_missing_row(asked):
    ask, root, manifest = asked
    gpus, made = ask()
    assert (gpus, len(made)) == (4, pending.PART_ROWS)
    store = stage_store(root, "generate_questions", manifest, SAMPLING, pending.code_version("generate_questions"))
    with store.writer("attempt", 1000, 60) as writer:
        for request in made:
            writer.add(request.place, COMPLETION | ORIGIN | {"log_probabilities": None})
    gpus, made = ask()
    assert (gpus, len(made)) == (4, 2 * pending.PART_ROWS)
    with store.writer("attempt", 1000, 60) as writer:
        for request in made[pending.PART_ROWS :]:
            writer.add(request.place, COMPLETION | ORIGIN | {"log_probabilities": None})
    assert len(ask()[1]) == TOTAL


def test_the_input_of_a_row_has_the_digest_of_its_canonical_spelling():
    for value in ([], [(("system", "né\u2028\n\"'\\"), ("user", "")), "user", 2**62 + 1], [[["a", "b"]], "none", 0]):
        assert plain_digest(value) == digest(value)
