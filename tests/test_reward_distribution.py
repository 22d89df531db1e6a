"""The figure of the rewards of chosen and rejected responses, and its tables."""

import csv
import json
import math

import plot_rewards
import pytest
import small_run
import tabulate_reward_distribution
from figure_texts import assert_texts_stand_apart, figure_arguments, figure_bytes
from question_files import start
from synthesis import reward_distribution, schema

pytestmark = pytest.mark.usefixtures("figure_style")

STAGES = ("score_responses", "select_responses")


@pytest.fixture
def results(tmp_path):
    return small_run.write_run(tmp_path / "results")


def run(folder, results, *ledgers) -> int:
    """Make the tables, then draw from them alone; returns the exit code of the first that failed."""
    stages = []
    for stage in STAGES:
        stages += ["--stage", stage, *sorted((results / stage).rglob("*.parquet"))]
    names = {"table": "table.csv", "histogram": "bins.csv", "page": "page.html"}
    made = [part for option, name in names.items() for part in (f"--{option}", folder / name)]
    given = ["--ledgers", *ledgers] if ledgers else []
    failed = start(tabulate_reward_distribution, folder, {}, *stages, *given, *made)
    return failed or start(plot_rewards, folder, {}, "--histogram", folder / "bins.csv", *figure_arguments(folder))


def read(path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def change(results, rewards: list) -> None:
    """Give the first responses of a shard these rewards."""
    path = results / "score_responses/smollm2/00000.parquet"
    rows = schema.read(path, schema.REWARDS)
    for row, reward in zip(rows, rewards, strict=False):
        row["reward"] = reward
    schema.write(path, rows, schema.REWARDS)


def test_every_reward_is_counted_once(tmp_path, results):
    change(results, [None, math.nan, -math.inf])
    ledger = tmp_path / "select.json"
    ledger.write_text(json.dumps({"job": "smollm2/00000", "rows": {"ties": 3}}))
    assert run(tmp_path, results, ledger) == 0
    table = {(row["source"], row["outcome"]): row for row in read(tmp_path / "table.csv")}
    assert [*table] == [(source, what) for source in ("smollm2", "imported") for what in ("chosen", "rejected")] or len(
        table
    ) == 4
    counts = {name: sum(int(row[name]) for row in table.values()) for name in ("responses", "with_reward", "infinite")}
    rows = sum(len(schema.read(path, schema.REWARDS)) for path in (results / "score_responses").rglob("*.parquet"))
    assert counts == {"responses": rows, "with_reward": rows - 3, "infinite": 1}
    assert sum(int(row["missing_rewards"]) for row in table.values()) == 1
    assert sum(int(row["not_a_number"]) for row in table.values()) == 1
    assert table["smollm2", "chosen"]["ties"] == "3" and table["smollm2", "rejected"]["ties"] == ""
    assert float(table["imported", "chosen"]["mean"]) > float(table["imported", "rejected"]["mean"])
    bins = read(tmp_path / "bins.csv")
    assert len(bins) == reward_distribution.BINS
    assert sum(int(row["chosen"]) + int(row["rejected"]) for row in bins) == rows - 3
    assert "missing rewards" in (tmp_path / "page.html").read_text()


def test_the_figure_shows_both_outcomes_and_is_drawn_from_the_table(tmp_path, results):
    assert run(tmp_path, results) == 0
    first = figure_bytes(tmp_path)
    assert b"chosen" in first[0] and b"rejected" in first[0]
    assert run(tmp_path, results) == 0
    assert figure_bytes(tmp_path) == first
    bins = reward_distribution.read_histogram(tmp_path / "bins.csv")
    figure = plot_rewards.draw(bins)
    assert_texts_stand_apart(figure)
    (panel,) = figure.axes
    heights = {patch.get_label(): patch.get_data().values.sum() for patch in panel.patches if "(" in patch.get_label()}
    assert [name.split()[0] for name in heights] == ["chosen", "rejected"]
    assert list(heights.values()) == pytest.approx([100, 100])


def test_without_any_reward_the_figure_says_so(tmp_path, results):
    for path in (results / "score_responses").rglob("*.parquet"):
        rows = [{**row, "reward": None} for row in schema.read(path, schema.REWARDS)]
        schema.write(path, rows, schema.REWARDS)
    assert run(tmp_path, results) == 0
    assert plot_rewards.NOTHING in (tmp_path / "figure.svg").read_text()
    assert read(tmp_path / "bins.csv") == []
    assert {row["mean"] for row in read(tmp_path / "table.csv")} == {""}


@pytest.mark.parametrize("rewards", [[1.0, 1 - 2e-16], [-1e308, 1e308], [1e17, 1e17], [5e-324, 1e-323]])
def test_rewards_at_the_limits_of_numbers_are_counted_and_drawn(tmp_path, results, rewards):
    for path in (results / "score_responses").rglob("*.parquet"):
        rows = schema.read(path, schema.REWARDS)
        rows = [{**row, "reward": rewards[number % 2]} for number, row in enumerate(rows)]
        schema.write(path, rows, schema.REWARDS)
    assert run(tmp_path, results) == 0
    bins, table = read(tmp_path / "bins.csv"), read(tmp_path / "table.csv")
    assert len(bins) == reward_distribution.BINS
    assert all(float(row["low"]) < float(row["high"]) for row in bins)
    counted = sum(int(row["chosen"]) + int(row["rejected"]) for row in bins)
    assert counted == sum(int(row["with_reward"]) for row in table)


def test_equal_rewards_have_a_bin(tmp_path, results):
    for path in (results / "score_responses").rglob("*.parquet"):
        schema.write(path, [{**row, "reward": 2.0} for row in schema.read(path, schema.REWARDS)], schema.REWARDS)
    assert run(tmp_path, results) == 0
    assert sum(int(row["chosen"]) > 0 for row in read(tmp_path / "bins.csv")) == 1


def test_a_missing_table_is_named(tmp_path, caplog):
    assert start(plot_rewards, tmp_path, {}, "--histogram", tmp_path / "bins.csv", *figure_arguments(tmp_path)) == 1
    assert "bins.csv is missing; run the workflow again" in caplog.text
