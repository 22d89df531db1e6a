"""The programs that buy rows, called directly: what is bought, what is reused, what never mixes."""

from pathlib import Path

import generate_questions
import generate_responses
import judge_questions
import pyarrow.parquet as pq
import pytest
import score_responses
from paid_bench import PROMPTS, Bench
from synthesis import schema
from synthesis.engines import transformers_engine
from synthesis.verdicts import response_verdict


@pytest.fixture(autouse=True)
def stand_in_allowed(monkeypatch):
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    bench.questions([f"What is {number} + {number}?" for number in range(8)])
    return bench


def test_only_newly_selected_questions_are_answered(bench):
    first = bench.respond([0, 2, 4])
    second = bench.respond([0, 1, 2, 4, 5])
    assert bench.bought() == 2 * 2
    assert [row for row in second if row["question_id"] in ("id0", "id2", "id4")] == first
    assert bench.ledger("generate_responses", "responses")["rows"] == {
        "asked": 10, "bought": 4, "reused": 6, "in": 5, "out": 10,
    }  # fmt: skip


def test_raising_the_samples_keeps_the_earlier_ones(bench):
    few = bench.respond([0, 1])
    many = bench.respond([0, 1], settings={"samples": 5, "sampling": {"temperature": 0.7, "max_tokens": 8}})
    assert bench.bought() == 2 * 3
    assert [row for row in many if row["sample"] < 2] == few


def test_another_text_under_the_same_id_gets_an_answer_of_its_own(bench):
    old = bench.respond([0, 1])
    bench.questions(["What is 7 - 2?", "What is 1 + 1?"], "other.parquet")
    new = bench.respond([0, 1], questions="other.parquet")
    assert bench.bought() == 2
    assert {row["response"] for row in new[:2]}.isdisjoint(row["response"] for row in old[:2])
    assert new[2:] == old[2:]


def test_a_changed_temperature_or_model_or_rows_version_mixes_nothing(bench):
    bench.respond([0, 1])
    bench.respond([0, 1], settings={"samples": 2, "sampling": {"temperature": 0.8, "max_tokens": 8}})
    assert bench.bought() == 4
    bench.manifest("other", "stand_in", "other content")
    bench.respond([0, 1], model="other")
    assert bench.bought() == 4
    bench.respond([0, 1], code_version="2.1")
    assert bench.bought() == 4


def test_another_output_version_or_run_buys_nothing(bench):
    first = bench.respond([0, 1])
    assert bench.respond([0, 1], code_version="1.9", run="another") == first
    assert bench.bought() == 0


def test_a_full_store_ends_without_loading_a_model(bench, monkeypatch):
    bench.respond([0, 1])
    monkeypatch.setattr("synthesis.engines.load", lambda *_: pytest.fail("a model was loaded"))
    bench.respond([0, 1])
    assert bench.bought() == 0


def test_empty_shards_pass(bench):
    assert bench.respond([]) == []
    assert bench.bought() == 0


@pytest.mark.parametrize("engine", ["stand_in", "transformers"])
def test_the_judge_keeps_answers_so_that_another_threshold_buys_nothing(tmp_path, engine):
    bench = Bench(tmp_path, engine)
    questions = bench.questions([f"What is {number} + {number}?" for number in range(6)])

    def judge(threshold, texts=questions):
        probability = {"yes": "Yes", "no": "No", "threshold": threshold}
        settings = {"name": "solvable", "verdict": {"probability": probability}}
        more = ["--seed", 3, "--questions", texts, "--prompt", PROMPTS / "solvability_probability.yaml"]
        more += ["--verdicts", bench.selection(range(6)), "--judgements", tmp_path / "judgements.parquet"]
        assert not judge_questions.main(bench.arguments("judge_questions", settings, "judged", *more))
        return schema.read(tmp_path / "judged.parquet", schema.QUESTION_VERDICTS)

    strict, lenient = judge(1.0), judge(0.0)
    assert bench.bought("judge_questions", "judged") == 0
    assert [row["keep"] for row in strict] == [False] * 6
    assert [row["keep"] for row in lenient] == [True] * 6
    assert {row["reason"] for row in strict} == {"rejected_by:solvable"}
    assert [row["score"] for row in strict] == [row["score"] for row in lenient]
    judge(0.0, bench.questions(["What is 1 - 1?"] * 6, "other.parquet"))
    assert bench.bought("judge_questions", "judged") == 6


def test_rewards_are_bought_for_kept_responses_and_never_for_another_text(bench):
    responses = bench.respond([0, 1, 2])

    def score(rows):
        schema.write(bench.folder / "responses.parquet", rows, schema.RESPONSES)
        kept = [
            {
                **response_verdict(row["question_id"], row["sample"], "" if row["sample"] else "no_answer"),
                "answer": None,
            }
            for row in rows
        ]
        schema.write(bench.folder / "kept.parquet", kept, schema.FILTERED_RESPONSES)
        more = ["--seed", 3, "--questions", bench.folder / "questions.parquet"]
        more += ["--responses", bench.folder / "responses.parquet"]
        more += ["--verdicts", bench.folder / "kept.parquet", "--prompt", PROMPTS / "response_short.yaml"]
        settings = {"method": "log_likelihood"}
        assert not score_responses.main(bench.arguments("score_responses", settings, "rewards", *more))
        return schema.read(bench.folder / "rewards.parquet", schema.REWARDS)

    rewards = score(responses)
    assert [(row["question_id"], row["sample"]) for row in rewards] == [("id0", 1), ("id1", 1), ("id2", 1)]
    assert bench.bought("score_responses", "rewards") == 3
    score([{**row, "response": "another text"} if row["question_id"] == "id1" else row for row in responses])
    assert bench.bought("score_responses", "rewards") == 1


def test_generated_questions_are_the_same_rows_for_every_sharding(tmp_path):
    found = {}
    for size in (4, 7, 20):
        bench = Bench(tmp_path / str(size), "transformers")
        rows = []
        for start in range(0, 20, size):
            settings = {"empty_prefix": {"system": None, "sampling": {"temperature": 1.0, "max_tokens": 8}}}
            more = ["--seed", 5, "--source", "writer", "--start", start, "--stop", min(start + size, 20)]
            name = f"questions{start}"
            assert not generate_questions.main(bench.arguments("generate_questions", settings, name, *more))
            rows += schema.read(bench.folder / f"{name}.parquet", schema.QUESTIONS)
        found[size] = rows
    assert found[4] == found[7] == found[20]
    assert [row["index"] for row in found[4]] == list(range(20))


def _visible_rows(folder: Path) -> int:
    """Rows in visible chunks, counted from their files: no row may be in two."""
    chunks = folder.glob("store/generate_questions/*/*/[0-9]*.parquet")
    return sum(pq.read_metadata(path).num_rows for path in chunks)


def test_the_stand_in_is_never_chosen_by_accident(bench, monkeypatch, capsys):
    monkeypatch.delenv("SYNTHESIS_ALLOW_STAND_IN")
    with pytest.raises(AssertionError):
        bench.respond([0])
    assert "the stand-in engine makes no real data" in capsys.readouterr().err


def test_cpu_jobs_use_the_threads_they_were_given(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(transformers_engine.torch, "set_num_threads", seen.append)
    bench = Bench(tmp_path, "transformers")
    bench.questions(["What is 1 + 1?"])
    more = ["--seed", 3, "--questions", tmp_path / "questions.parquet", "--prompt", PROMPTS / "response_short.yaml"]
    more += ["--verdicts", bench.selection([0]), "--threads", "2"]
    settings = {"samples": 1, "sampling": {"temperature": 0, "max_tokens": 2}}
    assert not generate_responses.main(bench.arguments("generate_responses", settings, "responses", *more))
    assert seen == [2]


def test_a_finished_batch_is_visible_while_the_next_one_is_computed(tmp_path, monkeypatch):
    """With chunks due at once, a kill loses only the batch in the engine."""
    bench = Bench(tmp_path, "transformers")
    visible, batch = [], transformers_engine.TransformersEngine._text_batch

    def watched(self, *arguments):
        visible.append(_visible_rows(tmp_path))
        return batch(self, *arguments)

    monkeypatch.setattr(transformers_engine.TransformersEngine, "_text_batch", watched)
    settings = {"empty_prefix": {"system": None, "sampling": {"temperature": 1.0, "max_tokens": 4}}}
    more = ["--seed", 5, "--source", "writer", "--start", 0, "--stop", 12, "--batch-rows", 4, "--chunk-seconds", 0]
    assert not generate_questions.main(bench.arguments("generate_questions", settings, "questions", *more))
    assert visible == [0, 4, 8]
