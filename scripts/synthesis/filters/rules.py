"""Limits on the text of a question itself."""

from collections import Counter

import regex

from synthesis.errors import InputError
from synthesis.text import words

FINISHED = ("stop", "imported")
REPEATED_WORDS = 4
# A pattern that needs longer than this (seconds) for one text would need hours for a shard.
PATTERN_SECONDS = 5.0


class RulesFilter:
    """Rejects questions by length, finish reason, regular expressions and repetition; every setting is optional.

    `min_characters`, `max_characters`: counted after trimming, both ends allowed. `min_words`: words with a letter or
    digit. `finished`: true rejects what was cut at max_tokens. `require`, `forbid`: regular expressions, searched
    anywhere in the text (`regex` module, which knows all of `re` and Unicode properties). `max_repetition`: largest
    allowed value of `repetition`. An empty question is always rejected.
    """

    def __init__(self, name: str, settings: dict, _problem_files):
        self.name, self.settings = name, settings
        self.require = _compiled(name, "require", settings)
        self.forbid = _compiled(name, "forbid", settings)

    def reasons(self, questions: list[dict]) -> list[str]:
        """For each row of `schema.QUESTIONS` the first rule it breaks, or an empty text.

        Raises InputError for a pattern that takes too long.
        """
        return [self._reason(row) for row in questions]

    def _reason(self, row: dict) -> str:
        text, settings = row["question"].strip(), self.settings
        if settings.get("finished") and row["finish_reason"] not in FINISHED:
            return "unfinished"
        if not text:
            return "empty"
        if len(text) < settings.get("min_characters", 0):
            return "too_short"
        if len(text) > settings.get("max_characters", len(text)):
            return "too_long"
        if "min_words" in settings and len(words(text)) < settings["min_words"]:
            return "too_few_words"
        if "max_repetition" in settings and repetition(text) > settings["max_repetition"]:
            return "repetition"
        return self._pattern_reason(text, row["question_id"])

    def _pattern_reason(self, text: str, question_id: str) -> str:
        for pattern in self.require:
            if not self._found(pattern, text, question_id):
                return f"lacks:{pattern.pattern}"
        for pattern in self.forbid:
            if self._found(pattern, text, question_id):
                return f"forbidden:{pattern.pattern}"
        return ""

    def _found(self, pattern: regex.Pattern, text: str, question_id: str) -> bool:
        try:
            return pattern.search(text, timeout=PATTERN_SECONDS) is not None
        except TimeoutError as error:
            raise InputError(
                f"{self.name}.rules: the pattern {pattern.pattern} took more than {PATTERN_SECONDS:.0f} s on "
                f"question {question_id}; write it without nested repetitions."
            ) from error


def repetition(text: str) -> float:
    """Share of the words' characters, 0 to 1, that lie in the most repeated run of four words.

    A run that comes once counts as nothing. The measure is the top-4-gram fraction of Gopher (Rae et al. 2021,
    arXiv 2112.11446, table A1), where the limit for web pages is 0.16.
    """
    found = words(text)
    runs = Counter(zip(*(found[start:] for start in range(REPEATED_WORDS)), strict=False))
    repeated = [sum(map(len, run)) * count for run, count in runs.items() if count > 1]
    # Runs that overlap themselves (`a a a a a`) would count characters twice.
    return min(1.0, max(repeated, default=0) / max(1, sum(map(len, found))))


def _compiled(name: str, key: str, settings: dict) -> list[regex.Pattern]:
    patterns = []
    for text in settings.get(key, []):
        try:
            patterns.append(regex.compile(text))
        except regex.error as error:
            raise InputError(
                f"{name}.rules.{key} has the pattern {text}, which is not a regular expression ({error}); correct it."
            ) from error
    return patterns
