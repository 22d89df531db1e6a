"""The program that runs the cheap filters over a shard."""

import filter_questions
import pytest
from question_files import question, reasons, row_counts, start, texts, write_problems, write_questions
from synthesis import schema
from synthesis.text import signature

FILTERS = [
    {"name": "rules", "rules": {"min_characters": 10, "finished": True}},
    {"name": "digits", "rules": {"require": [r"\d"]}},
]
EXAM = "Tom has three red apples and buys four green ones at the market for two dollars each."


def run(folder, rows: list[dict], entries: list[dict], *arguments) -> int:
    path = write_questions(folder / "questions.parquet", rows)
    line = ["--questions", path, "--output", folder / "v.parquet", "--signatures", folder / "s.parquet"]
    line += ["--overlaps", folder / "o.parquet", *arguments]
    return start(filter_questions, folder, {"filters": entries}, *line)


def test_every_filter_has_its_say_and_the_first_in_the_list_gives_the_reason(tmp_path):
    assert run(tmp_path, texts("What is 3 + 4?", "What is it?", "3 + 4?", "Why?"), FILTERS) == 0
    rows = schema.read(tmp_path / "v.parquet", schema.filter_verdicts(["rules", "digits"]))
    assert [(row["reason"], row["rules_reason"], row["digits_reason"]) for row in rows] == [
        ("", "", ""),
        (r"lacks:\d", "", r"lacks:\d"),
        ("too_short", "too_short", ""),
        ("too_short", "too_short", r"lacks:\d"),
    ]
    assert [row["keep"] for row in rows] == [True, False, False, False]
    assert {row["score"] for row in rows} == {None}
    assert run(tmp_path, texts("Why?"), FILTERS[::-1]) == 0
    assert reasons(tmp_path / "v.parquet") == {"alpha-0": r"lacks:\d"}


def test_signatures_are_those_of_the_kept_rows(tmp_path):
    rows = [question(7, "What is 3 + 4?"), question(8, "Why?"), question(9, "what IS  3 + 4?")]
    assert run(tmp_path, rows, FILTERS) == 0
    found = schema.read(tmp_path / "s.parquet", schema.SIGNATURES)
    assert found == [
        {"question_id": "alpha-7", "index": 7, "exact": signature("What is 3 + 4?")},
        {"question_id": "alpha-9", "index": 9, "exact": signature("What is 3 + 4?")},
    ]


def test_the_books_say_what_went(tmp_path):
    rows = [*texts("What is 3 + 4?", "What is it?", "What is that?"), question(3, "What is 3", finish_reason="length")]
    assert run(tmp_path, rows, FILTERS) == 0
    assert row_counts(filter_questions, tmp_path) == {"in": 4, "out": 1, "rejected_lacks": 2, "rejected_unfinished": 1}


def test_an_empty_shard_passes(tmp_path):
    language = {"name": "language", "language": {"keep": ["en"], "candidates": ["en", "de"]}}
    assert run(tmp_path, [], [*FILTERS, language]) == 0
    assert schema.read(tmp_path / "v.parquet", schema.filter_verdicts(["rules", "digits", "language"])) == []
    assert schema.read(tmp_path / "s.parquet", schema.SIGNATURES) == []
    assert row_counts(filter_questions, tmp_path) == {"in": 0, "out": 0}


def test_without_filters_only_what_was_never_written_goes(tmp_path):
    rows = [question(0, "Why?"), question(1, "", finish_reason="context_overflow")]
    assert run(tmp_path, rows, []) == 0
    assert reasons(tmp_path / "v.parquet") == {"alpha-0": "", "alpha-1": "context_overflow"}
    assert len(schema.read(tmp_path / "s.parquet", schema.SIGNATURES)) == 1


@pytest.mark.parametrize("reason", ["context_overflow", "refused", "transport_failure"])
def test_what_was_never_written_is_named_before_the_filters(tmp_path, reason):
    assert run(tmp_path, [question(1, "", finish_reason=reason)], FILTERS) == 0
    assert reasons(tmp_path / "v.parquet") == {"alpha-1": reason}


def test_benchmarks_are_named_by_their_files(tmp_path):
    files = {name: write_problems(tmp_path / f"{name}.parquet", [EXAM]) for name in ("exam", "held_out")}
    contamination = {"words": 13, "benchmarks": ["exam"], "held_out": True}
    entries = [{"name": "copies", "contamination": contamination}]
    rows = texts("Copy: " + EXAM, "What is 3 + 4?")
    assert run(tmp_path, rows, entries, "--held-out", files["held_out"], "--benchmarks", files["exam"]) == 0
    assert reasons(tmp_path / "v.parquet") == {"alpha-0": "contaminated:exam", "alpha-1": ""}
    entries = [{"name": "copies", "contamination": {**contamination, "benchmarks": []}}]
    assert run(tmp_path, rows, entries, "--held-out", files["held_out"], "--benchmarks") == 0
    assert reasons(tmp_path / "v.parquet")["alpha-0"] == "contaminated:held_out"


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ([{"name": "copies", "contamination": {"words": 13, "benchmarks": ["exam"]}}], "names exam, but no file"),
        ([{"name": "r", "rules": {"forbid": ["(a"]}}], "r.rules.forbid has the pattern (a"),
        (
            [{"name": "l", "language": {"keep": ["en"], "candidates": ["en", "xx"]}}],
            "the language xx, which is unknown",
        ),
    ],
)
def test_wrong_settings_end_in_one_sentence_and_leave_no_output(tmp_path, capsys, entries, complaint):
    assert run(tmp_path, texts("What is 3?"), entries, "--held-out", "--benchmarks") == 1
    error = capsys.readouterr().err
    assert complaint in error and "Traceback" not in error
    assert not (tmp_path / "v.parquet").exists() and not (tmp_path / "s.parquet").exists()
