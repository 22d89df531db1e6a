"""Ratings by people: what is on a sheet, what is refused of a filled one, means and agreement."""

import csv
import json
import random
import re

import browser
import pytest
import small_run
import tabulate_ratings
import write_rating_sheet
from conftest import ROOT
from synthesis import rater_agreement, rating_sheets, schema
from synthesis.rating_criteria import CRITERIA

PUBLISHED = {"source": "arXiv 2410.18693v2", "table": "5"}
VALUES = [ROOT / "config/published/scalequest.csv"]


@pytest.fixture
def write(tmp_path):
    """A function that writes a sheet of a data set and a problem set, and returns its rows and those of the key."""
    rows = [
        {"question_id": f"q{number}", "source": "s", "question": f"={number} apples? “{number}”", "response": "r"}
        | dict.fromkeys(schema.DATASET.names[4:])
        for number in range(30)
    ]
    names = schema.DATASET.names
    schema.write(tmp_path / "data.parquet", [{name: row.get(name) for name in names} for row in rows], schema.DATASET)
    small_run.write_published(tmp_path / "published.parquet")

    def run(items=5, sets=("dataset", "published"), seed=7):
        arguments = [*small_run.common_arguments(tmp_path, "write_rating_sheet"), "--seed", str(seed)]
        arguments += ["--settings", json.dumps({"items": items, "sets": list(sets)})]
        arguments += ["--data", str(tmp_path / "data.parquet"), "--problems", str(tmp_path / "published.parquet")]
        arguments += ["--sheet", str(tmp_path / "sheet.csv"), "--key", str(tmp_path / "key.csv")]
        assert write_rating_sheet.main(arguments) == 0
        return read(tmp_path / "sheet.csv"), read(tmp_path / "key.csv")

    return run


def read(path) -> list[dict]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill(path, sheet, score=lambda place, criterion: 3, delimiter=",", encoding="utf-8", drop=()):
    """Save a sheet with scores as a spreadsheet would."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(sheet[0]), delimiter=delimiter)
        writer.writeheader()
        for place, row in enumerate(sheet):
            if place not in drop:
                writer.writerow({**row, **{criterion: score(place, criterion) for criterion in CRITERIA}})
    return path


def tabulate(tmp_path, *sheets, settings=None, published=(), key="key.csv"):
    arguments = [*small_run.common_arguments(tmp_path, "tabulate_ratings"), "--seed", "7"]
    chosen = {"sets": ["dataset", "published"], **(settings or {})}
    arguments += ["--settings", json.dumps(chosen), "--key", str(tmp_path / key)]
    arguments += ["--sheets", *map(str, sheets), "--published", *map(str, published)]
    arguments += ["--output", str(tmp_path / "ratings.csv"), "--agreement", str(tmp_path / "agreement.csv")]
    return tabulate_ratings.main([*arguments, "--page", str(tmp_path / "ratings.html")])


def test_a_sheet_is_mixed_and_tells_nothing_of_sets(write):
    sheet, key = write(items=5)
    assert [row["item"] for row in sheet] == [row["item"] for row in key] == sorted(row["item"] for row in key)
    assert [row["set"] for row in key].count("dataset") == 5 and [row["set"] for row in key].count("published") == 3
    assert list(sheet[0]) == ["item", "question", *CRITERIA]
    assert {row[criterion] for row in sheet for criterion in CRITERIA} == {""}
    sets = [row["set"] for row in write(items=20)[1]]
    assert sets != sorted(sets) and sets != sorted(sets, reverse=True)
    assert write(items=5) == (sheet, key)
    assert write(items=5, seed=8)[1] != key


def test_a_spreadsheet_reads_the_sheet_as_text(write, tmp_path):
    sheet, _ = write(items=20)
    assert all(row["item"].startswith("q") and len(row["item"]) == 11 for row in sheet)
    marks = [(tmp_path / name).read_bytes().startswith(b"\xef\xbb\xbf") for name in ("sheet.csv", "key.csv")]
    assert marks == [True, False]


def test_a_problem_with_several_solutions_is_one_question(tmp_path):
    rows = [
        {
            "problem_id": f"p{number}",
            "source": "s",
            "problem": f"Problem {number // 3}?",
            "answer": "1",
            "solution": "x",
        }
        for number in range(9)
    ]
    schema.write(tmp_path / "p.parquet", rows, schema.PROBLEMS)
    items = rating_sheets.draw([], {"p": tmp_path / "p.parquet"}, ["p"], seed=1, count=9)
    assert sorted((item.question, item.id) for item in items) == [
        ("Problem 0?", "p0"),
        ("Problem 1?", "p3"),
        ("Problem 2?", "p6"),
    ]


def test_a_larger_sheet_keeps_the_items_of_a_smaller_one(write):
    (_, small), (_, large) = write(items=5), write(items=20)
    assert {tuple(row.values()) for row in small} < {tuple(row.values()) for row in large}


def test_no_question_is_a_formula(write):
    sheet, key = write()
    sets = {row["item"]: row["set"] for row in key}
    texts = [row["question"] for row in sheet if sets[row["item"]] == "dataset"]
    assert texts and all(text.startswith("'=") for text in texts)


def test_means_intervals_and_published_values(write, tmp_path):
    sheet, key = write(items=20)
    sets = {row["item"]: row["set"] for row in key}
    chance = random.Random(1)
    scores = {(rater, row["item"]): chance.randint(1, 5) for rater in "ab" for row in sheet}

    def by(rater):
        return lambda place, _criterion: scores[rater, sheet[place]["item"]]

    paths = [
        fill(tmp_path / "anna.csv", sheet, by("a"), delimiter=";", encoding="utf-8-sig"),
        fill(tmp_path / "ben.csv", list(reversed(sheet)), lambda place, _: scores["b", sheet[-1 - place]["item"]]),
    ]
    assert tabulate(tmp_path, *paths, settings={"published": PUBLISHED}, published=VALUES) == 0
    rows = read(tmp_path / "ratings.csv")
    own = [row for row in rows if row["origin"] == "this run"]
    assert len(own) == 2 * 3
    for row in own:
        items = [item for item, name in sets.items() if name == row["set"]]
        mean = sum(scores[rater, item] for rater in "ab" for item in items) / (2 * len(items))
        assert float(row["mean"]) == pytest.approx(mean, abs=1e-4)
        assert float(row["low"]) <= mean <= float(row["high"])
        assert (int(row["items"]), int(row["raters"])) == (len(items), 2)
    theirs = {(row["set"], row["criterion"]): row for row in rows if row not in own}
    assert theirs["ScaleQuest", "real_world_relevance"]["published_mean"] == "2.8"
    assert {row["mean"] for row in theirs.values()} == {""}
    assert theirs["GSM8K", "clarity"]["origin"] == "arXiv 2410.18693v2, table 5"
    assert len(theirs) == 12
    pairs = [[scores[rater, row["item"]] for row in sheet] for rater in "ab"]
    for row in read(tmp_path / "agreement.csv"):
        assert float(row["weighted_kappa"]) == pytest.approx(concordance(*pairs), abs=1e-4)
    page = (tmp_path / "ratings.html").read_text()
    assert "2 raters gave each question" in page and "Published means" in page


@pytest.mark.skipif(not browser.find(), reason="no browser is installed")
def test_the_page_fits_any_width(write, tmp_path):
    sheet, _ = write(items=5)
    sheets = [fill(tmp_path / f"{name}.csv", sheet, lambda place, criterion: 1 + place % 5) for name in ("one", "two")]
    assert tabulate(tmp_path, *sheets, settings={"published": PUBLISHED}, published=VALUES) == 0
    with browser.Browser(tmp_path / "profile") as chromium:
        for width in (1280, 400):
            chromium.resize(width, 900)
            chromium.open(tmp_path / "ratings.html")
            assert chromium.evaluate("document.documentElement.scrollWidth") <= width
            assert "reasonableness" in chromium.text() and "Agreement" in chromium.text()


def test_one_rater_agrees_with_nobody(write, tmp_path):
    sheet, _ = write()
    assert tabulate(tmp_path, fill(tmp_path / "anna.csv", sheet)) == 0
    assert {row["krippendorff_alpha"] + row["weighted_kappa"] for row in read(tmp_path / "agreement.csv")} == {""}
    assert "1 rater gave" in (tmp_path / "ratings.html").read_text()


def scores_with(value):
    return lambda place, criterion: value if (place, criterion) == (2, "clarity") else 4


@pytest.mark.parametrize(
    ("change", "fragments"),
    [
        ({"score": scores_with("6")}, ["anna.csv, row 4: clarity is '6'; write a whole number from 1 to 5"]),
        ({"score": scores_with("0")}, ["row 4: clarity is '0'"]),
        ({"score": scores_with("3.5")}, ["row 4: clarity is '3.5'"]),
        ({"score": scores_with("good")}, ["row 4: clarity is 'good'"]),
        ({"score": scores_with(" ")}, ["row 4: clarity is empty; every item needs a score"]),
        ({"drop": (0, 3)}, ["anna.csv lacks the items ", "every rater rates all items"]),
        ({"encoding": "utf-16"}, ["anna.csv is not in UTF-8; save it as CSV in UTF-8"]),
    ],
)
def test_a_sheet_that_is_not_filled_well(write, tmp_path, capsys, change, fragments):
    sheet, _ = write()
    assert tabulate(tmp_path, fill(tmp_path / "anna.csv", sheet, **change)) == 1
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert all(fragment in told for fragment in fragments)
    assert not (tmp_path / "ratings.csv").exists()


def test_items_and_columns_that_do_not_fit(write, tmp_path, capsys):
    sheet, _ = write()
    unknown = [{**row, "item": "abc"} if place == 1 else row for place, row in enumerate(sheet)]
    assert tabulate(tmp_path, fill(tmp_path / "a.csv", unknown)) == 1
    told = capsys.readouterr().err
    assert "a.csv, row 3: the item 'abc' is not in the key; restore its name, or, if the sets changed after" in told
    assert "name the copy of its own key as rate_questions.key" in told
    assert tabulate(tmp_path, fill(tmp_path / "a.csv", [*sheet, sheet[0]])) == 1
    assert f"the item {sheet[0]['item']} stands in row 2 too; remove one" in capsys.readouterr().err
    (tmp_path / "a.csv").write_text("item,question,clarity\n")
    assert tabulate(tmp_path, tmp_path / "a.csv") == 1
    assert "a.csv has no column reasonableness" in capsys.readouterr().err
    (tmp_path / "other").mkdir()
    both = [fill(folder / "a.csv", sheet) for folder in (tmp_path, tmp_path / "other")]
    assert tabulate(tmp_path, *both) == 1
    assert "two files called a; name each sheet after its rater" in capsys.readouterr().err
    assert tabulate(tmp_path, tmp_path / "nobody.csv") == 1
    assert "nobody.csv is missing; put the filled sheet there" in capsys.readouterr().err


def test_a_filled_sheet_is_read_by_its_own_key_after_the_data_set_has_grown(write, tmp_path, capsys):
    sheet, _ = write(items=5)
    filled = fill(tmp_path / "anna.csv", sheet)
    (tmp_path / "key.csv").rename(tmp_path / "kept.csv")
    write(items=20)
    assert tabulate(tmp_path, filled) == 1
    assert "name the copy of its own key as rate_questions.key" in capsys.readouterr().err
    assert tabulate(tmp_path, filled, key="kept.csv") == 0
    assert {row["items"] for row in read(tmp_path / "ratings.csv") if row["set"] == "dataset"} == {"5"}


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        (None, "kept.csv is missing; run the workflow again"),
        ("item,set\n", "kept.csv has no column id; it needs item, set, id"),
        ("item;set;id\nq1;elsewhere;1\n", "kept.csv has items of elsewhere, which is not among rate_questions.sets"),
        ("item,set,id\n", "kept.csv has no items, so there is nothing to rate"),
    ],
)
def test_a_key_that_is_none(write, tmp_path, capsys, text, fragment):
    sheet, _ = write()
    if text is not None:
        (tmp_path / "kept.csv").write_text(text)
    assert tabulate(tmp_path, fill(tmp_path / "anna.csv", sheet), key="kept.csv") == 1
    assert fragment in capsys.readouterr().err


def test_rows_are_counted_as_a_spreadsheet_does(write, tmp_path, capsys):
    sheet, _ = write()
    path = fill(tmp_path / "anna.csv", sheet, scores_with("6"))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], "", ",,,,", *lines[2:]]))
    assert tabulate(tmp_path, path) == 1
    assert "anna.csv, row 6: clarity is '6'" in capsys.readouterr().err


def test_a_set_without_questions_is_told(write, tmp_path):
    sheet, _ = write(sets=("published",))
    assert tabulate(tmp_path, fill(tmp_path / "anna.csv", sheet)) == 0
    empty = [row for row in read(tmp_path / "ratings.csv") if row["set"] == "dataset"]
    assert [(row["items"], row["mean"], row["low"], row["high"]) for row in empty] == [("0", "", "", "")] * 3
    assert re.search(r">dataset</td>\s*<td[^>]*>0</td>", (tmp_path / "ratings.html").read_text())


def test_a_sheet_without_any_question_is_none(tmp_path, capsys):
    schema.write(tmp_path / "p.parquet", [], schema.PROBLEMS)
    arguments = [*small_run.common_arguments(tmp_path, "write_rating_sheet"), "--seed", "7"]
    arguments += ["--settings", json.dumps({"items": 5, "sets": ["p"]}), "--problems", str(tmp_path / "p.parquet")]
    arguments += ["--sheet", str(tmp_path / "sheet.csv"), "--key", str(tmp_path / "key.csv")]
    assert write_rating_sheet.main(arguments) == 1
    assert "there is nothing to rate: no question in p" in capsys.readouterr().err


# Agreement

# The example of Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011): 4 observers, 12 units, gaps.
EXAMPLE = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


def test_alpha_is_that_of_the_published_example():
    units = [[score for score in unit if score is not None] for unit in zip(*EXAMPLE, strict=True)]
    assert rater_agreement.krippendorff_alpha(units) == pytest.approx(0.815, abs=5e-4)


def test_full_agreement_is_one_and_nothing_to_disagree_about_is_none():
    assert rater_agreement.krippendorff_alpha([[1, 1], [5, 5], [3, 3]]) == 1
    assert rater_agreement.weighted_kappa([1, 5, 3], [1, 5, 3]) == 1
    assert rater_agreement.weighted_kappa([1, 5], [5, 1]) == -1
    assert rater_agreement.krippendorff_alpha([[4, 4], [4, 4]]) is None
    assert rater_agreement.weighted_kappa([4, 4], [4, 4]) is None
    assert rater_agreement.krippendorff_alpha([[1], [2]]) is None


def test_the_mean_kappa_is_that_of_the_pairs_that_have_one():
    varying = [1, 2, 3, 4, 5, 1]
    raters = [
        rating_sheets.Ratings(name, {str(item): {"clarity": score} for item, score in enumerate(scores)})
        for name, scores in {"a": [4] * 6, "b": [4] * 6, "c": varying}.items()
    ]
    row = tabulate_ratings.agreement(raters, "clarity")
    assert float(row["weighted_kappa"]) == pytest.approx(concordance([4] * 6, varying), abs=1e-4)
    assert row["kappa_pairs"] == 2
    assert tabulate_ratings.agreement(raters[:2], "clarity")["weighted_kappa"] == ""


def concordance(first: list[int], second: list[int]) -> float:
    """Kappa with quadratic weights by variances and means (Fleiss and Cohen 1973)."""
    count = len(first)
    means = [sum(scores) / count for scores in (first, second)]
    centred = [[score - mean for score in scores] for scores, mean in zip((first, second), means, strict=True)]
    together = sum(one * other for one, other in zip(*centred, strict=True)) / count
    apart = sum(value**2 for scores in centred for value in scores) / count
    return 2 * together / (apart + (means[0] - means[1]) ** 2)


@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_what_variances_and_means_give(seed):
    chance = random.Random(seed)
    first = [chance.randint(1, 5) for _ in range(40)]
    second = [min(5, max(1, score + chance.choice([-1, 0, 0, 1, 2]))) for score in first]
    assert rater_agreement.weighted_kappa(first, second) == pytest.approx(concordance(first, second), abs=1e-12)


def test_scores_at_random_agree_by_chance_alone():
    chance = random.Random(3)
    units = [[chance.randint(1, 5) for _ in range(3)] for _ in range(4000)]
    assert abs(rater_agreement.krippendorff_alpha(units)) < 0.03
