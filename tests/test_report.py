"""The HTML report in a real browser: every table, check, figure and card is shown and can be read."""

import browser
import check_funnel
import pytest
import report_reader
from report_reader import CATEGORIES, OUTER
from synthesis import costs, funnel, report_categories
from workflow import Clone

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(not browser.find(), reason=f"no browser is installed (one of {', '.join(browser.NAMES)})"),
]

# Text of a configuration that would be bold if it became HTML, and that shows a wrong encoding.
TITLE = "Très <b>small</b> sums"
FORBIDDEN = "^(<b>)?David"
TABLE = "[...document.querySelectorAll('table')].map(t => [...t.rows].map(r => [...r.cells].map(c => c.innerText)))"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp("reported"))
    rules = {"min_characters": 20, "max_characters": 400, "finished": True, "forbid": [FORBIDDEN]}
    config = clone.config(write_dataset_card__title=TITLE, filter_questions__filters__0__rules=rules)
    config["models"]["reader"] = {**config["models"]["writer"], "parameters": 2}
    evaluation = {"models": ["writer", "reader"], "benchmarks": ["test"], "samples": 2}
    sampling = {"temperature": 1.0, "max_tokens": 64}
    config["answer_benchmark"] = {**evaluation, "prompt": "config/prompts/response_short.yaml", "sampling": sampling}
    clone.write_config(config)
    clone.run()
    clone.run("--report", "report.html", "--report-stylesheet", "config/report.css")
    return clone


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browser.Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def show(clone, chromium):
    """A function that opens the report anew and shows a result of a category."""

    def open_result(category, label):
        chromium.open(clone.folder / "report.html")
        chromium.click("nav a", category)
        chromium.click("nav tr", label, within="a[iconname=eye]")
        return chromium

    return open_result


PAGES = [
    ("Costs", "hours, tokens and money by stage"),
    ("Data set", "card of the data set"),
    ("Data set", "pairs to read, each beside the lowest other reward"),
    ("Funnel", "checks that no row was lost or doubled"),
    ("Funnel", "rejected rows by stage and reason, and kept ones"),
    ("Funnel", "table of the rows kept and rejected by each stage"),
]


@pytest.mark.parametrize(("category", "label"), PAGES)
def test_a_page_fits_its_width_and_its_numbers_stand_right(show, category, label):
    shown = show(category, label)
    assert shown.framed("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    styles = "[...document.querySelectorAll('td.number')].map(cell => getComputedStyle(cell).textAlign)"
    assert set(shown.framed(styles)) <= {"right"}
    assert shown.framed("document.querySelectorAll('b').length") == 0


def test_the_funnel_is_shown_as_a_table(show, clone):
    tables = show("Funnel", "table of the rows kept and rejected by each stage").framed(TABLE)
    assert [head[:3] for head, *_ in tables] == [["stage", f"{unit} in", "kept"] for unit in ("questions", "responses")]
    rows = [row for _, *rows in tables for row in rows]
    counts = funnel.read(clone.folder / "results/trial/tables/funnel.csv")
    assert [row[:3] for row in rows] == [[item.stage, str(item.rows_in), str(item.kept)] for item in counts]
    assert [row[0] for row in rows[1:3]] == ["filter_questions/rules", "filter_questions/contamination"]
    assert any(f"forbidden:{FORBIDDEN}: " in row[-1] for row in rows)


def test_a_rejected_row_is_found_by_source_stage_and_reason(show, clone):
    shown = show("Funnel", "rejected rows by stage and reason, and kept ones")
    rejected = [row for row in clone.rows("sample_rejections") if row["stage"] == "filter_questions/rules"]
    row = rejected[0]
    assert row["kind"] == row["reason"] == f"forbidden:{FORBIDDEN}"
    assert row["question"] not in shown.framed("document.body.innerText")
    for summary in (f"{row['stage']}: ", f"{row['kind']}: "):
        found = f"[...document.querySelectorAll('summary')].find(item => item.innerText.startsWith({summary!r}))"
        shown.framed(f"{found}.click()")
    text = shown.framed("document.body.innerText")
    assert all(row["question"] in text and row["question_id"] in text for row in rejected)
    counts = funnel.read(clone.folder / "results/trial/tables/funnel.csv")
    (number,) = (item.rejected[row["kind"]] for item in counts if item.stage == row["stage"])
    assert row["rows"] == number


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("page", ["funnel", "sample_rejections", "sample_pairs", "overview"])
def test_a_page_can_be_read_at_any_width(clone, chromium, tmp_path, page, width):
    text = (clone.folder / f"results/trial/pages/{page}.html").read_text()
    # A word without an end, as a question, as a response and as a name.
    for word in ("apples", "numbers", "filter_responses", "duplicate_of"):
        text = text.replace(word, word * 60)
    (tmp_path / "page.html").write_text(text)
    chromium.resize(width, 900)
    chromium.open(tmp_path / "page.html")
    chromium.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")
    root = "document.documentElement"
    assert chromium.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
    # Each part of a card keeps to its own place.
    over = "[...document.querySelectorAll('.texts div, .fact')].filter(item => item.scrollWidth > item.clientWidth + 1)"
    assert chromium.evaluate(f"{over}.length") == 0
    chromium.resize(1400, 900)


def test_the_checks_are_shown(show):
    ((_, *rows),) = show("Funnel", "checks that no row was lost or doubled").framed(TABLE)
    assert rows == [[check, "holds"] for check in check_funnel.CHECKS]


def test_the_costs_are_shown_with_a_total_in_bold(show, clone):
    shown = show("Costs", "hours, tokens and money by stage")
    (_, dataset, *_, spent), (_, _, *steps), _, (groups, head, *amounts), (_, *counts) = shown.framed(TABLE)
    table = costs.read(clone.folder / "results/trial/tables/costs.csv")
    total = costs.total(table)
    of_dataset = [float(total[column]) for column in ("cpu_core_hours", "cost")]
    of_run = [float(total[column]) for column in ("spent_cpu_core_hours", "spent")]
    assert (dataset[0], spent[0]) == ("Cost of the data set", "Spent in total")
    for shown_amounts, known in (
        (dataset[1:], of_dataset),
        (spent[1:], of_run),
        (steps[-1][4:6], of_dataset),
        (amounts[-1][2:6], [*of_dataset, *of_run]),
    ):
        assert list(map(float, shown_amounts)) == pytest.approx(known, rel=1e-3)
    assert [name for name in groups if name][:2] == ["the data set", "spent by the run"]
    assert head[2:6] == ["CPU core hours", "USD"] * 2
    assert [row[1] for row in amounts] == [row[1] for row in counts] == [row["step"] for row in table]
    assert counts[-1][4:6] == [f"{int(total[name]):,}" for name in ("prompt_tokens", "completion_tokens")]
    weights = "[...document.querySelectorAll('tr:last-child td')].map(cell => getComputedStyle(cell).fontWeight)"
    assert set(shown.framed(weights)) == {"700"}


def test_the_card_is_shown(show, clone):
    shown = show("Data set", "card of the data set")
    assert shown.framed("document.querySelector('h1').innerText") == TITLE
    total = costs.total(costs.read(clone.folder / "results/trial/tables/costs.csv"))
    assert costs.shown(total["cost"]) in shown.framed("document.body.innerText")


def test_the_figure_is_shown(show):
    shown = show("Funnel", "figure of the rows kept and rejected by each stage")
    assert shown.wait_for("[...document.images].some(image => image.complete && image.naturalWidth > 300)")


@pytest.mark.parametrize("width", [1280, 400])
def test_all_of_the_report_is_shown_and_nothing_is_loaded_from_elsewhere(clone, chromium, width):
    seen = report_reader.look_at_all(chromium, clone.folder / "report.html", width)
    assert seen[0] == "Overview" and {"Data set", "Funnel", "Evaluation", "Costs", "Settings"} <= set(seen)


def test_categories_stand_in_the_order_in_which_a_reader_asks(chromium, clone):
    chromium.open(clone.folder / "report.html")
    chromium.wait_for("Boolean(document.querySelector('nav a'))")
    shown = chromium.evaluate("[...document.querySelectorAll('nav li a')].map(item => item.innerText.trim())")
    found = [name for name in shown if name in report_categories.ORDER]
    assert found == [name for name in report_categories.ORDER if name in found]
    assert len(found) == len(chromium.evaluate(CATEGORIES))


@pytest.mark.parametrize("width", [1280, 400])
def test_the_first_page_tells_what_was_made_how_good_it_is_and_what_it_cost(clone, chromium, width):
    chromium.resize(width, 900)
    chromium.open(clone.folder / "report.html")
    text = chromium.wait_for("document.querySelector('.overview')?.innerText")
    rows = len(clone.rows("dataset/data"))
    assert TITLE in text and f"a data set of {rows} questions with responses, 50 % of the 42" in text
    rejected = funnel.read(clone.folder / "results/trial/tables/funnel.csv")[1].rejected
    assert all(f"{reason} {count}" in text for reason, count in rejected.items())
    assert "All 7 checks hold" in text and "writer" in text and "reader" in text
    spent = costs.total(costs.read(clone.folder / "results/trial/tables/costs.csv"))["spent_cpu_core_hours"]
    assert f"It spent {costs.shown(spent)} CPU core hours" in text
    assert "How it compares with the papers" in text
    graph = "document.querySelector('#rulegraph svg, #rulegraph canvas')"
    assert chromium.wait_for(f"{graph}?.getBoundingClientRect().width") > 200
    assert chromium.evaluate(f"{OUTER}.scrollWidth <= {OUTER}.clientWidth")
    chromium.resize(1400, 900)


def test_the_way_home_leads_to_the_first_page(clone, chromium):
    chromium.open(clone.folder / "report.html")
    chromium.click("nav a", "Settings")
    chromium.wait_for("Boolean(document.querySelector('nav ol a'))")
    chromium.evaluate("document.querySelector('nav ol a').click()")
    title = "document.querySelector('.overview h1')"
    assert chromium.wait_for(f"{title}?.innerText") == TITLE
    # Not above the upper end of what can be scrolled to.
    assert chromium.evaluate(f"{title}.getBoundingClientRect().top") >= 0


def test_the_pages_of_a_category_are_reached_from_the_first_page(clone, chromium):
    chromium.open(clone.folder / "report.html")
    chromium.click(".prose a", "Data set")
    chromium.wait_for("[...document.querySelectorAll('nav tr')].some(row => row.innerText.includes('card of the'))")
