"""The language of a question, told by its words."""

from collections import Counter
from typing import NamedTuple

import regex

from synthesis.errors import InputError
from synthesis.filters.prose import joined, prose, script_of_word, scripts_of_language

# Another language must be so many times as likely as the kept ones together. At 1, which is the likeliest language,
# about one in 150 problems of MATH would be rejected, mostly short ones such as `Find the integer n such that ...`.
TIMES_AS_LIKELY = 4
# A question is judged by halves if each has so many words; fewer tell too little.
HALF = 8
# The detector sees so many words at the outer end of each half, and the whole of those only that look foreign by them.
OUTER = 8


class Part(NamedTuple):
    """Words of a question that are judged together: its first half (`side` 1), its second (-1) or all of it (0)."""

    question: int
    words: list[str]
    side: int

    @property
    def outer(self) -> list[str]:
        """The words at the beginning or the end of the question by which the part is told at first."""
        return self.words[:OUTER] if self.side > 0 else self.words[-OUTER:] if self.side < 0 else self.words

    @property
    def inner(self) -> list[str]:
        """The half of the words that lies towards the middle of the question."""
        middle = len(self.words) // 2
        return self.words[middle:] if self.side > 0 else self.words[:middle]


class LanguageFilter:
    """Keeps questions in the languages `keep`, as the lingua detector tells them among `candidates` (ISO 639-1).

    Detection sees the prose alone (`prose.prose`). A text with fewer than `min_words` words of prose is too short to
    tell and passes. A text of 16 words or more is judged by halves and rejected if one of them is in another language,
    so a switch in the middle is found, while a phrase in another language does not matter. A half is in another
    language if most of its words are in a script that no kept language uses, or else if the detector finds one of the
    other candidates more than `TIMES_AS_LIKELY` times as likely as the kept languages together; where the other half
    looks like a kept language, neither quarter may look so. The reason is `language:<code>`, or `script:<name>` for a
    script that none or several of the candidates use.

    ScaleQuest's released code instead keeps a question if every character is ASCII. That drops English questions
    with `π`, `≤`, `°` or typographic quotes, and keeps Spanish, French or German ones without accents.
    """

    def __init__(self, name: str, settings: dict, _problem_files, where: str = ""):
        """`where` is the place of the settings in the configuration, if it is not the filter `name` of questions."""
        where = where or f"filter_questions.filters: {name}.language"
        self.keep, self.min_words = set(settings["keep"]), settings.get("min_words", 1)
        self.detector, self._codes = _detector(where, settings)
        self._kept_scripts = {script for code in self.keep for script in scripts_of_language(code)}
        named = [(scripts_of_language(code)[0], code) for code in self._codes.values()]
        counts = Counter(script for script, _ in named)
        self._only_language = {script: code for script, code in named if counts[script] == 1}

    def reasons(self, questions: list[dict]) -> list[str]:
        """For each row of `schema.QUESTIONS` the language or script that rejects it, or an empty text."""
        reasons, parts = {}, []
        for number, row in enumerate(questions):
            for part in self._parts(number, prose(row["question"])):
                script, rest = self._foreign_script(part.words)
                if script:
                    reasons.setdefault(number, script)
                elif len(rest) >= self.min_words:
                    parts.append(part._replace(words=rest))
        suspects = self._suspects([part for part in parts if part.question not in reasons])
        together = [[word for part in found for word in part.words] for found in suspects]
        codes = self._foreign_languages(together, TIMES_AS_LIKELY)
        for found, code in zip(suspects, codes, strict=True):
            reasons[found[0].question] = f"language:{code}" if code else ""
        return [reasons.get(number, "") for number in range(len(questions))]

    def _parts(self, number: int, words: list[str]) -> list[Part]:
        """What is judged by itself: nothing of a text too short to tell, all of a short one, else both halves."""
        if len(words) < self.min_words:
            return []
        middle = len(words) // 2
        if middle < max(HALF, self.min_words):
            return [Part(number, words, 0)]
        return [Part(number, words[:middle], 1), Part(number, words[middle:], -1)]

    def _suspects(self, parts: list[Part]) -> list[list[Part]]:
        """The parts, by question, in which another language is the likeliest.

        Most are told by the few words at the outer end. If the other half of the question looks like a kept language,
        the inner half of the part must look foreign too: else it holds no more than a phrase.
        """
        looks = self._foreign_languages([part.outer for part in parts], 1)
        found: dict[int, list[Part]] = {}
        for part, code in zip(parts, looks, strict=True):
            if code:
                found.setdefault(part.question, []).append(part)
        single = [part for (part, *others) in found.values() if part.side and not others]
        looks = self._foreign_languages([part.inner for part in single], 1 / 2)
        phrases = {part.question for part, code in zip(single, looks, strict=True) if not code}
        return [suspects for number, suspects in found.items() if number not in phrases]

    def _foreign_script(self, words: list[str]) -> tuple[str, list[str]]:
        """The reason if most words are in a script that no kept language uses; else the words that are not."""
        scripts = [script_of_word(word) for word in words]
        foreign = Counter(script for script in scripts if script not in self._kept_scripts)
        if 2 * foreign.total() > len(words):
            # Japanese is written in Chinese characters too.
            script = "Kana" if "Kana" in foreign else foreign.most_common(1)[0][0]
            code = self._only_language.get(script)
            return f"language:{code}" if code else f"script:{script}", []
        if not foreign or set(foreign) == {"Kana"}:
            return "", words
        return "", [word for word, script in zip(words, scripts, strict=True) if script not in foreign]

    def _foreign_languages(self, parts: list[list[str]], times: float) -> list[str]:
        """For each part the code of the likeliest language that is not kept, if it is so many times as likely."""
        if not parts:
            return []
        found = []
        for values in self.detector.compute_language_confidence_values_in_parallel([joined(part) for part in parts]):
            confidence = {self._codes[item.language]: item.value for item in values}
            kept = sum(confidence.pop(code) for code in self.keep)
            other = max(confidence, key=confidence.get, default=None)
            found.append(other if other and confidence[other] > times * kept else "")
        return found


def _detector(where: str, settings: dict):
    """The detector, and the code of each of its languages."""
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    known = {
        code.lower(): getattr(IsoCode639_1, code) for code in dir(IsoCode639_1) if regex.fullmatch("[A-Z]{2}", code)
    }
    candidates = list(dict.fromkeys(settings["candidates"]))
    for code in [*candidates, *settings["keep"]]:
        if code not in known:
            raise InputError(f"{where} names the language {code}, which is unknown; use {', '.join(sorted(known))}.")
    for code in settings["keep"]:
        if code not in candidates:
            raise InputError(f"{where}.keep has {code}, which is not among its candidates; add it there.")
    if len(candidates) < 2:
        raise InputError(f"{where}.candidates has {len(candidates)} language; name at least two to choose from.")
    codes = [known[code] for code in candidates]
    detector = LanguageDetectorBuilder.from_iso_codes_639_1(*codes).build()
    return detector, dict(zip(map(_language, codes), candidates, strict=True))


def _language(code):
    from lingua import Language

    return Language.from_iso_code_639_1(code)
