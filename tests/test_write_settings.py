"""What a run was made with is written down in full, without secrets."""

import copy
import csv
import hashlib
import json
import platform
import subprocess

import small_run
import write_settings
import yaml
from synthesis import configuration, run_settings
from synthesis.ledger import journal_folder
from workflow import ROOT

SERVER = {"model": "/models/large", "url": "https://example.org/v1", "key_variable": "MY_KEY_VARIABLE"}
ADDRESS = "https://example.org/problems.jsonl"
CONFIG = {
    **configuration.load(ROOT / "tests/configs/stand_in.yaml"),
    "models": {
        "served": {"engine": "openai", "source": {"server": {}}, "server": {**SERVER, "timeout_seconds": 120}},
        "plain": {"engine": "vllm", "source": {"hub": {"repo": "owner/<b>name</b>", "revision": "main"}}},
    },
    "benchmarks": {},
    "problems": {"seeds": {"source": {"url": {"url": f"{ADDRESS}?token=SECRET#a", "sha256": "0" * 64}}}},
    "title": "Très petit",
    "notes": ["https://user:w@rd@example.org/a?b=c@d", "https://example.org/a@b", "a@b"],
}


OUTPUTS = ("configuration", "jobs", "files", "versions", "hardware", "page")
FIRST, LATER = "2026-01-01T00:00:00+00:00", "2026-01-02T03:04:05+00:00"


def attempt_of(path, **changes):
    return {
        "attempt": path.stem,
        "run": "trial",
        "rule": path.parent.name,
        "started": "2026-01-02T03:04:05+00:00",
        "gpus": 0,
        "gpu_name": "",
        "cpu_cores": 2,
        "wall_seconds": 1800.0,
        "versions": {},
        **changes,
    }


def ledger(path, rows_by_attempt=None, **changes):
    """A job's ledger with its last attempt, which has the name of the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {
        "rule": path.parent.name,
        "job": path.stem,
        "rows_by_attempt": rows_by_attempt or {},
        "attempt": attempt_of(path, **changes),
    }
    path.write_text(json.dumps(whole))
    return path


def journaled(tmp_path, name, run="trial", **changes):
    """An attempt in the journal of the store."""
    path = journal_folder(tmp_path / "store", run) / "generate_responses" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(attempt_of(path, run=run, **changes)))


def write(tmp_path, *ledgers, config=CONFIG, named=None):
    """Run the program; returns the configuration, the versions by name, the rows of the hardware, and the page."""
    outputs = {
        name: tmp_path / f"settings/{name}.{suffix}"
        for name, suffix in zip(OUTPUTS, ("yaml", "csv", "csv", "csv", "csv", "html"), strict=True)
    }
    arguments = [*small_run.common_arguments(tmp_path, "write_settings"), "--settings", json.dumps(config)]
    arguments += ["--ledgers", *map(str, ledgers), "--requirements", str(ROOT / "requirements.in")]
    arguments += ["--store", str(tmp_path / "store"), "--named-files", *(named or run_settings.named_files(config))]
    arguments += [part for name, path in outputs.items() for part in (f"--{name}", str(path))]
    assert write_settings.main(arguments) == 0
    versions = {row["name"]: row["version"] for row in csv.DictReader(outputs["versions"].open())}
    hardware = list(csv.DictReader(outputs["hardware"].open()))
    return yaml.safe_load(outputs["configuration"].read_text()), versions, hardware, outputs["page"].read_text()


def test_the_configuration_is_whole_and_in_its_order_but_for_secrets(tmp_path):
    found, _, _, page = write(tmp_path)
    server = found["models"]["served"].pop("server")
    address = found["problems"]["seeds"]["source"]["url"].pop("url")
    notes = found.pop("notes")
    expected = copy.deepcopy(CONFIG)
    del expected["models"]["served"]["server"], expected["problems"]["seeds"]["source"]["url"]["url"], expected["notes"]
    assert found == expected and list(found) == [name for name in CONFIG if name != "notes"]
    assert server == {"model": "large", "timeout_seconds": 120} and address == ADDRESS
    assert notes == ["https://example.org/a?b=c@d", "https://example.org/a@b", "a@b"]
    for secret in ("example.org/v1", "MY_KEY_VARIABLE", "user:", "rd@", "SECRET"):
        assert secret not in page + (tmp_path / "settings/configuration.yaml").read_text()
    assert "owner/&lt;b&gt;name&lt;/b&gt;" in page and "<b>" not in page
    assert "Très petit" in page


def test_jobs_and_files_are_those_of_this_configuration(tmp_path):
    prompt = tmp_path / "my prompts/short.yaml"
    prompt.parent.mkdir()
    prompt.write_text("user: '{question}'\n")
    config = copy.deepcopy(CONFIG)
    config["generate_responses"]["prompt"] = str(prompt)
    ledgers = [ledger(tmp_path / "grade_answers/1.json"), ledger(tmp_path / "train_student/2.json")]
    write(tmp_path, *ledgers, config=config)
    with (tmp_path / "settings/jobs.csv").open() as file:
        assert list(csv.reader(file)) == [["rule", "job"], ["grade_answers", "1"], ["train_student", "2"]]
    with (tmp_path / "settings/files.csv").open() as file:
        found = {row["path"]: row["sha256"] for row in csv.DictReader(file)}
    assert found["short.yaml"] == hashlib.sha256(prompt.read_bytes()).hexdigest()
    assert set(found) == set(run_settings.named_files(run_settings.without_secrets(config))) and len(found) > 1


def test_files_that_the_configuration_calls_alike_have_a_row_each(tmp_path):
    """Of folders of this machine only the last name of a path is left."""
    config = copy.deepcopy(CONFIG)
    for folder, stage in (("a", "generate_responses"), ("b", "score_responses")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "short.yaml").write_text(f"user: '{folder}{{question}}'\n")
        config[stage]["prompt"] = str(tmp_path / folder / "short.yaml")
    rows = run_settings.files(run_settings.without_secrets(config), run_settings.named_files(config))
    found = {row["sha256"] for row in rows if row["path"] == "short.yaml"}
    assert found == {hashlib.sha256((tmp_path / name / "short.yaml").read_bytes()).hexdigest() for name in "ab"}


def test_a_path_below_the_home_folder_is_that_of_every_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    config = copy.deepcopy(CONFIG)
    config["problems"]["seeds"]["source"] = {"file": {"path": str(tmp_path / "data/problems.jsonl")}}
    written = run_settings.without_secrets(config)
    assert written["problems"]["seeds"]["source"]["file"]["path"] == "~/data/problems.jsonl"
    assert config["problems"]["seeds"]["source"]["file"]["path"].startswith(str(tmp_path))


def test_folders_of_this_machine_are_left_out(tmp_path):
    config = copy.deepcopy(CONFIG)
    given = ["/srv/team/secret/problems.jsonl", "../neighbour/problems.jsonl", "data/mine.jsonl"]
    for number, path in enumerate(given):
        config["problems"][f"set{number}"] = {"source": {"file": {"path": path}}}
    *_, page = write(tmp_path, config=config, named=[str(ROOT / "README.md")] * len(run_settings.named_files(config)))
    files = (tmp_path / "settings/files.csv").read_text()
    assert "problems.jsonl" in files and "/srv" not in files and "neighbour" not in files
    written = run_settings.without_secrets(config)["problems"]
    paths = [written[f"set{number}"]["source"]["file"]["path"] for number in range(3)]
    assert paths == ["problems.jsonl", "problems.jsonl", "data/mine.jsonl"]
    assert "/srv" not in page and "neighbour" not in page
    assert "the folders of files that lie neither in the workflow&#x27;s folder nor below the home folder" in page


def test_versions_are_those_that_jobs_wrote_down_else_those_that_are_installed(tmp_path):
    first = ledger(tmp_path / "a/1.json", versions={"vllm": "0.32.0", "transformers": "1.0"})
    second = ledger(tmp_path / "a/2.json", versions={"vllm": "0.33.0"})
    _, versions, _, _ = write(tmp_path, first, second)
    assert versions["vllm"] == "0.32.0, 0.33.0"
    assert versions["transformers"] == "1.0"
    assert versions["Python"] == platform.python_version()
    locked = dict(line.split("==") for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line)
    assert versions["pyarrow"] == locked["pyarrow"]
    assert versions["latex2mathml"] == locked["latex2mathml"]
    assert list(versions)[:2] == ["workflow", "Python"]


def test_hardware_is_counted_by_its_kind(tmp_path):
    card = {"gpus": 2, "gpu_name": "Card <80 GB>", "cpu_cores": 8, "started": FIRST}
    ledgers = [ledger(tmp_path / f"a/{number}.json", **kind) for number, kind in enumerate([card, {}, card, {}, {}])]
    _, _, hardware, page = write(tmp_path, *ledgers)
    assert [list(row.values()) for row in hardware] == [
        ["Card <80 GB>", "2", "8", "2", "1.0000", FIRST, FIRST],
        ["CPU", "0", "2", "3", "1.5000", LATER, LATER],
    ]
    assert "Card &lt;80 GB&gt;" in page


def test_hardware_and_versions_are_those_of_the_attempts_that_made_the_rows(tmp_path):
    """A job that was killed, made nothing more and found its rows in the store; and rows that another run bought."""
    card = {"gpus": 1, "gpu_name": "Card", "cpu_cores": 8}
    journaled(tmp_path, "killed", versions={"vllm": "0.32.0"}, started=FIRST, **card)
    journaled(tmp_path, "elsewhere", run="earlier", versions={"vllm": "0.31.0"}, **card)
    journaled(tmp_path, "unused", versions={"vllm": "0.30.0"}, **card)
    folder = tmp_path / "generate_responses"
    first = ledger(folder / "last.json", {"killed": 14}, versions={"vllm": "0.33.0"}, wall_seconds=5.0)
    second = ledger(folder / "own.json", {"own": 3, "elsewhere": 4, "killed": 1}, versions={"vllm": "0.34.0"}, **card)
    _, versions, hardware, _ = write(tmp_path, first, second)
    assert versions["vllm"] == "0.31.0, 0.32.0, 0.34.0"
    assert [list(row.values()) for row in hardware] == [["Card", "1", "8", "3", "1.5000", FIRST, LATER]]


def test_what_is_fetched_for_all_runs_does_not_say_when_this_one_began(tmp_path):
    fetched = ledger(tmp_path / "fetch_model/a.json", started=FIRST)
    _, _, hardware, _ = write(tmp_path, fetched)
    assert [list(row.values()) for row in hardware] == [["CPU", "0", "2", "1", "0.5000", "", ""]]
    _, _, hardware, _ = write(tmp_path, fetched, ledger(tmp_path / "filter_questions/b.json"))
    assert [list(row.values()) for row in hardware] == [["CPU", "0", "2", "2", "1.0000", LATER, LATER]]


def test_a_run_without_jobs_says_so(tmp_path):
    *_, hardware, page = write(tmp_path)
    assert hardware == []
    assert "No job has written its books." in page


def git(folder, *command):
    who = ["-c", "user.name=tester", "-c", "user.email=tester@example.org"]
    subprocess.run(["git", "-C", folder, *who, *command], check=True, capture_output=True)


def test_the_commit_of_the_workflow(tmp_path):
    assert run_settings.commit(tmp_path) == run_settings.NOT_A_CLONE
    git(tmp_path, "init", "--quiet")
    assert "could not be read" in run_settings.commit(tmp_path)
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    found = run_settings.commit(tmp_path)
    assert found.startswith("commit ") and len(found) == len("commit ") + 40
    (tmp_path / "file").write_text("two")
    assert run_settings.commit(tmp_path) == f"{found}, with changes that are not committed"
    # A folder without a repository of its own does not tell of the one around it.
    (tmp_path / "inner").mkdir()
    assert run_settings.commit(tmp_path / "inner") == run_settings.NOT_A_CLONE
