"""A whole run whose configuration only says what differs from another one: no scores, the first answers."""

import csv
import json
import os
import subprocess
import sys

import pytest
from workflow import Clone, bought_since

pytestmark = pytest.mark.long

ARM = {
    "based_on": "trial.yaml",
    "run": "arm",
    "without": ["score_responses", "judge_questions.judges.solvability"],
    # Too long for some of the stand-in's answers.
    "filter_responses": {"min_characters": len("We add the two numbers. The answer is 10.")},
    "select_responses": {"method": "first"},
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone with the finished runs of the base and of its arm, the latter as `make report` makes it."""
    clone = Clone(tmp_path_factory.mktemp("derived"))
    clone.write_config(clone.config())
    clone.run()
    clone.write_config(ARM, "arm.yaml")
    clone.printed = clone.make("report", "CONFIG=arm.yaml")
    return clone


def test_the_arm_has_a_report_and_a_summary_of_its_own(clone):
    assert (clone.folder / "results/arm/report.html").is_file()
    assert 'datasets.load_dataset("results/arm/dataset")' in clone.printed
    assert "select_responses" in clone.printed
    assert "score_responses" not in clone.printed


def test_the_arm_buys_only_what_its_base_did_not(clone):
    def asked(run):
        return {(row["question_id"], row["sample"]) for row in clone.rows("generate_responses", run)}

    assert bought_since({}, clone.bought("arm")) == {"generate_responses": len(asked("arm") - asked("trial"))}
    assert clone.rows("generate_questions", "arm") == clone.rows("generate_questions")


def test_the_first_kept_answer_of_each_question_is_in_the_data_set(clone):
    kept = [(row["question_id"], row["sample"]) for row in clone.rows("filter_responses", "arm") if row["keep"]]
    rows = clone.rows("dataset/data", "arm")
    chosen = {row["question_id"]: row["sample"] for row in rows}
    assert chosen == {name: min(sample for other, sample in kept if other == name) for name, _ in kept}
    assert set(chosen.values()) == {0, 1}
    assert {(row["reward"], row["reward_model"]) for row in rows} == {(None, None)}
    rejected = [row["reason"] for row in clone.rows("select_responses", "arm") if not row["keep"]]
    assert set(rejected) == {"later_sample"}
    assert len(rejected) == len(kept) - len(chosen)


def test_nothing_tells_of_scores(clone):
    results = clone.folder / "results/arm"
    assert not (results / "score_responses").exists()
    for name in ("funnel", "costs"):
        with (results / f"tables/{name}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        names = {row.get("stage") or row.get("step") for row in rows}
        assert "select_responses" in names
        assert "score_responses" not in names
    assert "score_responses" not in (results / "figures/funnel.svg").read_text()
    checks = json.loads((results / "check_funnel/check_funnel.json").read_text())
    assert "score_responses" not in checks["stages"]["writer"]
    card = (results / "dataset/README.md").read_text()
    assert "the first one was taken" in card
    assert "| `reward` | null: no response was scored |" in card
    assert not {"score_responses", "based_on", "without"} & {line.partition(":")[0] for line in card.splitlines()}


def test_data_sets_with_and_without_scores_can_be_joined(clone, tmp_path):
    """Also that `datasets`, whose cache goes by the folder's own name, does not take one for the other."""
    code = (
        "import sys, datasets\n"
        "sets = [datasets.load_dataset(path)['train'] for path in sys.argv[1:]]\n"
        "print(datasets.concatenate_datasets(sets).num_rows)"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "cache")}
    folders = [clone.folder / "results" / run / "dataset" for run in ("trial", "arm")]
    found = subprocess.run([sys.executable, "-c", code, *folders], env=environment, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    rows = sum(len(clone.rows("dataset/data", run)) for run in ("trial", "arm"))
    assert int(found.stdout) == rows


def test_the_printed_configuration_makes_the_same_run(clone):
    (clone.folder / "alone.yaml").write_text(clone.make("config", "CONFIG=arm.yaml"))
    assert "based_on" not in (clone.folder / "alone.yaml").read_text()
    for name in ("arm.yaml", "alone.yaml"):
        assert "Nothing to be done" in clone.run(config=name)


def test_a_change_of_the_base_reaches_the_arm(clone):
    ledgers = clone.attempts("arm")
    clone.write_config(clone.config(write_dataset_card__title="Another"))
    clone.run(config="arm.yaml")
    assert clone.rules_that_ran(ledgers, "arm") == {"write_dataset_card"}


def test_rows_of_the_arm_can_be_forgotten(clone):
    rows, before = clone.rows("generate_responses", "arm"), clone.bought("arm")
    assert "rows of generate_responses moved" in clone.make("forget", "CONFIG=arm.yaml", "STAGE=generate_responses")
    assert clone.rows("generate_responses", "arm") == []
    clone.run(config="arm.yaml")
    assert bought_since(before, clone.bought("arm")) == {"generate_responses": len(rows)}
    assert clone.rows("generate_responses", "arm") == rows
