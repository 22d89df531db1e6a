"""The language of a question, told by its words."""

import regex

from synthesis.errors import InputError

# What is no prose: drawings, LaTeX environments' names and commands, and single letters, which are variables.
_DRAWING = regex.compile(r"\[asy\].*?\[/asy\]", regex.DOTALL)
_COMMAND = regex.compile(r"\\(?:begin|end)\{[^}]*\}|\\[a-zA-Z]+")
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}"
_PROSE = regex.compile(rf"[{_UNSPACED}]\p{{M}}*|(?:(?![{_UNSPACED}])[\p{{L}}\p{{M}}'’])+")


class LanguageFilter:
    """Keeps questions in the languages `keep`, as the lingua detector tells them among `candidates` (ISO 639-1).

    Detection sees the prose alone: drawings, LaTeX commands, numbers and single letters are left out. A text with
    fewer than `min_words` words of prose is too short to tell and passes. Anything else is rejected as
    `language:<code>`, or `language:unknown` where no candidate fits, as for another script.

    ScaleQuest's released code instead keeps a question if every character is ASCII. That drops English questions
    with `π`, `≤`, `°` or typographic quotes, and keeps Spanish, French or German ones without accents.
    """

    def __init__(self, name: str, settings: dict, _problem_files):
        self.keep, self.min_words = set(settings["keep"]), settings.get("min_words", 1)
        self.detector = _detector(name, settings)

    def reasons(self, questions: list[dict]) -> list[str]:
        """For each row of `schema.QUESTIONS` the language that rejects it, or an empty text."""
        found = [prose(row["question"]) for row in questions]
        long = [position for position, words in enumerate(found) if len(words) >= self.min_words]
        texts = [_joined(found[position]) for position in long]
        languages = self.detector.detect_languages_in_parallel_of(texts) if texts else []
        reasons = [""] * len(found)
        for position, language in zip(long, languages, strict=True):
            code = language.iso_code_639_1.name.lower() if language else "unknown"
            reasons[position] = "" if code in self.keep else f"language:{code}"
        return reasons


def prose(text: str) -> list[str]:
    """The words of a question that are language: two letters or more, or one character of a script without blanks."""
    plain = _COMMAND.sub(" ", _DRAWING.sub(" ", text))
    words = (found.strip("'’") for found in _PROSE.findall(plain))
    return [word for word in words if len(word) > 1 or regex.match(f"[{_UNSPACED}]", word)]


def _joined(words: list[str]) -> str:
    """The words as one text, without blanks inside a script that has none."""
    return regex.sub(f"(?<=[{_UNSPACED}]) (?=[{_UNSPACED}])", "", " ".join(words))


def _detector(name: str, settings: dict):
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    known = {
        code.lower(): getattr(IsoCode639_1, code) for code in dir(IsoCode639_1) if regex.fullmatch("[A-Z]{2}", code)
    }
    candidates = list(dict.fromkeys(settings["candidates"]))
    where = f"filter_questions.filters: {name}.language"
    for code in [*candidates, *settings["keep"]]:
        if code not in known:
            raise InputError(f"{where} names the language {code}, which is unknown; use {', '.join(sorted(known))}.")
    for code in settings["keep"]:
        if code not in candidates:
            raise InputError(f"{where}.keep has {code}, which is not among its candidates; add it there.")
    if len(candidates) < 2:
        raise InputError(f"{where}.candidates has {len(candidates)} language; name at least two to choose from.")
    return LanguageDetectorBuilder.from_iso_codes_639_1(*(known[code] for code in candidates)).build()
