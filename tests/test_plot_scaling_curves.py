"""The curves over the sizes of data sets: every point where it belongs, nothing of a paper among ours."""

import plot_scaling_curves
import pytest
from changed_configuration import assert_refused, changed
from conftest import ROOT
from figure_texts import assert_texts_stand_apart, figure_arguments, figure_bytes, texts
from plot_scaling_curves import Point, Published
from question_files import start
from synthesis import configuration_figures, csv_tables, evaluation, evaluation_tables, figures, schema, trainings

pytestmark = pytest.mark.usefixtures("figure_style")

PAPER = ROOT / "config/published/scalequest.csv"
FIGURE_1 = {
    "source": "arXiv 2410.18693v2",
    "table": "figure 1",
    "benchmarks": {"math": "MATH", "olympiadbench": "OlympiadBench"},
}
SIZES = [125_000, 250_000, 500_000, 750_000, 1_000_000]


def row(model: str, benchmark: str, accuracy: float, student="", size="", seed="") -> dict:
    names = {"model": model, "student": student, "size": size, "seed": seed, "benchmark": benchmark}
    ends = {"accuracy": f"{accuracy}", "accuracy_low": f"{accuracy - 0.1}", "accuracy_high": f"{accuracy + 0.1}"}
    return dict.fromkeys(evaluation.COLUMNS, "0") | names | ends


ROWS = [
    row("base", "math", 0.2),
    row("base", "math", 0.3, "small", "8", "1"),
    row("base", "math", 0.5, "small", "8", "2"),
    row("base", "math", 0.6, "small", "all", "1"),
]


def write_tables(folder, rows=ROWS) -> list:
    learnt = {"small-8-1": "7", "small-8-2": "7", "small-all-1": "12"}
    trained = [dict.fromkeys(trainings.COLUMNS, "") | {"model": name, "rows": rows} for name, rows in learnt.items()]
    schema.write_csv(folder / "evaluation.csv", rows, evaluation.COLUMNS)
    schema.write_csv(folder / "seeds.csv", evaluation_tables.over_seeds(rows), evaluation_tables.SEED_COLUMNS)
    schema.write_csv(folder / "trainings.csv", trained, trainings.COLUMNS)
    return [part for name in ("evaluation", "seeds", "trainings") for part in (f"--{name}", folder / f"{name}.csv")]


def points(students: list[str], benchmarks: list[str], sizes=SIZES) -> list[Point]:
    return [
        Point(student, benchmark, size, value, value - 3, value + 3)
        for number, student in enumerate(students)
        for benchmark in benchmarks
        for value, size in zip((0, 5, 40, 60 + number, 100), sizes, strict=False)
    ]


def published() -> Published:
    return plot_scaling_curves.read_published(PAPER, FIGURE_1)


def test_bars_are_the_deviation_over_seeds_or_the_interval_of_one_seed(tmp_path):
    write_tables(tmp_path)
    found = plot_scaling_curves.read(
        *(csv_tables.read(tmp_path / f"{name}.csv") for name in ("seeds", "evaluation", "trainings"))
    )
    several, single = found
    # One of the eight pairs was too long to learn from.
    assert (several.pairs, several.accuracy) == (7, pytest.approx(40))
    # The deviation of 30 and 50, with n - 1 in the divisor, is the root of 200.
    assert (several.low, several.high) == (pytest.approx(25.8579), pytest.approx(54.1421))
    assert (single.pairs, single.accuracy, single.low, single.high) == (12, 60, pytest.approx(50), pytest.approx(70))
    assert plot_scaling_curves.before_training(ROWS) == {("small", "math"): 20}


def test_a_student_without_a_training_is_named(tmp_path):
    with pytest.raises(plot_scaling_curves.InputError, match=r"trainings\.csv has no row of small-8;"):
        plot_scaling_curves.read(evaluation_tables.over_seeds(ROWS), ROWS, [])


@pytest.mark.parametrize("axis", ["linear", "logarithmic"])
@pytest.mark.parametrize(
    ("students", "benchmarks"),
    [
        (["small"], ["math"]),
        (["llama3_8b", "mistral"], ["gsm8k", "math", "college_math", "olympiadbench"]),
        (
            [f"a_student_of_a_very_long_name_that_goes_on_{n}" for n in range(12)],
            [f"a_benchmark_with_a_long_name_{n}" for n in range(7)],
        ),
    ],
)
def test_no_text_overlaps_another(axis, students, benchmarks):
    found = points(students, benchmarks)
    figure = plot_scaling_curves.draw(found, {(students[0], benchmarks[0]): 20.0}, published(), axis)
    shown = [text for text, _ in assert_texts_stand_apart(figure)]
    assert "before training" in shown
    assert ("published: arXiv 2410.18693v2, figure 1" in shown) == ("math" in benchmarks)


def test_published_curves_are_grey_and_named_and_ours_are_not(tmp_path):
    figure = plot_scaling_curves.draw(points(["small"], ["math", "gsm8k"]), {}, published(), "linear")
    math, gsm8k = figure.axes
    grey = [line for line in math.lines if line.get_color() == figures.GREY]
    assert len(grey) == 4 and not [line for line in gsm8k.lines if line.get_color() == figures.GREY]
    assert grey[0].get_xydata()[-1].tolist() == [1_000_000, 60.7]
    assert [text.get_text().strip() for text in math.texts] == ["MetaMath", "DART-Math", "NuminaMath", "ScaleQuest"]
    (ours,) = [line for line in gsm8k.lines if line.get_color() == figures.BLUE and line.get_linestyle() == "-"]
    assert ours.get_ydata().tolist() == [0, 5, 40, 60, 100]


def test_dollar_signs_in_the_name_of_a_paper_start_no_formula():
    paid = Published("A paper of $5 and $x_", published().curves)
    figure = plot_scaling_curves.draw(points(["small"], ["math"]), {}, paid, "linear")
    assert r"published: A paper of \$5 and \$x_" in [text for text, _ in assert_texts_stand_apart(figure)]


@pytest.mark.parametrize("found", [[], points(["small", "other"], ["math"], SIZES[:1])])
def test_without_several_sizes_the_figure_says_so(found):
    shown = texts(plot_scaling_curves.draw(found, {}, published(), "linear"))
    assert [" ".join(text.split()) for text, _ in shown] == [plot_scaling_curves.NOTHING]


def test_a_student_of_one_size_stands_beside_the_curve_of_another():
    found = [*points(["small"], ["math"]), Point("other", "math", 9, 1, 1, 1)]
    (panel,) = plot_scaling_curves.draw(found, {}, Published(), "linear").axes
    assert len(panel.containers) == 2


def test_the_same_tables_give_the_same_bytes(tmp_path):
    settings = {"axis": "logarithmic", "published": FIGURE_1}
    arguments = write_tables(tmp_path)
    for published_file in ([], ["--published", PAPER]):
        found = []
        for folder in (tmp_path / "first", tmp_path / "again"):
            files = [*arguments, *published_file, *figure_arguments(folder)]
            assert start(plot_scaling_curves, tmp_path, settings, *files) == 0
            found.append(figure_bytes(folder))
        assert found[0] == found[1]


def test_a_curve_that_the_paper_does_not_have_is_refused(tmp_path, capsys):
    settings = {"axis": "linear", "published": FIGURE_1 | {"benchmarks": {"math": "Maths"}}}
    arguments = [*write_tables(tmp_path), "--published", PAPER, *figure_arguments(tmp_path)]
    assert start(plot_scaling_curves, tmp_path, settings, *arguments) == 1
    assert "has no curve Maths in figure 1 of arXiv 2410.18693v2" in capsys.readouterr().err


def test_curves_on_a_benchmark_that_nobody_answers_are_refused():
    settings = {"file": str(PAPER), **FIGURE_1}
    where = "plot_scaling_curves.published.benchmarks names math, which answer_benchmark.benchmarks does not"
    assert_refused([("plot_scaling_curves", {"published": settings})], [where])


@pytest.mark.parametrize("stage", ["answer_benchmark", "train_student"])
def test_a_derived_configuration_without_the_figure_may_keep_its_published_curves(stage):
    config = changed(("plot_scaling_curves", {"published": {"file": str(PAPER), "benchmarks": {"math": "MATH"}}}))
    assert list(configuration_figures.figures(config))
    config[stage] = {}
    assert not list(configuration_figures.figures(config))
