"""The parts of a configuration that bring the data set before others: what is refused, and what is planned."""

import json
from pathlib import Path

import pytest
from changed_configuration import assert_refused, changed, validate
from synthesis import configuration
from synthesis.plan import Plan

PUBLISHED = {"file": "config/published/scalequest.csv", "source": "arXiv 2410.18693v2", "table": "5"}
PAIRS = Path(__file__).resolve().parent.parent / "config/pairs.yaml"


@pytest.mark.parametrize(
    ("settings", "fragments"),
    [
        ({"repo": "name"}, ["push_dataset.repo is 'name'", "owner/name"]),
        ({"repo": "a/b/c"}, ["push_dataset.repo", "owner/name"]),
        ({}, ["push_dataset.repo is missing"]),
        ({"repo": "acme/sums", "branch": "-f"}, ["push_dataset.branch", "name of a branch"]),
        ({"repo": "acme/sums", "token": "hf_x"}, ["push_dataset.token"]),
        ({"repo": "acme/sums", "private": "no"}, ["push_dataset.private"]),
    ],
)
def test_a_push_that_can_not_be(settings, fragments):
    assert_refused([("push_dataset", settings)], fragments)


@pytest.mark.parametrize(
    ("settings", "fragments"),
    [
        ({"sets": []}, ["rate_questions.sets"]),
        ({"sets": ["nobody"]}, ["rate_questions.sets[0] is 'nobody'", "not defined under problems"]),
        ({"sets": ["dataset"], "sheets": ["a.xlsx"]}, ["rate_questions.sheets[0]", ".csv"]),
        ({"sets": ["dataset"], "published": {"file": "a.csv", "source": "s"}}, ["rate_questions.published.table"]),
        ({"sets": ["dataset"], "key": "config/none.csv"}, ["rate_questions.key is config/none.csv"]),
        (
            {"sets": ["dataset"], "published": {**PUBLISHED, "source": "arXiv"}},
            ["rate_questions.published.source is 'arXiv', which config/published/scalequest.csv lacks"],
        ),
        (
            {"sets": ["dataset"], "published": {**PUBLISHED, "table": "99"}},
            ["rate_questions.published.table is '99', which config/published/scalequest.csv lacks"],
        ),
        (
            {"sets": ["dataset"], "published": {**PUBLISHED, "table": "4"}},
            ["table is '4', which has none of the columns clarity, reasonableness, real-world relevance"],
        ),
    ],
)
def test_ratings_that_can_not_be(settings, fragments):
    assert_refused([("rate_questions", settings)], fragments)


def test_ratings_are_planned_and_change_no_data_set():
    settings = {"sets": ["dataset"], "sheets": ["config/published/scalequest.csv"], "published": PUBLISHED}
    config, without = changed(("rate_questions", settings)), changed()
    validate(config)
    validate(without)
    plan, other = Plan(config), Plan(without)
    assert plan.rating_rules() == ["write_rating_sheet", "tabulate_ratings"] and other.rating_rules() == []
    assert plan.rating_key() == "<results>/write_rating_sheet/key.csv"
    validate(kept := changed(("rate_questions", {**settings, "key": "config/published/scalequest.csv"})))
    assert Plan(kept).rating_key() == "config/published/scalequest.csv"
    assert json.loads(plan.rating_settings("items", "sets")) == {"items": 40, "sets": ["dataset"]}
    assert set(plan.report_files()) - set(other.report_files()) == set(plan.rating_tables())
    for question in ("ledgers", "dataset_outputs", "card_settings", "dataset_settings", "data_files"):
        assert getattr(plan, question)() == getattr(other, question)()


def test_a_push_is_private_and_no_part_of_anything_else():
    config, without = changed(("push_dataset", {"repo": "acme/sums"})), changed()
    validate(config)
    validate(without)
    plan, other = Plan(config), Plan(without)
    assert json.loads(plan.push_settings()) == {"repo": "acme/sums", "private": True, "branch": "main"}
    assert "push_dataset" in plan.rules_at_the_network()
    for question in ("report_files", "every_ledger", "dataset_outputs", "card_settings", "dataset_settings"):
        assert getattr(plan, question)() == getattr(other, question)()


def test_a_run_without_a_data_set_has_no_rule_that_pushes():
    config = configuration.load(PAIRS)
    validate(config)
    assert "push_dataset" not in Plan(config).rules_at_the_network()
