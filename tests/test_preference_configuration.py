"""What the configuration of preference pairs may say, and which sentence refuses the rest."""

import copy

import pytest
from changed_configuration import DEMO, REMOVE, SOURCE, assert_refused, changed, validate
from conftest import ROOT
from synthesis import configuration_models, configuration_paths
from test_preference_run import OPTIMISED

NAME = "optimize_generator.better"
DIRECTION = f"{NAME}.rewrite_questions.directions.difficulty"


def with_pairs(*edits):
    """Edits of the demo that give it another optimised generator and then change that."""
    model = [
        (f"{SOURCE}.empty_prefix.model", "smollm2"),
        (f"{NAME}.model", "smollm2"),
        (f"{NAME}.rewrite_questions.model", "smollm2"),
    ]
    return [("optimize_generator", copy.deepcopy({"better": OPTIMISED})), *model, *edits]


def test_the_example_is_valid_and_completed():
    config = validate(changed(*with_pairs()))
    assert config["optimize_generator"]["better"]["launch"]["gpus"] == 1
    uses = dict(configuration_models.uses(config))
    assert uses[f"{NAME}.model"] == uses[f"{NAME}.rewrite_questions.model"] == "smollm2"
    places = [setting.where for setting in configuration_paths.prompts(config)]
    assert places[-2:] == [
        f"{NAME}.rewrite_questions.directions.{name}.prompt" for name in ("solvability", "difficulty")
    ]


def test_without_preference_pairs_there_are_none():
    config = changed((f"{SOURCE}.empty_prefix.model", "smollm2"))
    del config["optimize_generator"]
    assert validate(config)["optimize_generator"] == {}


@pytest.mark.parametrize(
    ("edits", "fragments"),
    [
        ([(f"{NAME}.model", "smollm")], [f"{NAME}.model is 'smollm'", "did you mean smollm2?"]),
        ([(f"{NAME}.rewrite_questions.model", "x")], [f"{NAME}.rewrite_questions.model is 'x'", "use one of"]),
        (
            [(f"{NAME}.rewrite_questions.model", "better")],
            [f"{NAME} needs itself: better needs better;", "name another model"],
        ),
        (
            [("generate_responses.model", "small-all-1")],
            ["train_student.small needs itself: small-all-1 needs small-all-1;"],
        ),
        (
            [("optimize_generator", {"smollm2": OPTIMISED})],
            ["optimize_generator.smollm2 has the name of a model under models", "choose another name"],
        ),
        (
            [(f"{DIRECTION}.marker", "FINAL QUESTION")],
            [f"{DIRECTION}.marker is 'FINAL QUESTION'", "rewrite_difficulty.yaml does not ask for"],
        ),
        ([(f"{DIRECTION}.marker", "##")], [f"{DIRECTION}.marker is '##'", "the words after which"]),
        ([(f"{DIRECTION}.prompt", "config/prompts/none.yaml")], [f"{DIRECTION}.prompt", "does not exist"]),
        ([(f"{NAME}.rewrite_questions.directions", {})], [f"{NAME}.rewrite_questions.directions is empty", "at least"]),
        (
            [(f"{NAME}.sample_raw_questions.sampling.temperature", 0)],
            [f"{NAME}.sample_raw_questions.sampling.temperature is 0", "30 questions would be the same"],
        ),
        (
            [(f"{NAME}.sample_raw_questions.total", 300_000), (f"{NAME}.sample_raw_questions.shard_size", 2)],
            [f"{NAME}.sample_raw_questions.shard_size cuts 300000 questions", "write at least 3"],
        ),
        (
            [(f"{NAME}.sample_raw_questions.sampling.max_tokens", 4096)],
            [f"{NAME}.sample_raw_questions needs at least", "models.smollm2.context is 2048"],
        ),
        (
            [(f"{NAME}.rewrite_questions.sampling.max_tokens", 2000)],
            [f"{NAME}.rewrite_questions needs at least", f"lower {NAME}.rewrite_questions.sampling.max_tokens"],
        ),
        ([(f"{NAME}.build_preference_pairs.held_out", 1)], [f"{NAME}.build_preference_pairs.held_out is 1", "below 1"]),
        ([(f"{NAME}.training", REMOVE)], [f"{NAME}.training is missing"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(edits, fragments):
    assert_refused(with_pairs(*edits), fragments)


def test_an_example_must_end_with_its_marker(tmp_path):
    path = tmp_path / "shown.yaml"
    text = (ROOT / "config/prompts/rewrite_difficulty.yaml").read_text()
    path.write_text(f"{text}examples:\n- question: What is 1 + 1?\n  answer: 'It is harder as 1 + 1 + 1.'\n")
    edits = with_pairs((f"{DIRECTION}.prompt", str(path)))
    assert_refused(edits, [f"{path}: examples[0].answer has no question", f"{DIRECTION}.marker"])
    path.write_text(path.read_text().replace("It is harder as", "#Finally Rewritten Problem#: What is"))
    validate(changed(*edits))


def test_examples_count_for_the_length_of_the_prompt(tmp_path):
    assert DEMO["models"]["smollm2"]["context"] == 2048
    path = tmp_path / "shown.yaml"
    text = (ROOT / "config/prompts/rewrite_difficulty.yaml").read_text()
    path.write_text(f"{text}examples:\n- question: {'word ' * 2000}\n  answer: 'Finally Rewritten Problem: What?'\n")
    assert_refused(with_pairs((f"{DIRECTION}.prompt", str(path))), [f"{NAME}.rewrite_questions needs at least"])
