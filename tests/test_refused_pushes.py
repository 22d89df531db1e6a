"""A push that may not be is refused with a sentence, and nothing reaches the hub."""

import shutil
from pathlib import Path

import pytest
from hub_server import closed_port
from pushes import RIGHTS, TOKEN, command, finished_dataset, push, pushed, refused
from pushing_hub import PushingHub


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return finished_dataset(tmp_path_factory.mktemp("finished"))


@pytest.fixture
def dataset(finished, tmp_path) -> Path:
    """A copy of the data set, to be changed."""
    return Path(shutil.copytree(finished, tmp_path / "dataset"))


@pytest.fixture
def hub():
    with PushingHub(RIGHTS) as found:
        yield found


def test_a_token_is_needed_that_the_hub_knows_and_that_may_write(dataset, hub, tmp_path):
    assert "HF_TOKEN is not set, so nothing was pushed" in refused(tmp_path, hub, dataset, token=None)
    assert not hub.requests
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/token").write_text(TOKEN)  # what a login leaves is not taken
    assert "HF_TOKEN is not set, so nothing was pushed" in refused(tmp_path, hub, dataset, token=" \n")
    assert not hub.requests
    unknown = refused(tmp_path, hub, dataset, token="hf_nobody")
    assert "the hub does not know the token in HF_TOKEN (HTTP 401)" in unknown
    may_not = "the hub does not let this token write to the data set acme/sums (HTTP 403)"
    assert may_not in refused(tmp_path, hub, dataset, token="hf_areader")
    assert not hub.repositories
    hub.create("acme/sums", private=False)
    assert may_not in refused(tmp_path, hub, dataset, token="hf_areader", private=False)
    assert "correct push_dataset.repo" in refused(tmp_path, hub, dataset, token="hf_areader", private=False)


def test_a_public_repository_is_refused_unless_it_is_wanted(dataset, hub, tmp_path):
    hub.create("acme/sums", private=False)
    told = refused(tmp_path, hub, dataset)
    assert "the data set acme/sums is public on the hub, and push_dataset.private is true" in told
    assert "make it private on its settings page, or set push_dataset.private: false" in told
    pushed(tmp_path, hub, dataset, private=False)


def test_files_of_somebody_else_are_left_alone(dataset, hub, tmp_path):
    rows = (dataset / "data/train-00000-of-00002.parquet").read_bytes()
    hub.create("acme/sums", files={"data/train-00000-of-00001.parquet": rows, "README.md": b"mine"})
    told = refused(tmp_path, hub, dataset)
    assert "the branch main of the data set acme/sums holds files that no push of this workflow put there" in told
    assert "(README.md, data/train-00000-of-00001.parquet)" in told
    assert "choose another push_dataset.repo, or remove them there" in told


def test_a_listing_that_is_none_of_ours_protects_its_repository(dataset, hub, tmp_path):
    for content in (b"{", b"[]", b'{"run": 1, "files": []}', b'{"run": "trial", "files": [{"path": "a"}]}'):
        hub.create("acme/sums", files={"manifest.json": content})
        assert "files that no push of this workflow put there (manifest.json)" in refused(tmp_path, hub, dataset)


def test_the_data_set_of_another_run_is_left_alone(dataset, hub, tmp_path):
    pushed(tmp_path, hub, dataset)
    (tmp_path / "manifest.json").unlink()
    told = refused(tmp_path, hub, dataset, run="ablation")
    assert "holds the data set of the run trial, and this is the run ablation" in told
    pushed(tmp_path, hub, dataset, run="ablation", repo="acme/ablation")


def test_a_branch_is_not_made_from_the_data_set_of_another_run(dataset, hub, tmp_path):
    pushed(tmp_path, hub, dataset)
    (tmp_path / "manifest.json").unlink()
    told = refused(tmp_path, hub, dataset, run="ablation", branch="v2")
    assert "the branch main of the data set acme/sums, from which v2 would be made, holds the data set of" in told
    assert "choose another push_dataset.repo, or delete" in told
    # A branch of the run itself begins with what main holds.
    pushed(tmp_path, hub, dataset, branch="v2")
    assert hub.repositories["acme/sums"].files("v2") == hub.repositories["acme/sums"].files("main")


def test_a_set_of_the_same_name_from_elsewhere_is_left_alone(dataset, hub, tmp_path):
    """Two clones: the second one has other content, and pushes only after it was given what is there."""
    pushed(tmp_path / "first", hub, dataset)
    pushed(tmp_path / "second", hub, dataset)  # the same content may come from anywhere
    (tmp_path / "second/manifest.json").unlink()
    card = dataset / "README.md"
    card.write_text(card.read_text() + "\nMore.\n")
    told = refused(tmp_path / "second", hub, dataset)
    assert "a data set of a run trial that was not pushed from here, so nothing was pushed" in told
    assert f"save its manifest.json as {tmp_path / 'second/manifest.json'} and run again" in told
    (tmp_path / "second/manifest.json").write_bytes(hub.repositories["acme/sums"].files()["manifest.json"])
    pushed(tmp_path / "second", hub, dataset)
    # Now the first clone has not seen what is there.
    card.write_text(card.read_text() + "\nOther.\n")
    done = push(tmp_path / "first", hub, dataset)
    assert done.returncode == 1 and "that was not pushed from here" in done.stderr


def test_a_manifest_that_says_nothing_of_what_was_pushed_is_named(dataset, hub, tmp_path):
    for content in ("[]", "{}"):
        (tmp_path / "manifest.json").write_text(content)
        done = push(tmp_path, hub, dataset)
        assert done.returncode == 1
        assert "manifest.json does not say what was pushed; remove it" in done.stderr.splitlines()[-1]


def test_what_somebody_changed_there_is_left_alone(dataset, hub, tmp_path):
    pushed(tmp_path, hub, dataset)
    (tmp_path / "manifest.json").unlink()
    repository = hub.repositories["acme/sums"]
    pushed_files = dict(repository.commits[repository.branches["main"]])
    for path in ("README.md", "data/train-00000-of-00002.parquet"):
        repository.commit("main", {**pushed_files, path: b"corrected by hand"}, "a correction")
        told = refused(tmp_path, hub, dataset)
        assert f"somebody has changed what was pushed last ({path})" in told
    repository.commit("main", {**pushed_files, "notes.txt": b"read me"}, "notes")
    assert "no push of this workflow put there (notes.txt)" in refused(tmp_path, hub, dataset)
    left = {path: data for path, data in pushed_files.items() if not path.startswith("sharegpt/")}
    repository.commit("main", left, "a deletion")
    pushed(tmp_path, hub, dataset)
    assert repository.commits[repository.branches["main"]] == pushed_files


def test_a_head_of_the_card_that_the_hub_refuses_is_named(dataset, hub, tmp_path):
    card = dataset / "README.md"
    card.write_text(card.read_text().replace("license: apache-2.0", "license: Mine"))
    done = push(tmp_path, hub, dataset)
    assert done.returncode == 1
    assert "the hub refuses the head of the card (" in done.stderr and '"license" must be one of' in done.stderr
    assert "correct write_dataset_card" in done.stderr.splitlines()[-1]
    assert hub.repositories["acme/sums"].messages == ["initial commit"]


def test_a_hub_that_can_not_be_reached_is_named(dataset, tmp_path):
    url = f"http://127.0.0.1:{closed_port()}"
    done = push(tmp_path, url, dataset)
    assert done.returncode == 1
    assert f"the hub {url.removeprefix('http://')} can't be reached (" in done.stderr.splitlines()[-1]


def test_a_name_and_a_password_in_the_hub_s_address_are_told_nowhere(dataset, tmp_path):
    port = closed_port()
    url = f"http://keeper:pass:w@rd@127.0.0.1:{port}/path"
    done = push(tmp_path, url, dataset)
    assert done.returncode == 1
    assert f"the hub 127.0.0.1:{port} can't be reached (" in done.stderr.splitlines()[-1]
    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.suffix in (".log", ".json"))
    for text in (done.stdout, done.stderr, written):
        assert "keeper" not in text and "w@rd" not in text


def test_a_configuration_that_does_not_say_where_to(dataset, tmp_path, capsys):
    import push_dataset

    arguments = command(tmp_path, dataset)[2:]
    arguments[arguments.index("--settings") + 1] = "{}"
    assert push_dataset.main(arguments) == 1
    assert "add `push_dataset: {repo: owner/name}` to it" in capsys.readouterr().err
