"""What rewriting does to questions, how difficult seed problems are beside questions, and the figures of both."""

import csv

import numpy as np
import plot_generators
import pytest
from conftest import ROOT
from figure_texts import assert_texts_stand_apart, figure_arguments, figure_bytes, texts
from question_files import question, write_problems, write_questions
from synthesis import compared_questions, difficulty_densities, figures, rewriting_effect, schema
from synthesis.errors import InputError
from synthesis.identity import rewritten_question_id
from synthesis.proportions import wilson
from synthesis.verdicts import verdict

SHARES = {"maths": {"rules": {"require": [r"\d"]}}, "solvable": {"judge": "strict"}}


@pytest.fixture(autouse=True)
def style():
    figures.prepare("test_rewriting_effect", ROOT / figures.STYLE)


def rewrite(name: str, text: str | None, direction: str = "solvability") -> dict:
    reason = "" if text else "no_marker"
    return {"question_id": name, "direction": direction, "rewritten": text, "keep": not reason, "reason": reason}


def write_shards(folder, shards: list[list[tuple[str, str | None, str]]], source: str = "alpha") -> tuple[list, list]:
    """Raw questions and their rewrites, given as shards of (raw text, rewritten text, direction)."""
    raw_files, rewrite_files, start = [], [], 0
    for number, rows in enumerate(shards):
        raw = [question(start + place, text, source) for place, (text, _, _) in enumerate(rows)]
        start += len(rows)
        raw_files.append(write_questions(folder / f"raw/{source}/{number}.parquet", raw))
        named = [rewrite(row["question_id"], *found[1:]) for row, found in zip(raw, rows, strict=True)]
        rewrite_files.append(folder / f"rewrites/{source}/{number}.parquet")
        schema.write(rewrite_files[-1], named, schema.REWRITES)
    return raw_files, rewrite_files


ALPHA = [
    [("A pile", "A pile of 3", "solvability"), ("Two", None, "difficulty"), ("4 men", "5 men", "difficulty")],
    [("Many", "Many 6", "solvability"), ("A 7", "A few", "difficulty")],
]


def test_the_first_questions_of_each_generator_that_were_rewritten_are_taken(tmp_path):
    files = [write_shards(tmp_path, ALPHA), write_shards(tmp_path, ALPHA[:1], "beta")]
    raw, rewrites = ([path for pair in files for path in pair[side]] for side in (0, 1))
    found = compared_questions.rewritten_questions(raw, rewrites, 3)
    assert [pair.raw["question_id"] for pair in found] == ["alpha-0", "alpha-2", "alpha-3", "beta-0", "beta-2"]
    assert [pair.question["question"] for pair in found[:3]] == ["A pile of 3", "5 men", "Many 6"]
    assert found[0].question["question_id"] == rewritten_question_id("alpha-0") != "alpha-0"
    assert found[0].question["index"] == 0 and found[0].question["source"] == "alpha"
    assert len({row["question_id"] for row in compared_questions.both_texts(found)}) == 10
    assert compared_questions.rewritten_questions(raw, rewrites, 0) == []


def test_seed_problems_are_drawn_from_each_set_whatever_their_order(tmp_path):
    path = write_problems(tmp_path / "train.parquet", [f"Problem {number}" for number in range(30)])
    few, more = (compared_questions.seed_questions(path, 1, count) for count in (5, 9))
    assert len(few) == 5 and {row["question_id"] for row in few} < {row["question_id"] for row in more}
    assert {row["index"] for row in more} == {0} and {row["source"] for row in more} == {"train"}
    assert compared_questions.seed_questions(path, 1, 100)[3]["question"].startswith("Problem ")
    assert compared_questions.seed_questions(path, 1, 0) == compared_questions.seed_questions(None, 1, 5) == []


def measured(tmp_path, rejected=(), scores: dict | None = None, lost=()) -> list[dict]:
    pairs = compared_questions.rewritten_questions(*write_shards(tmp_path, ALPHA), 10)
    ids = [row["question_id"] for row in compared_questions.both_texts(pairs)]
    verdicts = [verdict(name, "no" if name in rejected else "") for name in ids if name not in lost]
    schema.write(tmp_path / "strict.parquet", verdicts, schema.QUESTION_VERDICTS)
    if scores is not None:
        known = [verdict(name, score=scores.get(name, 1.0)) for name in ids]
        known = [row if row["score"] != -1 else verdict(row["question_id"], "context_overflow") for row in known]
        schema.write(tmp_path / "scores.parquet", known, schema.QUESTION_VERDICTS)
    path = tmp_path / "scores.parquet" if scores is not None else None
    return rewriting_effect.rows(pairs, SHARES, {"strict": tmp_path / "strict.parquet"}, path, 1)


def test_shares_and_difficulty_are_those_before_and_after_by_direction(tmp_path):
    new = rewritten_question_id
    rows = measured(tmp_path, {"alpha-0", "alpha-2", new("alpha-4")}, {new("alpha-0"): 3.0, new("alpha-2"): -1})
    found = {(row["direction"], row["measure"]): row for row in rows}
    assert [*found] == [
        (direction, measure)
        for direction in ("difficulty", "solvability", "all")
        for measure in ("share_maths", "share_solvable", "mean_difficulty")
    ]
    assert set(rows[0]) == set(rewriting_effect.COLUMNS)
    # Numbers stand in "4 men" and "A 7" before, and in all but "A few" after.
    maths = found["all", "share_maths"]
    assert [float(maths[name]) for name in ("raw", "rewritten", "change")] == [0.5, 0.75, 0.25]
    assert [float(maths[f"rewritten{end}"]) for end in rewriting_effect.ENDS] == pytest.approx(wilson(3, 4), abs=1e-6)
    solvable = found["solvability", "share_solvable"]
    assert [float(solvable[name]) for name in ("raw", "rewritten", "change")] == [0.5, 1.0, 0.5]
    # The question without a score is left out on both sides.
    difficulty = found["all", "mean_difficulty"]
    assert difficulty["questions"] == "3"
    assert [float(difficulty[name]) for name in ("raw", "rewritten")] == pytest.approx([1.0, 5 / 3])
    assert float(difficulty["change_low"]) <= float(difficulty["change"]) <= float(difficulty["change_high"])


def test_without_a_scorer_there_is_no_row_of_difficulty_and_without_scores_an_empty_one(tmp_path):
    assert {row["measure"] for row in measured(tmp_path)} == {"share_maths", "share_solvable"}
    unscored = {name: -1 for number in range(5) for name in (f"alpha-{number}",)}
    rows = [row for row in measured(tmp_path, scores=unscored) if row["measure"] == "mean_difficulty"]
    assert {(row["questions"], row["raw"], row["change_high"]) for row in rows} == {("0", "", "")}


def test_a_question_without_a_verdict_ends_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match=r"strict\.parquet lacks question alpha-2; delete it"):
        measured(tmp_path, lost={"alpha-2"})


def test_a_density_has_the_area_one_and_holds_every_score():
    drawn = np.random.default_rng(0)
    seeds, source = difficulty_densities.SEEDS, difficulty_densities.QUESTIONS
    found = {
        (seeds, "", "gsm8k"): drawn.normal(0, 1, 900).tolist(),
        (source, "writer", "tuned"): [*drawn.normal(2, 1, 4000), float("nan")],
        (source, "writer", "untuned"): [],
    }
    rows = difficulty_densities.rows(found)
    for name, count in (("gsm8k", 900), ("tuned", 4000)):
        own = [row for row in rows if row["name"] == name]
        assert len(own) == 30 and {row["scored"] for row in own} == {str(count)}
        areas = [float(row["density"]) * (float(row["high"]) - float(row["low"])) for row in own]
        assert sum(areas) == pytest.approx(1, abs=1e-4)
        inside = [sum(float(own[0]["low"]) <= score < float(row["high"]) for score in found[next(
            key for key in found if key[2] == name)]) for row in own[:-1]]  # fmt: skip
        assert np.cumsum(areas)[:-1] == pytest.approx(np.array(inside) / count, abs=2e-3)
    assert {row["name"] for row in rows} == {"gsm8k", "tuned"}
    assert difficulty_densities.rows({(seeds, "", "gsm8k"): []}) == []
    assert len(difficulty_densities.rows({(seeds, "", "gsm8k"): [0.5] * 3})) == difficulty_densities.FEWEST_BINS


def effects(generators: list[str], questions: int) -> list[dict]:
    measures = {"share_maths": 0.7, "share_judged_by_another_model": 0.01, "mean_difficulty": -12.5}
    return [
        {
            **{"generator": name, "direction": direction, "measure": measure, "questions": str(questions)},
            **{
                f"{side}{end}": f"{value + shift:.6f}"
                for side in ("raw", "rewritten", "change")
                for end, shift in zip(rewriting_effect.ENDS, (0, -0.009, 0.04), strict=True)
            },
        }
        for name in generators
        for direction in ("difficulty", "solvability", "all")
        for measure, value in measures.items()
    ]


def densities(sets: list[str], sources: list[str], scored: int) -> list[dict]:
    drawn = np.random.default_rng(1)
    found = {(difficulty_densities.SEEDS, "", name): drawn.beta(2, 5, scored).tolist() for name in sets}
    for source in sources:
        for step in ("base", "tuned_by_questions_alone", "optimised"):
            found[difficulty_densities.QUESTIONS, source, f"{source}_{step}"] = drawn.beta(3, 3, scored).tolist()
    return difficulty_densities.rows(found)


PAPER = ["deepseekmath_7b_question_preference_optimised", "qwen2_math_7b", "third", "fourth", "a_fifth_source"]


@pytest.mark.parametrize(("generators", "questions"), [(["small_optimized"], 8), (PAPER, 10_000)])
def test_no_text_of_the_effect_of_rewriting_overlaps_another(generators, questions):
    figure = plot_generators.draw_rewrites(effects(generators, questions))
    shown = [text for text, _ in assert_texts_stand_apart(figure)]
    assert {"maths, %", "mean difficulty", "raw", "rewritten"} <= set(shown)
    assert sum(text.endswith(f"solvability, {questions:,} questions") for text in shown) == len(generators)
    points = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert len(points) == 2 * 3 * len(generators)
    assert points[0].get_xdata() == pytest.approx([70])


def test_a_panel_of_fewer_questions_than_the_one_at_its_left_says_so():
    rows = effects(["small"], 1_000)
    several = [row | {"measure": name} for name in ("share_maths", "share_two", "share_three") for row in rows[:3]]
    fewer = [row | {"measure": "mean_difficulty", "questions": str(980 - place)} for place, row in enumerate(rows[:3])]
    figure = plot_generators.draw_rewrites([*several, *fewer])
    assert_texts_stand_apart(figure)
    labels = [[label.get_text() for label in panel.get_yticklabels()] for panel in figure.axes]
    # Two panels in a row: the first one of each names its rows.
    assert all("1,000 questions" in text for text in labels[0] + labels[2])
    assert labels[1] == ["", "", ""] and labels[3] == ["980", "979", "978"]


@pytest.mark.parametrize(("sets", "sources", "scored"), [(["sums"], ["small"], 20), (["gsm8k", "math"], PAPER, 10_000)])
def test_no_text_of_the_densities_overlaps_another(sets, sources, scored):
    figure = plot_generators.draw_densities(densities(sets, sources, scored))
    shown = [text for text, _ in assert_texts_stand_apart(figure)]
    assert "seed problems" in shown and f"{sets[0]} ({scored:,})" in shown
    assert [len(panel.patches) for panel in figure.axes] == [len(sets), *[3] * len(sources)]


def test_without_data_both_figures_say_so():
    for figure, sentence in (
        (plot_generators.draw_rewrites([]), plot_generators.NO_REWRITES),
        (plot_generators.draw_densities([]), plot_generators.NO_SCORES),
    ):
        assert_texts_stand_apart(figure)
        assert " ".join(text for text, _ in texts(figure)).replace("\n", " ") == sentence


def test_the_figures_are_the_same_each_time(tmp_path):
    schema.write_csv(tmp_path / "rewrites.csv", effects(["small"], 8), rewriting_effect.COLUMNS)
    schema.write_csv(tmp_path / "densities.csv", densities(["sums"], ["small"], 20), difficulty_densities.COLUMNS)
    contents = []
    for number in range(2):
        folder = tmp_path / str(number)
        arguments = ["--run", "trial", "--ledger", tmp_path / "ledger.json", "--rewrites", tmp_path / "rewrites.csv"]
        arguments += ["--densities", tmp_path / "densities.csv", *figure_arguments(folder, "rewrites", "densities")]
        assert not plot_generators.main(list(map(str, arguments)))
        contents.append(figure_bytes(folder, "rewrites", "densities"))
    assert contents[0] == contents[1]
    with (tmp_path / "densities.csv").open(newline="") as file:
        assert next(csv.reader(file)) == difficulty_densities.COLUMNS
