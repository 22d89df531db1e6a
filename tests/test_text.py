"""What counts as the same text and as a word, and how verdict files fit together."""

import random

import pytest
from question_files import question, write_questions, write_verdicts
from synthesis import schema
from synthesis.errors import InputError
from synthesis.text import normalise, signature, tokens, word_ngrams, words
from synthesis.verdicts import kept_ids, kept_questions, rejections, response_verdict, verdict


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How many?", "  how   MANY?\n"),
        ("a b", "a\u00a0b"),
        ("a b", "a\u2028b"),
        ("a b", "a \u200b b"),
        ("ab", "a\u200bb"),
        ("ab", "\ufeffab"),
        ("ab", "a\u00adb"),
        ("STRASSE", "straße"),
        ("find", "ﬁnd"),
        ("2 + 2", "２ ＋ ２"),
        ("caf\u00e9", "cafe\u0301"),
        ("x²", "x^2"),
        ("3 apples", "3\t\r\n apples"),
    ],
)
def test_same_text(one, other):
    assert normalise(one) == normalise(other)
    assert signature(one) == signature(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("4 + 2", "4 - 2"),
        ("5²", "52"),
        ("2½", "21⁄2"),
        ("H₂", "H2"),
        ("a b", "ab"),
        ("1.5", "15"),
        ("x < 3", "x > 3"),
        ("Find x.", "Find x"),
        (r"$\frac12$", r"$\frac13$"),
    ],
)
def test_other_text(one, other):
    assert normalise(one) != normalise(other)
    assert signature(one) != signature(other)


@pytest.mark.parametrize(
    "text", ["İstanbul", "ǰ\u0345", "ß\u0301", "5²⁺½", "\u1e9e ﬃ", "a\u0301\u200b\u0302 ＡＢ", "", " \u00a0\u200b "]
)
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)


def test_signature_is_the_sha256_of_the_normalised_text():
    assert signature(" ABC ") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert signature("\u200b \n") == signature("")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tom's 3 red apples, 2.5 kg!", ["toms", "3", "red", "apples", "2.5", "kg"]),
        ("it’s", ["its"]),
        ("1,000 and 12,345,678", ["1000", "and", "12345678"]),
        ("1{,}000", ["1000"]),
        ("(1,2,3)", ["1", "2", "3"]),
        ("(100,200)", ["100200"]),
        (r"$\dfrac{1}{2}$", ["frac", "1", "2"]),
        (r"\left(\frac12\right)", ["frac", "12"]),
        (r"\text{Let }x\quad\text{be}", ["let", "x", "be"]),
        (r"\leftarrow \textwidth", ["leftarrow", "textwidth"]),
        (r"\sqrt{x}~\pi", ["sqrt", "x", "pi"]),
        ("x^2 + y_1", ["x", "2", "y", "1"]),
        ("x²", ["x", "2"]),
        ("求3个", ["求", "3", "个"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("+ - = ?", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_ngrams_are_runs_of_neighbouring_words():
    assert word_ngrams("One two, three four", 3) == {("one", "two", "three"), ("two", "three", "four")}
    assert word_ngrams("one two", 3) == set()
    assert word_ngrams("one two", 2) == {("one", "two")}


def test_verdict_rows():
    assert verdict("a") == {"question_id": "a", "keep": True, "reason": "", "score": None}
    assert verdict("a", "too_short", 0.5) == {"question_id": "a", "keep": False, "reason": "too_short", "score": 0.5}
    assert response_verdict("a", 2)["sample"] == 2
    rows = [verdict("a"), verdict("b", "language:de"), verdict("c", "language:fr"), verdict("d", "empty")]
    assert rejections(rows) == {"empty": 1, "language": 2}


def test_tokens_are_the_words_and_the_signs():
    assert tokens(r"If $x^2-1 = \left(3\times 4\right)!$, find 1,000.5 x?") == [
        *("if", "x", "^", "2", "-", "1", "=", "3", "times", "4", "!", "find", "1000.5", "x")
    ]
    assert tokens("5² ≤ 7 − 1 × 2 über") == ["5", "^", "2", "≤", "7", "−", "1", "×", "2", "über"]
    assert tokens("What is 3 + 4?") != tokens("What is 3 - 4?")
    assert words("What is 3 + 4?") == words("What is 3 - 4?")


def test_texts_of_ascii_are_read_like_all_others():
    """They take a shorter way; an added letter of another alphabet leads them the long one."""
    draw = random.Random(1)
    for _ in range(3000):
        text = "".join(draw.choice("aB1 ~'.,{}\\$+-^\x1c\t\n!|<%_/") for _ in range(draw.randrange(1, 30)))
        assert normalise(f"{text} ж") == f"{normalise(text)} ж".lstrip()
        for read in (words, tokens):
            assert read(f"{text} ж") == [*read(text), "ж"]


def test_kept_ids_are_kept_by_every_stage(tmp_path):
    first = write_verdicts(tmp_path / "1.parquet", {"a": "", "b": "short", "c": "", "d": ""})
    second = write_verdicts(tmp_path / "2.parquet", {"a": "", "d": "", "c": "rejected_by:x"})
    third = write_verdicts(tmp_path / "3.parquet", {"d": "", "a": ""})
    assert kept_ids(first) == ["a", "c", "d"]
    assert kept_ids(first, second) == ["a", "d"]
    assert kept_ids(first, second, third) == ["d", "a"]
    assert kept_ids() == []


def test_kept_questions_come_in_their_own_order(tmp_path):
    rows = [question(index) for index in (3, 1, 2)]
    path = write_questions(tmp_path / "q.parquet", rows)
    first = write_verdicts(tmp_path / "1.parquet", {"alpha-1": "", "alpha-2": "short", "alpha-3": ""})
    second = write_verdicts(tmp_path / "2.parquet", {"alpha-1": "", "alpha-3": ""})
    assert kept_questions(path, [first, second]) == [rows[0], rows[1]]
    assert kept_questions(path, [second]) == [rows[0], rows[1]]
    assert kept_questions(path, []) == rows


def test_empty_files_fit_together(tmp_path):
    path = write_questions(tmp_path / "q.parquet", [])
    empty = write_verdicts(tmp_path / "1.parquet", {})
    assert kept_questions(path, [empty, empty]) == []


@pytest.mark.parametrize(
    ("later", "complaint"),
    [
        ({"a": ""}, r"2\.parquet has no verdict for question c, which .*1\.parquet keeps"),
        ({"a": "", "b": "", "c": ""}, r"2\.parquet has a verdict for question b, which .*1\.parquet does not keep"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path, later, complaint):
    first = write_verdicts(tmp_path / "1.parquet", {"a": "", "b": "short", "c": ""})
    with pytest.raises(InputError, match=complaint):
        kept_ids(first, write_verdicts(tmp_path / "2.parquet", later))


def test_verdicts_on_other_questions_are_refused(tmp_path):
    path = write_questions(tmp_path / "q.parquet", [question(1)])
    verdicts = write_verdicts(tmp_path / "1.parquet", {"alpha-1": "", "beta-1": ""})
    with pytest.raises(InputError, match=r"1\.parquet keeps question beta-1, which .*q\.parquet does not hold"):
        kept_questions(path, [verdicts])


def test_an_id_that_comes_twice_is_refused(tmp_path):
    path = tmp_path / "1.parquet"
    schema.write(path, [verdict("a"), verdict("a", "short")], schema.QUESTION_VERDICTS)
    with pytest.raises(InputError, match=r"1\.parquet holds question a more than once"):
        kept_ids(path)
