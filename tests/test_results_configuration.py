"""Tables of results in configurations: what is refused, what is planned, and that the recipe's fit its studies."""

import copy
import re

import pytest
import yaml
from changed_configuration import DEMO, assert_sentence, validate
from conftest import ROOT
from synthesis import configuration, configuration_results
from synthesis.canonical import canonical_json
from synthesis.errors import InputError
from synthesis.plan import Plan

TABLES = yaml.safe_load((ROOT / "config/demo.yaml").read_text())["tabulate_results"]
EXTENDED = yaml.safe_load((ROOT / "config/demo.yaml").read_text())
STUDIES = sorted((ROOT / "config/studies").glob("*.yaml"))
MAIN = "tables.main_results"
PUBLISHED = {"file": "config/published/scalequest.csv", "source": "arXiv 2410.18693v2", "table": "1"}


def changed(*edits, config: dict = EXTENDED) -> dict:
    """The demo with values put at dotted places below `tabulate_results`; slashes part names that hold dots."""
    config = copy.deepcopy(config)
    for place, value in edits:
        *outer, last = place.split("/") if "/" in place else place.split(".")
        target = config["tabulate_results"]
        for part in outer:
            target = target.setdefault(part, {})
        target[last] = value
    return config


STUDENT = {"where": {"student": "small", "size": "all", "seed": 1}}
RIGHT = {"table": "evaluation", "value": "accuracy", "times": 100}
# What is changed, and what the sentence must hold: the key and the repair.
NOT_FITTING = {
    "no such table of a run": (
        [("tables.cost.columns.cost", {"table": "cost", "value": "cost"})],
        ["tables.cost.columns.cost.table is 'cost', which is no table of a run", "did you mean costs?"],
    ),
    "no such value": (
        [("tables.cost.columns.cost", {"table": "costs", "value": "costs"})],
        ["tables.cost.columns.cost.value is 'costs', which is no number of costs", "did you mean cost?"],
    ),
    "no such key column": (
        [("tables.data_set_sizes.columns.pairs", {"table": "costs", "value": "samples", "where": {"steps": "x"}})],
        ["where.steps is no column by which rows of costs are told", "did you mean step?"],
    ),
    "row in no table of a run": (
        [("tables.cost.rows.Total", {"cost": {}})],
        ["tables.cost.rows.Total.cost is no table of a run", "did you mean costs?"],
    ),
    "row in a table that nothing is taken from": (
        [("tables.cost.rows.Total", {"evaluation": STUDENT})],
        ["rows.Total.evaluation says what the row is in a table that no column takes its values from", "remove it"],
    ),
    "row that the paper lacks": (
        [("tables.cost.rows.Totals", {"costs": {"where": {"phase": "Total"}}})],
        ["tables.cost.rows.Totals is not among the rows of the paper's table", "did you mean Total?", "rows_of_ours"],
    ),
    "column that the paper lacks": (
        [("tables.cost.columns.costs", {"table": "costs", "value": "cost"})],
        ["tables.cost.columns.costs is not among the columns", "did you mean cost?", "columns_of_ours"],
    ),
    "row of the paper as one of ours": (
        [("tables.cost.rows_of_ours.Total", {"costs": {}}), ("tables.cost.rows", {})],
        ["rows_of_ours.Total is among the rows of the paper's table", "write it under rows"],
    ),
    "row twice": (
        [("tables.cost.rows_of_ours.Total", {"costs": {}})],
        ["rows_of_ours.Total stands under rows too", "remove one"],
    ),
    "no such source": (
        [("tables.cost.published.source", "arXiv 2410.18693")],
        ["published.source is 'arXiv 2410.18693'", "did you mean arXiv 2410.18693v2?"],
    ),
    "no such table of the paper": (
        [("tables.cost.published.table", "44")],
        ["published.table is '44', which config/published/scalequest.csv lacks", "did you mean 4?"],
    ),
    "no such row to show": (
        [("tables.cost.published.rows", ["Sum", "Total"])],
        ["published.rows[0] is 'Sum', which the paper's table lacks"],
    ),
    "no such file": (
        [("tables.cost.published.file", "config/published/scalequests.csv")],
        ["tables.cost.published.file is config/published/scalequests.csv, which does not exist", "scalequest.csv?"],
    ),
    "number of a table without quotes": (
        [("tables.cost.published.table", 4)],
        ["published.table must be text, not 4", "put it in quotes"],
    ),
    "column of ours without a unit": (
        [("tables.cost.columns_of_ours.steps", {"table": "costs", "value": "samples"})],
        ["columns_of_ours.steps.unit is missing", "no paper's value tells it"],
    ),
    "table without rows": (
        [("tables.cost.published.rows", []), ("tables.cost.rows", {}), ("tables.cost.rows_of_ours", {})],
        ["tables.cost has no rows", "published.rows or rows_of_ours"],
    ),
    "table without columns, since none of the paper's values is shown": (
        [
            ("tables.data_set_sizes.published", {**PUBLISHED, "rows": []}),
            *((f"tables.data_set_sizes.{part}", {}) for part in ("columns", "rows_of_ours")),
            ("tables.data_set_sizes.rows_of_ours.x", {}),
        ],
        ["tables.data_set_sizes has no columns", "published.columns or columns_of_ours"],
    ),
    "share as per cent": (
        [(f"{MAIN}.columns.MATH", {**RIGHT, "times": 1, "where": {"benchmark": "held_out"}})],
        ["columns.MATH takes accuracy, a share between 0 and 1, for per cent", "write times: 100"],
    ),
    "share of ours as per cent": (
        [(f"{MAIN}.columns_of_ours.x", {"table": "generators", "value": "share_maths", "unit": "percent"})],
        ["columns_of_ours.x takes share_maths, a share between 0 and 1", "write times: 100, or another unit"],
    ),
    "quotient as per cent": (
        [("tables.removed_by_filters.columns.removed.times", 1)],
        ["columns.removed takes rows, a share between 0 and 1", "write times: 100"],
    ),
    "unknown share of a generator": (
        [
            (f"{MAIN}.columns_of_ours.x", {"table": "generators", "value": "share_mathes", "unit": "share"}),
            (f"{MAIN}.rows_of_ours.x", {"generators": {"where": {"trained_by": "none"}}}),
        ],
        ["with column x asks for share_mathes, which this run does not have", "did you mean share_maths?"],
    ),
    "unknown scorer": (
        [
            (f"{MAIN}.columns_of_ours.x", {"table": "difficulty", "value": "mean", "unit": "score"}),
            (f"{MAIN}.rows_of_ours.x", {"difficulty": {"where": {"scorer": "learnt_fail_rates"}}}),
        ],
        ["asks for scorer 'learnt_fail_rates', which this run does not have", "did you mean learnt_fail_rate?"],
    ),
    "unknown measurement of a judge": (
        [
            (f"{MAIN}.columns_of_ours.x", {"table": "judges", "value": "recall", "unit": "share"}),
            (f"{MAIN}.rows_of_ours.x", {"judges": {"where": {"measurement": "solvable"}}}),
        ],
        ["asks for measurement 'solvable', which this run does not have", "did you mean solvability?"],
    ),
    "unknown student of all its seeds": (
        [
            (f"{MAIN}.columns_of_ours.x", RIGHT | {"table": "evaluation_seeds", "unit": "percent"}),
            (f"{MAIN}.rows_of_ours.x", {"evaluation_seeds": {"where": {"student": "smal", "size": "all"}}}),
        ],
        ["rows_of_ours.x.evaluation_seeds with column x asks for student 'smal'", "did you mean small?"],
    ),
    "ratings of a run that has none": (
        [
            (f"{MAIN}.columns_of_ours.x", {"table": "ratings", "value": "mean", "unit": "score 1 to 5"}),
            (f"{MAIN}.rows_of_ours.x", {"ratings": {"where": {"set": "dataset", "criterion": "clarity"}}}),
        ],
        ["the table ratings, which this run does not make without rate_questions.sheets; add that"],
    ),
    "unknown benchmark": (
        [(f"{MAIN}.columns.MATH", {**RIGHT, "where": {"benchmark": "heldout"}})],
        ["with column MATH asks for benchmark 'heldout', which this run does not have", "did you mean held_out?"],
    ),
    "unknown student": (
        [(f"{MAIN}.rows_of_ours.pupil", {"evaluation": {"where": {"student": "smal", "size": "all", "seed": 1}}})],
        ["rows_of_ours.pupil.evaluation", "asks for student 'smal'", "did you mean small?"],
    ),
    "unknown stage": (
        [("tables/removed_by_filters/rows/language filter", {"funnel": {"where": {"stage": "filter_questions"}}})],
        ["rows.language filter.funnel", "asks for stage 'filter_questions'", "did you mean filter_questions/"],
    ),
    "unknown step": (
        [("tables.cost.rows.Total", {"costs": {"where": {"step": "judge_question"}}})],
        ["asks for step 'judge_question'", "did you mean judge_questions?"],
    ),
    "names that no row has together": (
        [(f"{MAIN}.rows_of_ours.pupil", {"evaluation": {"where": {"student": "small", "size": ""}}})],
        ["asks for benchmark held_out, student small, size (empty), but this run has no such row"],
    ),
    "names that two rows have": (
        [(f"{MAIN}.rows_of_ours.pupil", {"evaluation": {"where": {"model": "smollm2"}}})],
        ["means 2 rows of evaluation, which differ in student and size and seed", "name one under where"],
    ),
    "unknown run": (
        [("tables.cost.rows.Total", {"costs": {"run": "scalequest_pilots", "where": {"phase": "Total"}}})],
        ["rows.Total.costs is of the run 'scalequest_pilots'", "neither results/", "did you mean scalequest_pilot?"],
    ),
    "unknown run of all rows": (
        [("run", "demos")],
        ["is of the run 'demos'", "did you mean demo?"],
    ),
}


@pytest.mark.parametrize("case", NOT_FITTING)
def test_what_does_not_fit_is_refused(case):
    edits, fragments = NOT_FITTING[case]
    assert_sentence(changed(*edits), fragments)


def test_what_is_left_out_need_not_be_named_by_other_conditions():
    pupil = {"where": {"model": "smollm2"}, "except": {"student": "small"}}
    validate(changed((f"{MAIN}.rows_of_ours.pupil", {"evaluation": pupil})))


def of_seeds(**where) -> dict:
    """A table of means over training seeds, from the averages and from single benchmarks."""
    average = RIGHT | {"table": "evaluation_averages", "unit": "percent"}
    column = RIGHT | {"table": "evaluation_seeds", "where": {"benchmark": "held_out"}, "unit": "percent"}
    return {
        "caption": "Over seeds",
        "published": {**PUBLISHED, "rows": []},
        "columns_of_ours": {"mean of all": average, "arithmetic": column},
        "rows_of_ours": {
            "pupil": {"evaluation": {"where": {"student": "small", "size": "all", **where}}},
            "before training": {"evaluation": {"where": {"model": "smollm2", "student": ""}}},
        },
    }


def grid(table: dict) -> dict:
    config = yaml.safe_load((ROOT / "config/grid.yaml").read_text())
    return config | {"tabulate_results": {"tables": {"seeds": table}}}


def test_the_mean_over_training_seeds_is_a_row_of_the_run(monkeypatch):
    monkeypatch.chdir(ROOT)
    config = grid(of_seeds(seed=""))
    configuration.validate(config)
    rows = configuration_results.known_rows(config, "evaluation_averages")
    assert {row["seed"] for row in rows if row["student"] == "small" and row["size"] == "all"} == {"", "1", "2"}
    assert [row for row in rows if row["student"] == "" and row["seed"] == ""]
    asked = list(configuration_results.places(of_seeds(seed=""), "grid"))
    assert asked[0].lookup.where["seed"] == [""] and "seed" not in asked[1].lookup.where
    # What was not trained has no training seeds.
    assert [(place.row, place.column) for place in asked[2:]] == [("before training", "mean of all")]


def test_ratings_can_be_tabulated_as_the_guide_says(tmp_path):
    """Once there are filled sheets, table 5 of the paper takes ours; names of sets are checked."""
    guide = re.search(r"```yaml\n    ratings:\n(.*?)```", (ROOT / "docs/results_tables.md").read_text(), re.DOTALL)[1]
    (tmp_path / "anna.csv").write_text("item\n")
    config = copy.deepcopy(DEMO)
    config["rate_questions"] = {"items": 4, "sets": ["dataset"], "sheets": [str(tmp_path / "anna.csv")]}
    config["rate_questions"]["key"] = str(tmp_path / "anna.csv")
    config["tabulate_results"] = {"tables": {"ratings": yaml.safe_load(guide)}}
    assert "<results>/tables/ratings.csv" in Plan(validate(copy.deepcopy(config))).result_inputs()
    config["tabulate_results"]["tables"]["ratings"]["rows"]["ScaleQuest"]["ratings"]["where"]["set"] = "datasets"
    assert_sentence(config, ["asks for set 'datasets', which this run does not have", "did you mean dataset?"])


def test_without_a_seed_the_mean_and_each_seed_may_be_meant():
    assert_sentence(grid(of_seeds()), ["means 3 rows of evaluation_averages, which differ in seed", "name one under"])


@pytest.mark.parametrize(
    ("stage", "table", "value"),
    [("answer_benchmark", "evaluation", "accuracy"), ("tabulate_generators", "generators", "share_maths")],
)
def test_a_table_that_this_run_does_not_make_is_refused_and_that_of_another_run_is_not(stage, table, value):
    config = copy.deepcopy(DEMO)
    config.pop(stage, None)
    config["tabulate_results"] = {"tables": {"sizes": copy.deepcopy(TABLES["tables"]["data_set_sizes"])}}
    sizes = config["tabulate_results"]["tables"]["sizes"]
    sizes["columns"]["pairs"] = {"table": table, "value": value}
    sizes["rows_of_ours"] = {"x": {table: {}}}
    with pytest.raises(InputError, match=f"which this run does not make without {stage}; add that"):
        validate(copy.deepcopy(config))
    sizes["rows_of_ours"]["x"][table]["run"] = "scalequest"
    assert Plan(validate(config)).result_inputs() == []


def test_a_run_without_tables_of_results_plans_none():
    plan = Plan(validate(copy.deepcopy(DEMO)))
    assert plan.result_tables() == plan.result_inputs() == plan.published_files() == []
    assert not any("results.csv" in path or "tabulate_results" in path for path in plan.report_files())
    assert not any("tabulate_results" in path for path in plan.every_ledger())


def test_the_order_of_rows_and_columns_reaches_the_program():
    settings = Plan(validate(changed())).results_settings()
    assert settings.index("DeepSeekMath-7B-RL") < settings.index("Mistral-7B-ScaleQuest")
    assert settings.index("main_results") < settings.index("removed_by_filters") < settings.index("data_set_sizes")


def test_no_row_depends_on_tables_of_results():
    """The card, which tells what the data set was made with, is the same with and without."""
    with_tables, without = validate(changed()), copy.deepcopy(EXTENDED)
    del without["tabulate_results"], without["plot_results"]
    plans = [Plan(with_tables), Plan(validate(without))]
    assert plans[0].card_settings() == plans[1].card_settings()
    assert plans[0].ledgers() == plans[1].ledgers()
    assert canonical_json(with_tables["generate_questions"]) == canonical_json(without["generate_questions"])


def test_tables_of_other_runs_are_inputs_once_they_are_there(tmp_path, monkeypatch):
    config = validate(changed(("run", "pairs"), ("tables.cost.rows.Total", {"costs": {"where": {"phase": "Total"}}})))
    monkeypatch.chdir(tmp_path)
    assert Plan(config).result_inputs() == []
    made = tmp_path / "results/pairs/tables/costs.csv"
    made.parent.mkdir(parents=True)
    made.write_text("phase\n")
    assert Plan(config).result_inputs() == ["results/pairs/tables/costs.csv"]


def test_a_run_in_results_needs_no_configuration_here(tmp_path, monkeypatch):
    config = validate(changed())
    config["tabulate_results"]["run"] = "elsewhere"
    monkeypatch.chdir(tmp_path)
    for name in ("config", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    with pytest.raises(InputError, match="is of the run 'elsewhere'"):
        configuration.validate(config)
    (tmp_path / "results/elsewhere").mkdir(parents=True)
    configuration.validate(config)


def test_what_cells_of_the_recipe_ask_of_studies_is_there():
    """Every run that the recipe's tables name is a study that makes the table, with the row that is asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        recipe = validate(configuration.load(ROOT / "config/config.yaml"))
        files = configuration_results.runs_in_files()
        asked: dict[str, list] = {}
        for table in configuration_results.tables(recipe).values():
            for place in configuration_results.places(table, "scalequest"):
                asked.setdefault(place.run, []).append(place.lookup)
        assert len(asked) == 16
        for run, lookups in asked.items():
            config = validate(configuration.load(ROOT / files[run]))
            for lookup in lookups:
                assert not configuration_results.lacking(config, lookup.table), (run, lookup.table)
                rows = configuration_results.known_rows(config, lookup.table)
                meant = [row for row in rows if _fits(row, lookup.where)]
                assert len(meant) == 1 or lookup.total, (run, lookup)


def _fits(row: dict, where: dict) -> bool:
    return all(row[name] in texts for name, texts in where.items() if name in row)


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_study_shows_the_tables_of_the_recipe(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    plan = Plan(validate(configuration.load(path)))
    assert len(plan.result_forms()) == 3 * 12
    own = [name for name in plan.result_inputs() if name.startswith("<results>")]
    assert bool(own) == (not path.stem.startswith("without") or path.stem.endswith("reward_selection"))
