"""How often a forecast has judges asked: by the policy of unclear answers, and by the labelled questions."""

import pytest
from test_forecast import PilotRun, amounts, asked_rows, config_of

WORDS = {
    "name": "solvability",
    "model": "writer",
    "prompt": "config/prompts/solvability.yaml",
    "verdict": {"text": {}},
    "sampling": {"temperature": 1.0, "max_tokens": 64},
}
LABELS = {"file": "config/examples/solvability.jsonl"}


def judgements(folder, monkeypatch, judge: dict, measured: dict | None = None) -> dict[str, float]:
    """Forecast rows by rule of 2,000 questions, from a pilot in which 60 of 100 were judged and 15 once more."""
    pilot = PilotRun(folder).data_set()
    for shard in ("00000", "00001"):
        rows = {**asked_rows(75), "in": 60, "out": 50}
        pilot.job("judge_questions", f"solvability/writer/{shard}", rows, 15, 10)
    settings = {"questions": None}
    pilot.job("measure_judge", "all_of_it", {**asked_rows(30), "in": 24}, 6, 10, settings=settings)
    changes = {"judge_questions": {"judges": [{**WORDS, **judge}]}, "measure_judge": measured or {}}
    return amounts(pilot.forecast(config_of(monkeypatch, **changes)), "rows")


@pytest.mark.parametrize(
    ("judge", "expected"),
    [
        ({}, 1200),
        ({"unclear": "retry", "attempts": 2}, 1500),
        ({"unclear": "majority", "samples": 3}, 3600),
    ],
)
def test_each_policy_asks_as_often_as_it_does(tmp_path, monkeypatch, judge, expected):
    assert judgements(tmp_path, monkeypatch, judge)["judge_questions"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("judge", "each"),
    [({}, 1), ({"unclear": "retry", "attempts": 2}, 30 / 24), ({"unclear": "majority", "samples": 5}, 5)],
)
@pytest.mark.parametrize(("drawn", "questions"), [({}, 24), ({"questions": 8}, 8)])
def test_labelled_questions_are_as_many_as_in_the_pilot_or_as_are_drawn(
    tmp_path, monkeypatch, judge, each, drawn, questions
):
    measured = {"all_of_it": {"judge": "solvability", "labels": LABELS, **drawn}}
    found = judgements(tmp_path, monkeypatch, judge, measured)["measure_judge"]
    assert found == pytest.approx(questions * each)
