"""A student, trained by real processes on a real two-layer model."""

import json

import pytest
import train_student
from conftest import ROOT
from synthesis import engines, schema
from test_subsets import PAIRS, pair
from training_bench import SETTINGS, Bench, losses, refuse_to_train

PROMPT = ROOT / "config/prompts/response_short.yaml"
TRAINING = {name: value for name, value in SETTINGS.items() if name != "system"} | {"epochs": 6, "learning_rate": 0.003}


class Student:
    """A data set, subsets of it and a model to begin with, and calls of the program on them."""

    def __init__(self, folder):
        self.bench = Bench(folder, train_student, "--pairs", PAIRS[:24], schema.DATASET)
        self.bench.settings = TRAINING
        self.folder = folder

    def train(self, name: str, ids: list[str]) -> int:
        subset = self.folder / f"{name}.ids.parquet"
        schema.write(subset, [{"question_id": question_id} for question_id in ids], schema.SUBSET)
        return train_student.main(self.bench.arguments(name, "--subset", subset, "--prompt", PROMPT))

    def report(self, name: str) -> dict:
        return json.loads((self.folder / name / "training.json").read_text())


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    student = Student(tmp_path_factory.mktemp("student"))
    assert student.train("first", [row["question_id"] for row in PAIRS[:16]]) == 0
    return student


def test_a_student_learns_the_responses_and_can_be_loaded(student):
    report = student.report("first")
    assert (report["rows"], report["rows_too_long"], report["steps"]) == (16, 0, 12)
    assert losses(report)[-1] < losses(report)[0] - 0.5
    # Question and prompt are read and not learnt.
    assert 0 < report["tokens_in_loss"] < report["tokens"] / 2
    engines.load(student.folder / "first/manifest.json", engines.Machine(threads=2))


def test_the_same_pairs_in_another_order_are_the_same_student(student):
    assert student.train("again", [row["question_id"] for row in reversed(PAIRS[:16])]) == 0
    rows = json.loads((student.folder / "ledger/train_student/again.json").read_text())["rows"]
    assert rows == {"in": 16, "out": 1, "asked": 1, "bought": 0, "reused": 1}
    manifests = [json.loads((student.folder / name / "manifest.json").read_text()) for name in ("first", "again")]
    assert manifests[0]["content_sha256"] == manifests[1]["content_sha256"]


@pytest.mark.parametrize(
    ("ids", "sentence"),
    [([], "names no question to train on"), ([pair("large", 0)["question_id"]], "do not fill one global_batch of 8")],
)
def test_too_few_pairs_end_in_one_sentence_before_the_training_starts(student, monkeypatch, capsys, ids, sentence):
    refuse_to_train(monkeypatch)
    assert student.train("few", ids) == 1
    assert sentence in capsys.readouterr().err
    assert not (student.folder / "few/manifest.json").exists()
