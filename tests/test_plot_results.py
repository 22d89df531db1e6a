"""The figures of tables of results: ours and the paper's told apart, and what is not there said in words."""

import math
import re

import plot_results
import pytest
from changed_configuration import assert_refused, validate
from conftest import ROOT
from figure_texts import assert_texts_stand_apart, figure_arguments, figure_bytes, texts
from plot_results import Cell
from question_files import start
from synthesis import configuration, figures, results, schema
from synthesis.plan import Plan

pytestmark = pytest.mark.usefixtures("figure_style")

SOURCE = "arXiv 2410.18693v2, figure 5"
# Figure 5 of the paper.
PUBLISHED = {
    "solvable": [51.7, 75.4, 83.6, None],
    "difficulty": [37.3, 49.8, 50.3, None],
    "GSM8K": [75.9, 85.9, 86.1, 87.9],
    "MATH": [47.7, 61.5, 61.6, 64.4],
    "College Math": [38.2, 39.1, 40.6, 42.8],
    "OlympiadBench": [14.6, 25.0, 25.0, 25.3],
}
STEPS = ["raw instruct model", "+ QFT", "+ QPO", "+ reward filter"]


def ablation(*not_run: str) -> list[Cell]:
    found = []
    for column, values in PUBLISHED.items():
        for step, value in zip(STEPS, values, strict=True):
            there = value is not None and step not in not_run
            ours = (value - 2, value - 3, value) if there else (None, None, None)
            found.append(
                Cell(step, column, "percent", *ours, value, results.NOT_RUN * (value is not None and not there))
            )
    return found


def volumes(values: dict[int, float | None], columns=("solvable", "difficulty")) -> list[Cell]:
    return [
        Cell(
            f"{pairs:,} pairs",
            column,
            "percent",
            value,
            value and value - 1,
            value and value + 1,
            None,
            results.NOT_RUN * (value is None),
        )
        for column in columns
        for pairs, value in values.items()
    ]


def row(name: str, column: str, ours="", published="", run="", table="steps") -> dict:
    told = {"table": table, "row": name, "column": column, "unit": "percent", "ours": ours, "published": published}
    source = SOURCE if published else ""
    note = f"not run (run: {run})" if run and not ours else ""
    return dict.fromkeys(results.COLUMNS, "") | told | {"ours_run": run, "ours_note": note, "published_source": source}


@pytest.mark.parametrize("not_run", [(), STEPS[:2], STEPS])
def test_no_text_of_the_steps_overlaps_another_and_gaps_are_named(not_run):
    figure = plot_results.draw_steps(ablation(*not_run), SOURCE, "")
    shown = [text for text, _ in assert_texts_stand_apart(figure)]
    assert [panel.get_title("left") for panel in figure.axes] == list(PUBLISHED)
    # The last step has no questions of its own, so nothing is missing in the first two panels.
    gaps = sum(value is not None for values in PUBLISHED.values() for value in values[: len(not_run)])
    assert shown.count(results.NOT_RUN) == gaps
    assert f"published: {SOURCE}" in shown and "ours" in shown


def test_words_about_a_gap_do_not_stand_on_the_published_mark():
    figure = plot_results.draw_steps(ablation(*STEPS), SOURCE, "")
    for panel in figure.axes:
        marks = [line.get_window_extent() for line in panel.lines if line.get_marker() == "D"]
        words = [box for text, box in texts(figure) if text == results.NOT_RUN]
        assert marks and not any(mark.overlaps(box) for mark in marks for box in words)


def test_ours_and_the_papers_values_look_different_and_have_their_places():
    panel = plot_results.draw_steps(ablation(), SOURCE, "").axes[0]
    ours = [line for line in panel.lines if line.get_color() == figures.BLUE and line.get_marker() == "o"]
    published = [line for line in panel.lines if line.get_color() == figures.GREY]
    assert [line.get_xydata().tolist() for line in ours] == [[[49.7, 0]], [[73.4, 1]], [[81.6, 2]]]
    assert [line.get_xydata().tolist() for line in published] == [[[51.7, 0]], [[75.4, 1]], [[83.6, 2]]]
    assert {line.get_marker() for line in published} == {"D"}


@pytest.mark.parametrize("count", [1, 12])
def test_many_rows_with_long_names_and_values_at_both_ends_find_room(count):
    cells = [
        Cell(f"a row with a very long name that goes on and on {n}", "a column with a long name too", "percent", *value)
        for n in range(count)
        for value in [((0.0, None, None, 100.0, ""), (100.0, 100.0, 100.0, None, ""))[n % 2]]
    ]
    assert_texts_stand_apart(plot_results.draw_steps(cells, SOURCE, "arms"))


@pytest.mark.parametrize("columns", [("solvable",), ("solvable", "difficulty")])
@pytest.mark.parametrize(
    "values",
    [
        {0: 76.0, 5_000: 80.0, 10_000: 81.0, 15_000: None, 20_000: None, 40_000: 84.0},
        {10_000: 81.0},
        {0: 0.0, 1_000_000: 100.0},
    ],
)
def test_no_text_of_the_numbers_overlaps_another(columns, values):
    figure = plot_results.draw_numbers(volumes(values, columns), "", "preference pairs")
    shown = [text for text, _ in assert_texts_stand_apart(figure)]
    missing = [f"preference pairs\n{results.NOT_RUN}: 15k, 20k"] * len(columns)
    assert [text for text in shown if results.NOT_RUN in text] == (missing if 15_000 in values else [])


def test_a_missing_run_leaves_a_gap_in_the_line():
    cells = volumes({40_000: 84.0, 10_000: 81.0, 20_000: None})
    line = plot_results.draw_numbers(cells, "", "pairs").axes[0].lines[0]
    assert line.get_xdata().tolist() == [10_000, 20_000, 40_000]
    assert line.get_ydata()[0] == 81 and math.isnan(line.get_ydata()[1]) and line.get_ydata()[2] == 84


@pytest.mark.parametrize("rows", ["steps", "numbers"])
def test_the_same_table_gives_the_same_bytes(tmp_path, rows):
    found = [
        row("1,000 pairs", "a", "5", "6", "trial"),
        row("2,000 pairs", "a", "", "7", "other"),
        row("x", "a", "1", table="no"),
    ]
    schema.write_csv(tmp_path / "results.csv", found, results.COLUMNS)
    arguments = ["--results", tmp_path / "results.csv", "--table", "steps"]
    drawn = []
    for folder in (tmp_path / "first", tmp_path / "again"):
        assert not start(plot_results, tmp_path, {"rows": rows}, *arguments, *figure_arguments(folder))
        drawn.append(figure_bytes(folder))
    assert drawn[0] == drawn[1]
    assert b"not run" in drawn[0][0] and SOURCE.encode() in drawn[0][0]


def figure_of(tmp_path, rows: str, found: list[dict]) -> str:
    """The figure that the program draws of rows of the tidy table, as SVG."""
    schema.write_csv(tmp_path / "results.csv", found, results.COLUMNS)
    arguments = ["--results", tmp_path / "results.csv", "--table", "steps", *figure_arguments(tmp_path)]
    assert not start(plot_results, tmp_path, {"rows": rows}, *arguments)
    return figure_bytes(tmp_path)[0].decode()


@pytest.mark.parametrize("rows", ["steps", "numbers"])
def test_a_gap_says_why_it_is_one(tmp_path, rows):
    gaps = {"1 pair": "not known", "2 pairs": "results.csv has no row with seed=1", "3 pairs": "not run (run: other)"}
    found = [row(name, "a", "", "5", "trial") | {"ours_note": note} for name, note in gaps.items()]
    drawn = figure_of(tmp_path, rows, [*found, row("4 pairs", "a", "6", "5", "trial"), row("5 pairs", "a", "", "7")])
    for words in ("not known", "no value", "not run"):
        assert len(re.findall(rf"<!-- {words}(: \d)? -->", drawn)) == 1


@pytest.mark.parametrize("rows", ["steps", "numbers"])
def test_money_of_another_currency_is_not_drawn_on_the_papers_axis(tmp_path, rows):
    euros = row("1 pair", "cost", "5", "6", "trial") | {"unit": "USD", "ours_note": "in EUR"}
    drawn = figure_of(tmp_path, rows, [euros, row("2 pairs", "cost", "", "9") | {"unit": "USD"}])
    assert "ours in EUR" in drawn
    (cell,) = [plot_results._cell(euros)]
    assert (cell.ours, cell.published) == (None, 6)


def test_points_of_several_series_are_not_joined():
    found = [
        Cell(f"{name} at {pairs} pairs", "MATH", "percent", None, None, None, value, "")
        for name, value in (("MetaMath", 20.0), ("ScaleQuest", 40.0))
        for pairs in (1000, 2000)
    ]
    found.append(Cell("ScaleQuest at 3000 pairs", "MATH", "percent", 41.0, 40.0, 42.0, None, ""))
    figure = plot_results.draw_numbers(found, SOURCE, "pairs")
    lines = [line.get_xydata().tolist() for line in figure.axes[0].lines if line.get_color() == figures.GREY]
    assert lines == [[[1000, 20], [2000, 20]], [[1000, 40], [2000, 40]]]
    shown = [text for text, _ in assert_texts_stand_apart(figure)]
    assert f"{SOURCE}: MetaMath at … pairs" in shown and "ours: ScaleQuest at … pairs" in shown


def test_a_table_without_any_value_says_so(tmp_path):
    schema.write_csv(tmp_path / "results.csv", [row("a", "b", run="other")], results.COLUMNS)
    arguments = ["--results", tmp_path / "results.csv", "--table", "steps", *figure_arguments(tmp_path)]
    assert not start(plot_results, tmp_path, {"rows": "numbers"}, *arguments)
    assert b"no run has made anything of the table steps" in figure_bytes(tmp_path)[0]


def test_a_row_without_a_number_is_named(tmp_path, capsys):
    schema.write_csv(tmp_path / "results.csv", [row("all pairs", "b", "1")], results.COLUMNS)
    arguments = ["--results", tmp_path / "results.csv", "--table", "steps", *figure_arguments(tmp_path)]
    assert start(plot_results, tmp_path, {"rows": "numbers"}, *arguments) == 1
    assert "draws the rows as numbers, but 'all pairs' has none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "number", "series"),
    [
        ("5,000 raw questions", 5_000, "… raw questions"),
        ("0.94K pairs", 940, "… pairs"),
        ("1.5M pairs", 1_500_000, "… pairs"),
        ("5k", 5_000, "…"),
        ("ScaleQuest at 125000 pairs", 125_000, "ScaleQuest at … pairs"),
        ("Llama3-8B at 125000 pairs", 125_000, "Llama3-8B at … pairs"),
        ("arm 2 at 3,000 pairs", 3_000, "arm 2 at … pairs"),
        ("step 4 of 10", None, ""),
        ("4 steps, 10 raw questions", 10, "4 steps, … raw questions"),
        ("5 MATH problems", 5, "… MATH problems"),
        ("temperature 0.125", 0.125, "temperature …"),
        ("10.000 pairs", None, ""),
        ("10-20 pairs", None, ""),
        ("Qwen2-7B", None, ""),
    ],
)
def test_the_number_of_a_row_is_the_one_that_its_name_means(name, number, series):
    if number is None:
        with pytest.raises(plot_results.InputError, match=f"draws the rows as numbers, but .*{re.escape(name)}"):
            plot_results.numbered(name, "raw questions")
    else:
        assert plot_results.numbered(name, "raw questions") == plot_results.Numbered(number, series)


@pytest.mark.parametrize("rows", ["steps", "numbers"])
def test_dollar_signs_start_no_formula(tmp_path, rows):
    found = [
        row(f"{name} at {pairs} pairs", "cost", "5", "6", "trial") | {"unit": "$ of $x_", "published_source": "$y_ $"}
        for name in ("a $", "b $")
        for pairs in (1, 2)
    ]
    schema.write_csv(tmp_path / "results.csv", found, results.COLUMNS)
    arguments = ["--results", tmp_path / "results.csv", "--table", "steps", *figure_arguments(tmp_path)]
    assert not start(plot_results, tmp_path, {"rows": rows, "axis": "axis $z_ $"}, *arguments)
    drawn = figure_bytes(tmp_path)[0].decode()
    assert all(text in drawn for text in ("$ of $x_", "$y_ $", "axis $z_ $"))


def test_a_figure_of_a_table_that_is_not_there_is_refused():
    assert_refused(
        [("plot_results", {"nothing": {"rows": "steps"}})], ["plot_results.nothing is no table of", "tabulate_results"]
    )


def test_the_demo_draws_what_its_filters_removed(monkeypatch):
    monkeypatch.chdir(ROOT)
    plan = Plan(validate(configuration.load(ROOT / "config/demo.yaml")))
    assert plan.drawn_tables() == ["removed_by_filters"]
    assert "<results>/figures/results/removed_by_filters.svg" in plan.report_files()


def test_the_figures_of_the_recipe_are_part_of_its_report(monkeypatch):
    monkeypatch.chdir(ROOT)
    plan = Plan(validate(configuration.load(ROOT / "config/config.yaml")))
    assert plan.drawn_tables() == ["ablation_steps", "removed_by_filters", "preference_pairs"]
    assert set(plan.result_figures()) < set(plan.report_files())
    assert set(plan.result_figure_ledgers()) < set(plan.every_ledger())
    assert len(plan.result_figures()) == len(plan.result_figure_ledgers()) == 3
