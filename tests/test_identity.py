"""Ids and seeds depend on identity alone, and their values are frozen."""

from synthesis import identity, layout


def test_ids_and_seeds_are_frozen():
    assert identity.question_id(1, "source", 0) == "5f81bf6177d14fd8cb25039df2b26ae2"
    assert identity.sample_seed(1, "generate_responses", "row", 0) == 2279908147251414268
    assert identity.STAGE_WORDS == {
        "generate_questions": "question",
        "judge_questions": "judgement",
        "generate_responses": "response",
        "score_responses": "reward",
        "answer_benchmark": "benchmark answer",
    }


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
