"""The entries in config/benchmarks: all are valid, and published files go through them as they are."""

import json
from pathlib import Path

import fetch_benchmark
import pytest
import yaml
from changed_configuration import DEMO, EVALUATION, changed, validate
from conftest import ROOT
from hub_server import Hub
from published_sets import SHARED, published, read
from synthesis import configuration, configuration_entries, grading, schema
from synthesis.errors import InputError
from synthesis.plan import Plan
from test_fetch_problems import with_hub

CATALOGUE = ROOT / "config/benchmarks"
NAMES = sorted(path.stem for path in CATALOGUE.glob("*.yaml"))
NAMED = [
    "gsm8k", "math", "math500", "college_math", "olympiadbench", "aime24", "aime25", "amc23", "hmmt_feb_2025",
    "brumo_2025", "minerva_math", "svamp", "mgsm_en", "mmlu_stem",
]  # fmt: skip
# The entries whose commit is not known; their first lines say so.
WITHOUT_COMMIT = ["college_math"]


def entry(name: str) -> dict:
    return yaml.safe_load((CATALOGUE / f"{name}.yaml").read_text(encoding="utf-8"))


def fetched(folder: Path, name: str, settings: dict) -> list[dict]:
    line = ["--run", "t", "--ledger", str(folder / f"ledger/fetch_benchmark/{name}.json"), "--benchmark", name]
    line += ["--output", str(folder / f"{name}.parquet"), "--settings", json.dumps(settings)]
    assert fetch_benchmark.main(line) == 0
    return schema.read(folder / f"{name}.parquet", schema.PROBLEMS)


def counts(folder: Path, name: str) -> dict:
    return json.loads((folder / f"ledger/fetch_benchmark/{name}.json").read_text())["rows"]


def test_the_catalogue_holds_what_its_page_lists():
    page = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    assert set(NAMED) <= set(NAMES)
    missing = [name for name in NAMES if f"`{name}`" not in page and not name.startswith("mgsm_")]
    assert not missing and "`mgsm_*`" in page


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_is_valid_and_planned(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    path = f"config/benchmarks/{name}.yaml"
    benchmarks = {**DEMO["benchmarks"], name: path}
    config = changed(("benchmarks", benchmarks), ("answer_benchmark", {**EVALUATION, "benchmarks": [name]}))
    assert config["benchmarks"][name] == path
    plan = Plan(validate(config))
    assert config["benchmarks"][name] == entry(name)
    assert f"<results>/grade_answers/smollm2/{name}.parquet" in plan.evaluation_files("grade_answers")
    [(kind, source)] = config["benchmarks"][name]["source"].items()
    if kind == "hub" and name not in WITHOUT_COMMIT:
        assert len(source["revision"]) == 40
    assert (CATALOGUE / f"{name}.yaml").read_text(encoding="utf-8").startswith("# ")


CARD = """---
configs:
- config_name: all
  data_files: [{split: test, path: all/test-*}]
- config_name: astronomy
  data_files: [{split: test, path: astronomy/test-*}]
---
"""


def test_an_entry_comes_from_the_hub_with_its_configuration_and_rows(tmp_path):
    """As cais/mmlu is: subjects in one table, options in a list, and the right one as a class."""
    import datasets

    subjects = ["astronomy", "philosophy", "machine_learning"]
    features = datasets.Features(
        question=datasets.Value("string"), subject=datasets.Value("string"),
        choices=datasets.List(datasets.Value("string")), answer=datasets.ClassLabel(names=["A", "B", "C", "D"]),
    )  # fmt: skip
    columns = {"question": ["a?", "b?", "c?"], "subject": subjects, "choices": [list("wxyz")] * 3, "answer": [2, 0, 3]}
    datasets.Dataset.from_dict(columns, features=features).to_parquet(tmp_path / "all.parquet")
    files = {"README.md": CARD.encode(), "all/test-0.parquet": (tmp_path / "all.parquet").read_bytes()}
    settings = entry("mmlu_stem")
    settings["source"]["hub"]["revision"] = "main"
    settings["rows"] = {"subject": [subjects[0], subjects[2]]}
    with Hub({"datasets/cais/mmlu": files}) as hub:
        done = with_hub(tmp_path, hub.url, settings)
    assert done.returncode == 0, done.stderr
    rows = schema.read(tmp_path / "p.parquet", schema.PROBLEMS)
    assert [(row["problem"], row["answer"]) for row in rows] == [
        ("a?\n\nA. w\nB. x\nC. y\nD. z", "C"),
        ("c?\n\nA. w\nB. x\nC. y\nD. z", "D"),
    ]


# What a configuration takes from an entry


def test_an_entry_may_be_changed_where_it_is_taken(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    (tmp_path / "base.yaml").write_text(
        "run: base\nbenchmarks:\n  aime24: config/benchmarks/aime24.yaml\n"
        "  own: {based_on: config/benchmarks/gsm8k.yaml, limit: 5}\n"
        "  renamed: {based_on: config/benchmarks/mmlu_stem.yaml, columns: {problem: task}}\n"
    )
    base = configuration.load(tmp_path / "base.yaml")["benchmarks"]
    assert base["aime24"] == entry("aime24")
    assert base["own"] == {**entry("gsm8k"), "limit": 5}
    # A mapping is replaced as a whole, and the key that says so is one of the schema.
    assert len(entry("mmlu_stem")["columns"]) > 1 and base["renamed"]["columns"] == {"problem": "task"}
    described = yaml.safe_load((configuration.SCHEMAS / "resources.schema.yaml").read_text())
    assert configuration_entries.BASE in described["$defs"]["problems"]["properties"]
    # In a derived file: a key by itself is merged, a path or a base of its own replaces the whole entry.
    derived = "based_on: base.yaml\nrun: arm\nbenchmarks:\n  aime24: {limit: 3}\n  own: config/benchmarks/svamp.yaml\n"
    (tmp_path / "arm.yaml").write_text(derived)
    arm = configuration.load(tmp_path / "arm.yaml")["benchmarks"]
    assert arm == {**base, "aime24": {**entry("aime24"), "limit": 3}, "own": entry("svamp")}
    (tmp_path / "arm.yaml").write_text(derived.replace("{limit: 3}", "{based_on: config/benchmarks/amc23.yaml}"))
    assert configuration.load(tmp_path / "arm.yaml")["benchmarks"]["aime24"] == entry("amc23")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            "config/benchmarks/aime42.yaml",
            "is config/benchmarks/aime42.yaml, but there is no file config/benchmarks/aime42.yaml; did you mean "
            "config/benchmarks/aime",
        ),
        ("nowhere/at/all.yaml", "correct the path"),
        ("~nobody_of_this_name/a.yaml", "home folder is not known"),
        ({"based_on": 3}, r"based_on must be text, not 3"),
        ({"based_on": "config/benchmarks/none.yaml"}, r"based_on is config/benchmarks/none.yaml"),
    ],
)
def test_an_entry_that_is_not_there_is_refused_in_one_sentence(tmp_path, monkeypatch, given, sentence):
    monkeypatch.chdir(ROOT)
    (tmp_path / "a.yaml").write_text(yaml.safe_dump({"run": "a", "benchmarks": {"aime24": given}}))
    with pytest.raises(InputError, match=rf"a\.yaml: benchmarks\.aime24.*{sentence}"):
        configuration.load(tmp_path / "a.yaml")


# Published files through the entries, with a file in the place of the hub

# File, what the entry lacks or has in excess for this copy, rows in the file, rows that differ.
FILES = {
    "gsm8k": ("gsm8k/test.jsonl", {}, 1319, 1319),
    "math": ("math/math500.jsonl", {}, 500, 500),
    "math500": ("math/math500.jsonl", {}, 500, 500),
    "college_math": ("college_math/test.jsonl.gz", {}, 2818, 2782),
    "olympiadbench": ("olympiadbench/test.jsonl.gz", {}, 675, 675),
    "aime24": ("aime/aime_2024_I.jsonl", {}, 15, 15),
    "aime25": ("aime/aime_2025_II.jsonl", {}, 15, 15),
    "amc23": ("amc23/test.jsonl", {}, 40, 40),
    "mmlu_stem": ("mmlu_stem/test.jsonl.gz", {"rows": {"type": entry("mmlu_stem")["rows"]["subject"]}}, 3018, 3006),
    **{f"mgsm_{name}": (f"mgsm/mgsm_{name}.tsv", {}, 250, 250) for name in ("en", "de", "es", "fr", "ru", "zh")},
}


def of_file(name: str) -> dict:
    """The entry with the published file in the place of its source."""
    settings, (path, changes, _, _) = entry(name), FILES[name]
    header = settings["source"].get("url", {}).get("header")
    file = {"path": str(SHARED / path), **({"header": header} if header else {})}
    return {**settings, "source": {"file": file}, **changes}


@published
@pytest.mark.parametrize("name", FILES)
def test_a_published_file_goes_through_its_entry_and_its_answers_equal_themselves(tmp_path, name):
    rows = fetched(tmp_path, name, of_file(name))
    assert (counts(tmp_path, name)["in"], len(rows)) == FILES[name][2:]
    assert all(row["answer"] for row in rows)
    with grading.Grader() as grader:
        responses = [(row["answer"], [grading.answer_in(rf"It is \boxed{{{row['answer']}}}.")]) for row in rows]
        assert [row for row, found in zip(rows, grader.grade_all(responses), strict=True) if found != ["correct"]] == []


@published
def test_the_oddities_of_published_benchmarks(tmp_path):
    aime = fetched(tmp_path, "aime24", {**of_file("aime24"), "source": _file("aime/aime_2024_II.jsonl")})
    assert any(row["answer"].startswith("0") for row in aime)
    boxed, stated = fetched(tmp_path, "math", of_file("math")), fetched(tmp_path, "math500", of_file("math500"))
    differing = [(a["answer"], b["answer"]) for a, b in zip(boxed, stated, strict=True) if a["answer"] != b["answer"]]
    with grading.Grader() as grader:
        assert all(grader.grade(reference, [answer]) == ["correct"] for answer, reference in differing)
    choices = fetched(tmp_path, "mmlu_stem", of_file("mmlu_stem"))
    assert {row["answer"] for row in choices} == {"A", "B", "C", "D"}
    assert all("\n\nA. " in row["problem"] and "\nD. " in row["problem"] for row in choices)


def _file(path: str) -> dict:
    return {"file": {"path": str(SHARED / path)}}


# In OlympiadBench, one text may hold several values. In any order they are right but for two, which are prose or cut.
NOT_IN_ANY_ORDER = ["$221,$8$", "$f(x)=a x+b$, where $b$ is an arbitrary integer"]
# Without their last value they are wrong but for three: two hold a value twice, one looks like a number with a comma.
WITHOUT_LAST = ["-2,-2", "-3,0", "16,3,1,1"]


def values(answer: str) -> list[str]:
    """The values of an answer, which commas outside brackets part."""
    found, depth = [""], 0
    for sign in answer.replace("$", ""):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and not depth:
            found.append("")
        else:
            found[-1] += sign
    return [value.strip() for value in found]


@published
def test_several_values_are_right_in_any_order_and_all_together(tmp_path):
    references = {row["answer"] for row in fetched(tmp_path, "olympiadbench", of_file("olympiadbench"))}
    file = "olympiadbench/test.jsonl.gz"
    several = zip(read(file, "final_answer"), read(file, "is_multiple_answer"), strict=True)
    answers = [answer for [answer], is_several in several if is_several and len(values(answer)) > 1]
    assert len(answers) == 92 and set(answers) <= references
    asked = []
    for answer in answers:
        *first, last = values(answer)
        reversed_, boxes = [last, *first[::-1]], [rf"\boxed{{{value}}}" for value in (last, *first[::-1])]
        responses = [rf"\boxed{{{', '.join(reversed_)}}}", " and ".join(boxes), rf"\boxed{{{', '.join(first)}}}"]
        asked.append((answer, list(map(grading.answer_in, responses))))
    with grading.Grader(2) as grader:
        found = dict(zip(answers, grader.grade_all(asked), strict=True))
    wrong = sorted(answer for answer, verdicts in found.items() if verdicts[:2] != ["correct", "correct"])
    assert [answer.startswith(begin) for answer, begin in zip(wrong, NOT_IN_ANY_ORDER, strict=True)] == [True, True]
    assert sorted(answer for answer, verdicts in found.items() if verdicts[2] == "correct") == WITHOUT_LAST
