"""The bill: what the data set cost and what the run spent, whoever bought the rows and however attempts ended."""

from pathlib import Path

import pytest
from cost_books import HOUR, PRICES, Books, amounts
from synthesis import costs
from synthesis.errors import InputError


@pytest.fixture
def books(tmp_path):
    return Books(tmp_path)


DATASET = ("gpu_hours", "cpu_core_hours", "cost")
SPENT = ("spent_gpu_hours", "spent_cpu_core_hours", "spent")


def test_gpu_jobs_are_priced_by_card_and_cpu_jobs_by_core(books):
    gpu = books.attempt("a", gpus=2, gpu_name="A100", cpu_cores=16, wall_seconds=HOUR / 2, rows=10)
    books.job(gpu, {"a": 10}, {"out": 10}, {"prompt": 40, "completion": 90})
    cpu = books.attempt("b", rule="filter_responses", journal=False, engine="", cpu_cores=4, wall_seconds=HOUR)
    books.job(cpu, rows={"in": 10, "out": 8})
    table = books.tabulate()
    assert amounts(table["generate_responses"], *DATASET) == (1.0, 0.0, 2.0)
    assert amounts(table["filter_responses"], *DATASET) == (0.0, 4.0, 0.4)
    assert amounts(table["total"], *DATASET) == (1.0, 4.0, 2.4)
    assert amounts(table["total"], *SPENT) == (1.0, 4.0, 2.4)
    assert (table["generate_responses"]["type"], table["filter_responses"]["type"]) == ("Infer", "CPU")
    assert (table["generate_responses"]["samples"], table["filter_responses"]["samples"]) == ("10", "8")
    assert (table["total"]["prompt_tokens"], table["total"]["completion_tokens"]) == ("40", "90")
    assert list(table) == ["generate_responses", "filter_responses", "total"]


TOKENS = {"prompt_tokens": 500_000, "completion_tokens": 250_000}


def test_rows_of_a_server_cost_their_tokens_and_the_hours_of_waiting(books):
    prices = {**PRICES, "tokens": {"teacher": {"prompt": 2.0, "completion": 8.0}}}
    asked = books.attempt("a", engine="openai", model="teacher", cpu_cores=1, wall_seconds=HOUR, rows=10, **TOKENS)
    books.job(asked, {"a": 5})
    row = books.tabulate(prices)["generate_responses"]
    assert amounts(row, *DATASET) == pytest.approx((0.0, 0.5, 1.55))
    assert amounts(row, *SPENT) == pytest.approx((0.0, 1.0, 3.1))


def test_tokens_without_a_price_leave_the_sum_empty_and_are_named(books):
    asked = books.attempt("a", engine="openai", model="teacher", cpu_cores=1, wall_seconds=HOUR, rows=10, **TOKENS)
    local = books.attempt("b", rule="judge_questions", model="teacher", wall_seconds=HOUR, rows=10, **TOKENS)
    books.job(asked, {"a": 10})
    books.job(local, {"b": 10})
    table = books.tabulate()
    assert amounts(table["generate_responses"], *DATASET) == (0.0, 1.0, None)
    assert table["generate_responses"]["no_price_for"] == "tokens of teacher"
    assert amounts(table["judge_questions"], *DATASET) == (0.0, 1.0, 0.1)
    assert amounts(table["total"], *DATASET) == (0.0, 2.0, None)


def test_a_server_that_answered_nothing_needs_no_price(books):
    books.job(books.attempt("a", engine="openai", model="teacher", cpu_cores=1, wall_seconds=HOUR))
    assert amounts(books.tabulate()["generate_responses"], *SPENT) == (0.0, 1.0, 0.1)


def test_a_killed_attempt_is_spent_in_full_and_its_published_rows_cost_their_share(books):
    books.attempt("killed", state="running", cpu_cores=2, wall_seconds=HOUR, rows=6)
    last = books.attempt("last", state="finished", cpu_cores=2, wall_seconds=HOUR / 2, rows=4)
    books.attempt("failed_while_loading", state="failed", cpu_cores=2, wall_seconds=HOUR / 4, rows=0)
    books.job(last, {"killed": 6, "last": 4})
    row = books.tabulate()["generate_responses"]
    assert amounts(row, *DATASET) == (0.0, 3.0, 0.3)
    assert amounts(row, *SPENT) == (0.0, 3.5, 0.35)
    assert row["rows_bought"] == "10"


def test_a_killed_attempt_that_published_more_rows_than_it_counted_costs_no_more_than_its_time(books):
    books.attempt("killed", state="running", wall_seconds=HOUR, rows=2)
    last = books.attempt("last", wall_seconds=0.0, rows=2)
    books.job(last, {"killed": 6, "last": 1})
    books.job(last, {"killed": 2, "last": 1})
    row = books.tabulate()["generate_responses"]
    assert amounts(row, "cpu_core_hours") == (1.0,)


def test_rows_shared_by_two_runs_cost_both_their_share_and_are_spent_once(books):
    books.attempt("first", run="earlier", cpu_cores=1, wall_seconds=HOUR, rows=100)
    second = books.attempt("second", cpu_cores=1, wall_seconds=HOUR / 2, rows=10)
    books.job(second, {"first": 25, "second": 10})
    row = books.tabulate()["generate_responses"]
    assert amounts(row, "cpu_core_hours", "cost") == (0.75, 0.075)
    assert amounts(row, "spent_cpu_core_hours", "spent") == (0.5, 0.05)
    assert (row["samples"], row["rows_bought"]) == ("35", "10")


def test_rows_that_are_all_reused_cost_what_they_cost_and_the_new_job_spends_its_seconds(books):
    books.attempt("first", run="earlier", gpus=1, gpu_name="A100", wall_seconds=HOUR, rows=100)
    reading = books.attempt("reading", journal=False, engine="", cpu_cores=1, wall_seconds=36.0)
    books.job(reading, {"first": 100})
    row = books.tabulate()["generate_responses"]
    assert amounts(row, *DATASET) == (1.0, 0.0, 2.0)
    assert amounts(row, *SPENT) == (0.0, 0.01, 0.001)
    assert (row["type"], row["rows_bought"]) == ("Infer", "0")


def test_attempts_of_other_runs_are_not_spent_here(books):
    books.attempt("other", run="another", wall_seconds=HOUR, rows=5)
    own = books.attempt("own", wall_seconds=HOUR, rows=5)
    books.job(own, {"own": 5})
    assert amounts(books.tabulate()["total"], "spent_cpu_core_hours") == (1.0,)


@pytest.mark.parametrize("name", ["H100", "B300"])
def test_an_unknown_price_leaves_the_cost_and_the_totals_empty(books, name):
    gpu = books.attempt("a", gpus=1, gpu_name=name, wall_seconds=HOUR, rows=1)
    books.job(gpu, {"a": 1})
    books.job(books.attempt("b", rule="select_responses", journal=False, engine="", wall_seconds=HOUR))
    table = books.tabulate()
    assert amounts(table["generate_responses"], *DATASET) == (1.0, 0.0, None)
    assert amounts(table["generate_responses"], *SPENT) == (1.0, 0.0, None)
    assert amounts(table["select_responses"], "cost") == (0.1,)
    assert amounts(table["total"], *DATASET) == (1.0, 1.0, None)
    assert amounts(table["total"], "spent") == (None,)
    assert table["total"]["no_price_for"] == name


def test_a_price_that_only_a_failed_attempt_lacks_leaves_only_the_spent_sum_empty(books):
    books.attempt("failed", gpus=1, gpu_name="", state="failed", wall_seconds=60.0)
    books.job(books.attempt("a", gpus=1, gpu_name="A100", wall_seconds=HOUR, rows=1), {"a": 1})
    row = books.tabulate()["generate_responses"]
    assert amounts(row, "cost", "spent") == (2.0, None)
    assert row["no_price_for"] == "a GPU whose name is not known"


def test_an_unknown_core_price_is_named(books):
    books.job(books.attempt("b", journal=False, engine="", wall_seconds=HOUR))
    total = books.tabulate({**PRICES, "cpu_core_hour": None})["total"]
    assert (total["cost"], total["no_price_for"]) == ("", "a CPU core")


def test_rows_of_an_attempt_that_is_gone_have_no_known_cost(books, capsys):
    own = books.attempt("own", wall_seconds=HOUR, rows=1)
    books.job(own, {"own": 1, "gone": 3})
    row = books.tabulate()["generate_responses"]
    assert amounts(row, *DATASET) == (None, None, None)
    assert amounts(row, *SPENT) == (0.0, 1.0, 0.1)
    assert "attempt gone is not in the journal" in " ".join(capsys.readouterr().err.split())


def test_amounts_are_scaled_to_a_million_pairs(books):
    books.job(books.attempt("a", gpus=1, gpu_name="A100", wall_seconds=36.0, rows=10), {"a": 10})
    assembly = books.attempt("b", rule="assemble_dataset", journal=False, engine="", wall_seconds=0.0)
    books.job(assembly, rows={"in": 10, "out": 4})
    table = books.tabulate()
    scaled = ("gpu_hours_per_million_pairs", "cost_per_million_pairs")
    assert amounts(table["generate_responses"], *scaled) == (2500.0, 5000.0)
    assert amounts(table["total"], *scaled) == (2500.0, 5000.0)
    assert table["total"]["samples"] == "4"


def test_students_and_evaluation_are_spent_and_the_data_set_costs_no_more_for_them(books):
    books.job(books.attempt("a", wall_seconds=HOUR, rows=10), {"a": 10}, tokens={"prompt": 40, "completion": 90})
    assembly = books.attempt("b", rule="assemble_dataset", journal=False, engine="", wall_seconds=0.0)
    books.job(assembly, rows={"in": 10, "out": 4})
    alone = books.tabulate()["total"]
    training = books.attempt("c", rule="train_student", engine="", gpus=2, gpu_name="A100", wall_seconds=HOUR, rows=4)
    books.job(training, {"c": 4}, needed=False)
    answers = books.attempt("d", rule="answer_benchmark", wall_seconds=HOUR, rows=5)
    books.job(answers, {"d": 5}, tokens={"prompt": 1, "completion": 2}, needed=False)
    fetching = books.attempt("e", rule="fetch_model", journal=False, engine="", wall_seconds=HOUR)
    books.job(fetching, rows={"out": 1}, needed=False)
    table = books.tabulate()
    assert [row["phase"] for row in table.values()][-3:] == ["Students", "Evaluation", "Total"]
    assert (table["train_student"]["type"], table["answer_benchmark"]["type"]) == ("Train", "Infer")
    assert amounts(table["train_student"], *DATASET) == amounts(table["fetch_model"], *DATASET) == (0.0, 0.0, 0.0)
    assert amounts(table["train_student"], *SPENT) == (2.0, 0.0, 4.0)
    assert (table["answer_benchmark"]["samples"], table["answer_benchmark"]["completion_tokens"]) == ("5", "2")
    unchanged = [*DATASET, "cost_per_million_pairs", "prompt_tokens", "completion_tokens"]
    assert [table["total"][name] for name in unchanged] == [alone[name] for name in unchanged]
    assert amounts(table["total"], *SPENT) == (2.0, 3.0, 4.3)


def test_tokens_of_the_total_are_those_of_the_data_set_alone(books):
    """Scorers that are compared and select nothing belong to a rule of the data set all the same."""
    selecting = books.attempt("a", rule="score_difficulty", wall_seconds=HOUR, rows=10)
    books.job(selecting, {"a": 10}, tokens={"prompt": 50, "completion": 1})
    compared = books.attempt("b", rule="score_difficulty", wall_seconds=HOUR, rows=10)
    books.job(compared, {"b": 10}, tokens={"prompt": 5000, "completion": 100}, needed=False)
    table = books.tabulate()
    tokens = ("prompt_tokens", "completion_tokens")
    assert amounts(table["score_difficulty"], *tokens) == (5050, 101)
    assert amounts(table["total"], *tokens) == (50, 1)
    made = costs.read_books("trial", books.store, books.ledgers, whole_run=False)
    card = costs.total(costs.table(costs.steps(made, PRICES), made.pairs, PRICES))
    assert amounts(card, *tokens) == (50, 1)


def test_a_run_that_only_prepares_has_no_tokens_of_a_data_set(books):
    rewritten = books.attempt("a", rule="rewrite_questions", wall_seconds=HOUR, rows=1)
    books.job(rewritten, {"a": 1}, tokens={"prompt": 10, "completion": 10}, needed=False)
    assert amounts(books.tabulate()["total"], "prompt_tokens", "completion_tokens") == (0, 0)


def test_rows_that_the_comparison_shares_cost_the_data_set_what_they_cost(books):
    books.job(books.attempt("a", rule="judge_questions", wall_seconds=HOUR, rows=10), {"a": 10})
    more = books.attempt("b", rule="judge_generators", wall_seconds=HOUR, rows=10)
    books.job(more, {"a": 10, "b": 10}, needed=False)
    # A later job of the data set finds half of what the comparison bought.
    later = books.attempt("c", rule="judge_questions", journal=False, engine="", wall_seconds=0.0)
    books.job(later, {"b": 5})
    table = books.tabulate()
    assert amounts(table["judge_questions"], *DATASET) == (0.0, 1.5, 0.15)
    assert amounts(table["judge_generators"], "cost", "spent") == (0.0, 0.1)
    assert table["judge_generators"]["phase"] == "Comparison"


def test_the_card_leaves_out_what_comes_after_the_data_set(books):
    books.job(books.attempt("a", wall_seconds=HOUR, rows=10), {"a": 10})
    books.attempt("b", rule="train_student", wall_seconds=HOUR)
    made = costs.read_books("trial", books.store, books.ledgers, whole_run=False)
    rows = costs.table(costs.steps(made, PRICES), made.pairs, PRICES)
    assert [row["step"] for row in rows] == ["generate_responses", ""]
    assert amounts(rows[-1], "spent_cpu_core_hours") == (1.0,)


def test_the_card_counts_what_the_data_set_uses_of_a_later_stage_as_spent_and_not_as_saved(books):
    bought = books.attempt("a", rule="judge_generators", wall_seconds=HOUR, rows=10)
    later = books.attempt("b", rule="judge_questions", journal=False, engine="", wall_seconds=0.0)
    books.job(later, {bought.attempt: 4})
    made = costs.read_books("trial", books.store, books.ledgers, whole_run=False)
    total = costs.total(costs.table(costs.steps(made, PRICES), made.pairs, PRICES))
    names = ("cost", "spent", "spent_on_dataset", "saved_by_reuse")
    assert amounts(total, *names) == pytest.approx((0.04, 0.04, 0.04, 0.0))


def test_without_a_data_set_nothing_is_scaled(books):
    books.job(books.attempt("a", wall_seconds=36.0, rows=10), {"a": 10})
    total = books.tabulate()["total"]
    assert (total["samples"], total["cost_per_million_pairs"]) == ("", "")


def test_hours_have_six_digits_and_sums_are_rounded_last(books):
    for number in range(3):
        name = f"a{number}"
        books.job(books.attempt(name, wall_seconds=HOUR * 4e-7, rows=1), {name: 1})
    row = books.tabulate()["generate_responses"]
    assert row["cpu_core_hours"] == "0.000001"  # each job's 4e-7 hours would round to nothing
    assert row["spent_cpu_core_hours"] == "0.000001"


def test_a_missing_ledger_is_named(books, capsys):
    books.ledgers.append(Path("none.json"))
    assert books.run_program() == 1
    assert "none.json is missing" in capsys.readouterr().err


def test_a_table_of_another_shape_is_refused(tmp_path):
    (tmp_path / "costs.csv").write_text("step,cost\na,1\n")
    with pytest.raises(InputError, match="other columns"):
        costs.read(tmp_path / "costs.csv")


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", "?"), ("0.000000", "0"), ("0.000311", "0.000311"), ("1.005000", "1.00"), ("24939.5", "24,939.50")],
)
def test_amounts_are_shown_with_the_digits_that_matter(text, shown):
    assert costs.shown(text, "?") == shown


def test_a_training_killed_in_its_first_step_is_a_failed_attempt(books):
    """Its steps are less than one of the training's rows, so that the ledger gives it none."""
    books.attempt("killed", rule="train_generator", state="running", engine="", wall_seconds=HOUR)
    last = books.attempt("last", rule="train_generator", state="finished", engine="", wall_seconds=HOUR, rows=4)
    books.job(last, {"killed": 0, "last": 4})
    row = books.tabulate()["train_generator"]
    assert amounts(row, "cpu_core_hours", "spent_cpu_core_hours") == (1.0, 2.0)
    assert amounts(row, "spent_on_failures_cpu_core_hours", "spent_on_failures") == (1.0, 0.1)
