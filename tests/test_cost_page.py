"""The page of the costs says first what matters, leaves out what says nothing, and names what is not known."""

import re

import pytest
from conftest import ROOT
from cost_books import HOUR, PRICES, Books
from synthesis import configuration, cost_page


@pytest.fixture
def books(tmp_path):
    return Books(tmp_path)


def plain(page):
    """The text of a page, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<body>")[2]))


def assemble(books, pairs, **included):
    assembly = books.attempt("assembly", rule="assemble_dataset", journal=False, engine="", wall_seconds=0.0)
    books.job(assembly, rows={"in": pairs, "out": pairs, **included})


def test_what_says_nothing_is_left_out(books):
    books.job(books.attempt("a", rule="filter_questions", engine="", journal=False, wall_seconds=2 * HOUR))
    books.tabulate()
    text = plain(books.page)
    assert "CPU core hours" in text and "GPU hours" not in text and "tokens" not in text.replace("and tokens", "")
    assert "No GPU was used." in text and "None of its 1 attempts failed." in text
    assert "published" not in text.lower() and "million" not in text


def test_the_first_lines_tell_cost_spending_failures_and_what_reuse_saved(books):
    books.attempt("other", run="earlier", gpus=1, gpu_name="A100", wall_seconds=HOUR, rows=10)
    books.attempt("killed", state="running", gpus=1, gpu_name="A100", wall_seconds=HOUR, rows=4)
    last = books.attempt("last", gpus=1, gpu_name="A100", wall_seconds=HOUR, rows=4)
    books.job(last, {"other": 5, "killed": 1, "last": 4})
    assemble(books, 5)
    books.tabulate()
    first, _, _ = plain(books.page).partition("From the data set")
    assert "The data set of 5 pairs cost 3.500 USD (1.750 GPU hours)" in first
    assert "a million pairs at the same cost a pair would be 700,000 USD (350,000 GPU hours)" in first
    assert "The run spent 4.000 USD (2.000 GPU hours) in all; 1 of its 3 attempts failed" in first
    assert "with which 1.500 USD (0.7500 GPU hours) were lost." in first
    assert "Other runs had bought 5 rows of the data set, which saved this run 1.000 USD (0.5000 GPU hours)." in first
    assert "Later starts of the run found 1 rows in the store, which cost 0.5000 USD" in first
    assert "Saved by reuse −0.500 −1.000 Failed attempts 0.750 1.500 Spent in total 2.000 4.000" in plain(books.page)


def test_included_pairs_are_told_apart_from_those_that_cost_something(books):
    books.job(books.attempt("a", gpus=1, gpu_name="A100", wall_seconds=HOUR, rows=5), {"a": 5})
    assemble(books, 5, included=1000)
    assert books.tabulate()["total"]["samples"] == "5"
    told = "The 5 pairs that the run made (1,000 more were included from other sets) cost 2.000 USD"
    assert told in plain(books.page)


def test_what_is_not_known_because_its_attempt_is_gone_is_given_a_reason(books):
    reason = "What attempts that are in no journal of the store cost is not known, as are sums with it."
    own = books.attempt("own", wall_seconds=HOUR, rows=1)
    books.job(own, {"own": 1})
    books.tabulate()
    assert reason not in plain(books.page)
    books.job(own, {"gone": 3})
    books.tabulate()
    assert "The data set cost an unknown amount of USD" in plain(books.page) and reason in plain(books.page)


def test_failures_and_reuse_are_told_where_there_are_none(books):
    books.job(books.attempt("a", wall_seconds=HOUR, rows=1), {"a": 1})
    books.tabulate()
    assert "Saved by reuse 0 0 Failed attempts 0 0 Spent in total 1.000" in plain(books.page)


def test_unknown_amounts_are_named_and_never_markup(books):
    gpu = books.attempt("a", gpus=1, gpu_name="<H100>", wall_seconds=HOUR, rows=1)
    books.job(gpu, {"a": 1})
    books.tabulate()
    assert "<H100>" not in books.page
    assert "There is no price for &lt;H100&gt;, so that sums with it are not known." in books.page
    assert "cost an unknown amount of USD (1.000 GPU hours)" in plain(books.page)
    assert "GPU, &lt;H100&gt; not known 1.000 h not known" in plain(books.page)


def test_a_column_has_one_number_of_decimals_and_small_amounts_are_no_zero(books):
    seconds = {"generate_questions": 1234.5 * HOUR, "filter_questions": 0.001 * HOUR, "find_duplicates": 0.0}
    for rule, wall_seconds in seconds.items():
        books.job(books.attempt(rule, rule=rule, engine="", journal=False, wall_seconds=wall_seconds))
    books.tabulate()
    assert ">1,234.50<" in books.page and ">&lt; 0.01<" in books.page and ">0<" in books.page


def test_large_amounts_have_no_decimals(books):
    books.job(books.attempt("a", engine="", journal=False, wall_seconds=12_345.6 * HOUR))
    books.tabulate()
    assert ">12,346<" in books.page


def test_gpus_of_two_types_have_lines_of_their_own(books):
    for name in ("A100", "H100"):
        books.job(books.attempt(name, gpus=2, gpu_name=name, wall_seconds=HOUR, rows=1), {name: 1})
    books.tabulate({**PRICES, "gpu_hour": {"A100": 2.0, "H100": 4.0}})
    assert "GPU, A100 2 an hour 2.000 h 4.00 2.000 h 4.00 GPU, H100 4 an hour 2.000 h 8.00" in plain(books.page)


def test_a_run_without_a_data_set_is_not_told_what_that_cost(books):
    books.job(
        books.attempt("a", rule="answer_benchmark", gpus=1, gpu_name="A100", wall_seconds=HOUR, rows=4),
        {"a": 4},
        needed=False,
    )
    books.tabulate()
    text = plain(books.page)
    assert "The run makes no data set of its own. The run spent 2.000 USD (1.000 GPU hours) in all" in text
    assert "Cost of the data set" not in text and "Steps of the data set" not in text
    assert not re.findall(r"<th[^>]*>the data set</th>", books.page)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("-0.001", "> \u22120.01"), ("0.001", "< 0.01"), ("-1.5", "\u22121.50"), ("0", "0"), ("", "not known")],
)
def test_amounts_that_round_to_nothing_say_on_which_side_of_it_they_are(amount, shown):
    assert cost_page._amount(amount, 2) == shown


def test_the_recipes_prices_leave_no_sum_unknown(books):
    prices = configuration.load(ROOT / "config/config.yaml")["prices"]
    gpu = books.attempt("a", gpus=1, gpu_name=next(iter(prices["gpu_hour"])), wall_seconds=HOUR, rows=1)
    books.job(gpu, {"a": 1})
    for rule in ("filter_questions", "find_duplicates"):
        books.job(books.attempt(rule, rule=rule, engine="", journal=False, wall_seconds=HOUR))
    found = books.tabulate(prices)
    assert found["total"]["cost"] == "1.290000" and found["filter_questions"]["cost"] == "0.000000"
    assert "not known" not in books.page and "find_duplicates 0" in plain(books.page)
