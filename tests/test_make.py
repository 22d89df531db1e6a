"""`make run` as a user starts it: what it says when something is wrong, and that it says it once."""

import pytest
from workflow import Clone

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp("make"))
    clone.make("install")
    return clone


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"run: caf\xe9\n", "mine.yaml, line 1: this is not UTF-8; save the file in the encoding UTF-8."),
        (b"run: a\n\tseed: 1\n", "mine.yaml, line 2: found character '\\t' that cannot start any token; correct"),
        (b"", "mine.yaml must hold keys with values at its top level"),
        (b"- run\n", "mine.yaml must hold keys with values at its top level"),
        (b"run: a\nrun: b\n", "mine.yaml, line 2: the key run is given a second time (first in line 1)"),
        (b"run: a\n", "mine.yaml: seed is missing; add it"),
        (None, "mine.yaml does not exist; correct the path."),
    ],
)
def test_a_configuration_that_is_wrong_ends_in_one_sentence(clone, content, sentence):
    path = clone.folder / "mine.yaml"
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    said, *rest = clone.make("run", "CONFIG=mine.yaml", fails=True).splitlines()
    assert said.startswith(sentence)
    assert all(line.startswith("make") for line in rest)
    assert not (clone.folder / "results").exists()


def test_what_went_wrong_in_jobs_is_said_at_the_end_once(clone):
    config = clone.config(filter_questions__filters=[{"name": "rules", "rules": {"forbid": [""]}}])
    clone.write_config(config)
    _, _, wrong = clone.make("run", "CONFIG=trial.yaml", fails=True).partition("\nWhat went wrong:\n")
    said, *rest = wrong.splitlines()
    empty = "assemble_dataset all: the data set would be empty"
    assert said.startswith(f"{empty}: filter_questions/rules rejected the last 42")
    assert all(line.startswith("make") for line in rest)


def test_without_a_failed_job_there_is_no_list_of_what_went_wrong(clone, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    output = clone.make("run", "CONFIG=tests/configs/large_model.yaml", fails=True)
    assert "no GPU" in output
    assert "What went wrong" not in output
