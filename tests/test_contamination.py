"""What questions share with benchmarks, on small cases and, where they are at hand, on published sets."""

from random import Random

import pytest
from published_sets import published, read
from question_files import build_filter as build
from question_files import texts, write_problems
from synthesis import shared_runs
from synthesis.errors import InputError
from synthesis.shared_runs import SHOWN, KnownTexts
from synthesis.text import plain_words, word_ngrams, words

LONG = "Tom has three red apples and buys four green ones at the market for two dollars each."
SHORT = "What is 4 + 2?"


@pytest.fixture
def guard(tmp_path):
    """Gives reasons against LONG (`olympiad_exam`), SHORT (`quiz`) and LONG after more words (`held_out`)."""
    files = {
        "olympiad_exam": write_problems(tmp_path / "olympiad_exam.parquet", [LONG, ""]),
        "quiz": write_problems(tmp_path / "quiz.parquet", [SHORT]),
        "held_out": write_problems(tmp_path / "held_out.parquet", ["A farmer counts legs: " + LONG]),
    }

    def reasons(*questions: str, **settings) -> list[str]:
        settings = {"words": 13, "benchmarks": ["olympiad_exam", "quiz"], **settings}
        return build("contamination", settings, files).reasons(texts(*questions))

    return reasons


def test_a_copy_is_found_in_any_dress(guard):
    assert (
        guard(
            LONG,
            LONG.upper().replace(",", ";"),
            "Well: **tom** has three $red$ apples,\nand buys four green ones at the market now.",
            "Before it. " + LONG + " After it.",
        )
        == ["contaminated:olympiad_exam"] * 4
    )


def test_a_shorter_run_is_no_copy(guard):
    twelve = "Tom has three red apples and buys four green ones at the"
    assert len(twelve.split()) == 12
    assert guard(twelve, twelve + " shop", twelve + " market") == ["", "", "contaminated:olympiad_exam"]
    assert guard(twelve + " shop", words=12) == ["contaminated:olympiad_exam"]


def test_an_item_without_a_run_counts_as_a_whole(guard):
    assert guard("what is  4 + 2?", "What is 4 - 2?", "So: What is 4 + 2?", "") == ["contaminated:quiz", "", "", ""]


def test_held_out_problems_count_if_asked_for(guard):
    question_text = "A farmer counts legs: Tom has three red apples and buys four green ones."
    assert guard(question_text) == [""]
    assert guard(question_text, held_out=True) == ["contaminated:held_out"]
    both = "A farmer counts legs: " + LONG
    assert guard(both, held_out=True) == ["contaminated:olympiad_exam"], "benchmarks are named before held-out problems"
    assert guard(LONG, benchmarks=[], held_out=True) == ["contaminated:held_out"]


def test_a_set_without_a_file_is_named():
    with pytest.raises(InputError, match=r"trial\.contamination names exam, but no file of it was given"):
        build("contamination", {"words": 13, "benchmarks": ["exam"]})
    with pytest.raises(InputError, match="names held_out, but no file"):
        build("contamination", {"words": 13, "benchmarks": [], "held_out": True})


def test_the_layout_of_latex_does_not_hide_a_copy(tmp_path):
    item = r"Let $f(x)=\dfrac{1}{x}$ and \left(a_1, a_2, a_3, a_4, a_5, a_6, a_7, a_8\right)."
    files = {"exam": write_problems(tmp_path / "exam.parquet", [item, r"Compute $\dfrac{1}{2}+\left(3\right)$."])}
    chosen = build("contamination", {"words": 13, "benchmarks": ["exam"]}, files)
    assert chosen.reasons(
        texts(
            r"LET $ f(x) = \frac{1}{x} $; and \bigl( a_1,\, a_2,\quad a_3, a_4, a_5, a_6, a_7, a_8 \bigr)!",
            r"compute \( \frac{1}{2} + ( 3 ) \)",
            r"compute \( \frac{1}{2} - ( 3 ) \)",
        )
    ) == ["contaminated:exam", "contaminated:exam", ""]


def test_what_is_shared_is_kept_as_evidence(tmp_path):
    files = {
        "exam": write_problems(tmp_path / "exam.parquet", ["Why?", LONG]),
        "quiz": write_problems(tmp_path / "quiz.parquet", [SHORT, LONG]),
    }
    settings = {"words": 13, "benchmarks": ["exam", "quiz"]}
    rows = texts("No copy at all.", "Now " + LONG.upper() + " Then?", "what is 4+2")
    chosen = build("contamination", settings, files)
    assert chosen.reasons(rows) == ["", "contaminated:exam", "contaminated:quiz"]
    shared = " ".join(words(LONG))
    assert [tuple(row.values()) for row in chosen.overlaps] == [
        ("alpha-1", "trial", "exam", "exam-1", 17, shared),
        ("alpha-1", "trial", "quiz", "quiz-1", 17, shared),
        ("alpha-2", "trial", "quiz", "quiz-0", 4, "what is 4 2"),
    ]
    measuring = build("contamination", {**settings, "remove": False}, files)
    assert measuring.reasons(rows) == [""] * 3
    assert measuring.overlaps == chosen.overlaps
    assert measuring.reasons(rows[:1]) == [""] and measuring.overlaps == []


def runs_of(text: str, n: int) -> set[tuple]:
    """What defines sharing, in plain Python: all runs of n words, for each of the ways to cut words."""
    plain = plain_words(text)
    usual = {("usual", *plain[start : start + n]) for start in range(len(plain) - n + 1)}
    return usual | {("without layout", *run) for run in word_ngrams(text, n)}


def pairs_in_plain_python(texts: list[str], known: list[str], n: int) -> set[tuple[int, int]]:
    of_known = [runs_of(text, n) for text in known]
    return {
        (i, k)
        for i, text in enumerate(texts)
        for found in [runs_of(text, n)]
        for k, runs in enumerate(of_known)
        if not found.isdisjoint(runs)
    }


PIECES = [
    *("a", "b", "the", "don't", "dont", "x'y", "'", "7", "42", "1,000", "1{,}000", "3.5", "3x", "x_1", "left", "frac"),
    *(r"\left", r"\Left", r"\Big", r"\bigl", r"\dfrac", r"\DFRAC", r"\frac", r"\\", r"\,", r"\text'a", r"\quad"),
    *("~", "$", "{", "}", ".", ",", "\n", "\x1c", "π", "é", "e\u0301", "ﬁ", "x²", "½", "²", "求", "的", "٣", "ß", "İ"),
    *("\u200b", "\u00a0", "’", "Ω", "\uff03", "\uff21"),
]


@pytest.mark.parametrize("n", [1, 2, 5, 13])
def test_random_texts_share_what_plain_python_finds(n):
    """The fast search finds the pairs that share a run, no more and no fewer, in texts of all that is awkward."""
    random = Random(n)

    def text(length: int) -> str:
        return "".join(random.choice(PIECES) + random.choice(["", " ", " "]) for _ in range(length))

    shared = [text(2 * n) for _ in range(10)]
    known, others = (
        [text(random.randrange(20)) + random.choice(["", *shared]) + text(random.randrange(20)) for _ in range(80)]
        for _ in range(2)
    )
    # In sets of one text each, every pair is given.
    every = KnownTexts(known, n, [str(number) for number in range(len(known))])
    runs = list(every.shared_by(others))
    expected = pairs_in_plain_python(others, known, n)
    assert {(run.text, run.known) for run in runs if len(run.words) >= n} == expected
    assert len(expected) > 50
    pairs = {(run.text, run.known) for run in runs}
    assert every.touched_by(others) == {number for _, number in pairs}
    sets = ["even", "odd"] * 40
    found = [(run.text, run.known) for run in KnownTexts(known, n, sets).shared_by(others)]
    assert found == bounded(pairs, sets)


def bounded(pairs: set[tuple[int, int]], sets: list[str]) -> list[tuple[int, int]]:
    """The first known texts of each set that a text is paired with, and of each other known one the first pair."""
    first = [
        pair
        for pair in pairs
        if sum(text == pair[0] and sets[known] == sets[pair[1]] and known <= pair[1] for text, known in pairs) <= SHOWN
    ]
    named = {known for _, known in first}
    return sorted(first + [min(pair for pair in pairs if pair[1] == known) for known in {k for _, k in pairs} - named])


def templated(number: int) -> str:
    return f"Tom has {number} red apples and buys four green ones at the market for two dollars each, so what is left?"


def test_texts_of_one_template_are_searched_in_their_number_and_not_in_its_square(tmp_path, monkeypatch):
    """300 questions share a run with all of 100 items: 30,000 pairs, of which as few are kept as name each item."""
    searches = []
    longest = shared_runs._longest_shared
    monkeypatch.setattr(shared_runs, "_longest_shared", lambda *cut: searches.append(cut) or longest(*cut))
    items = [templated(1000 + number) for number in range(100)] + ["Nothing of this is asked."]
    files = {name: write_problems(tmp_path / f"{name}.parquet", items) for name in ("exam", "quiz")}
    chosen = build("contamination", {"words": 13, "benchmarks": ["exam", "quiz"]}, files)
    questions = [templated(number) for number in range(300)]
    assert len(pairs_in_plain_python(questions[:3], items, 13)) == 300
    assert chosen.reasons(texts(*questions)) == ["contaminated:exam"] * 300
    assert len(chosen.overlaps) == 2 * (300 * SHOWN + 100 - SHOWN)
    assert len(searches) == 2 * len(chosen.overlaps)
    for name in files:
        rows = [row for row in chosen.overlaps if row["benchmark"] == name]
        assert {row["problem_id"] for row in rows} == {f"{name}-{number}" for number in range(100)}
        assert {row["question_id"] for row in rows} == {f"alpha-{number}" for number in range(300)}
        assert [row["problem_id"] for row in rows[-SHOWN:]] == [f"{name}-{number}" for number in range(SHOWN)]
    assert {row["length"] for row in chosen.overlaps} == {18}


def test_texts_longer_than_what_is_cut_at_a_time_are_compared():
    long = " ".join(f"word{number}" for number in range(60_000))
    (run,) = KnownTexts(["nothing", "word59980 " + long[-300:]], 13).shared_by(["short", long])
    assert (run.text, run.known) == (1, 1) and len(run.words) >= 13
    assert list(KnownTexts([], 13).shared_by(["a text"])) == list(KnownTexts(["a text"], 13).shared_by([])) == []


@published
def test_published_training_problems_against_math_500():
    """172 of 7,500 share 13 words as they are usually counted, and 175 with those whose LaTeX is laid out otherwise."""
    train = read("math/train_problem_answer_only.jsonl.gz", "problem")
    test = read("math/math500.jsonl", "problem")
    assert sum(len(plain_words(text)) < 13 for text in test) == 51
    usual = {tuple(cut[start : start + 13]) for cut in map(plain_words, test) for start in range(len(cut) - 12)}
    of_usual = {
        number
        for number, cut in enumerate(map(plain_words, train))
        if any(tuple(cut[start : start + 13]) in usual for start in range(len(cut) - 12))
    }
    assert len(of_usual) == 172
    found = list(KnownTexts(test, 13).shared_by(train))
    assert of_usual < {run.text for run in found} and len({run.text for run in found}) == 175
    assert len({run.known for run in found}) == len(KnownTexts(test, 13).touched_by(train)) == 59
    whole = [run for run in found if list(run.words) == plain_words(train[run.text]) == plain_words(test[run.known])]
    assert len(whole) == 1


@published
def test_published_sets_against_themselves_and_each_other(tmp_path):
    """All training problems of GSM8K are found in themselves; of its test problems 3 of 1319 share a run with them."""
    train, test = read("gsm8k/train.jsonl.gz", "question"), read("gsm8k/test.jsonl", "question")
    files = {"gsm8k_train": write_problems(tmp_path / "gsm8k_train.parquet", train)}
    guard = build("contamination", {"words": 13, "benchmarks": ["gsm8k_train"]}, files)
    assert guard.reasons(texts(*train)) == ["contaminated:gsm8k_train"] * 7473
    shared = len(test) - guard.reasons(texts(*test)).count("")
    print(f"{shared} of {len(test)} test problems share 13 words with a training problem")
    assert 0 < shared < 0.02 * len(test)
