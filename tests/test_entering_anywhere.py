"""Runs that begin with questions, with pairs or with a published set: the examples, on small stand-ins for models."""

import csv
import json
import subprocess
import sys
from collections import Counter

import pytest
from synthesis import funnel, schema
from tiny_model import CONTEXT, make_tiny_model
from workflow import Clone

pytestmark = pytest.mark.workflow


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path / "clone")


def stand_in(clone: Clone, name: str) -> dict:
    """An example whose model is the stand-in."""
    config = clone.config(f"config/{name}.yaml")
    config["models"]["smollm2"] = clone.config()["models"]["writer"]
    return config


def ledger_rows(clone: Clone, run: str, job: str) -> dict:
    return json.loads((clone.folder / f"results/{run}/ledger/{job}.json").read_text())["rows"]


def read_table(clone: Clone, run: str, name: str) -> list[dict]:
    with (clone.folder / f"results/{run}/tables/{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_own_questions_get_answers_and_a_phase_can_be_the_end(clone):
    config = stand_in(clone, "imported")
    # The stand-in writes no verdicts in words.
    config["judge_questions"]["judges"] = []
    clone.write_config(config)
    clone.run("questions")
    assert len(clone.rows("select_questions", "imported")) == 12
    assert not (clone.folder / "results/imported/generate_responses").exists()
    clone.run("responses")
    assert not (clone.folder / "results/imported/dataset").exists()
    before = clone.attempts("imported")
    clone.run()
    assert not {"generate_questions", "generate_responses"} & clone.rules_that_ran(before, "imported")
    assert len(clone.rows("dataset/data", "imported")) == 12


def test_a_published_set_is_extended(clone):
    config = stand_in(clone, "extended")
    # The questions: those of a file, of which two are in the published set, one of them in another spelling and one
    # with two more words.
    published = [json.loads(line) for line in (clone.folder / "config/examples/pairs.jsonl").read_text().splitlines()]
    texts = [published[0]["question"].upper(), *(f"What is {n} + {n}?" for n in range(8))]
    texts.append(f"{published[22]['question']} Please tell.")
    config["find_duplicates"]["method"] = "near"
    (clone.folder / "sums.jsonl").write_text("".join(json.dumps({"problem": text}) + "\n" for text in texts))
    # A pair without a solution can't be included, but a question that equals it is no new one.
    published[22]["solution"] = None
    (clone.folder / "published.jsonl").write_text("".join(json.dumps(row) + "\n" for row in published))
    config["problems"]["published"]["source"]["file"]["path"] = "published.jsonl"
    config["problems"]["sums"] = {"source": {"file": {"path": "sums.jsonl"}}}
    config["generate_questions"]["sources"]["new"] |= {"total": 10, "shard_size": 5}
    clone.write_config(config)
    clone.run()
    assert [row["question"] for row in clone.rows("generate_questions", "extended")] == texts
    reasons = {row["reason"] for row in clone.rows("find_duplicates", "extended") if not row["keep"]}
    ids = {row["problem"]: row["problem_id"] for row in problems(clone, "published")}
    known = [f"published/{ids[published[n]['question']]}" for n in (0, 22)]
    assert reasons == {f"duplicate_of:{known[0]}", f"near_duplicate_of:{known[1]}"}
    found = schema.read(clone.folder / "results/extended/find_duplicates/all.clusters.parquet", schema.DUPLICATES)
    assert {row["kept_id"]: row["kind"] for row in found} == {known[0]: "exact", known[1]: "near"}
    rows = clone.rows("dataset/data", "extended")
    assert Counter(row["source"] for row in rows) == {"new": 8, "published": 31}
    assert len({row["question_id"] for row in rows}) == 39
    assert all((row["response_model"] is None) == (row["source"] == "published") for row in rows)
    # The funnel and the bill count the run's own rows alone; the check and the card tell of the others.
    counts = funnel.read(clone.folder / "results/extended/tables/funnel.csv")
    assert {item.source for item in counts} == {"new"}
    assert {item.stage: item.rejected for item in counts}["find_duplicates"] == {"duplicate": 1, "near_duplicate": 1}
    assert read_table(clone, "extended", "costs")[-1]["samples"] == "8"
    check = json.loads((clone.folder / "results/extended/check_funnel/check_funnel.json").read_text())
    assert (check["dataset_rows"], check["included"]) == (8, {"published": {"pairs": 31, "without_solution": 1}})
    card = (clone.folder / "results/extended/dataset/README.md").read_text()
    assert "8 questions, each with one response" in card and "31 of `published`" in card
    # A larger run keeps all old decisions.
    old = {row["question_id"]: row for row in clone.rows("find_duplicates", "extended")}
    with (clone.folder / "sums.jsonl").open("a") as file:
        file.write(
            json.dumps({"problem": published[0]["question"]}) + "\n" + json.dumps({"problem": "A new one?"}) + "\n"
        )
    config["generate_questions"]["sources"]["new"]["total"] = 12
    clone.write_config(config)
    clone.run()
    new = {row["question_id"]: row for row in clone.rows("find_duplicates", "extended")}
    assert len(new) == 12
    assert {name: new[name] for name in old} == old
    assert "Nothing to be done" in clone.run()


def problems(clone: Clone, name: str) -> list[dict]:
    (path,) = (clone.folder / "resources/problems").glob(f"{name}-*/{name}.parquet")
    return schema.read(path, schema.PROBLEMS)


def test_more_questions_than_the_set_has_are_refused_unless_fewer_will_do(clone):
    config = stand_in(clone, "extended")
    config["problems"]["sums"] = {"source": {"file": {"path": "config/examples/questions.jsonl"}}}
    clone.write_config(config)
    output = " ".join(clone.run(fails=True).split())
    assert "has 12 questions, but generate_questions.sources.new needs at least 20; lower total to 12" in output
    source = config["generate_questions"]["sources"]["new"]
    # The second shard holds the last questions, and the third one none.
    source.update(shard_size=8, imported={"problems": "sums", "shortfall": "warn"})
    clone.write_config(config)
    clone.run()
    assert len(clone.rows("generate_questions", "extended")) == 12
    assert len(clone.rows("find_duplicates", "extended")) == 12
    assert "Nothing to be done" in clone.run()


def test_own_pairs_train_students_without_any_generation(clone):
    make_tiny_model(clone.folder / "base")
    config = clone.config("config/pairs.yaml")
    config["models"]["smollm2"].update(source={"path": {"folder": "base"}}, parameters=100_000, context=CONTEXT)
    config["answer_benchmark"]["sampling"]["max_tokens"] = 8
    clone.write_config(config)
    clone.run()
    students = [("worked", "16"), ("worked", "all"), ("bare", "all")]
    names = [(row["student"], row["size"]) for row in read_table(clone, "pairs", "evaluation")]
    assert names == [("", ""), *students]
    trained = {row["model"]: row["rows"] for row in read_table(clone, "pairs", "trainings")}
    assert trained == {"worked-16-1": "16", "worked-all-1": "32", "bare-all-1": "32"}
    manifests = {
        name: json.loads((clone.folder / f"results/pairs/train_student/{'/'.join(name)}/1/manifest.json").read_text())
        for name in students
    }
    assert len({manifest["content_sha256"] for manifest in manifests.values()}) == 3
    steps = {row["step"]: row for row in read_table(clone, "pairs", "costs")}
    assert {"fetch_problems", "select_subset", "train_student", "answer_benchmark"} <= set(steps)
    # There is no data set that could have a cost.
    assert all(float(row["cost"] or 0) == 0 for row in steps.values())
    assert float(read_table(clone, "pairs", "costs")[-1]["spent"]) > 0
    made = {path.name for path in (clone.folder / "results/pairs").iterdir()}
    assert not {"dataset", "generate_questions", "check_funnel"} & made
    assert "Nothing to be done" in clone.run()
    assert ledger_rows(clone, "pairs", "select_subset/worked/16") == {"in": 32, "out": 16}
    clone.run("--report", "report.html")
    assert "evaluation.html" in (clone.folder / "report.html").read_text()
    command = [sys.executable, "scripts/summarise_run.py", "--results", "results/pairs", "--store", "results/store"]
    printed = subprocess.run(command, cwd=clone.folder, capture_output=True, text=True, check=True).stdout
    assert "Run pairs, without a data set of its own" in printed
    assert "results/pairs/tables/evaluation.csv" in printed and "data set:" not in printed


def test_a_student_of_a_set_stands_beside_one_of_the_runs_own(clone):
    make_tiny_model(clone.folder / "base")
    config = clone.config()
    base = clone.config("config/pairs.yaml")
    config["models"]["smollm2"] = {
        **base["models"]["smollm2"], "source": {"path": {"folder": "base"}}, "parameters": 100_000, "context": CONTEXT,
    }  # fmt: skip
    config["problems"]["worked"] = base["problems"]["worked"]
    student = {**base["train_student"]["worked"], "sizes": [8]}
    config["train_student"] = {"theirs": student, "ours": {key: student[key] for key in student if key != "pairs"}}
    clone.write_config(config)
    clone.run("students")
    subsets = {
        name: {row["question_id"] for row in clone.rows(f"select_subset/{name}")} for name in ("dataset", "worked")
    }
    assert [len(ids) for ids in subsets.values()] == [8, 8]
    assert subsets["dataset"] <= {row["question_id"] for row in clone.rows("dataset/data")}
    assert subsets["worked"] <= {row["problem_id"] for row in problems(clone, "worked")}
    # The own set's card, cost and merged problems know nothing of the other set.
    before = clone.attempts()
    clone.run()
    assert "worked" not in (clone.folder / "results/trial/dataset/README.md").read_text()
    assert "assemble_dataset" not in clone.rules_that_ran(before)
