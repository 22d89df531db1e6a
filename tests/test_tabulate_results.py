"""Papers' values beside ours: the tidy table by hand, and what never stands in our columns."""

import csv
import json
import re

import pytest
from conftest import ROOT
from results_bench import HIGH, RUN, Bench, complete_recipe, evaluated, everything
from synthesis import (
    configuration_results,
    costs,
    evaluation,
    generator_measures,
    published_values,
    results,
    results_texts,
)
from synthesis.plan import Plan

STUDY = "scalequest_question_tuning_only"


@pytest.fixture(scope="module")
def recipe():
    return complete_recipe()


@pytest.fixture
def bench(tmp_path, recipe, monkeypatch):
    return Bench(tmp_path, recipe, monkeypatch)


def test_main_results_stand_beside_the_papers_with_intervals_and_differences(bench):
    accuracies = everything(bench)
    assert bench.run() == 0
    assert len(bench.table("main_results")) == 28 * 5
    cell = bench.cell("main_results", "Llama3-8B-ScaleQuest", "MATH")
    value = accuracies["llama3_8b", "llama3_8b_student", "all", "42", "math_test"]
    assert cell["published"] == "64.4"
    assert cell["published_source"] == "arXiv 2410.18693v2, table 1"
    assert float(cell["ours"]) == pytest.approx(100 * value)
    assert float(cell["ours_low"]) == pytest.approx(100 * value - 1)
    assert float(cell["ours_high"]) == pytest.approx(100 * value + 2)
    assert float(cell["difference"]) == pytest.approx(100 * value - 64.4)
    assert (cell["unit"], cell["ours_problems"], cell["ours_run"]) == ("percent", "1319", RUN)
    average = bench.cell("main_results", "Llama3-8B-ScaleQuest", "average")
    assert (average["ours"], average["ours_low"], average["ours_high"]) == ("50", "40", "60")
    solver = bench.cell("main_results", "DeepSeekMath-7B-RL", "GSM8K")
    assert float(solver["ours"]) == pytest.approx(100 * accuracies["deepseekmath_7b_rl", "", "", "", "gsm8k_test"])
    assert {row["row"] for row in bench.table("main_results") if row["ours"]} == {
        *(f"{model}-ScaleQuest" for model in ("Mistral-7B", "Llama3-8B", "DeepSeekMath-7B", "Qwen2-Math-7B")),
        *("DeepSeekMath-7B-RL", "Qwen2-Math-7B-Instruct"),
    }


def test_a_study_fills_its_row_once_its_table_is_there(bench):
    assert bench.run() == 0
    before = bench.cell("ablation_steps", "+ QFT", "GSM8K")
    assert (before["ours"], before["ours_run"], before["difference"]) == ("", STUDY, "")
    assert before["ours_note"] == f"not run (run: {STUDY})"
    page = (bench.folder / "page.html").read_text()
    assert f"+ QFT: run {STUDY}, which make run CONFIG=config/studies/question_tuning_only.yaml makes." in page
    bench.write(STUDY, "evaluation", evaluation.COLUMNS, evaluated({"gsm8k_test": 0.8, "math_test": 0.6}))
    assert bench.run() == 0
    after = bench.cell("ablation_steps", "+ QFT", "GSM8K")
    assert (after["ours"], after["difference"], after["ours_run"]) == ("80", "-5.9", STUDY)
    lacking = bench.cell("ablation_steps", "+ QFT", "College Math")
    assert not lacking["ours"]
    assert lacking["ours_note"].startswith("evaluation.csv has no row with benchmark=college_math")


def test_no_value_of_a_paper_is_ever_ours(bench):
    """Without any table of a run every cell of ours is empty, over all values that were ever published."""
    tables = {}
    for path in sorted((ROOT / "config/published").glob("*.csv")):
        for value in published_values.read(path):
            name = re.sub(r"\W+", "_", f"{path.stem}_{value.source}_{value.table}".lower())
            published = {"file": str(path.relative_to(ROOT)), "source": value.source, "table": value.table}
            table = tables.setdefault(name, {"caption": name, "published": published, "columns": {}, "rows": {}})
            column = {"table": "evaluation", "value": "accuracy", "where": {"benchmark": value.column.lower()}}
            table["columns"].setdefault(value.column, column)
            table["rows"].setdefault(value.row, {"evaluation": {"where": {"student": value.row.lower()}}})
    for wanted in (tables, None):
        assert bench.run(wanted) == 0
        rows = bench.table()
        assert not [row for row in rows if row["ours"] or row["ours_low"] or row["ours_high"] or row["difference"]]
        assert all(row["ours_note"].startswith(results.NOT_RUN) for row in rows if row["ours_run"])
        assert not any(row["ours_note"] for row in rows if not row["ours_run"])
        if wanted:
            count = sum(len(published_values.read(path)) for path in (ROOT / "config/published").glob("*.csv"))
            assert sum(bool(row["published"]) for row in rows) == count
    for name in json.loads(Plan(bench.config).results_settings())["tables"]:
        for line in csv.DictReader(bench.form(name, "csv").splitlines()):
            assert {text for column, text in line.items() if column.endswith(", ours")} <= {results.NOT_RUN, ""}


def test_a_published_audit_is_no_value_of_ours(bench):
    row = {"pairs": 1000, "share_problem_errors": "0.056", "source": "all"}
    columns = ["set", "source", "pairs", "share_problem_errors", "origin"]
    rows = [{**row, "set": "ScaleQuest (published)", "origin": "somebody"}]
    bench.write(RUN, "audit", columns, rows)
    table = {
        "caption": "Errors",
        "published": {"file": "config/published/scalequest.csv", "source": "arXiv 2504.20426", "table": "text"},
        "columns": {"problem errors": {"table": "audit", "value": "share_problem_errors", "times": 100}},
        "rows": {"ScaleQuest": {"audit": {"where": {"source": "all"}}}},
    }
    assert bench.run({"errors": table}) == 0
    assert not bench.cell("errors", "ScaleQuest", "problem errors")["ours"]
    own = {**row, "set": RUN, "origin": "this run", "share_problem_errors": "0.021"}
    bench.write(RUN, "audit", columns, [*rows, own])
    assert bench.run({"errors": table}) == 0
    assert bench.cell("errors", "ScaleQuest", "problem errors")["ours"] == "2.1"


def test_costs_are_sums_over_steps_and_unknown_ones_stay_unknown(bench):
    amounts = {"judge_questions": (100, 129), "score_difficulty": (10.5, 13), "rewrite_questions": (0, None)}
    rows = [
        {
            **{"phase": "Data synthesis", "step": step, "currency": "USD", "gpu_hours_per_million_pairs": hours},
            "cost_per_million_pairs": "" if cost is None else cost,
        }
        for step, (hours, cost) in {**amounts, "build_preference_pairs": (0, 1)}.items()
    ]
    total = {"phase": "Total", "samples": 998_877, "currency": "USD", "gpu_hours_per_million_pairs": 500}
    bench.write(RUN, "costs", costs.COLUMNS, [*rows, total])
    assert bench.run() == 0
    check = bench.cell("cost", "Solvability & difficulty check", "GPU hours")
    assert (check["published"], check["ours"], check["difference"]) == ("110.6", "110.5", "")
    assert bench.cell("cost", "Solvability & difficulty check", "cost")["ours"] == "142"
    rewriting = bench.cell("cost", "Construct preference data", "cost")
    assert (rewriting["published"], rewriting["ours"], rewriting["ours_note"]) == ("6.2", "", "not known")
    generation = bench.cell("cost", "Question generation", "cost")
    assert "no row with step=generate_questions" in generation["ours_note"]
    assert bench.cell("data_set_sizes", "ScaleQuest", "pairs")["ours"] == "998877"
    assert "| ScaleQuest | 1,000,000 | 998,877 |" in bench.form("data_set_sizes", "md")


def test_money_of_another_currency_is_shown_with_it(bench):
    rows = [{"phase": "Total", "currency": "EUR", "cost_per_million_pairs": 10, "gpu_hours_per_million_pairs": 5}]
    bench.write(RUN, "costs", costs.COLUMNS, rows)
    assert bench.run() == 0
    assert bench.cell("cost", "Total", "cost")["ours_note"] == "in EUR"
    assert "10.0 EUR" in bench.form("cost", "md")
    (line,) = [line for line in csv.DictReader(bench.form("cost", "csv").splitlines()) if line["row"] == "Total"]
    assert (line["cost (USD), paper"], line["cost (USD), ours"], line["cost (USD), ours note"]) == (
        *("680.8", "10 EUR", "in EUR"),
    )


@pytest.mark.parametrize(
    ("unit", "note"), [("USD a million", ""), ("million USD", ""), ("USD", ""), ("USDT", "in USD"), ("EUR", "in USD")]
)
def test_money_is_told_from_that_of_another_currency_whatever_else_its_unit_says(bench, unit, note):
    rows = [{"phase": "Total", "currency": "USD", "cost_per_million_pairs": 10, "gpu_hours_per_million_pairs": 5}]
    bench.write(RUN, "costs", costs.COLUMNS, rows)
    table = json.loads(json.dumps(configuration_results.tables(bench.config)["cost"]))
    table["columns_of_ours"] = {"ours": {**table["columns"]["cost"], "unit": unit}}
    assert bench.run({"cost": table}) == 0
    cell = bench.cell("cost", "Total", "ours")
    assert (cell["ours"], cell["ours_note"], results.other_currency(cell)) == ("10", note, note.removeprefix("in "))


PAPER = {"file": "config/published/scalequest.csv", "source": "arXiv 2410.18693v2", "table": "1"}
MATH = {"table": "evaluation", "value": "accuracy", "where": {"benchmark": "math_test"}, "times": 100}
OLYMPIAD = MATH | {"where": {"benchmark": "olympiadbench"}}
OURS = {"evaluation": {"where": HIGH}}


@pytest.mark.parametrize(
    ("published", "parts", "cells"),
    [
        (
            {"rows": []},
            {"columns": {"MATH": MATH}, "rows_of_ours": {"x": OURS}},
            {("x", "MATH"): ("", "50")},
        ),
        (
            {"columns": []},
            {"rows": {"Llama3-8B-ScaleQuest": OURS}, "columns_of_ours": {"y": MATH | {"unit": "percent"}}},
            {("Llama3-8B-ScaleQuest", "y"): ("", "50")},
        ),
        (
            {"columns": []},
            {
                **{"rows": {"Llama3-8B-ScaleQuest": OURS}, "rows_of_ours": {"x": OURS}},
                "columns_of_ours": {"y": MATH | {"unit": "percent"}},
            },
            {("Llama3-8B-ScaleQuest", "y"): ("", "50"), ("x", "y"): ("", "50")},
        ),
        (
            {"rows": ["GPT-4-Turbo-24-04-09"]},
            {"columns": {"MATH": MATH, "OlympiadBench": OLYMPIAD}, "rows_of_ours": {"x": OURS}},
            {
                **{("GPT-4-Turbo-24-04-09", "MATH"): ("73.4", ""), ("x", "MATH"): ("", "50")},
                **{("GPT-4-Turbo-24-04-09", "OlympiadBench"): ("", ""), ("x", "OlympiadBench"): ("", "30")},
            },
        ),
    ],
)
def test_no_cell_that_is_asked_for_vanishes_where_the_papers_table_is_cut(bench, published, parts, cells):
    bench.write(RUN, "evaluation", evaluation.COLUMNS, evaluated({"math_test": 0.5, "olympiadbench": 0.3}))
    assert bench.run({"cut": {"caption": "cut", "published": PAPER | published, **parts}}) == 0
    shown = {(row["row"], row["column"]): (row["published"], row["ours"]) for row in bench.table()}
    assert {place: shown.get(place) for place in cells} == cells
    assert {row["unit"] for row in bench.table()} == {"percent"}
    assert set(shown) - set(cells) <= {("GPT-4-Turbo-24-04-09", name) for name in ("GSM8K", "College Math")} | {
        ("x", name) for name in ("GSM8K", "College Math")
    }


def shown(bench, name: str, row: str, column: str) -> str:
    """What readers see of ours in a cell."""
    return results_texts.shown(bench.cell(name, row, column), results_texts.OURS)


def test_not_run_stands_only_where_a_run_or_its_table_is_missing(bench):
    bench.write(STUDY, "evaluation", evaluation.COLUMNS, evaluated({"gsm8k_test": 0.8}))
    bench.write(RUN, "costs", costs.COLUMNS, [{"phase": "Total", "currency": "USD", "gpu_hours_per_million_pairs": 5}])
    assert bench.run() == 0
    assert shown(bench, "ablation_steps", "raw instruct model", "GSM8K") == "not run"
    # The study is there, but its table has no row of this benchmark.
    assert shown(bench, "ablation_steps", "+ QFT", "MATH") == "no value"
    assert shown(bench, "ablation_steps", "+ QFT", "GSM8K").startswith("80.0")
    # There is no price, and the paper has another model in the row.
    assert shown(bench, "cost", "Total", "cost") == "not known"
    assert shown(bench, "main_results", "Llama3-8B-NuminaMath", "MATH") == "–"
    assert bench.cell("main_results", "Llama3-8B-NuminaMath", "MATH")["ours_note"] == ""
    page = (bench.folder / "page.html").read_text()
    assert "+ QFT: evaluation.csv has no row with benchmark=math_test, student=llama3_8b_student" in page


def test_our_hours_are_not_said_to_be_of_the_papers_cards(bench):
    bench.write(RUN, "costs", costs.COLUMNS, [{"phase": "Total", "currency": "USD", "gpu_hours_per_million_pairs": 5}])
    assert bench.run() == 0
    assert bench.cell("cost", "Total", "GPU hours")["unit"] == "hours"
    assert "A100 hours" not in (bench.folder / "page.html").read_text()
    assert "A100" in bench.cell("cost", "Total", "GPU hours")["published_note"]


def test_shares_of_the_funnel_are_of_all_generated_questions(bench):
    counts = {
        "generate_questions": {"kept": 150, "refused": 50},
        "filter_questions/language": {"kept": 120, "language:de": 20, "language:fr": 10},
        "judge_questions/solvability": {"kept": 120},
        "select_questions": {"kept": 90, "too_easy": 20, "over_cap": 10},
    }
    rows = [
        {"source": "qwen2_math", "stage": stage, "outcome": outcome, "rows": count}
        for stage, outcomes in counts.items()
        for outcome, count in outcomes.items()
    ]
    bench.write(RUN, "funnel", ["source", "stage", "outcome", "rows"], rows)
    assert bench.run() == 0
    found = {row["row"]: row["ours"] for row in bench.table("removed_by_filters")}
    assert found["language filter"] == "15"
    assert found["solvability check"] == "0"
    assert found["difficulty sampling"] == "10"
    assert not found["duplicates"]


def test_steps_of_tuning_come_from_the_table_of_generators(bench):
    arms = configuration_results.known_rows(bench.config, "generators")
    rows = [
        {**arm, "questions": 10_000, "share_solvable": share}
        for arm, share in zip(arms, (0.1, 0.2, 0.3, 0.5, 0.7, 0.8), strict=True)
    ]
    bench.write(RUN, "generators", generator_measures.columns(["solvable"]), rows)
    assert bench.run() == 0
    found = {row["row"]: row["ours"] for row in bench.table("ablation_steps") if row["column"] == "solvable"}
    assert found == {"raw instruct model": "50", "+ QFT": "70", "+ QPO": "80", "+ reward filter": ""}
    assert bench.cell("ablation_steps", "+ QPO", "solvable")["ours_problems"] == "10000"


def test_rows_that_can_be_meant_twice_end_in_a_sentence(bench, caplog):
    bench.write(RUN, "evaluation", evaluation.COLUMNS, evaluated({"math_test": 0.5}) * 2)
    assert bench.run() == 1
    assert "evaluation.csv has 2 rows with benchmark=math_test" in caplog.text
    assert "name more of its columns (model, student, size, seed, benchmark)" in caplog.text


def test_a_number_that_is_none_ends_in_a_sentence(bench, caplog):
    rows = evaluated({"math_test": 0.5})
    rows[0]["accuracy"] = "half"
    bench.write(RUN, "evaluation", evaluation.COLUMNS, rows)
    assert bench.run() == 1
    assert "evaluation.csv has 'half' in the column accuracy, which is no number" in caplog.text
