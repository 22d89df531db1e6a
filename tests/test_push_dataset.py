"""The data set goes to a hub through the hub's own unmodified client, and comes back from there as it is."""

import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from card_run import EXPORTS
from pushes import RIGHTS, TOKEN, WAYS, command, contents, environment, finished_dataset, push, pushed
from pushing_hub import PushingHub
from synthesis import hub_upload, schema

LOAD = """
import json, sys
from datasets import load_dataset
print(json.dumps({name: load_dataset("acme/sums", name)["train"].to_list() for name in sys.argv[1:]}))
"""


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


@pytest.mark.parametrize("way", WAYS)
def test_what_was_pushed_loads_and_has_the_same_rows(dataset, hub, tmp_path, way):
    manifest = pushed(tmp_path, hub, dataset, way=way)
    repository = hub.repositories["acme/sums"]
    there = repository.files()
    listing = json.loads(there.pop("manifest.json"))
    assert there == contents(dataset)
    assert repository.private
    assert manifest["commit"] == repository.branches["main"]
    assert (manifest["repo"], manifest["branch"], manifest["run"]) == ("acme/sums", "main", "trial")
    assert (
        manifest["files"]
        == listing["files"]
        == [
            {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            for path, data in sorted(there.items())
        ]
    )
    assert hub.asked("PUT /content/") == (10 if way == "lfs" else 0)
    assert bool(hub.asked("/v1/xorbs/")) == (way == "storage")
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD, "data", *EXPORTS],
        env=environment(tmp_path / "reader", hub),
        capture_output=True,
        text=True,
    )
    assert loaded.returncode == 0, loaded.stderr
    found = json.loads(loaded.stdout)
    for name in ["data", *EXPORTS]:
        rows = [row for path in sorted((dataset / name).iterdir()) for row in pq.read_table(path).to_pylist()]
        assert len(rows) == 12
        assert found[name] == rows


def test_the_token_is_written_nowhere(dataset, hub, tmp_path):
    done = push(tmp_path, hub, dataset)
    assert done.returncode == 0
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert TOKEN not in done.stdout + done.stderr and TOKEN.encode() not in written
    assert not any(TOKEN in word for word in command(tmp_path, dataset))


@pytest.mark.parametrize("way", WAYS)
def test_the_same_content_makes_no_new_commit(dataset, hub, tmp_path, way):
    first = pushed(tmp_path, hub, dataset, way=way)
    sent = hub.sent
    again = push(tmp_path, hub, dataset, way=way)
    assert again.returncode == 0 and "the hub has it already" in again.stderr
    assert json.loads((tmp_path / "manifest.json").read_text()) == first
    assert (len(hub.repositories["acme/sums"].messages), hub.sent) == (2, sent)


def test_only_what_changed_is_sent_and_what_is_gone_is_deleted(dataset, hub, tmp_path):
    pushed(tmp_path, hub, dataset, way="lfs")
    first, second = sorted((dataset / "data").iterdir())
    rows = schema.read(second, schema.DATASET)
    schema.write(second, rows[:-1], schema.DATASET)
    for path in (dataset / "sharegpt").iterdir():
        path.unlink()
    pushed(tmp_path, hub, dataset, way="lfs")
    there = hub.repositories["acme/sums"].files()
    del there["manifest.json"]
    assert there == contents(dataset)
    assert hub.asked("PUT /content/") == 11
    assert hub.asked(f"PUT /content/{hashlib.sha256(first.read_bytes()).hexdigest()}") == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_push_that_was_killed_goes_on(dataset, tmp_path, way):
    held = {"storage": "POST /api/datasets/acme/sums/commit", "lfs": "PUT /content/"}[way]
    with PushingHub(RIGHTS) as hub:
        hub.create("acme/sums")
        # All arrives but the last content, or the commit.
        hub.held = held if way == "storage" else f"{held}{_sha256(sorted(dataset.glob('*/*.parquet'))[-1])}"
        process = subprocess.Popen(
            command(tmp_path, dataset), env=environment(tmp_path, hub, **WAYS[way]), stderr=subprocess.DEVNULL
        )
        assert hub.reached.wait(60)
        process.kill()
        process.wait()
        hub.held = "no request"
        hub.release.set()
        repository = hub.repositories["acme/sums"]
        assert repository.messages == ["initial commit"] and not (tmp_path / "manifest.json").exists()
        sent = hub.sent
        assert sent
        pushed(tmp_path, hub, dataset, way=way)
        assert repository.messages == ["initial commit", "Data set of run trial"]
        there = repository.files()
        del there["manifest.json"]
        assert there == contents(dataset)
        assert hub.sent - sent < 0.2 * sent


def test_a_set_that_grows_after_a_push_was_killed_at_its_commit_replaces_it(dataset, tmp_path):
    """The hub made the commit, and nobody was left to write the manifest."""
    with PushingHub(RIGHTS) as hub:
        repository = hub.create("acme/sums")
        hub.held = "POST /api/datasets/acme/sums/commit"
        process = subprocess.Popen(command(tmp_path, dataset), env=environment(tmp_path, hub))
        assert hub.reached.wait(60)
        process.kill()
        process.wait()
        hub.held = "no request"
        hub.release.set()
        until = time.monotonic() + 30
        while len(repository.messages) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        assert len(repository.messages) == 2 and not (tmp_path / "manifest.json").exists()
        card = dataset / "README.md"
        card.write_text(card.read_text() + "\nMore.\n")
        pushed(tmp_path, hub, dataset)
        assert repository.files()["README.md"] == card.read_bytes()
        assert sorted(path.name for path in tmp_path.glob("*.json")) == ["manifest.json"]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("way", "failing"),
    [
        ("storage", ["POST /v1/xorbs/", "GET /api/datasets/acme/sums/xet-write-token", "POST /v1/shards"]),
        (
            "lfs",
            [
                "whoami",
                "PUT /content/",
                "objects/batch",
                "preupload",
                "acme/sums$",
                "validate-yaml",
                "acme/sums/commit/",
            ],
        ),
    ],
)
def test_a_server_that_fails_once_at_each_step_is_asked_again(dataset, hub, tmp_path, way, failing):
    hub.faults += [[request, 500, 1] for request in failing]
    pushed(tmp_path, hub, dataset, way=way)
    assert [fault[2] for fault in hub.faults] == [0] * len(failing)
    there = hub.repositories["acme/sums"].files()
    del there["manifest.json"]
    assert there == contents(dataset)


def test_a_commit_whose_reply_is_lost_is_not_made_twice(dataset, hub, tmp_path):
    hub.lost.append(["POST /api/datasets/acme/sums/commit/", 1])
    manifest = pushed(tmp_path, hub, dataset)
    repository = hub.repositories["acme/sums"]
    assert hub.lost[0][1] == 0
    assert repository.messages == ["initial commit", "Data set of run trial"]
    assert manifest["commit"] == repository.branches["main"]


@pytest.mark.parametrize(
    ("way", "failing", "status"),
    [("lfs", "POST /api/datasets/acme/sums/commit/", 400), ("storage", "POST /v1/xorbs/", 403)],
)
def test_a_hub_that_goes_on_failing_is_named_and_shows_nothing(dataset, hub, tmp_path, way, failing, status):
    hub.faults.append([failing, status, 1000])
    done = push(tmp_path, hub, dataset, way=way)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and TOKEN not in done.stderr
    assert "the push to the data set acme/sums at 127.0.0.1" in done.stderr.splitlines()[-1]
    assert "Run again, it goes on where it was" in done.stderr.splitlines()[-1]
    assert hub.repositories["acme/sums"].messages == ["initial commit"]


def test_visibility_is_what_a_new_repository_begins_with(dataset, hub, tmp_path):
    pushed(tmp_path, hub, dataset, private=False, repo="acme/open")
    assert not hub.repositories["acme/open"].private
    hub.create("acme/sums")
    done = push(tmp_path, hub, dataset, private=False)
    assert done.returncode == 0 and "the data set acme/sums is private" in done.stderr
    assert hub.repositories["acme/sums"].private


def test_a_set_that_grows_is_pushed_again_wherever_it_was_pushed_before(dataset, hub, tmp_path):
    card = dataset / "README.md"
    for branch in ("main", "trial", "main", "trial", "trial"):
        card.write_text(card.read_text() + "\nMore.\n")
        manifest = pushed(tmp_path, hub, dataset, branch=branch)
        assert hub.repositories["acme/sums"].files(branch)["README.md"] == card.read_bytes()
    assert manifest["hub"] == hub.url.removeprefix("http://")
    assert len(manifest["pushed"]) == 5


def test_a_branch_is_made_and_the_others_stay(dataset, hub, tmp_path):
    manifest = pushed(tmp_path, hub, dataset, branch="v2")
    repository = hub.repositories["acme/sums"]
    assert manifest["commit"] == repository.branches["v2"] != repository.branches["main"]
    assert repository.files("main") == {}
    assert "README.md" in repository.files("v2")


def test_a_target_does_not_show_its_token(tmp_path):
    assert TOKEN not in repr(hub_upload.Target("acme/sums", "main", True, TOKEN, "push_dataset", tmp_path))
