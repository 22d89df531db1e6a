"""The forms of a table of results: Markdown, LaTeX, CSV and the page say what the tidy table says."""

import csv
import re

import browser
import pytest
from results_bench import RUN, Bench, complete_recipe, everything
from synthesis import configuration_results, results, results_texts


@pytest.fixture(scope="module")
def recipe():
    return complete_recipe()


@pytest.fixture
def bench(tmp_path, recipe, monkeypatch):
    return Bench(tmp_path, recipe, monkeypatch)


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        ("0.3412", "score", "0.341"),
        ("0.2631", "score", "0.263"),
        ("5.268", "score", "5.27"),
        ("49.83", "score 0 to 100", "49.8"),
        ("7.123456", "percent", "7.1"),
        ("110.54", "hours", "110.5"),
        ("12345.67", "USD", "12,345.7"),
        ("0.0001234", "USD", "0.000123"),
        ("0", "USD", "0.0"),
        ("-0.0004", "percent", "0.0"),
        ("-0.3", "pairs", "0"),
        ("998877", "pairs", "998,877"),
    ],
)
def test_numbers_of_ours_have_the_digits_that_matter(number, unit, text):
    cell = dict.fromkeys(results.COLUMNS, "") | {"ours": number, "unit": unit, "ours_run": RUN}
    assert results_texts.shown(cell, results_texts.OURS) == text


@pytest.mark.parametrize(
    ("difference", "text"), [("0.03", "0.0"), ("-0.0004", "0.0"), ("0.06", "+0.1"), ("-0.06", "-0.1")]
)
def test_a_difference_that_rounds_to_zero_has_no_sign(difference, text):
    cell = dict.fromkeys(results.COLUMNS, "") | {"difference": difference, "unit": "percent"}
    assert results_texts.shown(cell, results_texts.DIFFERENCE) == text


@pytest.mark.parametrize(
    ("printed", "text"),
    [("73.0", "73.0"), ("73", "73"), ("251.00", "251.00"), ("1000000", "1,000,000"), ("24939.5", "24,939.5")],
)
def test_a_published_number_keeps_its_digits(printed, text):
    cell = dict.fromkeys(results.COLUMNS, "") | {"published": printed, "published_deviation": "5.0"}
    assert results_texts.shown(cell, results_texts.PAPER) == f"{text} ± 5.0"


@pytest.mark.parametrize("name", ["main_results", "generator_mix", "leakage", "cost"])
def test_all_forms_say_what_the_tidy_table_says(bench, name):
    everything(bench)
    assert bench.run() == 0
    tidy = bench.table(name)
    for line in csv.DictReader(bench.form(name, "csv").splitlines()):
        for cell in (cell for cell in tidy if cell["row"] == line["row"]):
            told = {"percent": " (%)", "hours": ""}.get(cell["unit"], f" ({cell['unit']})")
            column = f"{cell['column']}{told}"
            assert line.get(f"{column}, paper", "") == cell["published"]
            assert line[f"{column}, ours"] == (cell["ours"] or results.why_empty(cell))
            assert line.get(f"{column}, ours low", "") == cell["ours_low"]
            assert line.get(f"{column}, ours note", "") == cell["ours_note"]
            assert line.get(f"{column}, difference", "") == cell["difference"]
    markdown, latex = cells_of_markdown(bench.form(name, "md")), cells_of_latex(bench.form(name, "tex"))
    assert markdown == latex
    expected = list(results_texts.wide(tidy).rows.items())
    assert [(line[0], line[1:]) for line in markdown] == expected


def cells_of_markdown(text: str) -> list[list[str]]:
    """The cells of the body of a table."""
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[unescaped(cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def unescaped(text: str) -> str:
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", text)


def cells_of_latex(text: str) -> list[list[str]]:
    """The same from LaTeX, without its escapes; every line must have as many cells as the table has columns."""
    columns = len(re.search(r"\\begin\{tabular\}\{(\w+)\}", text)[1])
    body = text.partition("\\midrule\n")[2].partition("\\bottomrule")[0]
    found = []
    for line in body.splitlines():
        assert line.endswith(r" \\")
        cells = [cell.strip() for cell in re.split(r"(?<!\\)&", line.removesuffix(r"\\"))]
        assert len(cells) == columns
        found.append([re.sub(r"\\([&%$#_{}])", r"\1", cell.replace("--", "–")) for cell in cells])
    return found


def test_latex_has_its_parts_in_pairs_and_no_special_character_is_bare(bench):
    table = {
        "caption": "Costs: 5 % of $3 & #1_a {x} ~ ^ \\ <b>",
        "published": {"file": "config/published/scalequest.csv", "source": "arXiv 2410.18693v2", "table": "4"},
        "columns_of_ours": {"a & b_c": {"table": "costs", "value": "samples", "unit": "100 %"}},
        "rows_of_ours": {"50 % \\input{x} | y": {"costs": {"where": {"phase": "Total"}}}},
    }
    assert bench.run({"some_costs": table}) == 0
    text = bench.form("some_costs", "tex")
    for part in ("table", "tabular"):
        assert text.count(f"\\begin{{{part}}}") == text.count(f"\\end{{{part}}}") == 1
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]
    assert r"5 \% of \$3 \& \#1\_a \{x\} \textasciitilde{} \textasciicircum{} \textbackslash{} \textless{}b" in text
    assert r"50 \% \textbackslash{}input\{x\} \textbar{} y" in text
    groups = sum(int(width) for width in re.findall(r"\\multicolumn\{(\d+)\}", text))
    assert groups == len(re.search(r"\\begin\{tabular\}\{l(r+)\}", text)[1])
    assert re.findall(r"\\cmidrule\(lr\)\{(\d+)-", text)[0] == "2"
    assert r"50 % \\input{x} \| y" in bench.form("some_costs", "md")
    page = (bench.folder / "page.html").read_text()
    assert "&lt;b&gt;" in page
    assert "<b>" not in page


LABELS = ["[x] model", "* ours", "[*]", "α ≤ β and Λ", "<mine> __b__ a\\|b", "`code` ~~no~~ &lt;", "smollm2_tuned R&D"]


def labelled_rows() -> list[dict]:
    empty = dict.fromkeys(results.COLUMNS, "")
    return [empty | {"row": label, "column": "a", "published": "1"} for label in LABELS]


def test_no_label_is_an_option_of_latex_or_a_letter_that_it_lacks():
    text = results_texts.latex("labels", "5 ≥ 4", labelled_rows())
    assert r"\caption{5 $\ge$ 4}" in text and text.isascii()
    begun = [line.partition(" & ")[0] for line in text.split("\\midrule\n")[1].splitlines()]
    assert begun[:4] == ["{[}x] model", "{*} ours", "{[}{*}]", r"$\alpha$ $\le$ $\beta$ and $\Lambda$"]


def test_markdown_shows_every_label_as_it_is():
    lines = results_texts.markdown("caption", labelled_rows()).splitlines()[4:]
    assert [line.split(" | 1 |")[0].removeprefix("| ") for line in lines] == [
        r"\[x] model", r"\* ours", r"\[\*]", "α ≤ β and Λ", r"\<mine> \_\_b\_\_ a\\\|b",
        r"\`code\` \~\~no\~\~ \&lt;", "smollm2_tuned R&D",
    ]  # fmt: skip
    assert [unescaped(line.split(" | 1 |")[0].removeprefix("| ")) for line in lines] == LABELS


def test_deviations_of_papers_stand_behind_their_values(bench):
    source = "ScaleDiff repository (commit ab6e922), imgs/results.png"
    table = {
        "caption": "Averages over seeds",
        "published": {
            **{"file": "config/published/scalediff.csv", "source": source, "table": "main results"},
            **{"rows": ["ScaleDiff-7B", "Qwen3-8B"], "columns": ["AIME 2025", "average"]},
        },
    }
    assert bench.run({"long_answers": table}) == 0
    assert [row["row"] for row in bench.table()] == ["ScaleDiff-7B"] * 2 + ["Qwen3-8B"] * 2
    assert "| ScaleDiff-7B | 58.7 ± 8.2 | 65.9 |" in bench.form("long_answers", "md")
    assert r"58.7 $\pm$ 8.2" in bench.form("long_answers", "tex")
    assert bench.cell("long_answers", "Qwen3-8B", "AIME 2025")["published"] == "64.7"


def test_the_page_keeps_the_papers_columns_apart_and_explains_what_is_missing(bench):
    everything(bench)
    assert bench.run() == 0
    page = (bench.folder / "page.html").read_text()
    assert page.count("<h2>") == len(configuration_results.tables(bench.config))
    classes = {text: words for words, text in re.findall(r'<td [^>]*class="([^"]*)"[^>]*>([^<]*)</td>', page)}
    assert {"number", "quoted"} <= set(classes["64.4"].split())
    assert {"number", "muted"} <= set(classes["not run"].split())
    assert not {"quoted", "muted"} & set(classes["50.0\n40.0 to 60.0"].split())
    assert "DeepSeekMath-7B-RL (average): the mean of the four is 50.25." in page


@pytest.mark.skipif(not browser.find(), reason="no browser is installed")
def test_the_page_fits_any_width_and_its_first_column_stays(bench, tmp_path):
    everything(bench)
    assert bench.run() == 0
    # The page's own policy forbids scripts, so the browser asks from outside.
    label = "document.querySelector('td.label').getBoundingClientRect().left"
    with browser.Browser(tmp_path / "profile") as chromium:
        for width in (1280, 400):
            chromium.resize(width, 900)
            chromium.open(bench.folder / "page.html")
            assert chromium.evaluate("document.documentElement.scrollWidth") <= width
            chromium.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")
            assert chromium.evaluate("document.documentElement.scrollWidth") <= width
            before = chromium.evaluate(label)
            chromium.evaluate("document.querySelector('table').scrollLeft = 300")
            assert chromium.evaluate(label) == pytest.approx(before, abs=1)
