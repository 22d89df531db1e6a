"""Judges and scorers of the comparison of generators: they share their rows with those of the data set."""

import judge_generators
import judge_questions
import pytest
import score_difficulty
import score_generators
from synthesis import code_version, identity, schema
from test_paid_programs import PROMPTS, Bench

JUDGE = {"name": "solvable", "verdict": {"text": {}}, "sampling": {"temperature": 1.0, "max_tokens": 8}}
SCORER = {"method": "regression"}
BEFORE = {judge_generators: judge_questions, score_generators: score_difficulty}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    bench = Bench(tmp_path)
    bench.questions([f"What is {number} + {number}?" for number in range(6)] + ["", "What is 9?"])
    return bench


def run(bench: Bench, program, kept: list[int]) -> tuple[int, list[dict]]:
    """Ask about the kept questions (for the data set) or the first seven; returns rows bought, and the verdicts."""
    rule = program.__name__
    more = ["--questions", bench.folder / "questions.parquet"]
    more += ["--first", 7] if program in BEFORE else ["--verdicts", bench.selection(kept)]
    more += ["--seed", 3]
    if rule.startswith("judge"):
        more += ["--prompt", PROMPTS / "solvability.yaml"]
    if program is judge_questions:
        more += ["--judgements", bench.folder / "judgements.parquet"]
    if program is score_difficulty:
        more += ["--answers", bench.folder / "answers.parquet"]
    settings = JUDGE if rule.startswith("judge") else SCORER
    arguments = bench.arguments(rule, settings, rule, *more, code_version=code_version.code_version(rule))
    assert not program.main(arguments)
    return bench.bought(rule, rule), schema.read(bench.folder / f"{rule}.parquet", schema.QUESTION_VERDICTS)


@pytest.mark.parametrize("program", BEFORE)
def test_what_was_bought_for_the_data_set_is_not_bought_again(bench, program):
    bought, before = run(bench, BEFORE[program], [1, 3])
    assert bought == 2
    bought, rows = run(bench, program, [])
    assert bought == 4
    # The empty question and the one after the first seven were not asked.
    assert [row["question_id"] for row in rows] == [f"id{number}" for number in range(6)]
    assert [rows[1], rows[3]] == before


@pytest.mark.parametrize("program", BEFORE)
def test_nor_the_other_way_round(bench, program):
    assert run(bench, program, [])[0] == 6
    assert run(bench, BEFORE[program], [0, 2, 7])[0] == 1


def test_a_text_that_two_files_hold_is_asked_once(bench):
    more = ["--questions", *[bench.folder / "questions.parquet"] * 2, "--first", 7]
    assert not score_generators.main(bench.arguments("score_generators", SCORER, "scores", "--seed", 3, *more))
    assert len(schema.read(bench.folder / "scores.parquet", schema.QUESTION_VERDICTS)) == 6


def test_the_programs_ask_what_the_stage_would_ask(bench):
    for rule, stage in identity.BOUGHT_AS.items():
        if stage in identity.STAGE_WORDS:
            assert identity.sample_seed(1, rule, "id", 0) == identity.sample_seed(1, stage, "id", 0)
