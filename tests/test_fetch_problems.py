"""Problems and benchmarks from every source: rows, columns, answers, and what each mistake is called."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fetch_benchmark
import fetch_problems
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from hub_server import COMMIT, Hub, closed_port
from synthesis import schema, stated_licence
from synthesis.identity import problem_id
from synthesis.problem_rows import as_text

ROWS = [{"question": "What is 1 + 1?", "answer": "2"}, {"question": "What is 2 + 2?", "answer": "4"}]


def arguments(folder: Path, settings: dict) -> list[str]:
    return [
        *("--run", "t", "--ledger", str(folder / "ledger/fetch_problems/p.json"), "--problems", "p"),
        *("--output", str(folder / "p.parquet"), "--settings", json.dumps(settings)),
    ]


def fetched(folder: Path, source: dict, **settings) -> list[dict]:
    assert fetch_problems.main(arguments(folder, {"source": source, **settings})) == 0
    return schema.read(folder / "p.parquet", schema.PROBLEMS)


def from_file(folder: Path, name: str, content: bytes | str, **settings) -> list[dict]:
    """The rows that a file with this name and content gives."""
    return fetched(folder, {"file": written(folder, name, content)}, **settings)


def written(folder: Path, name: str, content: bytes | str) -> dict:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return {"path": str(folder / name)}


def refused(folder: Path, source: dict, capsys, **settings) -> str:
    """What the program says when it refuses a source; nothing may be left."""
    assert fetch_problems.main(arguments(folder, {"source": source, **settings})) == 1
    assert not (folder / "p.parquet").exists() and not (folder / "ledger").exists()
    return sentence(capsys.readouterr().err)


def sentence(errors: str) -> str:
    assert "Traceback" not in errors
    return errors.strip().splitlines()[-1]


def row_counts(folder: Path) -> dict:
    return json.loads((folder / "ledger/fetch_problems/p.json").read_text())["rows"]


def json_lines(rows: list[dict]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


# Formats


def test_every_format_gives_the_same_rows(tmp_path):
    table = "\n".join(["question{0}answer", "What is 1 + 1?{0}2", "What is 2 + 2?{0}4", ""])
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "made.parquet")
    contents = {
        "rows.jsonl": json_lines(ROWS),
        "rows.json": json.dumps(ROWS, indent=1),
        "lines.json": json_lines(ROWS),
        "rows.csv": table.format(","),
        "rows.tsv": table.format("\t").replace("\n", "\r\n"),
        "rows.parquet": (tmp_path / "made.parquet").read_bytes(),
    }
    expected = [
        {
            "problem_id": problem_id("p", row["question"]),
            "source": "p",
            "problem": row["question"],
            "answer": row["answer"],
            "solution": None,
        }
        for row in ROWS
    ]
    for name, content in contents.items():
        plain = content.encode() if isinstance(content, str) else content
        assert from_file(tmp_path, name, plain) == expected, name
        assert from_file(tmp_path, f"{name}.gz", gzip.compress(plain)) == expected, name
    assert row_counts(tmp_path) == {"in": 2, "duplicates": 0, "out": 2}


def test_unicode_line_ends_and_byte_order_marks_survive(tmp_path):
    text = "one\u2028two\u2029three\x0bfour\x85five"
    lines = json.dumps({"problem": text, "answer": "1"}, ensure_ascii=False) + "\r\n\n"
    assert [row["problem"] for row in from_file(tmp_path, "a.jsonl", "\ufeff" + lines)] == [text]
    assert [row["problem"] for row in from_file(tmp_path, "a.tsv", f"problem\tanswer\n{text}\t1\n")] == [text]
    assert [row["problem"] for row in from_file(tmp_path, "a.csv", f"problem,answer\n{text},1\n")] == [text]


def test_quoting_is_of_csv_and_not_of_tsv(tmp_path):
    quoted = from_file(tmp_path, "a.csv", 'problem,answer\n"Say ""one,\ntwo""",2\n')
    assert [row["problem"] for row in quoted] == ['Say "one,\ntwo"']
    literal = from_file(tmp_path, "a.tsv", 'problem\tanswer\n"Two" is how much?\t2\n')
    assert [row["problem"] for row in literal] == ['"Two" is how much?']


def test_a_table_without_names_gets_them_from_the_settings(tmp_path):
    source = {"file": {**written(tmp_path, "a.tsv", "What is 1 + 1?\t2\n"), "header": ["question", "answer"]}}
    assert [(row["problem"], row["answer"]) for row in fetched(tmp_path, source)] == [("What is 1 + 1?", "2")]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.jsonl", '{"problem": "x"}\n{"problem": "y"\n', "a.jsonl, line 2: not valid JSON"),
        ("a.jsonl", '{"problem": "x"}\n["y"]\n', "a.jsonl, line 2: not a JSON object but list"),
        ("a.jsonl", b'{"problem": "x"}\n{"problem": "caf\xe9"}\n', "a.jsonl, line 2: not UTF-8"),
        ("a.jsonl", "[" * 100_000, "a.jsonl, line 1: not valid JSON"),
        ("a.jsonl", '{"problem": "x"}\n\n{"problem": "  "}\n', "a.jsonl, line 3: the problem (problem) is empty"),
        ("a.jsonl", '{"problem": "x"}\n{"question": "y"}\n', "a.jsonl, line 2: the problem (problem) is empty"),
        ("a.jsonl", '{"problem": 3}\n', "a.jsonl, line 1: the problem (problem) is no text but int"),
        ("a.jsonl", '{"problem": "\\ud800"}\n', "a.jsonl, line 1: the text holds half a character"),
        ("a.jsonl", "", "a.jsonl holds no rows"),
        ("a.json", "[]", "a.json holds no rows"),
        ("a.json", '[{"problem": "x"},\n {"problem": }]', "a.json, line 2: not valid JSON"),
        ("a.json", '[{"problem": "x"}, 7]', "a.json, row 2: not a JSON object but int"),
        ("a.csv", "problem,answer\n", "a.csv holds no rows"),
        ("a.csv", "problem,answer\nx,1\ny\n", "a.csv, line 3: 1 cells instead of 2"),
        ("a.csv", 'problem,answer\n"x"y,1\n', "a.csv, line 2: not readable"),
        ("a.tsv", b"problem\tanswer\n\xff\t1\n", "a.tsv, line 2: not UTF-8"),
        ("a.parquet", b"PAR1 and no more", "a.parquet is not a readable Parquet file"),
        ("a.jsonl.gz", b"no gzip at all", "a.jsonl.gz is not a whole gzip file"),
        ("a.jsonl.gz", gzip.compress(b'{"problem": "x"}\n' * 50)[:-12], "a.jsonl.gz is not a whole gzip file"),
        ("a.xlsx", "x", "does not end in .jsonl, .json, .csv, .tsv, .parquet"),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path, capsys, name, content, expected):
    assert expected in refused(tmp_path, {"file": written(tmp_path, name, content)}, capsys)


# Columns and answers


def test_the_usual_columns_are_found(tmp_path):
    for problem, answer in [("query", "final_answer"), ("instruction", "answer"), ("prompt", "ground_truth")]:
        rows = from_file(tmp_path, "a.jsonl", json_lines([{"id": 1, problem: "x", answer: "3", "solution": "so 3"}]))
        assert [(row["problem"], row["answer"], row["solution"]) for row in rows] == [("x", "3", "so 3")]
    both = from_file(tmp_path, "a.jsonl", json_lines([{"question": "meta", "problem": "x", "response": "3"}]))
    assert [(row["problem"], row["answer"], row["solution"]) for row in both] == [("x", None, None)]


def test_a_solution_is_not_taken_for_an_answer(tmp_path):
    rows = from_file(tmp_path, "a.jsonl", json_lines([{"problem": "x", "solution": "It is \\boxed{3}."}]))
    assert [(row["answer"], row["solution"]) for row in rows] == [(None, "It is \\boxed{3}.")]


def test_columns_can_be_named(tmp_path):
    line = json_lines([{"text": "x", "out": "3", "solution": "so"}, {"text": "y", "solution": "so", "out": None}])
    columns = {"problem": "text", "answer": "out", "solution": None}
    rows = from_file(tmp_path, "a.jsonl", line, columns=columns)
    assert [(row["problem"], row["answer"], row["solution"]) for row in rows] == [("x", "3", None), ("y", None, None)]


def test_a_missing_column_is_named_with_those_there(tmp_path, capsys):
    source = {"file": written(tmp_path, "a.jsonl", '{"text": "x", "out": "3"}\n')}
    said = refused(tmp_path, source, capsys)
    assert "has no column problem or question" in said and "(it has: text, out)" in said
    said = refused(tmp_path, source, capsys, columns={"problem": "text", "answer": "label"})
    assert "problems.p has no column label (it has: text, out); set problems.p.columns.answer" in said
    assert "problems.p.columns has title" in refused(tmp_path, source, capsys, columns={"title": "text"})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("025", "025"),
        (" 2,125 ", "2,125"),
        (27.0, "27"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (7, "7"),
        (10**30, str(10**30)),
        (1e300, "1" + 300 * "0"),
        (float("nan"), None),
        (["$2$"], "$2$"),
        ([460.0], "460"),
        (["$(1,2)$", "$3$"], '["$(1,2)$", "$3$"]'),
        ([1.0, None, "é"], '["1", "é"]'),
        ([], None),
        ([None, " "], None),
        ("", None),
        ("\n", None),
        (None, None),
        (True, "true"),
        ({"x": 1}, '{"x": 1}'),
    ],
)
def test_answers_become_sensible_text(value, text):
    assert as_text(value) == text


def test_the_answer_can_follow_a_marker(tmp_path, capsys):
    solution = "2 #### no\n1 + 1 = 2\n#### 2,125"
    line = json_lines([{"question": "x", "answer": solution}, {"question": "y", "answer": ""}])
    rows = from_file(tmp_path, "a.jsonl", line, answer_after="####")
    assert [(row["answer"], row["solution"]) for row in rows] == [("2,125", solution), (None, None)]
    other = tmp_path / "other"
    bad = {"file": written(tmp_path, "b.jsonl", json_lines([{"question": "x", "answer": "2"}]))}
    assert "b.jsonl, line 1: the answer (answer) has no ####" in refused(other, bad, capsys, answer_after="####")
    none = {"file": written(tmp_path, "c.jsonl", json_lines([{"question": "x"}]))}
    assert "no answer column" in refused(other, none, capsys, answer_after="####")


def test_duplicates_and_the_limit_are_counted(tmp_path, capsys):
    rows = [{"problem": text, "answer": answer} for text, answer in [("x", 1), ("y", 2), ("x", 9), ("z", 4)]]
    found = from_file(tmp_path, "a.jsonl", json_lines(rows))
    assert [(row["problem"], row["answer"]) for row in found] == [("x", "1"), ("y", "2"), ("z", "4")]
    assert row_counts(tmp_path) == {"in": 4, "duplicates": 1, "out": 3}
    said = capsys.readouterr().err
    assert "1 duplicates have another answer than the row that was kept" in said and "a.jsonl, line 3" in said
    assert [row["problem"] for row in from_file(tmp_path, "a.jsonl", json_lines(rows), limit=2)] == ["x", "y"]
    assert row_counts(tmp_path) == {"in": 2, "duplicates": 0, "out": 2}


def test_several_solutions_of_a_problem_are_kept_if_asked_for(tmp_path):
    texts = [("x", "first"), ("y", "only"), ("x", "second"), ("x", "first"), ("x", "second"), ("x", None)]
    content = json_lines([{"problem": text, "solution": solution} for text, solution in texts])
    found = from_file(tmp_path, "a.jsonl", content, several_solutions=True)
    assert [(row["problem"], row["solution"]) for row in found] == [("x", "first"), ("y", "only"), ("x", "second")]
    assert row_counts(tmp_path) == {"in": 6, "duplicates": 3, "out": 3}
    ids = [row["problem_id"] for row in found]
    assert len(set(ids)) == 3
    # The first rows have the ids that they have without it, in whatever order the others come.
    assert [row["problem_id"] for row in from_file(tmp_path, "a.jsonl", content)] == ids[:2]


def test_mistakes_in_the_settings_are_named(tmp_path, capsys):
    assert "problems.p.source must hold exactly one of" in refused(tmp_path, {}, capsys)
    assert "but it holds disk" in refused(tmp_path, {"disk": {}}, capsys)
    assert "problems.p.source.file.path is missing" in refused(tmp_path, {"file": {}}, capsys)
    assert "which is no file" in refused(tmp_path, {"file": {"path": str(tmp_path / "no.jsonl")}}, capsys)
    source = {"file": written(tmp_path, "a.jsonl", json_lines(ROWS))}
    assert "problems.p.limit is 0" in refused(tmp_path, source, capsys, limit=0)
    wrong = {"file": {**source["file"], "sha256": "0" * 64}}
    said = refused(tmp_path, wrong, capsys)
    assert "0" * 64 in said and hashlib.sha256(json_lines(ROWS).encode()).hexdigest() in said


# Addresses


@pytest.fixture
def web(tmp_path):
    """A web server on the loopback interface that serves `tmp_path/web`; gives its address."""
    (tmp_path / "web").mkdir()
    handler = partial(QuietHandler, directory=tmp_path / "web")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments):
        """Say nothing: the log belongs to the tests."""


def test_an_address_is_downloaded_and_checked(tmp_path, web, capsys):
    content = gzip.compress(json_lines(ROWS).encode())
    (tmp_path / "web/rows.jsonl.gz").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    for url in (f"{web}/rows.jsonl.gz?download=true", (tmp_path / "web/rows.jsonl.gz").as_uri()):
        rows = fetched(tmp_path, {"url": {"url": url, "sha256": digest}})
        assert [row["answer"] for row in rows] == ["2", "4"]
    other = tmp_path / "other"
    said = refused(other, {"url": {"url": url, "sha256": "f" * 64}}, capsys)
    assert digest in said and "f" * 64 in said and "problems.p.source.url.sha256" in said


def test_an_address_that_fails_is_named(tmp_path, web, capsys):
    digest = {"sha256": "0" * 64}
    assert "answered HTTP 404" in refused(tmp_path, {"url": {"url": f"{web}/no.jsonl", **digest}}, capsys)
    closed = f"http://127.0.0.1:{closed_port()}/a.jsonl"
    assert f"{closed} can't be reached" in refused(tmp_path, {"url": {"url": closed, **digest}}, capsys)
    gone = (tmp_path / "gone.jsonl").as_uri()
    assert "can't be reached" in refused(tmp_path, {"url": {"url": gone, **digest}}, capsys)
    assert "starts with https" in refused(tmp_path, {"url": {"url": "ftp://host/a.jsonl", **digest}}, capsys)
    assert "sha256 is missing" in refused(tmp_path, {"url": {"url": f"{web}/a.jsonl"}}, capsys)


# The hub, through its own client


def from_hub(folder: Path, url: str, token: str | None = None, **source) -> subprocess.CompletedProcess:
    """Fetch a split of a set, or what `source` says."""
    hub = {"repo": "acme/sums", "revision": "main", "split": "train", **source}
    return with_hub(folder, url, {"source": {"hub": hub}}, token)


def with_hub(folder: Path, url: str, settings: dict, token: str | None = None) -> subprocess.CompletedProcess:
    """Run the program by itself, because the hub's client reads its environment when it is imported."""
    command = [sys.executable, str(ROOT / "scripts/fetch_problems.py"), *arguments(folder, settings)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment = {**clean, "HF_ENDPOINT": url, "HF_HOME": str(folder / "cache")}
    environment |= {"HF_TOKEN": token} if token else {}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_a_data_set_comes_from_the_hub(tmp_path):
    train = json_lines([*ROWS, {"question": "one\u2028two", "answer": "025"}]).encode()
    with Hub({"datasets/acme/sums": {"data/train.jsonl": train, "data/test.jsonl": json_lines(ROWS).encode()}}) as hub:
        done = from_hub(tmp_path, hub.url)
        assert done.returncode == 0, done.stderr
        rows = schema.read(tmp_path / "p.parquet", schema.PROBLEMS)
        assert [row["answer"] for row in rows] == ["2", "4", "025"]
        assert rows[2]["problem"] == "one\u2028two"
        assert COMMIT in done.stderr
        other = tmp_path / "other"
        wrong_split = from_hub(other, hub.url, split="validation")
        wrong_revision = from_hub(other, hub.url, revision="v9")
        wrong_name = from_hub(other, hub.url, repo="acme/products")
    assert "the split validation of the data set acme/sums" in sentence(wrong_split.stderr)
    assert "the data set acme/sums has no revision v9" in sentence(wrong_revision.stderr)
    assert "the hub has no data set acme/products" in sentence(wrong_name.stderr)
    # The hub is gone now. The cache still has the rows, but nobody can say that they are this revision's.
    unreachable = from_hub(tmp_path, hub.url)
    assert "can't be reached for the data set acme/sums" in sentence(unreachable.stderr)
    assert not (other / "p.parquet").exists()


def test_a_gated_data_set_asks_for_the_licence_and_a_token(tmp_path):
    name, token = "datasets/acme/sums", "hf_secretoftheaccount"
    with Hub({name: {"data/train.jsonl": json_lines(ROWS).encode()}}, gated={name: token}) as hub:
        for other in (None, "hf_ofsomebodywhohasnotaccepted"):
            done = from_hub(tmp_path, hub.url, token=other)
            assert done.returncode == 1
            assert "is gated: accept its licence on the data set's page, set HF_TOKEN" in sentence(done.stderr)
            assert "hf_" not in done.stdout + done.stderr
            assert not (tmp_path / "p.parquet").exists()
        done = from_hub(tmp_path, hub.url, token=token)
    assert done.returncode == 0, done.stderr
    assert token not in done.stdout + done.stderr + (tmp_path / "ledger/fetch_problems/p.json").read_text()


def test_the_licence_on_the_card_is_a_note_in_the_file(tmp_path):
    name = "datasets/acme/sums"
    files = {name: {"data/train.jsonl": json_lines(ROWS).encode()}}
    card = {"license": ["cc-by-nc-4.0"], "license_link": "https://example.org/terms"}
    for folder, cards in ((tmp_path / "with", {name: card}), (tmp_path / "without", {})):
        with Hub(files, cards=cards) as hub:
            done = from_hub(folder, hub.url)
        assert done.returncode == 0, done.stderr
    assert stated_licence.read(tmp_path / "with/p.parquet") == card
    assert stated_licence.read(tmp_path / "without/p.parquet") is None
    rows = [schema.read(tmp_path / folder / "p.parquet", schema.PROBLEMS) for folder in ("with", "without")]
    assert rows[0] == rows[1]


# Generators


def generator(**settings) -> dict:
    return {"generator": {"package": "reasoning-gym", "task": "chain_sum", "size": 12, "seed": 3, **settings}}


def test_a_generator_makes_the_same_problems_again(tmp_path):
    options = {"min_terms": 2, "max_terms": 2, "min_digits": 3, "max_digits": 3}
    rows = fetched(tmp_path / "a", generator(options=options))
    assert rows == fetched(tmp_path / "b", generator(options=options))
    assert rows != fetched(tmp_path / "c", generator(options=options, seed=4))
    assert row_counts(tmp_path / "a")["in"] == 12
    for row in rows:
        question = row["problem"].partition(":")[2].replace("= ?", "").split("=")[0]
        first, sign, second = question.split()
        assert int(row["answer"]) == int(first) + (1 if sign == "+" else -1) * int(second)


def test_mistakes_with_generators_are_named(tmp_path, capsys):
    said = refused(tmp_path, generator(task="chainsum"), capsys)
    assert "problems.p.source.generator.task is chainsum" in said and "chain_sum" in said
    assert "min_terms" in refused(tmp_path, generator(options={"terms": 2}), capsys)
    assert "max_terms must be" in refused(tmp_path, generator(options={"min_terms": 5, "max_terms": 2}), capsys)
    assert "reasoning-gym" in refused(tmp_path, generator(package="other"), capsys)
    assert "seed is missing" in refused(tmp_path, generator(seed=None), capsys)


# Benchmarks


def test_a_benchmark_is_fetched_the_same_way(tmp_path, capsys):
    def line(settings):
        return [
            *("--run", "t", "--ledger", str(tmp_path / "ledger/fetch_benchmark/b.json"), "--benchmark", "b"),
            *("--output", str(tmp_path / "b.parquet"), "--settings", json.dumps(settings)),
        ]

    assert fetch_benchmark.main(line({"source": {"file": written(tmp_path, "a.jsonl", json_lines(ROWS))}})) == 0
    rows = schema.read(tmp_path / "b.parquet", schema.PROBLEMS)
    assert [(row["source"], row["answer"]) for row in rows] == [("b", "2"), ("b", "4")]
    assert fetch_benchmark.main(line({"source": {}})) == 1
    assert "benchmarks.b.source must hold" in sentence(capsys.readouterr().err)
