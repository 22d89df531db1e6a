"""The list of filters, and the rules."""

import pytest
from question_files import build_filter as build
from question_files import question
from synthesis import filters
from synthesis.errors import InputError
from synthesis.filters.rules import repetition

LANGUAGES = {"keep": ["en"], "candidates": ["en", "de", "es", "fr", "it", "pt", "nl", "ru", "zh", "ja"], "min_words": 4}


def rules(text: str, finish_reason: str = "stop", **settings) -> str:
    return build("rules", settings).reasons([question(0, text, finish_reason=finish_reason)])[0]


# The list of filters


def test_filters_keep_the_order_of_the_configuration():
    entries = [{"name": name, "rules": {}} for name in ("second", "first")]
    assert list(filters.build(entries, {})) == ["second", "first"]
    assert filters.build([], {}) == {}


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ([{"name": "a", "rules": {}}, {"name": "a", "rules": {}}], "the name a twice"),
        ([{"name": "a"}], "a has the kind none; give exactly one of rules, language, contamination"),
        ([{"name": "a", "magic": {}}], "a has the kind magic"),
        ([{"name": "a", "rules": {}, "language": LANGUAGES}], "a has the kind rules, language"),
    ],
)
def test_lists_that_mean_nothing_are_refused(entries, complaint):
    with pytest.raises(InputError, match=complaint):
        filters.build(entries, {})


# Rules


def test_lengths_are_counted_without_the_blanks_around():
    assert rules("  12345  ", min_characters=5, max_characters=5) == ""
    assert rules("  1234  ", min_characters=5) == "too_short"
    assert rules("123456", max_characters=5) == "too_long"
    assert rules("What is 3 + 4 ?", min_words=4) == ""
    assert rules("What is ? ? ? 3", min_words=4) == "too_few_words"
    assert rules("any text") == ""


@pytest.mark.parametrize("text", ["", "  \n\u00a0"])
def test_an_empty_question_is_always_rejected(text):
    assert rules(text) == "empty"


def test_unfinished_questions():
    assert rules("What is", "length", finished=True) == "unfinished"
    assert rules("What is", "length") == rules("What is", "length", finished=False) == ""
    assert rules("What is 3?", "stop", finished=True) == rules("What is 3?", "imported", finished=True) == ""


def test_patterns():
    assert rules("Add 3 and 4.", require=[r"\d", "and"]) == ""
    assert rules("Add three and 4.", require=[r"\d", "or"]) == "lacks:or"
    assert rules("David adds 3", forbid=["^David"]) == "forbidden:^David"
    assert rules("Is David here?", forbid=["^David"]) == ""
    assert rules("\n David adds 3", forbid=["^David"]) == "forbidden:^David"
    assert rules("求 3", require=[r"\p{Han}"]) == ""


def test_a_broken_pattern_is_named():
    with pytest.raises(
        InputError, match=r"trial\.rules\.require has the pattern \[a, which is not a regular expression"
    ):
        rules("text", require=["[a"])


def test_a_pattern_that_never_ends_is_named(monkeypatch):
    monkeypatch.setattr("synthesis.filters.rules.PATTERN_SECONDS", 0.2)
    with pytest.raises(InputError, match=r"pattern \^\(a\|aa\)\+\$ took more than .* on question alpha-0"):
        rules("a" * 60 + "b", require=["^(a|aa)+$"])


def test_repetition():
    assert repetition("every word here is another one") == 0
    assert repetition("") == 0
    assert repetition("go " * 30) == 1
    # One run of four words (16 characters) twice among 40 characters.
    assert repetition("aaaa bbbb cccc dddd eeee aaaa bbbb cccc dddd ffff") == pytest.approx(32 / 40)
    assert rules("go " * 30, max_repetition=0.5) == "repetition"
    assert rules("Ann has 3 pens. Bob has 4 pens. How many pens are there?", max_repetition=0.1) == ""


def test_the_first_broken_rule_is_the_reason():
    assert rules("a", "length", finished=True, min_characters=5, require=["b"]) == "unfinished"
    assert rules("a", min_characters=5, require=["b"]) == "too_short"
