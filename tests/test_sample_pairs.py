"""Pairs for readers: drawn by the hash of their ids and by reward, each with the other one of the lowest reward."""

import pyarrow.parquet as pq
import sample_pairs
import small_run
from synthesis import sampled_pairs, schema

STAGES = ["generate_questions", "generate_responses", "select_responses"]


def draw(results, *more):
    """Run the program; returns its rows and its page."""
    output, page = results / "sample_pairs.parquet", results / "page.html"
    arguments = [*small_run.common_arguments(results, "sample_pairs"), *more, "--output", str(output)]
    assert sample_pairs.main([*arguments, *small_run.stage_arguments(results, STAGES), "--page", str(page)]) == 0
    return pq.read_table(output).to_pylist(maps_as_pydicts="strict"), page.read_text()


def verdicts(results, *rows):
    """Replace the choice and the texts of a run of one question for each row: rewards of its samples by outcome."""
    choice, responses, questions = [], [], []
    for number, rewards in enumerate(rows):
        best = max(range(len(rewards)), key=lambda sample: -1e9 if rewards[sample] is None else rewards[sample])
        name = f"q-{number}"
        tokens = {"finish_reason": "stop", "prompt_tokens": 1, "completion_tokens": 1}
        questions.append({"question_id": name, "source": "one", "index": number, "question": f"Q{number}", **tokens})
        for sample, reward in enumerate(rewards):
            keep = sample == best
            verdict = {"keep": keep, "reason": "" if keep else "lower_reward", "score": reward}
            choice.append({"question_id": name, "sample": sample, **verdict})
            text = f"{name} says $x_{sample}$ <b>"
            responses.append({"question_id": name, "sample": sample, "response": text, **tokens})
    for stage, found, columns in zip(
        STAGES,
        (questions, responses, choice),
        (schema.QUESTIONS, schema.RESPONSES, schema.RESPONSE_VERDICTS),
        strict=True,
    ):
        schema.write(results / stage / "one" / "00000.parquet", found, columns)


def test_each_pair_stands_beside_the_other_response_with_the_lowest_reward(tmp_path):
    verdicts(tmp_path, [0.2, 0.9, 0.5], [0.4], [None, 0.1], [0.3, float("nan"), -2.0])
    rows, page = draw(tmp_path)
    found = {row["question_id"]: row for row in rows if row["drawn"] == sampled_pairs.AT_RANDOM}
    shown = {
        name: (row["sample"], row["reward"], row["worst_sample"], row["worst_reward"]) for name, row in found.items()
    }
    assert shown["q-0"] == (1, 0.9, 0, 0.2)
    assert shown["q-1"] == (0, 0.4, None, None)
    assert shown["q-2"] == (1, 0.1, None, None)
    assert shown["q-3"] == (0, 0.3, 2, -2.0)
    assert found["q-0"]["response"] == "q-0 says $x_1$ <b>" and found["q-0"]["worst_response"] == "q-0 says $x_0$ <b>"
    assert "other response with the lowest reward, reward -2<" in page and "worst" not in page
    assert "<math" in page and "&lt;b&gt;" in page and "<b>" not in page


def test_the_highest_and_lowest_rewards_are_shown(tmp_path):
    verdicts(tmp_path, *([number / 10, -1.0] for number in range(30)))
    rows, _ = draw(tmp_path)
    found = {
        drawn: [row["reward"] for row in rows if row["drawn"] == drawn]
        for drawn in (sampled_pairs.HIGHEST, sampled_pairs.LOWEST)
    }
    assert found[sampled_pairs.HIGHEST] == [2.9, 2.8, 2.7, 2.6, 2.5]
    assert found[sampled_pairs.LOWEST] == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert sum(row["drawn"] == sampled_pairs.AT_RANDOM for row in rows) == sampled_pairs.COUNTS[sampled_pairs.AT_RANDOM]


def test_shards_do_not_decide_which_pairs_are_drawn(tmp_path):
    drawn = []
    for sizes in ([60], [25, 35]):
        results = small_run.write_run(tmp_path / str(len(sizes)), {"smollm2": sizes})
        rows, _ = draw(results)
        drawn.append(rows)
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == sum(sampled_pairs.COUNTS.values())


def test_difficulty_is_told_by_scorer(tmp_path):
    verdicts(tmp_path, [0.2, 0.9])
    path = tmp_path / "score_difficulty/head/one/00000.parquet"
    schema.write(path, [{"question_id": "q-0", "keep": True, "reason": "", "score": 2.5}], schema.QUESTION_VERDICTS)
    rows, page = draw(tmp_path, "--difficulty", "score_difficulty/head", str(path))
    assert rows[0]["difficulty"] == {"head": 2.5}
    assert "difficulty by head</span> 2.5" in page


def test_a_run_without_pairs_says_so(tmp_path):
    verdicts(tmp_path)
    rows, page = draw(tmp_path)
    assert rows == [] and "no pair of its own" in page
