"""Which level of difficulty is read from the end of a model's answer, and which answers are unclear."""

import pytest
from synthesis.difficulty_levels import LEVELS, score_of_level

READ = [
    ("Difficulty level: very easy", 20),
    ("Difficulty level: easy", 40),
    ("Difficulty level: medium", 60),
    ("Difficulty level: hard", 80),
    ("Difficulty level: very hard", 100),
    ("It takes one step.\n\nDifficulty level: Easy.", 40),
    ("**Difficulty level:** *Very Hard*", 100),
    ("Difficulty: hard\n", 80),
    ("medium", 60),
    ("VERY EASY!", 20),
    ("### Level: very-hard", 100),
    ("very_easy", 20),
    ('```json\n{"difficulty": "hard"}\n```', 80),
    ('{\n  "level": "very easy"\n}', 20),
    (r"\boxed{\text{medium}}", 60),
    ("The answer is easy.", 40),
    ("Hence so hard a start.\n<answer>medium</answer>", 60),
    ("The difficulty level of this question is hard", 80),
    ("I would rate this problem as very hard.", 100),
    ("This is not easy.\nDifficulty level: hard", 80),
    ("Difficulty level:\nmedium", 60),
    ("- level: “easy”", 40),
    ("Difficulty level：ｈａｒｄ", 80),
]
UNCLEAR = [
    "",
    "   \n\n",
    "Difficulty level: <level>",
    "Difficulty level: easy/medium",
    "Difficulty level: easy or medium",
    "Difficulty level: between easy and hard",
    "Difficulty level: not hard",
    "This is not very hard",
    "Difficulty level: hard (4 of 5)",
    "Difficulty level: 4",
    "Level 4: hard",
    "Difficulty level: hard\nI hope this helps!",
    "Difficulty level: hardly",
    "Difficulty level: extremely hard",
    "Difficulty level: very",
    "Difficulty level: very very hard",
    "Difficulty level: easy, difficulty level: hard",
    "It is a hard problem",
    "Difficulty level: difficult",
    "Difficulty level: mediums",
    "The answer is 42.",
    "It can't be easy",
    "isn't hard",
    "Difficulty level: schwer",
]


@pytest.mark.parametrize(("text", "points"), READ)
def test_a_level_at_the_end_is_read(text, points):
    assert score_of_level(text) == points


@pytest.mark.parametrize("text", UNCLEAR)
def test_everything_else_is_unclear(text):
    assert score_of_level(text) is None


def test_the_points_rise_with_the_levels_in_even_steps():
    assert list(LEVELS) == ["very easy", "easy", "medium", "hard", "very hard"]
    assert list(LEVELS.values()) == [20, 40, 60, 80, 100]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("other", LEVELS)
def test_two_levels_on_the_last_line_are_unclear_and_an_earlier_line_does_not_count(level, other):
    assert score_of_level(f"Difficulty level: {other}\nDifficulty level: {level}") == LEVELS[level]
    assert score_of_level(f"Difficulty level: {other}; {level}") is None
