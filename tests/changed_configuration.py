"""The demo's configuration with changes, for the tests of what is refused and what is allowed."""

import contextlib
import copy

import pytest
from conftest import ROOT
from synthesis import configuration
from synthesis.errors import InputError


def plain_demo() -> dict:
    """The demo without scorers that are trained, comparison and audit, so that its other parts can be replaced."""
    config = configuration.load(ROOT / "config/demo.yaml")
    for stage in ("sample_fail_rates", "train_difficulty_scorer", "train_reward_model", "score_difficulty"):
        del config[stage]
    for stage in ("tabulate_generators", "measure_judge", "audit_dataset", "measure_diversity"):
        del config[stage]
    del config["tabulate_results"], config["plot_results"]
    config["select_questions"]["sources"]["smollm2"] = {"method": "none", "cap": 20, "shortfall": "warn"}
    config["score_responses"] |= {"model": "smollm2", "method": "log_likelihood"}
    return config


DEMO = plain_demo()
REMOVE = object()

SOURCE = "generate_questions.sources.smollm2"
FILTER = "filter_questions.filters"
JUDGE = "judge_questions.judges.0"
GREEDY = {"temperature": 0, "max_tokens": 8}
HUB = {"hub": {"repo": "a/b", "revision": "main"}}
TEXT_JUDGE = {"name": "j", "model": "smollm2", "prompt": "config/prompts/solvability.yaml", "verdict": {"text": {}}}
COMPARISON = {"questions": 40, "shares": {"solvable": {"judge": "solvability"}}}
EVALUATION = {
    "models": ["smollm2"],
    "benchmarks": ["arithmetic_test", "held_out"],
    "prompt": "config/prompts/response_short.yaml",
    "samples": 1,
    "sampling": GREEDY,
}
STUDENT = {
    "model": "smollm2",
    "prompt": "config/prompts/response_short.yaml",
    "sizes": ["all", 1000],
    "seeds": [1, 2],
    "training": {
        "epochs": 1,
        "learning_rate": 0.001,
        "global_batch": 8,
        "max_tokens": 512,
        "packing": False,
        "precision": "float32",
    },
}


def changed(*edits) -> dict:
    """A copy of the demo's configuration with values put at dotted places; numbers are places in lists."""
    config = copy.deepcopy(DEMO)
    for place, value in edits:
        *outer, last = [int(part) if part.isdigit() else part for part in place.split(".")]
        target = config
        for part in outer:
            target = target[part]
        if value is REMOVE:
            del target[last]
        else:
            target[last] = value
    return config


def validate(config: dict) -> dict:
    """Check and complete a configuration in the project's folder, where a run stands; returns it."""
    with contextlib.chdir(ROOT):
        configuration.validate(config, "my.yaml")
    return config


def assert_refused(edits, fragments) -> None:
    """The sentence that refuses the changed demo names the file, and holds the fragments: the key and the repair."""
    assert_sentence(changed(*edits), fragments)


def assert_sentence(config: dict, fragments) -> None:
    """The sentence that refuses a configuration names the file, and holds the fragments."""
    with pytest.raises(InputError) as error:
        validate(config)
    text = str(error.value)
    assert text.startswith("my.yaml: ")
    assert text.endswith((".", "?"))
    assert "\n" not in text
    for fragment in fragments:
        assert fragment in text
