"""Equal sampling has one spelling, and with it one fingerprint in the store."""

import pytest
from changed_configuration import JUDGE, SOURCE, TEXT_JUDGE, changed, validate
from synthesis.canonical import canonical_json
from synthesis.plan import Plan
from synthesis.purchase import stage_store
from synthesis.requests import judge_shaping

MANIFEST = {"engine": "transformers", "content_sha256": "0" * 64, "dtype": "float32", "context": 64}
ALL_TOKENS = [{}, {"top_p": 1}, {"top_p": 1.0}, {"top_k": 0}, {"top_k": -1}, {"top_p": 1.0, "top_k": 0}]
GREEDY = [{}, {"top_p": 0.5}, {"top_k": 7}, {"top_p": 1, "top_k": -1}]


def fingerprint(sampling) -> str:
    return stage_store("store", "generate_responses", MANIFEST, sampling, "1.1").fingerprint


@pytest.mark.parametrize(
    ("base", "spellings"),
    [({"temperature": 0.5, "max_tokens": 8}, ALL_TOKENS), ({"temperature": 0, "max_tokens": 8}, GREEDY)],
    ids=["all tokens", "greedy"],
)
def test_equal_sampling_is_one_fingerprint_and_one_setting(base, spellings):
    seen = set()
    for extra in spellings:
        config = validate(
            changed(("generate_responses.samples", 1), ("generate_responses.sampling", {**base, **extra}))
        )
        seen.add((fingerprint(config["generate_responses"]["sampling"]), Plan(config).settings("generate_responses")))
    assert len(seen) == 1
    assert next(iter(seen))[0] == fingerprint(base)


def test_questions_and_judges_have_the_same_one_spelling():
    sampling = {"temperature": 1.0, "top_p": 1.0, "top_k": -1, "max_tokens": 8}
    greedy = {**sampling, "temperature": 0, "top_k": 3}
    config = validate(
        changed((f"{SOURCE}.empty_prefix.sampling", sampling), (JUDGE, {**TEXT_JUDGE, "sampling": greedy}))
    )
    source = config["generate_questions"]["sources"]["smollm2"]["empty_prefix"]["sampling"]
    assert source == {"temperature": 1.0, "max_tokens": 8}
    assert judge_shaping(config["judge_questions"]["judges"][0]) == {"temperature": 0, "max_tokens": 8}


def test_raw_questions_and_rewrites_have_the_same_one_spelling():
    generator = "optimize_generator.smollm2_optimized"
    greedy = {"temperature": 0, "top_p": 0.5, "max_tokens": 8}
    config = validate(changed((f"{generator}.rewrite_questions.sampling", greedy)))
    assert config["optimize_generator"]["smollm2_optimized"]["rewrite_questions"]["sampling"] == {
        "temperature": 0, "max_tokens": 8,
    }  # fmt: skip


@pytest.mark.parametrize("other", [{"temperature": 0.6}, {"top_p": 0.9}, {"top_k": 1}, {"max_tokens": 9}])
def test_other_sampling_is_another_fingerprint(other):
    base = {"temperature": 0.5, "max_tokens": 8}
    both = [
        canonical_json(validate(changed(("generate_responses.sampling", settings)))["generate_responses"]["sampling"])
        for settings in (base, {**base, **other})
    ]
    assert both[0] != both[1]
