"""Ratings in a whole run: the sheet first, the tables once it is filled, and nothing else again."""

import csv
import shutil

import pytest
from test_graph import job_counts
from workflow import ABOUT_THE_RUN, Clone

pytestmark = pytest.mark.workflow

PUBLISHED = {"file": "config/published/scalequest.csv", "source": "arXiv 2410.18693v2", "table": "5"}


def test_a_filled_sheet_gives_the_tables_and_makes_nothing_else_again(tmp_path):
    clone = Clone(tmp_path / "clone")
    config = clone.config()
    clone.write_config(config)
    clone.run()
    made = clone.attempts()
    config["rate_questions"] = {"items": 10, "sets": ["dataset", "seeds"]}
    clone.write_config(config)
    clone.run()
    assert clone.rules_that_ran(made) == {"write_rating_sheet"}
    results = clone.folder / "results/trial"
    with (results / "write_rating_sheet/sheet.csv").open(newline="", encoding="utf-8-sig") as file:
        sheet = list(csv.DictReader(file))
    assert len(sheet) == 20
    shutil.copy(results / "write_rating_sheet/key.csv", clone.folder / "kept.csv")
    with (clone.folder / "anna.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(sheet[0]))
        writer.writeheader()
        writer.writerows({**row, "clarity": 4, "reasonableness": 5, "real_world_relevance": 2} for row in sheet)
    config["rate_questions"]["sheets"] = ["anna.csv"]
    clone.write_config(config)
    made = clone.attempts()
    clone.run()
    assert clone.rules_that_ran(made) == {"tabulate_ratings"}
    with (results / "tables/ratings.csv").open(newline="", encoding="utf-8") as file:
        means = {(row["set"], row["criterion"]): float(row["mean"]) for row in csv.DictReader(file)}
    assert means["seeds", "clarity"] == 4 and means["dataset", "real_world_relevance"] == 2
    assert (results / "pages/ratings.html").is_file()
    assert "Nothing to be done" in clone.run()
    tables, both = {"tabulate_ratings"}, {"write_rating_sheet", "tabulate_ratings"}
    changes = [({"published": PUBLISHED}, tables), ({"sets": ["dataset"]}, both), ({"items": 12}, both)]
    for change, rules in changes:
        changed = {**config, "rate_questions": {**config["rate_questions"], **change}}
        counts = job_counts(clone.run("-n", config=clone.write_config(changed, "planned.yaml")))
        assert set(counts) - {"total", "all"} - ABOUT_THE_RUN == rules, change
    # Another sheet has another key; the filled one is read by the copy of its own.
    config["rate_questions"] |= {"items": 12, "key": "kept.csv"}
    clone.write_config(config)
    made = clone.attempts()
    clone.run()
    assert clone.rules_that_ran(made) == {"write_rating_sheet", "tabulate_ratings"}
    with (results / "tables/ratings.csv").open(newline="", encoding="utf-8") as file:
        assert {row["items"] for row in csv.DictReader(file)} == {"10"}
