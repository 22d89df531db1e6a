"""The first page answers what was run, what was kept, how good it is, how it compares, and what it cost."""

import csv
import json

import pytest
import small_run
import write_overview
import yaml
from synthesis import (
    configuration,
    configuration_models,
    costs,
    evaluation_averages,
    funnel,
    report_categories,
    results,
    run_settings,
)
from synthesis.bills import Bill
from synthesis.funnel import StageCount
from workflow import ROOT

PRICES = {"date": "2026-01-31", "currency": "EUR", "cpu_core_hour": 0.1, "gpu_hour": {}}
MODEL = {"engine": "vllm", "source": {"stand_in": {}}, "license": "mit", "parameters": 7_000_000_000}
CONFIG = {
    **yaml.safe_load((ROOT / "tests/configs/stand_in.yaml").read_text()),
    "models": {"writer": MODEL, "small<b>": {**MODEL, "parameters": 1_500}},
    "answer_benchmark": {"models": ["writer", "small<b>"], "benchmarks": ["test"]},
}
CONFIGURATIONS = sorted([*ROOT.glob("config/*.yaml"), *ROOT.glob("config/studies/*.yaml")])
CONFIG["write_dataset_card"] = {"title": "A <b>title</b>"}


def write_rows(path, columns, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows([{name: row.get(name, "") for name in columns} for row in rows])
    return path


class Page:
    """A run's tables and the page that is made of them."""

    def __init__(self, folder, config=CONFIG):
        self.folder, self.more = folder, []
        (folder / "configuration.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        versions = [{"name": "workflow", "version": "commit 12"}, {"name": "Python", "version": "3.12.1"}]
        write_rows(folder / "versions.csv", run_settings.VERSION_COLUMNS, versions)
        begun = {"first_started": "2026-01-02T03:04:05+00:00", "last_started": "2026-01-03T04:05:06+00:00"}
        card = {"hardware": "Card", "gpus": "2", "cpu_cores": "8", "jobs": "4", "hours": "1", **begun}
        write_rows(folder / "hardware.csv", run_settings.HARDWARE_COLUMNS, [card])
        bill = Bill(gpu_hours=1.5, cpu_core_hours=2.0, cost=None, unpriced=frozenset(["Card"]))
        spent = [costs.Step("generate_questions", samples=40, dataset=bill, spent=bill + bill)]
        costs.write(folder / "costs.csv", costs.table(spent, 20, PRICES))

    def add(self, name, path):
        self.more += [f"--{name}", str(path)]
        return self

    def dataset(self):
        """Add a funnel of two sources and its checks."""
        counts = [
            StageCount("one", "generate_questions", 1, "questions", kept=30),
            StageCount("one", "filter_questions", 2, "questions", kept=10, rejected={"too_short": 18, "<i>": 2}),
            StageCount("two", "generate_questions", 1, "questions", kept=10),
            StageCount("two", "filter_questions", 2, "questions", kept=10),
            StageCount("two", "select_responses", 3, "responses", kept=0, rejected={f"r{n}": n for n in range(1, 6)}),
        ]
        funnel.write(self.folder / "funnel.csv", counts)
        checks = {"checks": ["a", "b"], "dataset_rows": 20, "included": {"other": {"pairs": 3, "without_solution": 1}}}
        (self.folder / "checks.json").write_text(json.dumps(checks))
        return self.add("funnel", self.folder / "funnel.csv").add("checks", self.folder / "checks.json")

    def text(self):
        inputs = ["configuration.yaml", "versions.csv", "hardware.csv", "costs.csv"]
        arguments = [part for name in inputs for part in (f"--{name.partition('.')[0]}", str(self.folder / name))]
        arguments += [*small_run.common_arguments(self.folder, "write_overview"), *self.more]
        page, landing = self.folder / "page.html", self.folder / "landing.html"
        assert write_overview.main([*arguments, "--page", str(page), "--landing", str(landing)]) == 0
        # Snakemake's page shows the same parts without their frame.
        assert (
            landing.read_text().removeprefix('<div class="overview">\n').removesuffix("\n</div>\n") in page.read_text()
        )
        return page.read_text()


def test_what_was_run_and_made(tmp_path):
    text = Page(tmp_path).dataset().text()
    assert "<h1>A &lt;b&gt;title&lt;/b&gt;</h1>" in text and "<b>" not in text and "<i>" not in text
    assert "a data set of 20 questions with responses, 50 % of the 40 that were written or imported and 3" in text
    assert "from 2026-01-02 03:04 to 2026-01-03 04:05 (UTC)" in text
    assert "4 jobs with 2 × Card" in text and "commit 12" in text and "7,000,000,000" in text


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.stem)
def test_the_models_and_sources_of_every_recipe_can_be_told(tmp_path, path):
    config = configuration.load(path)
    configuration.validate(config, path)
    text = Page(tmp_path, config).text()
    assert all(model in text for _, model in configuration_models.uses(config))


def test_what_was_thrown_away_and_why(tmp_path):
    text = Page(tmp_path).dataset().text()
    assert "too_short 18\n&lt;i&gt; 2" in text
    assert "r5 5\nr4 4\nr3 3\nand 2 more" in text
    assert f">{'█' * 10} 50 %<" in text and ">0 %<" in text
    assert "All 2 checks hold" in text


def test_what_it_cost_and_that_a_price_is_missing(tmp_path):
    text = Page(tmp_path).dataset().text()
    assert "It spent 3.00 GPU hours, 4.00 CPU core hours, an unknown number of EUR." in text
    assert "There is no price for Card." in text and "not known" in text
    assert "75,000.00" in text  # 1.5 hours for 20 pairs, for a million


AVERAGES = [
    {
        "model": "writer", "average": "all benchmarks", "benchmarks": "a b", "accuracy": "0.5", "low": "0.4",
        "high": "0.61",
    },
    *(
        {
            "model": "base", "student": "small", "size": "100", "seed": seed, "average": "all benchmarks",
            "benchmarks": "a b", "accuracy": accuracy, "low": "0.5", "high": "0.7", "seeds": seeds,
        }
        for seed, accuracy, seeds in (("1", "0.6", "1"), ("2", "0.7", "1"), ("", "0.65", "2"))
    ),
]  # fmt: skip
PAIRED = {"average": "all benchmarks", "first": "base", "second": "small-100-1", "problems": "9"}


def test_how_good_it_is(tmp_path):
    page = Page(tmp_path).dataset()
    page.add("averages", write_rows(tmp_path / "averages.csv", evaluation_averages.COLUMNS, AVERAGES))
    difference = {**PAIRED, "difference": "-0.031", "low": "-0.1", "high": "0.04", "p_value": "0.1234"}
    page.add("paired", write_rows(tmp_path / "paired.csv", evaluation_averages.PAIRED_COLUMNS, [difference]))
    text = page.text()
    assert "40.0 to 61.0" in text and "small-100, mean of 2 training seeds" in text and "65.0" in text
    assert ">70.0<" not in text and ">60.0<" not in text  # of single seeds
    assert ">-3.1<" in text and "-10.0 to +4.0" in text and "0.123" in text


def test_how_it_compares_with_the_papers(tmp_path):
    rows = [
        {"row": "student", "column": "MATH", "unit": "percent", "published": "73.4", "ours": "7.123456"},
        {
            "row": "student",
            "column": "GSM8K",
            "published": "89.7",
            "ours_run": "trial",
            "ours_note": "not run (run: trial)",
        },
        {"row": "another", "column": "MATH", "published": "70.1"},
        {"row": "mine", "column": "sums", "ours": "42", "ours_low": "40", "ours_high": "44"},
    ]
    rows = [{"table": "main_results", "ours_run": "trial" if "ours" in row else "", **row} for row in rows]
    text = Page(tmp_path).dataset().add("results", write_rows(tmp_path / "results.csv", results.COLUMNS, rows)).text()
    assert (
        "Of 3 values that papers printed, 1 have one of this workflow beside them, 1 were not run, and 1 have none"
        in text
    )
    assert ">run</th>" not in text
    assert "73.4" in text and "89.7" not in text and "not printed" in text and "42.0 (40.0 to 44.0)" in text
    assert ">7.1<" in text


def test_a_long_comparison_says_that_it_is_cut_and_begins_with_the_first_table(tmp_path):
    first = [{"table": "main_results", "row": "student", "column": f"own {n}", "ours": "5"} for n in range(2)]
    later = [{"table": "cost", "row": f"step {n}", "column": "cost", "ours": "7", "published": "9"} for n in range(26)]
    rows = [{"ours_run": "trial", **row} for row in [*first, *later]]
    text = Page(tmp_path).dataset().add("results", write_rows(tmp_path / "results.csv", results.COLUMNS, rows)).text()
    assert "The category Results shows all of them, here are 12 of 28." in text
    assert text.index(">own 0<") < text.index(">own 1<") < text.index(">step 0<") < text.index(">step 9<")
    assert ">step 10<" not in text


def test_values_of_another_run_bear_its_name(tmp_path):
    common = {"table": "main_results", "row": "student", "unit": "percent", "published": "73.4"}
    rows = [
        {**common, "column": "MATH", "ours": "7.1", "ours_run": "recipe"},
        {**common, "column": "GSM8K", "ours": "8.2", "ours_run": "trial"},
    ]
    text = Page(tmp_path).dataset().add("results", write_rows(tmp_path / "results.csv", results.COLUMNS, rows)).text()
    assert ">run</th>" in text and ">recipe<" in text and ">trial<" in text


def test_what_a_run_does_not_make_is_said_to_be_missing(tmp_path):
    config = {name: value for name, value in CONFIG.items() if name in ("run", "seed", "models")}
    text = Page(tmp_path, config).text()
    assert "<h1>Run trial</h1>" in text and "makes no data set of its own" in text
    assert "No model answers a benchmark" in text and "names no tables of papers" in text
    assert "thrown away" not in text and "million pairs" not in text


def test_a_missing_table_ends_in_one_sentence(tmp_path, capsys):
    page = Page(tmp_path)
    (tmp_path / "versions.csv").unlink()
    with pytest.raises(AssertionError):
        page.text()
    assert "versions.csv is missing; run the workflow again, it makes this file." in capsys.readouterr().err


def test_every_category_has_a_place_and_blanks_put_them_in_order():
    named = [report_categories.category(name) for name in report_categories.ORDER]
    assert sorted(named) == named and [name.strip() for name in named] == list(report_categories.ORDER)
    with pytest.raises(ValueError):
        report_categories.category("Nobody knows")
    for path in (ROOT / "rules").glob("*.smk"):
        text = path.read_text()
        assert text.count("report(\n") == text.count("category=category("), f"{path.name}: write category=category(...)"
        assert text.count("report(\n") == text.count("labels={") == text.count("caption="), path.name
