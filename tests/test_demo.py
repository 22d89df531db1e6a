"""The demo as a new user runs it: `make demo`, then again, on the real model."""

import json
import os
import re
import subprocess
import sys

import browser
import pandas as pd
import pyarrow.parquet as pq
import pytest
import report_reader
from workflow import Clone

pytestmark = pytest.mark.demo

MOST_GENERATED_TOKENS = 15_000


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return Clone(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def printed(clone):
    output = clone.make("demo")
    print(output)
    return output


def test_the_demo_makes_a_data_set_that_loads_with_one_line(clone, printed, tmp_path):
    results = clone.folder / "results/demo"
    rows = sum(pq.read_metadata(path).num_rows for path in (results / "dataset/data").glob("*.parquet"))
    assert rows > 0
    code = f"import datasets; print(datasets.load_dataset({str(results / 'dataset')!r}))"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(tmp_path)}
    loaded = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert loaded.returncode == 0, loaded.stderr
    assert f"num_rows: {rows}" in loaded.stdout


def test_the_demo_shows_what_runs_and_ends_with_a_summary(clone, printed):
    assert re.search(r"generate_\w+ smollm2/\d{5}: writing, \d+ of \d+ rows, .* to go", printed)
    assert re.search(r"generate_responses +\d+ of \d+", printed)
    for word in ("Tokens of the data set:", "Hours", "Cost:", "results/demo/dataset", "results/demo/report.html"):
        assert word in printed, word


def test_the_demo_keeps_its_token_budget(clone, printed):
    ledgers = [json.loads(path.read_text()) for path in (clone.folder / "results/demo/ledger").rglob("*.json")]
    generated = sum(ledger.get("tokens", {}).get("completion", 0) for ledger in ledgers)
    assert 0 < generated <= MOST_GENERATED_TOKENS


def test_every_training_learns(clone, printed):
    table = pd.read_csv(clone.folder / "results/demo/tables/trainings.csv").set_index("stage")
    assert set(table.index) == {
        "train_generator", "optimize_generator", "train_difficulty_scorer", "train_reward_model", "train_student",
    }  # fmt: skip
    assert (table["last_loss"] < table["first_loss"]).all()
    assert table.loc["optimize_generator", "held_out_accuracy"] > 0.5
    for stage in ("train_difficulty_scorer", "train_reward_model"):
        assert table.loc[stage, "rows_held_out"] > 0


def test_tuning_on_questions_turns_chat_into_maths(clone, printed):
    table = pd.read_csv(clone.folder / "results/demo/tables/generators.csv").set_index("trained_by", drop=False)
    assert list(table["generator"]) == ["smollm2", "smollm2_tuned", "smollm2_optimized"]
    assert (table["questions"] == 32).all()
    assert table.loc["train_generator", "share_maths_low"] > table["share_maths_high"].iloc[0]
    assert table["mean_difficulty"].notna().all()
    densities = pd.read_csv(clone.folder / "results/demo/tables/difficulty_densities.csv").drop_duplicates("name")
    assert list(densities["name"]) == ["arithmetic", "word_problems", *table["generator"]]
    assert (densities["scored"][:2] == 20).all()
    rewrites = pd.read_csv(clone.folder / "results/demo/tables/rewrites.csv")
    assert set(rewrites["measure"]) == {"share_maths", "share_solvable", "mean_difficulty"}
    assert rewrites["questions"].between(1, 16).all()


def test_the_tables_of_results_hold_what_was_measured(clone, printed):
    tables = clone.folder / "results/demo/tables"
    results = pd.read_csv(tables / "results.csv").set_index(["table", "row", "column"])
    evaluation = pd.read_csv(tables / "evaluation.csv").set_index("student")
    student = results.loc["main_results", "SmolLM2-135M, the demo's student", "held-out problems"]
    assert student["ours"] == pytest.approx(100 * evaluation.loc["small", "accuracy"], abs=1e-3)
    assert results.loc["data_set_sizes", "the demo's data set", "pairs"]["ours"] > 0
    # Every step of the bill and every filter that the demo's tables name is there.
    own = results[results["ours_run"].notna()]
    assert own["ours"].notna().all(), own[own["ours"].isna()]


def test_audit_and_diversity_tell_of_the_pairs(clone, printed):
    tables = clone.folder / "results/demo/tables"
    audit = pd.read_csv(tables / "audit.csv")
    assert 0 < audit["pairs"].iloc[0] <= 8
    assert audit[["share_problem_errors", "share_answer_errors"]].notna().all().all()
    similarities = pd.read_csv(tables / "diversity.csv")
    assert similarities["nearest_mean"].between(0, 1).all()
    assert len(pd.read_csv(tables / "diversity_topics.csv")) == 4


def test_card_and_bill_tell_of_the_preference_pairs(clone, printed):
    results = clone.folder / "results/demo"
    card = (results / "dataset/README.md").read_text()
    assert "raw questions for `smollm2_optimized`" in card
    assert "rewrites of `smollm2_optimized`, direction `solvability`" in card
    costs = pd.read_csv(results / "tables/costs.csv")
    steps = ["sample_raw_questions", "rewrite_questions", "build_preference_pairs", "optimize_generator"]
    assert list(costs.loc[costs["phase"] == "QPO", "step"]) == steps


def test_base_model_and_student_are_evaluated_on_held_out_problems(clone, printed):
    table = pd.read_csv(clone.folder / "results/demo/tables/evaluation.csv")
    assert list(table["model"]) == ["smollm2", "smollm2"]
    assert list(table["student"].fillna("")) == ["", "small"]
    assert (table["problems"] > 20).all()
    # Else neither the scorers nor the student had anything to learn from.
    assert 0.1 <= table["accuracy"][0] <= 0.6
    assert ((table["accuracy_low"] <= table["accuracy"]) & (table["accuracy"] <= table["accuracy_high"])).all()


def test_the_report_holds_funnel_costs_and_card(clone, printed):
    text = (clone.folder / "results/demo/report.html").read_text()
    pages = ("funnel.html", "check_funnel.html", "costs.html", "dataset_card.html", "evaluation.html")
    pages += ("sample_rejections.html", "trainings.html", "training_losses.svg")
    for name in ("funnel.svg", *pages, "preference_pairs_smollm2_optimized.html"):
        assert name in text, name


@pytest.mark.skipif(not browser.find(), reason="no browser is installed")
@pytest.mark.parametrize("width", [1280, 400])
def test_all_of_the_report_can_be_read_and_loads_nothing(clone, printed, tmp_path, width):
    with browser.Browser(tmp_path) as chromium:
        seen = report_reader.look_at_all(chromium, clone.folder / "results/demo/report.html", width)
        assert {"Overview", "Data set", "Funnel", "Evaluation", "Costs", "Training", "Settings"} <= set(seen)
        chromium.open(clone.folder / "results/demo/pages/overview.html")
        text = chromium.text()
    # What was made, what was thrown away, how good it is, how it compares with the papers, what it cost.
    for heading in (
        "What was run",
        "What was kept",
        "How good it is",
        "How it compares with the papers",
        "What it cost",
    ):
        assert heading in text
    assert "small" in text and "smollm2" in text and "checks hold" in text


def test_a_second_demo_has_nothing_to_do(clone, printed):
    again = clone.make("demo")
    assert "Nothing to be done" in again
    assert "of the data set" in again


def test_imported_questions_get_answers_and_rewards_from_the_same_model(clone, printed):
    """Own questions in, answers and rewards out; the model is not fetched again."""
    before = clone.attempts("demo")
    clone.make("imported")
    rows = clone.rows("score_responses", "imported")
    assert rows
    assert all(row["reward"] < 0 for row in rows)
    judgements = clone.rows("judge_questions", "imported", ".judgements")
    assert len(judgements) == 12
    assert all(row["text"] for row in judgements)
    assert clone.attempts("demo") == before
