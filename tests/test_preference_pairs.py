"""Raw questions, their rewrites and the pairs, each program called directly on the stand-in or a two-layer model."""

import csv
import json
from collections import Counter

import build_preference_pairs
import pytest
import rewrite_questions
import sample_raw_questions
from conftest import ROOT
from synthesis import identity, schema
from synthesis.rewrites import question_after
from test_paid_programs import Bench

MARKERS = {"solvability": "FINAL QUESTION", "difficulty": "Finally Rewritten Problem"}
SAMPLING = {"temperature": 1.0, "max_tokens": 8}


class Preferences(Bench):
    """A folder with a model and calls of the three programs, for the generator `writer`."""

    def sample(self, start=0, stop=24, output="raw") -> list[dict]:
        settings = {"system": None, "sampling": SAMPLING}
        more = ["--seed", 5, "--generator", "writer", "--start", start, "--stop", stop]
        assert not sample_raw_questions.main(self.arguments("sample_raw_questions", settings, output, *more))
        return self.read(output, schema.QUESTIONS)

    def rewrite(self, questions="raw", output="rewrites", markers=MARKERS, **options) -> list[dict]:
        directions = {name: {"marker": marker} for name, marker in markers.items()}
        more = ["--seed", 5, "--questions", self.folder / f"{questions}.parquet"]
        for name in markers:
            more += ["--prompt", name, ROOT / f"config/prompts/rewrite_{name}.yaml"]
        more += ["--texts", self.folder / f"{output}.texts.parquet"]
        settings = {"sampling": SAMPLING, "directions": directions}
        assert not rewrite_questions.main(self.arguments("rewrite_questions", settings, output, *more, **options))
        return self.read(output, schema.REWRITES)

    def build(self, questions=("raw",), rewrites=("rewrites",), **settings) -> int:
        def files(names):
            return [self.folder / f"{name}.parquet" for name in names]

        arguments = ["--run", "trial", "--settings", json.dumps({"held_out": 0.25, **settings}), "--seed", 5]
        arguments += ["--generator", "writer", "--questions", *files(questions), "--rewrites", *files(rewrites)]
        for name in ("output", "verdicts"):
            arguments += [f"--{name}", self.folder / f"{name}.parquet"]
        arguments += ["--table", self.folder / "pairs.csv", "--page", self.folder / "pairs.html"]
        arguments += ["--ledger", self.folder / "ledger/build_preference_pairs/writer.json"]
        return build_preference_pairs.main([str(argument) for argument in arguments])

    def read(self, name, columns):
        return schema.read(self.folder / f"{name}.parquet", columns)

    def write_pair(self, raw: list[tuple[str, str]], rewritten: list[tuple[str | None, str]]) -> None:
        """Raw questions as (text, finish reason), and what became of them as (text, reason)."""
        questions = [
            {
                "question_id": f"id{index}",
                "source": "writer",
                "index": index,
                "question": text,
                "finish_reason": finish_reason,
                "prompt_tokens": 1,
                "completion_tokens": 1,
            }
            for index, (text, finish_reason) in enumerate(raw)
        ]
        rows = [
            {
                "question_id": f"id{index}",
                "direction": "difficulty",
                "rewritten": text,
                "keep": not reason,
                "reason": reason,
            }
            for index, (text, reason) in enumerate(rewritten)
        ]
        schema.write(self.folder / "raw.parquet", questions, schema.QUESTIONS)
        schema.write(self.folder / "rewrites.parquet", rows, schema.REWRITES)


@pytest.fixture(autouse=True)
def stand_in_allowed(monkeypatch):
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")


@pytest.fixture
def bench(tmp_path):
    return Preferences(tmp_path)


def test_raw_questions_have_ids_of_their_own(bench):
    rows = bench.sample()
    assert [row["index"] for row in rows] == list(range(24))
    assert {row["source"] for row in rows} == {"writer"}
    ids = {row["question_id"] for row in rows}
    assert len(ids) == 24
    assert ids.isdisjoint(identity.question_id(5, "writer", index) for index in range(24))


@pytest.mark.parametrize("engine", ["stand_in", "transformers"])
def test_every_sharding_gives_the_same_rewrites(tmp_path, engine):
    whole, parts = Preferences(tmp_path / "whole", engine), Preferences(tmp_path / "parts", engine)
    expected = whole.sample(0, 12), whole.rewrite()
    raw, rewrites = [], []
    for start in range(0, 12, 4):
        raw += parts.sample(start, start + 4, f"raw{start}")
        rewrites += parts.rewrite(f"raw{start}", f"rewrites{start}")
    assert (raw, rewrites) == expected


def test_every_raw_question_is_rewritten_in_its_direction_or_has_a_reason(bench):
    raw, rewrites = bench.sample(), bench.rewrite()
    texts = {row["question_id"]: row["text"] for row in bench.read("rewrites.texts", schema.REWRITE_TEXTS)}
    assert [row["question_id"] for row in rewrites] == [row["question_id"] for row in raw]
    for row in rewrites:
        assert row["direction"] == identity.rewrite_direction(5, row["question_id"], MARKERS)
        assert row["keep"] == (not row["reason"]) == bool(row["rewritten"])
        if row["keep"]:
            assert row["rewritten"] == question_after(texts[row["question_id"]], MARKERS[row["direction"]])
    assert {row["direction"] for row in rewrites} == set(MARKERS)
    assert {"", "no_marker"} < {row["reason"] for row in rewrites}
    ledger = bench.ledger("rewrite_questions", "rewrites")["rows"]
    assert ledger["in"] == 24 == ledger["out"] + sum(n for name, n in ledger.items() if name.startswith("rejected_"))


def test_only_what_the_model_reads_is_bought_again(bench):
    bench.sample()
    first = bench.rewrite()
    texts = bench.read("rewrites.texts", schema.REWRITE_TEXTS)
    assert bench.bought("rewrite_questions", "rewrites") == 24
    # Another marker, or a better parser, reads the same texts anew.
    others = bench.rewrite(markers={"solvability": "Let us see", "difficulty": "Let us see"}, code_version="1.2")
    assert bench.bought("rewrite_questions", "rewrites") == 0
    assert [row["rewritten"] for row in others] != [row["rewritten"] for row in first]
    assert bench.read("rewrites.texts", schema.REWRITE_TEXTS) == texts
    # Another raw question under an id that was there.
    rows = bench.read("raw", schema.QUESTIONS)
    schema.write(bench.folder / "raw.parquet", [{**rows[0], "question": "What is 1?"}, *rows[1:]], schema.QUESTIONS)
    assert bench.rewrite()[1:] == first[1:]
    assert bench.bought("rewrite_questions", "rewrites") == 1


def test_unfinished_and_empty_raw_questions_are_not_paid_for(bench):
    rows = bench.sample(0, 6)
    rows[1]["finish_reason"], rows[2]["question"] = "length", ""
    schema.write(bench.folder / "raw.parquet", rows, schema.QUESTIONS)
    rewrites = bench.rewrite()
    assert bench.bought("rewrite_questions", "rewrites") == 4
    assert [row["reason"] for row in rewrites[1:3]] == ["raw_unfinished", "raw_empty"]
    assert len(bench.read("rewrites.texts", schema.REWRITE_TEXTS)) == 4


def test_pairs_verdicts_and_counts_add_up(bench):
    raw = [row for start in (0, 24) for row in bench.sample(start, start + 24, f"raw{start}")]
    rewrites = [row for start in (0, 24) for row in bench.rewrite(f"raw{start}", f"rewrites{start}")]
    assert not bench.build(("raw0", "raw24"), ("rewrites0", "rewrites24"))
    pairs = {row["question_id"]: row for row in bench.read("output", schema.PREFERENCE_PAIRS)}
    verdicts = bench.read("verdicts", schema.PAIR_VERDICTS)
    assert [row["question_id"] for row in verdicts] == [row["question_id"] for row in raw]
    assert list(pairs) == [row["question_id"] for row in verdicts if row["keep"]]
    for question, rewrite in zip(raw, rewrites, strict=True):
        if pair := pairs.get(question["question_id"]):
            assert (pair["chosen"], pair["rejected"]) == (rewrite["rewritten"], question["question"])
            assert pair["held_out"] == identity.is_held_out(5, pair["question_id"], 0.25)
    assert {pair["held_out"] for pair in pairs.values()} == {True, False}
    with (bench.folder / "pairs.csv").open() as file:
        table = {(row["direction"], row["outcome"]): int(row["rows"]) for row in csv.DictReader(file)}
    part = {name: "held_out" if pair["held_out"] else "training" for name, pair in pairs.items()}
    expected = Counter((row["direction"], row["reason"] or part[row["question_id"]]) for row in verdicts)
    assert table == expected
    assert sum(table.values()) == 48
    shown = (bench.folder / "pairs.html").read_text()
    assert "solvability" in shown
    assert "no_marker" in shown


def test_both_texts_of_a_pair_are_measured(bench):
    bench.write_pair(
        [("a b c", "stop"), ("a b c d", "stop"), ("a", "stop")], [("a b", ""), ("a", ""), ("a b c d e", "")]
    )
    assert not bench.build(max_words=3, held_out=0)
    assert [row["reason"] for row in bench.read("verdicts", schema.PAIR_VERDICTS)] == ["", "too_long", "too_long"]
    assert not bench.build(max_characters=7, held_out=0)
    assert [row["reason"] for row in bench.read("verdicts", schema.PAIR_VERDICTS)] == ["", "", "too_long"]
    assert not bench.build(held_out=0)
    assert len(bench.read("output", schema.PREFERENCE_PAIRS)) == 3


def test_without_a_pair_one_sentence_names_stage_and_setting(bench, capsys):
    bench.write_pair([("a", "stop"), ("b", "length")], [(None, "no_marker"), (None, "raw_unfinished")])
    assert bench.build() == 1
    message = capsys.readouterr().err
    assert "build_preference_pairs of writer has no pair to train on: of 2 raw questions" in message
    assert "no_marker 1, raw_unfinished 1" in message
    assert "optimize_generator.writer.sample_raw_questions.total" in message
    assert "Traceback" not in message
    assert not (bench.folder / "output.parquet").exists()


@pytest.mark.parametrize(
    ("rewritten", "fragment"),
    [
        ([("x", "")], "has other rows (1)"),
        ([("x", ""), ("y", "no_marker")], "both kept and rejected"),
        ([("x", ""), (None, "")], "both kept and rejected"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(bench, capsys, rewritten, fragment):
    bench.write_pair([("a", "stop"), ("b", "stop")], rewritten)
    assert bench.build() == 1
    message = capsys.readouterr().err
    assert fragment in message
    assert "rewrites.parquet" in message
