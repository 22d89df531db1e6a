"""The audit: which pairs are asked about, what is bought, and what the verdicts say of the whole set."""

import csv
import json

import audit_dataset
import pytest
import tabulate_audit
from paid_bench import PROMPTS, Bench
from synthesis import audits, pair_samples, schema
from synthesis.errors import InputError
from synthesis.proportions import NORMAL_QUANTILE, wilson
from synthesis.verdicts import verdict

SOURCES = ("first", "second")
EMPTY = dict.fromkeys(schema.DATASET.names)


def pair(number: int) -> dict:
    texts = {"question": f"What is {number} + {number}? <b>", "response": f"The answer is {2 * number}."}
    return {**EMPTY, "question_id": f"id{number:02d}", "source": SOURCES[number % 2], **texts}


def write_data(folder, count: int = 12):
    """A data set of two files; returns their paths."""
    pairs = [pair(number) for number in range(count)]
    paths = [folder / f"data{number}.parquet" for number in range(2)]
    for path, rows in zip(paths, (pairs[: count // 3], pairs[count // 3 :]), strict=True):
        schema.write(path, rows, schema.DATASET)
    return paths


# Published examples of the score interval without continuity correction: Newcombe, Statistics in Medicine 17 (1998),
# table I.
@pytest.mark.parametrize(
    ("found", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_the_published_one(found, count, low, high):
    assert wilson(found, count) == pytest.approx((found / count, low, high), abs=5e-5)


@pytest.mark.parametrize("count", [1, 7, 1000])
def test_the_interval_has_its_closed_forms(count):
    square = NORMAL_QUANTILE**2
    assert wilson(0, count) == pytest.approx((0, 0, square / (count + square)))
    assert wilson(count, count) == pytest.approx((1, count / (count + square), 1))
    half = NORMAL_QUANTILE / (2 * (count + square / 2) ** 0.5)
    assert wilson(count, 2 * count) == pytest.approx((0.5, 0.5 - half / 2**0.5, 0.5 + half / 2**0.5))
    for end in wilson(1, 3 * count)[1:]:
        assert (1 / (3 * count) - end) ** 2 == pytest.approx(square * end * (1 - end) / (3 * count))


def test_an_empty_sample_has_no_share():
    assert wilson(0, 0) == (None, None, None)


def test_a_larger_sample_keeps_the_smaller_one_whatever_the_order():
    ids = [f"id{number}" for number in range(100)]
    ten = pair_samples.drawn_ids(ids, 1, "audit", 10)
    assert pair_samples.drawn_ids(ids[::-1], 1, "audit", 20)[:10] == ten
    assert set(ten) <= set(pair_samples.drawn_ids([*ids, "more"], 1, "audit", 11))
    assert pair_samples.drawn_ids(ids, 2, "audit", 10) != ten != pair_samples.drawn_ids(ids, 1, "other", 10)
    assert sorted(pair_samples.drawn_ids(ids, 1, "audit", 500)) == sorted(ids)


def test_the_sample_is_drawn_over_all_files_in_the_order_of_the_data_set(tmp_path):
    paths = write_data(tmp_path)
    found = audits.sample(paths, 1, 6)
    drawn = pair_samples.drawn_ids([f"id{number:02d}" for number in range(12)], 1, "audit_dataset", 6)
    assert [row["question_id"] for row in found] == sorted(drawn)
    assert found[0] == {name: pair(int(found[0]["question_id"][2:]))[name] for name in audits.COLUMNS}


def test_no_file_of_the_data_set_is_read_whole(tmp_path, monkeypatch):
    paths = write_data(tmp_path)
    whole = audits.sample(paths, 1, 6)
    monkeypatch.setattr(pair_samples, "PART_ROWS", 2)
    monkeypatch.setattr(schema, "read_table", lambda *_: pytest.fail("read whole"))
    assert audits.sample(paths, 1, 6) == whole


@pytest.mark.parametrize(
    ("parts", "whole"),
    [((True, None), True), ((None, False), None), ((False, False), False), ((False, True), True), ((None, None), None)],
)
def test_an_unclear_part_counts_only_without_an_error_in_the_other(parts, whole):
    assert audits.either(parts) is whole


def test_shares_are_of_all_audited_pairs_by_source_beside_the_published_ones():
    pairs = [pair(number) for number in range(4)]
    found = {"problem": [True, False, None, False], "answer": [None, True, None, False]}
    everything, first, second, published = audits.table("trial", pairs, found)
    assert [row["source"] for row in (everything, first, second)] == ["all", *SOURCES]
    assert [row["pairs"] for row in (everything, first, second)] == ["4", "2", "2"]
    shares = {name: everything[f"share_{name}"] for name in audits.MEASURES}
    assert list(shares.values()) == ["0.250000", "0.250000", "0.500000", "0.250000"]
    assert (first["share_problem_errors"], first["share_answer_errors"]) == ("0.500000", "0.000000")
    assert (first["share_unclear"], second["share_unclear"]) == ("0.500000", "0.000000")
    assert float(first["share_answer_errors_high"]) == pytest.approx(wilson(0, 2).high, abs=1e-6)
    # The published audit is a row of its own, and what it does not tell stays empty.
    assert published["origin"] == "RV-Syn, arXiv 2504.20426" and everything["origin"] == "this run"
    assert (published["share_problem_errors"], published["share_answer_errors"]) == ("0.056000", "0.080000")
    assert published["share_problem_errors_low"] == published["share_unclear"] == ""


def test_one_source_has_no_row_of_its_own():
    found = {"problem": [False], "answer": [True]}
    assert [row["source"] for row in audits.table("trial", [pair(0)], found)] == ["all", "all"]


def test_verdicts_on_other_pairs_are_refused(tmp_path):
    schema.write(tmp_path / "v.parquet", [verdict("id00"), verdict("id07")], schema.QUESTION_VERDICTS)
    with pytest.raises(InputError, match=r"v\.parquet is not about the pairs that are audited; delete it"):
        audits.findings([pair(0), pair(1)], tmp_path / "v.parquet")


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    bench = Bench(tmp_path)
    write_data(tmp_path)
    return bench


def audit(bench: Bench, part: str, pairs: int, threshold: float = 0.5) -> list[dict]:
    words = {"yes": "Yes", "no": "No", "threshold": threshold}
    settings = {"name": part, "pairs": pairs, "verdict": {"probability": words}}
    more = ["--seed", 1, "--prompt", PROMPTS / f"audit_{part}_probability.yaml"]
    more += ["--data", bench.folder / "data0.parquet", bench.folder / "data1.parquet"]
    more += ["--judgements", bench.folder / f"{part}.judgements.parquet"]
    assert not audit_dataset.main(bench.arguments("audit_dataset", settings, part, *more))
    return schema.read(bench.folder / f"{part}.parquet", schema.QUESTION_VERDICTS)


def test_a_larger_sample_buys_what_it_adds_and_another_threshold_nothing(bench):
    few = audit(bench, "problem", 4)
    assert bench.bought("audit_dataset", "problem") == 4
    many = audit(bench, "problem", 7)
    assert bench.bought("audit_dataset", "problem") == 3
    assert [row for row in many if row["question_id"] in {old["question_id"] for old in few}] == few
    assert {row["reason"] for row in audit(bench, "problem", 7, threshold=1.0)} == {"rejected_by:problem"}
    assert bench.bought("audit_dataset", "problem") == 0


def test_problem_and_answer_are_asked_apart_and_another_answer_anew(bench):
    audit(bench, "problem", 5)
    audit(bench, "answer", 5)
    assert bench.bought("audit_dataset", "answer") == 5
    rows = schema.read(bench.folder / "data1.parquet", schema.DATASET)
    drawn = {row["question_id"] for row in audit(bench, "answer", 5)} & {row["question_id"] for row in rows}
    assert drawn
    schema.write(bench.folder / "data1.parquet", [{**row, "response": "7"} for row in rows], schema.DATASET)
    audit(bench, "problem", 5)
    audit(bench, "answer", 5)
    assert bench.bought("audit_dataset", "problem") == 0
    assert bench.bought("audit_dataset", "answer") == len(drawn)


def test_too_small_a_set_is_audited_whole_with_a_warning(bench):
    assert len(audit(bench, "problem", 50)) == 12
    assert "audit_dataset.pairs is 50, but the data set has 12: all are audited" in (
        bench.folder / "problem.log"
    ).read_text(encoding="utf-8")


def tabulate(folder, pairs: int, own_answers: bool = False, included: bool = False) -> int:
    settings = {"pairs": pairs, "model": "judge", "answered_by": "teacher", "own_answers": own_answers}
    settings["included"] = included
    arguments = ["--run", "trial", "--seed", 1, "--settings", json.dumps(settings), "--data"]
    arguments += [folder / "data0.parquet", folder / "data1.parquet"]
    for part in ("problem", "answer"):
        arguments += [f"--{part}", folder / f"{part}.parquet", folder / f"{part}.judgements.parquet"]
    arguments += ["--output", folder / "audit.csv", "--page", folder / "audit.html"]
    arguments += ["--ledger", folder / "ledger/tabulate_audit/all.json"]
    return tabulate_audit.main(list(map(str, arguments)))


def write_verdicts(folder, pairs: list[dict], rejected: dict[str, list[str]], score=None) -> None:
    for part in ("problem", "answer"):
        ids = [row["question_id"] for row in pairs]
        rows = [verdict(name, f"rejected_by:{part}" if name in rejected[part] else "", score) for name in ids]
        schema.write(folder / f"{part}.parquet", rows, schema.QUESTION_VERDICTS)
        said = {
            "sample": 0,
            "finish_reason": "stop",
            "prompt_tokens": 1,
            "completion_tokens": 1,
            "log_probabilities": None,
        }
        words = [{"question_id": name, "text": f"I looked at the {part} of {name}.", **said} for name in ids]
        schema.write(folder / f"{part}.judgements.parquet", words, schema.JUDGEMENTS)


def test_the_table_and_its_page_show_shares_and_the_pairs_with_an_error(tmp_path):
    paths = write_data(tmp_path)
    pairs = audits.sample(paths, 1, 12)
    write_verdicts(tmp_path, pairs, {"problem": ["id01"], "answer": ["id01", "id05", "id08"]})
    assert not tabulate(tmp_path, 12)
    with (tmp_path / "audit.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == audits.TABLE_COLUMNS
    assert (rows[0]["share_answer_errors"], rows[0]["share_either_error"]) == ("0.250000", "0.250000")
    page = (tmp_path / "audit.html").read_text()
    assert "judge judged pairs whose responses teacher wrote. In brackets" in page and "3 of 3" in page
    assert "25.0 (8.9 to 53.2)" in page
    assert "I looked at the problem of id01." in page and "I looked at the answer of id01." in page
    assert "I looked at the problem of id05." not in page and "I looked at the answer of id05." in page
    # A model's text never becomes markup.
    assert "What is 1 + 1? &lt;b&gt;" in page and "<b>" not in page
    assert "may not see its own mistakes" not in page


def test_at_most_twenty_pairs_are_shown_and_a_probability_stands_for_words(tmp_path):
    paths = write_data(tmp_path, 60)
    pairs = audits.sample(paths, 1, 60)
    every = [row["question_id"] for row in pairs]
    write_verdicts(tmp_path, pairs, {"problem": every, "answer": []}, score=0.25)
    assert not tabulate(tmp_path, 60, own_answers=True)
    page = (tmp_path / "audit.html").read_text()
    assert "20 of 60" in page and page.count("problem: P(yes) = 0.250") == 20
    assert "may not see its own mistakes" in page


def test_no_error_found_is_said(tmp_path):
    pairs = audits.sample(write_data(tmp_path), 1, 3)
    write_verdicts(tmp_path, pairs, {"problem": [], "answer": []})
    assert not tabulate(tmp_path, 3)
    assert "None was found." in (tmp_path / "audit.html").read_text()


def test_responses_of_included_sets_are_not_called_the_runs_own(tmp_path):
    write_verdicts(tmp_path, audits.sample(write_data(tmp_path), 1, 3), {"problem": [], "answer": []})
    assert not tabulate(tmp_path, 3, included=True)
    assert "whose responses teacher wrote, and pairs of included sets. In" in (tmp_path / "audit.html").read_text()
