"""Settings of the table of costs that don't fit together, and those that the project's configurations have."""

import copy
from pathlib import Path

import pytest
from changed_configuration import DEMO, REMOVE, assert_refused, validate
from conftest import ROOT
from synthesis import configuration, costs_by_phase, published_values

PUBLISHED = {"file": "config/published/scalequest.csv", "source": "arXiv 2410.18693v2", "table": "4"}

NOT_FITTING = {
    "no rule": (
        {"lines": {"Judging": ["judge_question"]}},
        ["tabulate_costs.lines.Judging[0]", "did you mean judge_q"],
    ),
    "a rule that costs nothing": ({"lines": {"Bill": ["plot_costs"]}}, ["is plot_costs, which is no rule that costs"]),
    "a rule after the data set": (
        {"lines": {"Students": ["train_student/small"]}},
        ["lines.Students[0] is train_student/small, which comes after the data set", "remove it"],
    ),
    "the name of another rule": (
        {"lines": {"filter_questions": ["judge_questions"]}},
        ["lines.filter_questions[0] is judge_questions, but the line is called filter_questions", "another name"],
    ),
    "a job in two lines": (
        {"lines": {"All": ["train_generator"], "One": ["train_generator/small"]}},
        ["lines.One[0] is train_generator/small", "stand in tabulate_costs.lines.All[0] already"],
    ),
    "an empty line": ({"lines": {"All": []}}, ["tabulate_costs.lines.All"]),
    "nothing": ({}, ["tabulate_costs"]),
    "no file": (
        {"published": {**PUBLISHED, "file": "config/published/scalequests.csv"}},
        ["tabulate_costs.published.file is config/published/scalequests.csv", "did you mean"],
    ),
    "another file": ({"published": {**PUBLISHED, "file": "README.md"}}, ["published.file: README.md has no column"]),
    "no source": ({"published": {**PUBLISHED, "source": "arXiv"}}, ["tabulate_costs.published.source is", "lacks"]),
    "no table": ({"published": {**PUBLISHED, "table": "99"}}, ["tabulate_costs.published.table is", "lacks"]),
    "a number for the table": ({"published": {**PUBLISHED, "table": 4}}, ["tabulate_costs.published.table"]),
    "no row": (
        {"published": PUBLISHED, "lines": {"Response generating": ["generate_responses"]}},
        ["lines.Response generating is no row", "did you mean Response generation?"],
    ),
}


@pytest.mark.parametrize(("settings", "fragments"), NOT_FITTING.values(), ids=NOT_FITTING)
def test_what_does_not_fit_is_refused(settings, fragments):
    assert_refused([("tabulate_costs", settings)], fragments)


@pytest.mark.parametrize(
    "settings",
    [
        REMOVE,
        {"lines": {"Any name: 1, 2 & 3": ["judge_questions", "train_generator/of_another_run"]}},
        {"published": PUBLISHED},
        {"lines": {"judge_questions": ["judge_questions/solvability"]}},
        {"lines": {"One": ["train_generator/a"], "Two": ["train_generator/ab"]}},
    ],
)
def test_what_makes_sense_is_allowed(settings):
    config = copy.deepcopy(DEMO)
    config.pop("tabulate_costs", None)
    validate(config if settings is REMOVE else {**config, "tabulate_costs": settings})


@pytest.mark.parametrize("name", ["config", "demo"])
def test_every_step_of_the_published_table_is_compared_with_jobs_that_the_configuration_has(name):
    config = configuration.load(ROOT / f"config/{name}.yaml")
    settings = config["tabulate_costs"]
    published = costs_by_phase.Published({**settings["published"], "file": ROOT / settings["published"]["file"]})
    steps = [row for row in published.rows if ("GPU hours" in dict(columns(published, row))) and row != "Total"]
    missing = {row for row in steps if row not in settings["lines"]}
    # The demo tunes one generator, which is none of the paper's two.
    assert missing == ({"Training DSMath-QFT", "Training Qwen2-Math-QFT"} if name == "demo" else set())
    for members in settings["lines"].values():
        for rule, _, job in (member.partition("/") for member in members):
            assert not job or job in config[rule]


def columns(published, row):
    return [(column, value) for (name, column), value in published.values.items() if name == row]


def test_the_published_steps_add_up_to_the_published_total():
    """A check of the data file: both sums of the paper's table are exact."""
    path = ROOT / PUBLISHED["file"]
    values = published_values.of_table(published_values.read(Path(path)), "4", PUBLISHED["source"])
    for column in ("GPU hours", "cost"):
        found = {value.row: value.value for value in values if value.column == column}
        steps = [value for row, value in found.items() if row not in ("Total", "GPT-4", "GPT-4o")]
        assert sum(steps) == pytest.approx(found["Total"], abs=0.05)
