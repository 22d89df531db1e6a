"""What is looked up in the tables of runs: which rows are meant, what is counted, and what is not there."""

import measure_diversity
import pytest
import tabulate_contamination
import tabulate_ratings
from synthesis import (
    audits,
    costs,
    csv_tables,
    difficulty_scores,
    evaluation,
    evaluation_averages,
    evaluation_tables,
    funnel,
    generator_measures,
    judge_tables,
    run_tables,
    trainings,
)
from synthesis.errors import InputError
from synthesis.run_tables import TABLES, Found, Lookup

# The columns of every table, as the programs write them that make it.
WRITTEN = {
    "evaluation": evaluation.COLUMNS,
    "evaluation_seeds": evaluation_tables.SEED_COLUMNS,
    "evaluation_averages": evaluation_averages.COLUMNS,
    "generators": generator_measures.columns(["solvable"]),
    "funnel": funnel.COLUMNS,
    "contamination": tabulate_contamination.COLUMNS,
    "costs": costs.COLUMNS,
    "trainings": trainings.COLUMNS,
    "difficulty": difficulty_scores.COLUMNS,
    "judges": judge_tables.COLUMNS,
    "diversity": measure_diversity.COLUMNS,
    "audit": audits.TABLE_COLUMNS,
    "ratings": tabulate_ratings.COLUMNS,
}
# Values that have an interval in their table.
WITH_INTERVALS = {
    "evaluation": ["accuracy"],
    "evaluation_averages": ["accuracy"],
    "generators": ["mean_difficulty", "share_solvable"],
    "judges": ["precision", "recall", "f1", "accuracy", "share_unclear", "auc"],
    "audit": [f"share_{name}" for name in audits.MEASURES],
    "ratings": ["mean"],
}


def lookup(table: str, value: str, where: dict | None = None, **more) -> Lookup:
    settings = {"left_out": {}, "total": False, "share_of": {}, "times": 1, **more}
    return Lookup(table, value, {name: [text] for name, text in (where or {}).items()}, **settings)


def found(rows: list[dict], asked: Lookup) -> Found:
    return run_tables.look_up(f"{asked.table}.csv", rows, asked)


@pytest.mark.parametrize("name", TABLES)
def test_what_is_known_of_tables_is_what_their_programs_write(name):
    known, columns = TABLES[name], WRITTEN[name]
    plain = [value for value in known.values if not value.endswith("*")]
    counts = filter(None, [known.count, *known.counts.values()])
    money = ["currency"] * bool(known.money)
    assert not {*known.keys, *plain, *counts, *known.counts, *known.money, *money, *known.only} - set(columns)
    for value in known.values:
        assert any(known.has_value(column) for column in columns), value
    for value in WITH_INTERVALS.get(name, []):
        assert known.has_value(value) and {end.format(value) for end in known.ends} <= set(columns), value


def test_all_that_is_measured_on_held_out_rows_is_known():
    assert all(TABLES["trainings"].has_value(name) for name in trainings.MEASURES)


def test_a_value_of_a_table_has_no_interval_of_another_value():
    for name, known in TABLES.items():
        alike = [value for value in known.values if "{}" not in known.ends[0]]
        assert not alike or alike == WITH_INTERVALS[name]


FUNNEL = [
    {"source": "a", "stage": "filter", "unit": "questions", "outcome": "kept", "rows": "7"},
    {"source": "a", "stage": "filter", "unit": "questions", "outcome": "short", "rows": "3"},
]


def test_what_is_left_out_is_left_out_of_a_single_value_too():
    one = found(FUNNEL, lookup("funnel", "rows", {"stage": "filter"}, left_out={"outcome": ["kept"]}))
    assert (one.value, one.missing) == (3, "")
    nothing = found(FUNNEL[:1], lookup("funnel", "rows", {"stage": "filter"}, left_out={"outcome": ["kept"]}))
    assert (nothing.value, nothing.missing) == (None, "funnel.csv has no row with stage=filter but for outcome=kept")
    with pytest.raises(InputError, match="has 2 rows with stage=filter but for outcome=long, but"):
        found(FUNNEL, lookup("funnel", "rows", {"stage": "filter"}, left_out={"outcome": ["long"]}))


def test_a_reason_that_never_occurred_adds_nothing_to_a_sum_and_a_stage_that_is_not_there_is_missed():
    never = {"stage": "filter", "outcome": "long"}
    assert found(FUNNEL, lookup("funnel", "rows", never, total=True)) == Found(0)
    assert found(FUNNEL, lookup("funnel", "rows", never, total=True, share_of={"stage": ["filter"]})) == Found(0)
    # Where a single row is meant, it is not there.
    assert (
        found(FUNNEL, lookup("funnel", "rows", never)).missing
        == "funnel.csv has no row with stage=filter, outcome=long"
    )
    missing = found(FUNNEL, lookup("funnel", "rows", {"stage": "judge", "outcome": "long"}, total=True))
    assert missing.missing == "funnel.csv has no row with stage=judge"


@pytest.mark.parametrize(
    ("table", "value", "count"),
    [
        ("generators", "mean_difficulty", 28),
        ("generators", "share_solvable", 32),
        ("judges", "auc", 20),
        ("judges", "recall", 24),
    ],
)
def test_a_value_is_said_to_be_of_what_it_is_counted_on(table, value, count):
    counts = {"generators": {"questions": "32", "scored": "28"}, "judges": {"questions": "24", "scored": "20"}}
    row = dict.fromkeys(WRITTEN[table], "") | counts[table] | {value: "0.5"}
    assert found([row], lookup(table, value)).count == count


def test_a_table_of_an_earlier_version_without_its_currency_has_no_value():
    row = {"phase": "Total", "step": "", "type": "", "cost": "5"}
    assert found([row], lookup("costs", "cost", {"phase": "Total"})).missing == "costs.csv has no column currency"


def test_published_ratings_are_none_of_ours():
    theirs = dict.fromkeys(tabulate_ratings.COLUMNS, "") | {"set": "GSM8K", "criterion": "clarity", "origin": "a paper"}
    ours = theirs | {"mean": "4.1", "low": "3.9", "high": "4.3", "items": "40", "origin": tabulate_ratings.OWN}
    asked = lookup("ratings", "mean", {"set": "GSM8K", "criterion": "clarity"})
    assert found([theirs, ours], asked) == Found(4.1, 3.9, 4.3, 40)
    assert found([theirs], asked).value is None


def test_a_file_that_is_no_table_is_named(tmp_path):
    (tmp_path / "costs.csv").write_bytes(b"phase,cost\n\xff\xfe,1\n")
    with pytest.raises(InputError, match=r"costs\.csv is no CSV table: .*; delete it and run its workflow again\."):
        csv_tables.read(tmp_path / "costs.csv")
