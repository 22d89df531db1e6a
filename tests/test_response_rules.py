"""The rules for texts of responses, on planted faults, on sound texts beside them, and on published solutions."""

import itertools
import sys

import pytest
from cpu_limit import cpu_limit
from planted_responses import LANGUAGES, LOOPS, REFUSALS, SETTINGS, SOUND, UNFINISHED
from published_sets import mgsm, published, read
from synthesis import response_rules
from synthesis.errors import InputError
from synthesis.response_rules import repetition

FAULTS = {
    **{f"loop: {name}": case for name, case in LOOPS.items()},
    **{f"refusal: {name}": (text, "refusal") for name, text in REFUSALS.items()},
    **{f"unfinished: {name}": case for name, case in UNFINISHED.items()},
}


def reasons(texts, **settings) -> list[str]:
    rules = response_rules.build(settings)
    return response_rules.first_reasons(rules, list(texts), [""] * len(texts))


@pytest.fixture(scope="module")
def all_rules():
    rules = response_rules.build(SETTINGS)

    def reasons(texts):
        texts = list(texts)
        return response_rules.first_reasons(rules, texts, [""] * len(texts))

    return reasons


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_under_its_own_reason(name):
    text, reason = FAULTS[name]
    settings = {key: value for key, value in SETTINGS.items() if key != "language"}
    (found,) = reasons([text], **settings)
    assert found.startswith(reason)


def test_a_response_in_another_language_and_one_that_switches_are_told_apart(all_rules):
    found = dict(zip(LANGUAGES, all_rules(text for text, _ in LANGUAGES.values()), strict=True))
    assert {name: found[name].startswith(reason) for name, (_, reason) in LANGUAGES.items()} == dict.fromkeys(
        LANGUAGES, True
    ), found


def test_a_script_that_several_or_no_candidates_use_is_named_in_place_of_a_code():
    russian, english = LANGUAGES["all ru"][0], SOUND["refrain"]
    texts = [russian, f"{english} {russian}", f"{english} {english} The answer is 5."]
    for candidates in (["en", "de", "fr", "es"], ["en", "ru", "bg"]):
        found = reasons(texts, language={"keep": ["en"], "candidates": candidates})
        assert found == ["language:Cyrillic", "language_switch:Cyrillic", ""]


def test_sound_responses_pass(all_rules):
    found = dict(zip(SOUND, all_rules(SOUND.values()), strict=True))
    assert {name: reason for name, reason in found.items() if reason} == {}


def test_without_keys_and_with_switches_off_nothing_is_rejected():
    texts = [text for text, _ in itertools.chain(FAULTS.values(), LANGUAGES.values())]
    assert response_rules.build({"finished": True, "answer": []}) == []
    assert set(reasons(texts, complete=False, refusal=False)) == {""}


@pytest.mark.parametrize("key", ["complete", "refusal", "repetition"])
def test_each_rule_alone_finds_its_own_faults_only(key):
    kinds = {"complete": ("unclosed", "ends_midway"), "refusal": ("refusal",), "repetition": ("repetition",)}
    texts = [text for text, _ in FAULTS.values()]
    found = reasons(texts, **{key: SETTINGS[key]})
    assert {reason.partition(":")[0] for reason in found if reason} == set(kinds[key])


def test_a_row_with_a_reason_keeps_it_and_no_rule_sees_its_text():
    def rule(texts):
        assert texts == ["b"]
        return ["new"]

    assert response_rules.first_reasons([rule], ["a", "b"], ["old", ""]) == ["old", "new"]


def test_the_settings_of_repetition_say_what_is_a_loop():
    text = "Let me check the whole of this calculation once more from the beginning. " * 6
    assert reasons([text], repetition={"consecutive": 6, "share": 1}) == ["repetition:loop"]
    assert reasons([text], repetition={"consecutive": 7, "share": 1}) == [""]
    assert reasons([text], repetition={"consecutive": 7, "share": 0.6}) == ["repetition:passages"]


def test_a_long_text_takes_steps_in_proportion_to_its_length():
    """Counts the lines that run, which no other load on the machine changes."""

    def steps(words: int) -> int:
        text = " ".join(f"word{number % 977} is {number}" for number in range(words)) + " and so on" * (words // 20)
        count = 0

        def trace(_frame, event, _argument):
            nonlocal count
            count += event == "line"
            return trace

        sys.settrace(trace)
        try:
            repetition.RepetitionRule(10**9, 1).reason(text)
        finally:
            sys.settrace(None)
        return count

    assert steps(8000) < 9 * steps(1000)


@pytest.mark.parametrize(
    "parts",
    [
        *([r"\( x "], [r"\[ x "], ["[asy] x "], ["$ x "], ["\\"], [r"\begin{"], ["| x "], ["`x"]),
        *([r"\begin{a}", r"\end{b}"], [r"\begin{a}", r"\end{a}"]),
    ],
)
def test_no_rule_takes_more_than_the_length_of_a_long_text(all_rules, parts):
    """A rule that looks through the rest of the text again and again takes the more of these 100 kB."""
    text = "".join(part * (100_000 // len(part) // len(parts)) for part in parts)
    with cpu_limit(5):
        all_rules([text])


def test_an_unknown_language_is_refused():
    with pytest.raises(InputError, match=r"^filter_responses\.language names the language xx"):
        response_rules.build({"language": {"keep": ["xx"], "candidates": ["xx", "en"]}})


@published
def test_hardly_any_published_solution_is_rejected(all_rules):
    """The rejected ones of the models were looked at: each loops or stops within its last sentence."""
    solutions = [*read("gsm8k/train.jsonl.gz", "answer"), *read("gsm8k/test.jsonl", "answer")]
    assert [text for text, reason in zip(solutions, all_rules(solutions), strict=True) if reason] == []
    for path, column in (("scalequest_samples/samples.jsonl", "response"), ("math/math500.jsonl", "solution")):
        assert set(all_rules(read(path, column))) == {""}
    kinds = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
    answers = [row["solution"] for kind in kinds for row in read("gsm8k/example_model_solutions.jsonl.gz", kind)]
    assert len(answers) == 5276
    found = [reason for reason in all_rules(answers) if reason]
    assert len(found) <= 6
    assert {reason.partition(":")[0] for reason in found} <= {"repetition", "ends_midway"}


@published
@pytest.mark.parametrize("language", ["de", "es", "fr", "ru", "zh"])
def test_texts_in_other_languages_are_told(all_rules, language):
    found = all_rules(mgsm(language))
    assert sum(reason.startswith("language") for reason in found) >= 0.98 * len(found)
    assert sum(reason == f"language:{language}" for reason in found) >= 0.95 * len(found)
