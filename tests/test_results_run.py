"""Tables of results and their figures in a real run: made again when a table of another run appears, else not."""

import csv

import pytest
from synthesis import configuration, evaluation
from test_graph import job_counts
from workflow import ROOT, Clone

pytestmark = pytest.mark.workflow

TARGET = "results/demo/tables/results.csv"
FIGURE = "results/demo/figures/results/main_results.svg"
NAMES = {"model": "smollm2", "student": "small", "size": "all", "seed": "1", "benchmark": "held_out"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The demo with one table, whose own evaluation is there and that of another run is not."""
    made = Clone(tmp_path_factory.mktemp("clone"))
    config = configuration.load(ROOT / "config/demo.yaml")
    table = config["tabulate_results"]["tables"]["main_results"]
    where = {"student": "small", "size": "all", "seed": 1}
    table["rows"] = {"Llama3-8B-ScaleQuest": {"evaluation": {"run": "pairs", "where": where}}}
    right = {"table": "evaluation", "value": "accuracy", "times": 100}
    table["columns"] = {"MATH": {**right, "where": {"benchmark": "held_out"}}}
    config["tabulate_results"]["tables"] = {"main_results": table}
    config["plot_results"] = {"main_results": {"rows": "steps"}}
    made.write_config(config)
    write_evaluation(made, "demo", 0.25)
    return made


def write_evaluation(clone: Clone, run: str, accuracy: float) -> None:
    path = clone.folder / f"results/{run}/tables/evaluation.csv"
    path.parent.mkdir(parents=True)
    untuned = {"model": "smollm2", "benchmark": "held_out"}
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, evaluation.COLUMNS, restval="")
        table.writeheader()
        table.writerows({**names, "problems": 40, "accuracy": accuracy} for names in (NAMES, untuned))


def tabulate(clone: Clone, *arguments: str) -> str:
    """Start with these rules alone, so that the tables that they read count as finished."""
    rules = ("tabulate_results", "plot_results")
    return clone.run(TARGET, FIGURE, "--allowed-rules", *rules, "--quiet", "host", *arguments)


def cell(clone: Clone, row: str, column: str) -> dict:
    with (clone.folder / TARGET).open(newline="") as file:
        (found,) = [line for line in csv.DictReader(file) if (line["row"], line["column"]) == (row, column)]
    return found


def test_tables_follow_runs_and_settings(clone):
    tabulate(clone)
    student = "SmolLM2-135M, the demo's student"
    assert cell(clone, student, "held-out problems")["ours"] == "25"
    assert cell(clone, "Llama3-8B-ScaleQuest", "MATH")["ours_note"] == "not run (run: pairs)"
    assert "config/pairs.yaml makes" in (clone.folder / "results/demo/pages/results.html").read_text()
    assert "<!-- not run -->" in (clone.folder / FIGURE).read_text()
    assert "Nothing to be done" in tabulate(clone, "-n")

    write_evaluation(clone, "pairs", 0.6)
    assert "updated input files" in tabulate(clone, "-n")
    tabulate(clone)
    found = cell(clone, "Llama3-8B-ScaleQuest", "MATH")
    assert (found["ours"], found["ours_run"], found["published"]) == ("60", "pairs", "64.4")
    assert "<!-- not run -->" not in (clone.folder / FIGURE).read_text()

    config = configuration.load(clone.folder / "trial.yaml")
    config["tabulate_results"]["tables"]["main_results"]["caption"] = "Another caption."
    clone.write_config(config)
    assert "params have changed" in tabulate(clone, "-n")
    tabulate(clone)
    for form in ("md", "tex"):
        assert "Another caption." in (clone.folder / f"results/demo/tables/results/main_results.{form}").read_text()

    config["plot_results"]["main_results"]["axis"] = "models"
    clone.write_config(config)
    assert set(job_counts(tabulate(clone, "-n"))) == {"plot_results", "total"}
    path = clone.folder / "config/published/scalequest.csv"
    path.write_text(path.read_text() + "arXiv 2410.18693v2,text,another,row,1,,pairs,\n")
    assert set(job_counts(tabulate(clone, "-n"))) == {"tabulate_results", "plot_results", "total"}
