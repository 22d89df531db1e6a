"""Two runs that differ in one setting and share rows, beside each other; and runs that lack parts."""

import csv
import json
import shutil
from pathlib import Path

import browser
import compare_runs
import pyarrow.parquet as pq
import pytest
import yaml
from synthesis import evaluation, metrics, run_comparison, run_comparison_page, schema
from workflow import Clone

pytestmark = pytest.mark.workflow

EVALUATION = {
    "models": ["writer"],
    "benchmarks": ["test"],
    "prompt": "config/prompts/response_short.yaml",
    "samples": 1,
    "sampling": {"temperature": 0, "max_tokens": 64},
}
TABLE = "[...document.querySelectorAll('table')].map(t => [...t.rows].map(r => [...r.cells].map(c => c.innerText)))"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone with two finished runs; the second answers each question once more."""
    clone = Clone(tmp_path_factory.mktemp("compared"))
    config = {**clone.config(), "answer_benchmark": EVALUATION}
    clone.write_config(config)
    clone.run()
    config["generate_responses"]["samples"] = 3
    clone.write_config({**config, "run": "more"}, "more.yaml")
    clone.run(config="more.yaml")
    clone.printed = clone.make("compare", "RUNS=trial more")
    return clone


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    if not browser.find():
        pytest.skip(f"no browser is installed (one of {', '.join(browser.NAMES)})")
    with browser.Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def table(clone, name: str, folder: str = "trial+more") -> list[dict]:
    path = clone.folder / "results/comparisons" / folder / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_one_setting_that_differs_is_told(clone):
    assert table(clone, "settings") == [
        {"key": "generate_responses.samples", "run": "trial", "value": "2"},
        {"key": "generate_responses.samples", "run": "more", "value": "3"},
    ]
    assert table(clone, "versions") == []
    assert "generate_responses.samples: 2 (trial), 3 (more)" in clone.printed


def test_rows_are_counted_by_who_bought_them(clone):
    shared = {(row["stage"], row["used_by"], row["bought_by"]): int(row["rows"]) for row in table(clone, "shared_rows")}
    bought = {run: clone.bought(run) for run in ("trial", "more")}
    questions, answers = len(clone.rows("generate_questions")), len(clone.rows("generate_responses"))
    assert bought["more"]["generate_responses"] == answers / 2
    assert shared["generate_questions", "more", "trial"] == questions
    assert shared["generate_responses", "more", "trial"] == answers
    assert shared["generate_responses", "more", "more"] == answers / 2
    assert shared["answer_benchmark", "more", "trial"] == len(clone.rows("answer_benchmark"))
    assert {key[2] for key in shared if key[1] == "trial"} == {"trial"}
    taken = sum(rows for (_, user, buyer), rows in shared.items() if (user, buyer) == ("more", "trial"))
    used = sum(rows for (_, user, _), rows in shared.items() if user == "more")
    assert f"more uses {taken} bought rows, of {used}, that trial bought" in clone.printed


def test_funnel_data_sets_and_costs_stand_side_by_side(clone):
    counts = {(row["run"], row["stage"]): row for row in table(clone, "funnel")}
    assert int(counts["more", "generate_responses"]["kept"]) == 1.5 * int(counts["trial", "generate_responses"]["kept"])
    rows = {run: clone.rows("dataset/data", run) for run in ("trial", "more")}
    questions = {row["question"] for row in rows["trial"]}
    pairs = {(row["question"], row["response"]) for row in rows["trial"]}
    found = {row["run"]: row for row in table(clone, "data_sets")}
    assert {run: int(found[run]["rows"]) for run in found} == {run: len(rows[run]) for run in rows}
    assert int(found["more"]["questions_of_the_first"]) == sum(row["question"] in questions for row in rows["more"])
    equal = sum((row["question"], row["response"]) in pairs for row in rows["more"])
    assert int(found["more"]["pairs_of_the_first"]) == equal
    totals = {row["run"]: row for row in table(clone, "costs") if row["step"] == "Total"}
    assert float(totals["more"]["spent"]) > 0 and float(totals["trial"]["cost"]) > 0
    assert totals["trial"]["currency"] == "USD"


def test_equal_answers_differ_by_nothing(clone):
    (row,) = table(clone, "evaluation_paired")
    assert (row["first"], row["second"], row["model"], row["benchmark"]) == ("trial", "more", "writer", "test")
    assert float(row["difference"]) == float(row["low"]) == float(row["high"]) == 0
    assert float(row["p_value"]) == 1
    assert int(row["problems"]) == len({grade["problem_id"] for grade in clone.rows("grade_answers")})


@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_is_whole_and_fits(clone, chromium, tmp_path, width):
    chromium.resize(width, 900)
    chromium.open(clone.folder / "results/comparisons/trial+more/index.html")
    tables = chromium.evaluate(TABLE)
    assert ["generate_responses.samples", "2", "3"] in tables[0]
    text = chromium.text()
    for title in ("Data sets", "Rows kept by each stage", "On the same problems", "Cost", "Who bought the rows"):
        assert title in text
    assert chromium.evaluate("document.documentElement.scrollWidth") <= width


# Runs that lack parts, and other answers


@pytest.fixture
def results(clone, tmp_path):
    """A copy of the results, and a function that compares there and returns the page's text and the tables."""
    return shutil.copytree(clone.folder / "results", tmp_path / "results", symlinks=True)


def compare(results, *runs) -> run_comparison.Comparison:
    return run_comparison.compare(results, results / "store", list(runs))


def test_what_a_run_lacks_is_said(results, capsys):
    shutil.rmtree(results / "more/settings")
    shutil.rmtree(results / "more/grade_answers")
    (results / "more/tables/costs.csv").unlink()
    shutil.rmtree(results / "more/dataset")
    assert compare_runs.main(["trial", "more", "--results", str(results)]) == 0
    printed = capsys.readouterr().out
    assert "more: it has no settings/configuration.yaml, so its settings are not known" in printed
    assert "Not known: fewer than two runs wrote their settings down." in printed
    assert "more: its costs can't be read" in printed
    assert "more: it has no settings/jobs.csv, so which graded answers and bought rows are its own is not" in printed
    found = compare(results, "trial", "more")
    assert found.settings == [] and found.paired == []
    assert [row["run"] for row in found.datasets] == ["trial"]
    assert {row["run"] for row in found.costs} == {"trial"}
    assert {row["run"] for row in found.evaluation} == {"trial"}
    page = (results / "comparisons/trial+more/index.html").read_text()
    assert "No model of one name answered the same problems." in page


def test_what_another_version_wrote_is_said_and_the_rest_compared(results):
    table = results / "more/tables/funnel.csv"
    table.write_text(table.read_text().replace(",step,", ",place,", 1))
    data = next((results / "more/dataset/data").glob("train-*.parquet"))
    for path in (data, results / "trial/grade_answers/writer/test.parquet"):
        pq.write_table(pq.read_table(path).drop_columns(["response" if path == data else "verdict"]), path)
    found = compare(results, "trial", "more")
    for run, what in (("more", "funnel"), ("more", "data set"), ("trial", "graded answers")):
        assert any(line.startswith(f"{run}: its {what} can't be read (") for line in found.sentences)
    assert {row["run"] for row in found.counts} == {row["run"] for row in found.datasets} == {"trial"}
    assert {row["run"] for row in found.evaluation} == {"more"} and len(found.settings) == 2


def test_files_of_earlier_configurations_are_no_part_of_a_run(results):
    before = compare(results, "trial", "more")
    shutil.copytree(results / "more/grade_answers/writer", results / "more/grade_answers/removed")
    ledger = results / "more/ledger/generate_responses/writer"
    shutil.copy(next(ledger.glob("*.json")), ledger / "00099.json")
    after = compare(results, "trial", "more")
    assert (after.evaluation, after.shared) == (before.evaluation, before.shared)


def test_files_that_changed_under_one_path_are_told(results):
    path = results / "more/settings/files.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    prompt = next(row for row in rows if row["path"].startswith("config/prompts/"))
    digests = {"trial": prompt["sha256"], "more": "0" * 64}
    schema.write_csv(path, [{**row, "sha256": "0" * 64} if row is prompt else row for row in rows], list(prompt))
    assert compare(results, "trial", "more").versions == [
        {"key": prompt["path"], "run": run, "value": json.dumps(f"SHA-256 {digest[:16]}")}
        for run, digest in digests.items()
    ]


def test_answers_to_other_problems_are_not_compared(results):
    path = results / "more/grade_answers/writer/test.parquet"
    grades = schema.read(path, schema.GRADES)
    schema.write(path, grades[:-2], schema.GRADES)
    found = compare(results, "trial", "more")
    assert found.paired == []
    all_of_them = len(grades)
    sentence = f"trial has {all_of_them} problems and more {all_of_them - 2}, of which {all_of_them - 2} are the same"
    assert any(sentence in line for line in found.sentences)


def test_three_runs_are_set_against_the_first(results):
    shutil.copytree(results / "more", results / "third")
    path = results / "third/grade_answers/writer/test.parquet"
    grades = schema.read(path, schema.GRADES)
    changed = [{**row, "verdict": "wrong" if place % 3 else "correct"} for place, row in enumerate(grades)]
    schema.write(path, changed, schema.GRADES)
    found = compare(results, "trial", "more", "third")
    assert [(row["first"], row["second"]) for row in found.paired] == [("trial", "more"), ("trial", "third")]
    own = metrics.paired(
        evaluation.shares(schema.read(results / "trial/grade_answers/writer/test.parquet", schema.GRADES)),
        evaluation.shares(changed),
        seed=7,
        resamples=evaluation.RESAMPLES,
        level=evaluation.LEVEL,
    )
    row = found.paired[1]
    assert float(row["difference"]) == pytest.approx(own.difference, abs=1e-6)
    assert (float(row["low"]), float(row["high"])) == pytest.approx((own.low, own.high), abs=1e-6)
    assert {row["run"] for row in found.settings} == {"trial", "more", "third"}


def test_rows_whose_journal_is_gone_have_an_unknown_buyer(results):
    shutil.rmtree(results / "store/journal/trial")
    found = compare(results, "trial", "more")
    buyers = {row["bought_by"] for row in found.shared if row["stage"] == "generate_questions"}
    assert buyers == {"unknown"}
    assert any("attempts are in no journal" in line for line in found.sentences)


def test_rows_are_counted_where_a_question_has_several_responses(results):
    """The data set of each run with its rows twice, and of the second run once more with other responses."""
    (path,) = (results / "trial/dataset/data").glob("train-*.parquet")
    rows = schema.read(path, schema.DATASET)
    schema.write(path, rows + [{**row, "response": "another"} for row in rows], schema.DATASET)
    for old in (results / "more/dataset/data").glob("train-*.parquet"):
        old.unlink()
    changed = [{**row, "response": response} for row in rows[1:] for response in ("another", "a third")]
    schema.write(results / "more/dataset/data" / path.name, [*rows, *changed], schema.DATASET)
    first, second = compare(results, "trial", "more").datasets
    count = len(rows)
    assert list(first.values()) == ["trial", 2 * count, 2 * count, 2 * count]
    assert list(second.values()) == ["more", 3 * count - 2, 3 * count - 2, 2 * count - 1]


def test_graded_answers_that_are_none_are_told(results):
    schema.write(results / "more/grade_answers/writer/test.parquet", [], schema.GRADES)
    found = compare(results, "trial", "more")
    assert found.paired == [] and [row["run"] for row in found.evaluation] == ["trial"]
    assert "more: writer on test has no graded answer." in found.sentences
    schema.write(results / "trial/grade_answers/writer/test.parquet", [], schema.GRADES)
    assert "No run has graded answers." in run_comparison_page.page(compare(results, "trial", "more"))


def test_names_of_runs_are_not_mixed_up(results, capsys):
    """Names that joined by an underscore would be the same, and one that is the name of a column."""
    for name in ("a", "b_c", "a_b", "c", "key"):
        shutil.copytree(results / "more", results / name)
    settings = results / "b_c/settings/configuration.yaml"
    settings.write_text(settings.read_text().replace("samples: 3", "samples: 4"))
    for runs in (["a", "b_c"], ["a_b", "c"]):
        assert compare_runs.main([*runs, "--results", str(results)]) == 0
    page = (results / "comparisons/a+b_c/index.html").read_text()
    assert "generate_responses.samples" in page
    assert "generate_responses.samples" not in (results / "comparisons/a_b+c/index.html").read_text()
    page = run_comparison_page.page(compare(results, "trial", "key"))
    assert page.count(">generate_responses.samples<") == 1


def test_prices_that_differ_are_told_on_one_date_too(results):
    path = results / "more/settings/configuration.yaml"
    config = yaml.safe_load(path.read_text())
    config["prices"]["source"] = "somewhere else"
    path.write_text(yaml.safe_dump(config))
    assert not any("billed" in line for line in compare(results, "trial", "more").sentences)
    config["prices"]["cpu_core_hour"] = 9.5
    path.write_text(yaml.safe_dump(config))
    assert any("billed at different prices" in line for line in compare(results, "trial", "more").sentences)


def test_a_price_that_one_run_alone_names_changes_no_money(results):
    path = results / "more/settings/configuration.yaml"
    config = yaml.safe_load(path.read_text())
    config["prices"]["gpu_hour"]["A card of its own"] = 3
    path.write_text(yaml.safe_dump(config))
    found = compare(results, "trial", "more")
    assert "prices.gpu_hour.A card of its own" in {row["key"] for row in found.settings}
    assert not any("billed" in line for line in found.sentences)


def test_prices_that_differ_are_told(results):
    path = results / "more/tables/costs.csv"
    path.write_text(path.read_text().replace("2026-11-21", "2027-01-01"))
    assert any("billed at different prices" in line for line in compare(results, "trial", "more").sentences)


@pytest.mark.parametrize(
    ("runs", "fragments"),
    [
        (["trial"], ["two or more runs", 'make compare RUNS="first second"']),
        (["trial", "trial"], ["two or more runs, each once"]),
        (["trial", "mor"], ["has no run mor; there are more, trial"]),
        (["trial", "../trial"], ["has no run ../trial"]),
    ],
)
def test_runs_that_are_not_there(results, capsys, runs, fragments):
    assert compare_runs.main([*runs, "--results", str(results)]) == 1
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    assert all(fragment in printed for fragment in fragments)
    assert not (results / "comparisons" / "+".join(runs)).exists()


def test_many_long_names_are_shortened(tmp_path, capsys):
    names = [f"scalequest_ablation_without_{number:03d}" for number in range(9)]
    for name in (*names, "another"):
        (tmp_path / name / "ledger").mkdir(parents=True)
    for runs in (names, [*names, "another"]):
        assert compare_runs.main([*runs, "--results", str(tmp_path)]) == 0
    first, second = (tmp_path / "comparisons").iterdir()
    assert first.name[:150] == second.name[:150] and max(len(folder.name) for folder in (first, second)) <= 200
    assert compare_runs.folder_name(["a", "b"]) == "a+b"


def test_a_run_without_a_data_set_is_not_told_what_that_cost():
    amounts = dict.fromkeys(run_comparison.COST_AMOUNTS, "0.000000") | {"prompt_tokens": "0", "completion_tokens": "0"}
    total = {"run": "ev", "step": "Total", **amounts, "spent": "12.000000", "currency": "USD", "price_date": ""}
    parts = ([run_comparison.Run("ev", Path("ev"))], *[[] for _ in range(6)], [total], [], [])
    found = run_comparison.Comparison(*parts)
    assert "ev: 12.00 USD spent" in run_comparison_page.text(found, "page")
    assert "for the data set" not in run_comparison_page.text(found, "page")
    assert "no data set" in run_comparison_page.page(found) and ">0 USD" not in run_comparison_page.page(found)


def test_the_order_of_filters_is_a_setting(results):
    path = results / "more/settings/configuration.yaml"
    config = yaml.safe_load(path.read_text())
    filters = config["filter_questions"]["filters"]
    config["filter_questions"]["filters"] = [filters[-1], *filters[:-1]]
    path.write_text(yaml.safe_dump(config))
    keys = {row["key"] for row in compare(results, "trial", "more").settings}
    assert keys == {"generate_responses.samples", "filter_questions.filters"}


def test_settings_go_by_their_places():
    tree = {"a": {"b": [1, 2]}, "filters": [{"name": "x", "least": 1}, {"name": "y"}], "none": {}, "text": "no"}
    assert run_comparison.flat(tree) == {
        "a.b": "[1, 2]",
        "filters": '["x", "y"]',
        "filters.x.least": "1",
        "filters.y": "{}",
        "none": "{}",
        "text": json.dumps("no"),
    }
