"""Ids and seeds depend on identity alone, and their values are frozen."""

from itertools import pairwise

from synthesis import identity, layout


def test_ids_and_seeds_are_frozen():
    assert identity.question_id(1, "source", 0) == "5f81bf6177d14fd8cb25039df2b26ae2"
    assert identity.sample_seed(1, "generate_responses", "row", 0) == 2279908147251414268
    assert identity.STAGE_WORDS == {
        "generate_questions": "question",
        "judge_questions": "judgement",
        "generate_responses": "response",
        "generate_probe_responses": "probe response",
        "score_responses": "reward",
        "answer_benchmark": "benchmark answer",
        "sample_raw_questions": "raw question",
        "rewrite_questions": "rewrite",
        "sample_fail_rates": "fail rate",
        "score_difficulty": "difficulty",
        "audit_dataset": "audit",
    }
    assert identity.raw_question_id(1, "generator", 0) == "31d022e86f9b1a5fecafc24a0e7690d5"
    assert [identity.hashed_shard(f"row{index}", 4) for index in range(8)] == [3, 2, 3, 2, 0, 3, 2, 0]
    assert [identity.rewrite_direction(1, f"row{index}", "ab") for index in range(8)] == list("bbbbabab")


def test_samples_count_up_from_the_first_seed():
    first = identity.sample_seed(1, "generate_responses", "row", 0)
    assert [identity.sample_seed(1, "generate_responses", "row", sample) - first for sample in range(5)] == list(
        range(5)
    )


def test_seeds_differ_between_stages_rows_and_runs():
    seeds = {
        identity.sample_seed(run, stage, row, 0)
        for run in (1, 2)
        for stage in identity.STAGE_WORDS
        for row in ("row", "other")
    }
    assert len(seeds) == 2 * 2 * len(identity.STAGE_WORDS)
    assert max(seeds) < 2**62


def test_ids_of_a_source_are_distinct():
    ids = {identity.question_id(1, source, index) for source in ("a", "b") for index in range(2000)}
    assert len(ids) == 4000


def test_growing_the_total_keeps_the_names_and_rows_of_full_shards():
    before, after = layout.shards(100, 30), layout.shards(200, 30)
    assert after[:3] == before[:3]
    assert before[3] == layout.Shard("00003", 90, 100)
    assert after[3] == layout.Shard("00003", 90, 120)


def test_shards_cover_every_row_once():
    for size in (1, 7, 50, 100, 1000):
        pieces = layout.shards(100, size)
        assert [row for piece in pieces for row in range(piece.start, piece.stop)] == list(range(100))


def test_raw_questions_never_have_the_id_of_a_question():
    questions = {identity.question_id(1, "name", index) for index in range(2000)}
    raw = {identity.raw_question_id(1, "name", index) for index in range(2000)}
    assert len(questions | raw) == 4000


def test_directions_are_fair_whatever_their_order():
    rows = [identity.raw_question_id(5, "name", index) for index in range(6000)]
    drawn = [identity.rewrite_direction(5, row, ["solvability", "difficulty"]) for row in rows]
    # Six standard deviations of a fair coin are 232.
    assert abs(drawn.count("solvability") - 3000) < 232
    assert drawn == [identity.rewrite_direction(5, row, ["difficulty", "solvability"]) for row in rows]
    assert drawn != [identity.rewrite_direction(6, row, ["difficulty", "solvability"]) for row in rows]
    runs = sum(first != second for first, second in pairwise(drawn))
    assert abs(runs - 3000) < 232


def test_an_added_direction_only_takes_its_share():
    rows = [identity.raw_question_id(5, "name", index) for index in range(6000)]
    two = [identity.rewrite_direction(5, row, ["a", "b"]) for row in rows]
    three = [identity.rewrite_direction(5, row, ["a", "b", "c"]) for row in rows]
    assert all(new in (old, "c") for old, new in zip(two, three, strict=True))
    assert abs(three.count("c") - 2000) < 6 * 37


def test_held_out_rows_stay_held_out_when_the_share_grows():
    small = {name for name in map(str, range(4000)) if identity.is_held_out(1, name, 0.1)}
    large = {name for name in map(str, range(4000)) if identity.is_held_out(1, name, 0.2)}
    assert small < large
    assert abs(len(small) - 400) < 6 * 19
    assert not any(identity.is_held_out(1, name, 0) for name in map(str, range(4000)))


def test_a_second_holding_out_takes_its_whole_share_of_what_the_first_left():
    left = [name for name in map(str, range(4000)) if not identity.is_held_out(1, name, 0.2)]
    again = [name for name in left if identity.is_held_out(1, name, 0.2, "scorer")]
    # Six standard deviations of a share of 0.2 of 3,200 rows are 136.
    assert abs(len(again) - 0.2 * len(left)) < 136
