"""What the configuration of scorers of difficulty may say, and which sentence refuses the rest."""

import copy

import pytest
from changed_configuration import REMOVE, assert_refused, changed, validate
from synthesis import configuration_difficulty, configuration_models, configuration_paths
from synthesis.plan import Plan

SAMPLING = {"temperature": 0.7, "top_p": 1, "max_tokens": 64}
SCORERS = {
    "head": {"method": "regression", "model": "smollm2"},
    "words": {
        "method": "first_token",
        "model": "smollm2",
        "prompt": "config/prompts/difficulty_first_token.yaml",
        "words": {"hard": "Yes", "easy": "No"},
    },
    "solver": {
        "method": "fail_rate",
        "model": "smollm2",
        "prompt": "config/prompts/response_short.yaml",
        "samples": 4,
        "sampling": SAMPLING,
    },
    "levels": {
        "method": "level",
        "model": "smollm2",
        "prompt": "config/prompts/difficulty_level.yaml",
        "sampling": {"temperature": 0, "max_tokens": 64},
        "share": 0.1,
    },
}
AT = "score_difficulty.scorers"
SELECTION = "select_questions.sources.smollm2"
TARGET = [{"up_to": 0.4, "share": 0.2}, {"up_to": 0.8, "share": 0.5}, {"up_to": None, "share": 0.3}]
BY_TARGET = {"method": "target", "by": "words", "count": 20, "target": TARGET, "shortfall": "warn"}


def scored(*edits):
    """Edits of the demo that give it four scorers, of which one selects to a target, and then change these."""
    added = [("score_difficulty", {"scorers": SCORERS}), (SELECTION, BY_TARGET)]
    return [*copy.deepcopy(added), *edits]


def test_the_example_is_valid_and_completed():
    config = validate(changed(*scored()))
    scorers = config["score_difficulty"]["scorers"]
    assert scorers["solver"]["sampling"] == {"temperature": 0.7, "max_tokens": 64}
    assert configuration_difficulty.whole_scorers(config) == ["head", "words", "solver"]
    assert configuration_difficulty.selecting_scorers(config) == ["words"]
    dataset, every = dict(configuration_models.uses_for_dataset(config)), dict(configuration_models.uses(config))
    assert [name for name in every if name.startswith(AT)] == [
        f"{AT}.{name}.model" for name in ("words", "head", "solver", "levels")
    ]
    assert [name for name in dataset if name.startswith(AT)] == [f"{AT}.words.model"]
    prompts = [setting.where for setting in configuration_paths.prompts(config)]
    assert {f"{AT}.{name}.prompt" for name in ("words", "solver", "levels")} <= set(prompts)


def test_only_what_selects_is_paid_for_by_the_data_set():
    plan = Plan(validate(changed(*scored())))
    assert plan.selecting_files() == ["<results>/score_difficulty/words/smollm2/00000.parquet"]
    own = [path for path in plan.ledgers() if "score_difficulty" in path]
    others = [path for path in plan.other_ledgers() if "score_difficulty" in path]
    assert own == ["<results>/ledger/score_difficulty/words/smollm2/00000.json"]
    assert others == [
        f"<results>/ledger/score_difficulty/{name}/smollm2/00000.json" for name in ("head", "solver", "levels")
    ]
    assert list(plan.card_scorers()["score_difficulty"]["scorers"]) == ["words"]


def test_the_only_scorer_selects_without_being_named():
    edits = [("score_difficulty", {"scorers": {"solver": SCORERS["solver"]}}), (f"{SELECTION}.method", "none")]
    config = validate(changed(*edits))
    assert configuration_difficulty.scorer_of(config, "smollm2") == "solver"
    config = validate(changed(("score_difficulty", {"scorers": {"levels": SCORERS["levels"]}})))
    assert configuration_difficulty.scorer_of(config, "smollm2") is None
    assert Plan(config).selecting_files() == []
    assert configuration_difficulty.scorer_of(validate(changed()), "smollm2") is None


def test_the_word_of_a_hard_question_may_be_left_out():
    validate(changed(*scored((f"{AT}.words.words", {"easy": "</think>"}))))


REFUSED = {
    "no scorers": ([("score_difficulty", {"scorers": {}})], ["score_difficulty.scorers"]),
    "the former form": ([("score_difficulty", {"model": "smollm2"})], ["score_difficulty"]),
    "an unknown method": ([(f"{AT}.head.method", "guess")], [f"{AT}.head.method is 'guess'", "first_token, fail_"]),
    "an unknown model": (
        [(f"{AT}.solver.model", "smollm")],
        [f"{AT}.solver.model is 'smollm'", "did you mean smollm2?"],
    ),
    "a prompt that is not there": (
        [(f"{AT}.levels.prompt", "config/x.yaml")],
        [f"{AT}.levels.prompt", "does not exist"],
    ),
    "no prompt": ([(f"{AT}.levels.prompt", REMOVE)], [f"{AT}.levels.prompt is missing; the method level needs it."]),
    "no words": ([(f"{AT}.words.words", REMOVE)], [f"{AT}.words.words is missing; the method first_token needs it."]),
    "no samples": ([(f"{AT}.solver.samples", REMOVE)], [f"{AT}.solver.samples is missing; the method fail_rate"]),
    "a head with a prompt": (
        [(f"{AT}.head.prompt", "config/prompts/response.yaml")],
        [f"{AT}.head.prompt has no effect with the method regression; remove it."],
    ),
    "levels with samples": (
        [(f"{AT}.levels.samples", 2)],
        [f"{AT}.levels.samples has no effect with the method level"],
    ),
    "words with sampling": ([(f"{AT}.words.sampling", SAMPLING)], [f"{AT}.words.sampling has no effect"]),
    "one word twice": ([(f"{AT}.words.words.easy", "Yes")], [f"{AT}.words.words has the same word", "give two words"]),
    "a word that YAML reads as false": (
        [(f"{AT}.words.words.easy", False)],
        [f"{AT}.words.words.easy must be text, not false", "quotes"],
    ),
    "one answer": ([(f"{AT}.solver.samples", 1)], [f"{AT}.solver.samples is 1", "source smollm2", "at least 2"]),
    "the same answer several times": (
        [(f"{AT}.solver.sampling", {"temperature": 0, "max_tokens": 8})],
        [f"{AT}.solver.sampling.temperature is 0, so all 4 samples would be the same"],
    ),
    "too long for the model": (
        [(f"{AT}.levels.sampling.max_tokens", 2048)],
        [f"{AT}.levels needs at least", "models.smollm2.context is 2048", f"lower {AT}.levels.sampling.max_tokens"],
    ),
    "the same twice": (
        [(f"{AT}.again", {**SCORERS["solver"], "samples": 8})],
        [f"{AT}.again asks the same as {AT}.solver", "buy the same rows", "another model, prompt or sampling"],
    ),
    "a share of nothing": ([(f"{AT}.levels.share", 0)], [f"{AT}.levels.share is 0", "above 0"]),
    "a head that was trained to write": (
        [(f"{AT}.head.model", "smollm2_tuned")],
        [f"{AT}.head.model is smollm2_tuned"],
    ),
    "a selection by nobody": ([(f"{SELECTION}.by", "word")], [f"{SELECTION}.by is 'word'", "did you mean words?"]),
    "a selection by a share": (
        [(f"{SELECTION}.by", "levels")],
        [f"{SELECTION}.by is levels, which scores a share", f"remove {AT}.levels.share"],
    ),
    "a selection by one of several": (
        [(f"{SELECTION}.by", REMOVE)],
        [f"{SELECTION}.by is missing", "name one of: head, words, solver, levels"],
    ),
    "a selection by the only scorer, of a share": (
        [("score_difficulty", {"scorers": {"levels": SCORERS["levels"]}}), (f"{SELECTION}.by", REMOVE)],
        [f"{SELECTION}.by is missing", f"remove {AT}.levels.share"],
    ),
    "a target without scores": (
        [("score_difficulty", REMOVE), (f"{SELECTION}.by", REMOVE)],
        [f"{SELECTION}.method is target, but nothing scores difficulty; add score_difficulty."],
    ),
    "a target without a count": (
        [(f"{SELECTION}.count", REMOVE)],
        [f"{SELECTION}.count is missing; the method target"],
    ),
    "a target without ranges": ([(f"{SELECTION}.target", REMOVE)], [f"{SELECTION}.target is missing"]),
    "a target with a cap": ([(f"{SELECTION}.cap", 5)], [f"{SELECTION}.cap has no effect with the method target"]),
    "ranges for a count": (
        [(f"{SELECTION}.method", "count")],
        [f"{SELECTION}.target has no effect with the method count; remove it."],
    ),
    "ranges that fall": (
        [(f"{SELECTION}.target.1.up_to", 0.4)],
        [f"{SELECTION}.target[1].up_to is 0.4, not above the 0.4", "from the lowest score up"],
    ),
    "an end in the middle": (
        [(f"{SELECTION}.target.0.up_to", None)],
        [f"{SELECTION}.target[0].up_to is null", "number"],
    ),
    "no last range": (
        [(f"{SELECTION}.target.2.up_to", 1)],
        [f"{SELECTION}.target[2].up_to is 1, but the last range has no end", "share 0 to take none"],
    ),
    "shares that leave something over": (
        [(f"{SELECTION}.target.2.share", 0.2)],
        [f"{SELECTION}.target has shares that add up to 0.9; they must add up to 1."],
    ),
    "a comparison by a share": (
        [("tabulate_generators", {"questions": 4, "shares": {}, "scorer": "levels"})],
        ["tabulate_generators.scorer is 'levels'", "scores all questions"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_in_one_sentence(name):
    edits, fragments = REFUSED[name]
    assert_refused(scored(*edits), fragments)


def test_one_answer_is_enough_where_all_questions_have_references():
    source = {"imported": {"problems": "arithmetic", "shortfall": "warn"}, "total": 20, "shard_size": 20}
    edits = [("generate_questions.sources.smollm2", source), (f"{AT}.solver.samples", 1)]
    validate(changed(*scored(*edits)))


@pytest.mark.parametrize("share", [0.333333, 0.3333333])
def test_shares_that_add_up_but_for_rounding_are_fine(share):
    ranges = [{"up_to": end, "share": share} for end in (1, 2, None)]
    edits = scored((f"{SELECTION}.target", ranges))
    validate(changed(*edits))


def test_a_server_may_be_asked_for_words_levels_and_answers_and_not_for_a_head():
    server = {
        "engine": "openai", "source": {"server": {}}, "license": "none", "parameters": None, "dtype": None,
        "context": 4096, "server": {"url": "https://example.org/v1", "model": "m"},
    }  # fmt: skip
    edits = [("models.served", server)]
    config = validate(changed(*scored(*edits, *((f"{AT}.{name}.model", "served") for name in ("words", "levels")))))
    assert "score_difficulty" not in Plan(config).rules_at_the_network()
    assert_refused(scored(*edits, (f"{AT}.head.model", "served")), [f"{AT}.head.model is served", "gives no scores"])
