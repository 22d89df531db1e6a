"""Pages of the report: text never becomes markup, and the cost page leaves out what says nothing."""

import pytest
from synthesis import cost_page, costs, web_pages

SCRIPT = "<script>alert('é')</script>"
ESCAPED = "&lt;script&gt;"
PRICES = {"date": "2026-01-31", "currency": "EUR", "cpu_core_hour": 0.1, "gpu_hour": {}}


@pytest.mark.parametrize(
    "make",
    [
        web_pages.heading,
        web_pages.paragraph,
        web_pages.page,
        web_pages.from_markdown,
        lambda text: web_pages.details(text, web_pages.paragraph(text)),
        lambda text: web_pages.card({text: text}, {text: text}),
        lambda text: web_pages.from_markdown(f"| {text} |\n| --- |\n| {text} |"),
        lambda text: web_pages.table([{text: text}], {text}),
        lambda text: web_pages.table([{(text, text): text}], set(), total=True),
    ],
)
def test_text_is_escaped(make):
    made = make(SCRIPT)
    assert "<script" not in made
    assert ESCAPED in made


def test_a_page_may_neither_run_nor_load_anything():
    assert "Content-Security-Policy\" content=\"default-src 'none'" in web_pages.page("A page")


def test_markdown_tables_keep_their_alignment():
    assert '<td style="text-align:right">12</td>' in web_pages.from_markdown("| a |\n| ---: |\n| 12 |")


def cost_rows(**bills):
    """The cost table of steps by their bill, as (of the data set, spent)."""
    found = [costs.Step(rule, samples=4, dataset=of_set, spent=spent) for rule, (of_set, spent) in bills.items()]
    return costs.table(found, 4, PRICES)


def test_columns_without_amounts_are_left_out():
    cpu = costs.Bill(0.0, 2.0, 0.2)
    made = cost_page.page("trial", cost_rows(filter_questions=(cpu, cpu)))
    assert "CPU core hours" in made and "GPU hours" not in made and "tokens</th>" not in made
    assert "No GPU was used." in made


def test_unknown_amounts_are_named_and_not_left_out():
    gpu = costs.Bill(1.5, 0.0, None, frozenset(["<H100>"]))
    made = cost_page.page("trial", cost_rows(generate_questions=(gpu, gpu)))
    assert "GPU hours" in made and ">not known<" in made
    assert "There is no price for &lt;H100&gt;." in made


def test_a_column_has_one_number_of_decimals_and_small_amounts_are_no_zero():
    large, small, none = costs.Bill(0.0, 1234.5, 123.45), costs.Bill(0.0, 0.001, 0.0001), costs.Bill(0.0, 0.0, 0.0)
    bills = {"generate_questions": (large, large), "filter_questions": (small, small), "find_duplicates": (none, none)}
    made = cost_page.page("trial", cost_rows(**bills))
    assert ">1,234.50<" in made and ">&lt; 0.01<" in made and ">0<" in made
