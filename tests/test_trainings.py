"""Table, page and figure of all trainings, made from what the trainings wrote of themselves."""

import csv
import json
import math

import plot_trainings
import pytest
import tabulate_trainings
from changed_configuration import validate
from conftest import ROOT
from figure_texts import assert_texts_stand_apart, figure_arguments, figure_bytes, texts
from question_files import start
from synthesis import configuration, csv_tables, schema, trainings
from synthesis.plan import Plan
from synthesis.trainings import Training


def report(losses: list[float], rows: int = 12, **measured) -> dict:
    log = [{"step": number, "loss": loss, "learning_rate": 0.1} for number, loss in enumerate(losses, 1)]
    return {"rows": rows, "rows_too_long": 0, "steps": len(losses), "log": log} | measured


PREFERENCE = report([0.7, 0.6], rows_held_out=9, held_out_accuracy=8 / 9, held_out_margin=0.25)
SCORER = report(
    [4.0, 2.0, 1.0],
    rows=1_234_567,
    rows_too_long=1_500,
    rows_held_out=4,
    held_out_spearman=None,
    held_out_mean_squared_error=0.5,
    held_out_mean_squared_error_of_the_mean=1.25,
    held_out_calibration=[
        {"predicted": 0.125, "label": 0.0, "rows": 2},
        {"predicted": 2.5, "label": 3.0, "rows": 2},
    ],
)
FOUND = [
    ("train_generator", "tuned", "base", report([3.0] * 18 + [1.0, 2.0])),
    ("optimize_generator", "better", "tuned", PREFERENCE),
    ("train_difficulty_scorer", "<b>scorer", "base", SCORER),
    ("train_student", "small-8-1", "base", report([2.5])),
]


def run(folder, program, found=FOUND, outputs=("output", "curves", "page")) -> int:
    paths = [folder / f"{number}.json" for number in range(len(found))]
    for path, (*_, content) in zip(paths, found, strict=True):
        path.write_text(json.dumps(content))
    models = [{"stage": stage, "model": model, "from": begun_with} for stage, model, begun_with, _ in found]
    arguments = ["--run", "trial", "--ledger", folder / f"ledger/{program.__name__}/all.json"]
    arguments += ["--settings", json.dumps({"models": models}), "--reports", *paths]
    arguments += [part for name in outputs for part in (f"--{name}", folder / name)]
    return program.main(list(map(str, arguments)))


def test_each_training_has_a_row_with_what_was_measured(tmp_path):
    assert run(tmp_path, tabulate_trainings) == 0
    with (tmp_path / "output").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == trainings.COLUMNS
    assert [list(row.values()) for row in rows] == [
        ["train_generator", "tuned", "base", "12", "0", "20", "3", "1.5", "", "", "", "", "", ""],
        ["optimize_generator", "better", "tuned", "12", "0", "2", "0.7", "0.6", "9", "0.888889", "0.25", "", "", ""],
        [
            "train_difficulty_scorer",
            "<b>scorer",
            "base",
            "1234567",
            "1500",
            "3",
            "4",
            "1",
            "4",
            "",
            "",
            "",
            "0.5",
            "1.25",
        ],
        ["train_student", "small-8-1", "base", "12", "0", "1", "2.5", "2.5", "", "", "", "", "", ""],
    ]


def test_the_page_shows_the_calibration_and_no_empty_column(tmp_path):
    assert run(tmp_path, tabulate_trainings) == 0
    page = (tmp_path / "page").read_text()
    assert ">too long</th>" in page and ">1,500</td>" in page
    assert ">1,234,567</td>" in page and ">0.8889</td>" in page
    assert "Spearman" not in page
    assert page.count(">small-8-1</td>") == 1 and page.count(">better</td>") == 2
    assert "<h2>Calibration of &lt;b&gt;scorer</h2>" in page and "<b>" not in page
    assert page.count("Calibration of") == 1
    for cell in ("fifth 1", "fifth 2", "0.125", "2.5", "3"):
        assert f">{cell}</td>" in page
    assert run(tmp_path, tabulate_trainings, FOUND[:1]) == 0
    page = (tmp_path / "page").read_text()
    assert "Calibration" not in page and "held-out" not in page


@pytest.mark.parametrize(("steps", "expected"), [(1, 1), (4, 4), (14, 14), (20, 19.5), (100, 95.5)])
def test_the_last_loss_is_the_mean_of_the_last_tenth_of_the_steps(steps, expected):
    assert Training("train_student", "a", "b", report(list(range(1, steps + 1)))).last_loss == expected


def test_a_report_without_losses_is_refused(tmp_path, capsys):
    assert run(tmp_path, tabulate_trainings, [(*FOUND[0][:3], report([]))]) == 1
    assert "0.json holds no losses; delete it and run the workflow again." in capsys.readouterr().err
    assert not (tmp_path / "output").exists()


def drawn(count: int) -> list[Training]:
    """Trainings with long names, of a single step up to thousands of them, with small, large and diverged losses."""
    scales = [1e-7, 0.7, 12_345.0, math.nan]
    return [
        Training(
            "train_difficulty_scorer",
            f"a_very_long_name_of_a_trained_model_{number}",
            "base",
            report([scales[number % 4] / (step + 1) for step in range(1 if number == 1 else 10 ** (number % 5))]),
        )
        for number in range(count)
    ]


def curves_of(folder, found: list[Training]) -> list[plot_trainings.Curves]:
    """What the figures show of these trainings, through the table."""
    rows = [row for training in found for row in training.curves()]
    schema.write_csv(folder / "curves", rows, trainings.CURVE_COLUMNS)
    return plot_trainings.read(folder / "curves")


@pytest.mark.usefixtures("figure_style")
@pytest.mark.parametrize("count", [1, 2, 4, 20])
def test_every_training_has_a_panel_and_no_text_overlaps(tmp_path, count):
    found = drawn(count)
    figure = plot_trainings.draw_losses(curves_of(tmp_path, found))
    assert_texts_stand_apart(figure)
    panels = [panel for panel in figure.axes if panel.get_visible()]
    assert [panel.get_title("left").split("\n")[0][-2:] for panel in panels] == [item.model[-2:] for item in found]


def test_short_trainings_show_each_step_and_long_ones_means_of_neighbours(tmp_path):
    (panel,) = plot_trainings.draw_losses(curves_of(tmp_path, [Training(*FOUND[2])])).axes
    assert panel.lines[0].get_xydata().tolist() == [[1, 4], [2, 2], [3, 1]]
    assert panel.lines[0].get_marker() == "o"
    assert [line.get_ydata()[0] for line in panel.lines[1:]] == [0.5, 1.25]
    points = plot_trainings.curve(list(enumerate([1.0, 3.0] * 200 + [5.0], 1)))
    assert len(points) == 134
    assert (points[0], points[-1]) == ((2, pytest.approx(5 / 3)), (400.5, 4))


@pytest.mark.usefixtures("figure_style")
@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_trainings_on_pairs_have_two_panels_each_and_others_none(tmp_path, count):
    log = [
        {"step": step, "loss": 0.7, "accuracy": step / 500, "margin": 2_000 * step / (step + 9) - 1_000}
        for step in range(1, 501)
    ]
    content = {**PREFERENCE, "steps": 500, "log": log, "held_out_accuracy": 0, "held_out_margin": -1_000}
    pairs = [Training("train_reward_model", f"a_very_long_name_of_a_model_{n}", "base", content) for n in range(count)]
    figure = plot_trainings.draw_accuracies(curves_of(tmp_path, [Training(*FOUND[0]), *pairs]))
    assert_texts_stand_apart(figure)
    panels = [panel for panel in figure.axes if panel.get_visible()]
    assert [panel.get_ylabel() for panel in panels] == ["accuracy", "margin"] * count
    assert panels[0].get_position().y0 == panels[1].get_position().y0
    assert [panel.lines[1].get_ydata()[0] for panel in panels[:2]] == [0, -1_000]


def test_without_a_training_on_pairs_the_figure_says_so(tmp_path):
    figure = plot_trainings.draw_accuracies(curves_of(tmp_path, [Training(*FOUND[0])]))
    assert [" ".join(text.split()) for text, _ in texts(figure)] == [plot_trainings.NO_PAIRS]


def test_every_number_of_every_step_is_in_the_table(tmp_path):
    log = [{"step": 1, "loss": 0.7, "rewards/accuracies": 0.5, "rewards/margins": -0.125, "learning_rate": 1e-4}]
    content = {**PREFERENCE, "steps": 1, "log": log}
    assert run(tmp_path, tabulate_trainings, [("optimize_generator", "better", "tuned", content)]) == 0
    rows = csv_tables.read(tmp_path / "curves")
    assert {(row["stage"], row["model"], row["step"]) for row in rows} == {("optimize_generator", "better", "1")}
    assert {row["measure"]: row["value"] for row in rows} == {
        "loss": "0.7", "accuracy": "0.5", "margin": "-0.125", "learning_rate": "0.0001",
        "held_out_accuracy": "0.888889", "held_out_margin": "0.25",
    }  # fmt: skip


def test_the_same_table_gives_the_same_bytes(tmp_path):
    assert run(tmp_path, tabulate_trainings) == 0
    found = []
    for folder in (tmp_path / "first", tmp_path / "again"):
        arguments = ["--curves", tmp_path / "curves", *figure_arguments(folder, "losses", "accuracies")]
        assert start(plot_trainings, tmp_path, {}, *arguments) == 0
        found.append(figure_bytes(folder, "losses", "accuracies"))
    assert found[0] == found[1]


def plan(name: str) -> Plan:
    """The plan of one of the project's configurations."""
    return Plan(validate(configuration.load(ROOT / "config" / name)))


def test_every_training_is_in_the_table_under_the_name_of_its_report():
    planned = plan("grid.yaml")
    models = json.loads(planned.training_names())["models"]
    for model, path in zip(models, planned.training_reports(), strict=True):
        assert path == f"<results>/{model['stage']}/{model['model'].replace('-', '/')}/training.json"
    assert [model["model"] for model in models[:2]] == ["smollm2_tuned", "smollm2_optimized"]
    assert len(planned.training_tables()) == 4


def test_a_run_without_trainings_has_no_table_of_them():
    assert plan("imported.yaml").training_tables() == []


def test_a_figure_without_steps_says_so():
    (text,) = [found for found, _ in texts(plot_trainings.draw_losses([]))]
    assert " ".join(text.split()) == plot_trainings.NOTHING
