"""The tables and the figure of difficulty: rank correlations against other ways to compute them, and what is shown."""

import csv

import numpy as np
import pandas as pd
import plot_difficulty
import pytest
import tabulate_difficulty
from figure_texts import assert_texts_stand_apart, figure_arguments, figure_bytes, texts
from question_files import start
from synthesis import csv_tables, difficulty_scores, rank_correlation, schema
from synthesis.difficulty_scores import COLUMNS, CORRELATION_COLUMNS
from synthesis.verdicts import verdict


@pytest.mark.parametrize("seed", range(5))
def test_without_ties_it_is_the_textbook_formula(seed):
    drawn = np.random.default_rng(seed)
    first, second = (drawn.permutation(50).astype(float) for _ in range(2))
    distances = ((first - second) ** 2).sum()
    assert rank_correlation.spearman(first, second) == pytest.approx(1 - 6 * distances / (50 * (50**2 - 1)))


@pytest.mark.parametrize("seed", range(5))
def test_with_ties_it_is_what_pandas_finds(seed):
    drawn = np.random.default_rng(seed)
    first, second = drawn.integers(0, 5, 80), drawn.integers(0, 3, 80)
    frame = pd.DataFrame({"first": first, "second": second})
    assert rank_correlation.spearman(first, second) == pytest.approx(frame.rank().corr().iloc[0, 1])
    assert rank_correlation.ranks(first) == pytest.approx(frame["first"].rank())


def test_it_is_one_for_any_rising_function_and_none_for_a_constant():
    values = np.array([3.0, -1.0, 2.0, 9.0])
    assert rank_correlation.spearman(values, np.exp(values)) == pytest.approx(1)
    assert rank_correlation.spearman(values, -values) == pytest.approx(-1)
    assert rank_correlation.spearman(values, np.ones(4)) is None
    assert rank_correlation.spearman(values[:1], values[:1]) is None
    assert rank_correlation.interval(values[:0], values[:0], 1) is None


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    drawn, hits = np.random.default_rng(3), 0
    # Of two normal variables with correlation r, Spearman's is 6 / pi * arcsin(r / 2).
    truth = 6 / np.pi * np.arcsin(0.5 / 2)
    for seed in range(60):
        first = drawn.normal(size=60)
        second = 0.5 * first + np.sqrt(0.75) * drawn.normal(size=60)
        low, high = rank_correlation.interval(first, second, seed)
        hits += low <= truth <= high
    assert 51 <= hits <= 60


def test_equal_seeds_give_equal_intervals():
    first, second = np.random.default_rng(1).normal(size=(2, 30))
    assert rank_correlation.interval(first, second, 5) == rank_correlation.interval(first, second, 5)
    assert rank_correlation.interval(first, second, 5) != rank_correlation.interval(first, second, 6)


SETTINGS = {"methods": {"levels": "level", "solver": "fail_rate"}, "with_references": ["known"]}


def write(folder, scorer: str, source: str, scores: dict[str, float | None]):
    rows = [verdict(name, "no_answer" if value is None else "", value) for name, value in scores.items()]
    path = folder / f"score_difficulty/{scorer}/{source}/00000.parquet"
    schema.write(path, rows, schema.QUESTION_VERDICTS)
    return path


@pytest.fixture
def arguments(tmp_path):
    levels = [
        write(tmp_path, "levels", "own", {"b": 40, "a": 20, "c": 60, "d": 80}),
        write(tmp_path, "levels", "known", {"e": 20, "f": 20}),
    ]
    solver = [
        write(tmp_path, "solver", "own", {"a": 0.1, "b": 0.2, "c": None, "d": 0.0}),
        write(tmp_path, "solver", "known", {"e": 1.0}),
    ]
    return ["--scorer", "levels", *levels, "--scorer", "solver", *solver]


def read(path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def tabulate(tmp_path, arguments) -> None:
    outputs = ["--output", tmp_path / "scores.csv", "--correlations", tmp_path / "pairs.csv"]
    outputs += ["--histogram", tmp_path / "bins.csv", "--page", tmp_path / "page.html", "--seed", 1]
    assert not start(tabulate_difficulty, tmp_path, SETTINGS, *arguments, *outputs)


def test_the_table_has_a_row_for_each_scorer_and_source(tmp_path, arguments):
    tabulate(tmp_path, arguments)
    rows = read(tmp_path / "scores.csv")
    assert list(rows[0]) == COLUMNS
    assert [(row["scorer"], row["source"], row["questions"], row["scored"]) for row in rows] == [
        ("levels", "own", "4", "4"), ("levels", "known", "2", "2"),
        ("solver", "own", "4", "3"), ("solver", "known", "1", "1"),
    ]  # fmt: skip
    assert [row["measure"] for row in rows[2:]] == ["disagreement with the majority", "fail rate"]
    assert [float(rows[0][name]) for name in ("lowest", "median", "mean", "highest")] == [20, 50, 50, 80]
    assert rows[2]["unscored"] == "no_answer: 1"


def test_only_questions_that_both_score_are_compared(tmp_path, arguments):
    tabulate(tmp_path, arguments)
    pairs = {row["source"]: row for row in read(tmp_path / "pairs.csv")}
    assert list(pairs["own"]) == CORRELATION_COLUMNS
    assert {source: row["questions"] for source, row in pairs.items()} == {"own": "3", "known": "1", "all": "4"}
    # Levels 20, 40, 80 against 0.1, 0.2, 0: ranks 1 2 3 against 2 3 1, so 1 - 6 * 6 / 24.
    assert float(pairs["own"]["spearman"]) == pytest.approx(-0.5)
    assert pairs["known"]["spearman"] == pairs["known"]["spearman_low"] == ""
    page = (tmp_path / "page.html").read_text()
    assert "-0.500" in page and "disagreement, not failure" in page


def test_one_scorer_is_compared_with_none(tmp_path, arguments):
    tabulate(tmp_path, arguments[: arguments.index("--scorer", 1)])
    assert read(tmp_path / "pairs.csv") == []
    assert "Spearman" not in (tmp_path / "page.html").read_text()


def test_a_scorer_without_a_method_is_refused(tmp_path, capsys):
    files = ["--scorer", "other", write(tmp_path, "other", "own", {"a": 1.0})]
    outputs = [f"--{name}={tmp_path}" for name in ("output", "correlations", "histogram", "page")]
    assert start(tabulate_difficulty, tmp_path, SETTINGS, *files, "--seed", "1", *outputs) == 1
    assert "--scorer names other" in capsys.readouterr().err


@pytest.mark.usefixtures("figure_style")
def test_the_figure_has_a_panel_for_each_and_equal_bytes_again(tmp_path, arguments):
    tabulate(tmp_path, arguments)
    found = []
    for name in ("one", "two"):
        outputs = figure_arguments(tmp_path / name)
        assert not start(plot_difficulty, tmp_path, {}, "--histogram", tmp_path / "bins.csv", *outputs)
        found.append(figure_bytes(tmp_path / name))
    assert found[0] == found[1]
    bins = csv_tables.read(tmp_path / "bins.csv")
    figure = plot_difficulty.draw(bins)
    assert_texts_stand_apart(figure)
    assert (
        sum(panel.get_visible() for panel in figure.axes) == len({(row["scorer"], row["source"]) for row in bins}) > 1
    )


def test_each_level_has_a_bar_and_shares_go_from_0_to_1(tmp_path, arguments):
    files = [["levels", arguments[2]], ["solver", arguments[6]]]
    levels, solver = (difficulty_scores.edges(scores) for scores in difficulty_scores.read(files, SETTINGS))
    assert levels.tolist() == [10, 30, 50, 70, 90, 110]
    assert (solver[0], solver[-1], len(solver)) == (0, 1, difficulty_scores.BINS + 1)


def test_a_source_without_any_score_has_an_empty_row_and_panel(tmp_path):
    arguments = ["--scorer", "levels", write(tmp_path, "levels", "own", {"a": None})]
    tabulate(tmp_path, arguments)
    (row,) = read(tmp_path / "scores.csv")
    assert (row["questions"], row["scored"], row["mean"], row["median"]) == ("1", "0", "", "")
    assert {row["questions"] for row in read(tmp_path / "bins.csv")} == {"0"}
    assert not start(plot_difficulty, tmp_path, {}, "--histogram", tmp_path / "bins.csv", *figure_arguments(tmp_path))


@pytest.mark.usefixtures("figure_style")
def test_a_figure_without_scores_says_so():
    (text,) = [found for found, _ in texts(plot_difficulty.draw([]))]
    assert " ".join(text.split()) == plot_difficulty.NOTHING
