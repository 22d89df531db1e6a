"""The rules for texts of responses, each beside the obvious alternative: what they find, and what they cost.

Each way runs in a process of its own (`--way`), so that its memory is its own. Found is counted on the hand-written
cases of the tests, and wrongly rejected on the sound ones among them and on published solutions, if they are there.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Callable

from workload import ROOT, answer

sys.path.insert(0, str(ROOT / "tests"))

import planted_responses as planted
import published_sets
from synthesis import response_rules
from synthesis.filters.language import LanguageFilter

SHORT_ROWS, SHORT_CHARACTERS = 2000, 1200
LONG_ROWS, LONG_TOKENS = 5, 32_000
# Quadratic ways get one long text only.
SLOW = ("every run against every other",)

PLANTED = {
    "complete": [text for text, _ in planted.UNFINISHED.values()],
    "refusal": list(planted.REFUSALS.values()),
    "repetition": [text for text, _ in planted.LOOPS.values()],
    "language": [text for text, _ in planted.LANGUAGES.values()],
}


def last_character(text: str) -> bool:
    """Whether a text ends with neither a full stop nor what closes a formula or code."""
    return text.rstrip()[-1:] not in ".!?$)]}`|"


def phrases(text: str) -> bool:
    """Whether one of the usual words of a refusal stands anywhere."""
    small = text.lower().replace("’", "'")
    return any(phrase in small for phrase in ("i'm sorry", "i cannot", "i can't", "i am unable", "as an ai"))


def compressed(text: str) -> bool:
    """Whether a text gets smaller than a fifth of its size by compression."""
    content = text.encode()
    return len(content) > 200 and len(zlib.compress(content)) < 0.2 * len(content)


def every_run(text: str) -> bool:
    """Whether more than half of the runs of 16 words stand elsewhere in the text too, each looked for in all others."""
    words = text.split()
    runs = [words[start : start + 16] for start in range(len(words) - 15)]
    return sum(run in runs[:number] for number, run in enumerate(runs)) > 0.5 * len(runs) > 0


def whole_text() -> Callable[[list[str]], list[bool]]:
    """The filter of questions on the whole response."""
    told = LanguageFilter("bench", planted.SETTINGS["language"], {})
    return lambda texts: list(map(bool, told.reasons([{"question": text} for text in texts])))


def ours(key: str) -> Callable[[list[str]], list[bool]]:
    """The rules of a key of `filter_responses`."""
    rules = response_rules.build({key: planted.SETTINGS[key]})
    return lambda texts: list(map(bool, response_rules.first_reasons(rules, texts, [""] * len(texts))))


def _each(is_rejected: Callable[[str], bool]):
    return lambda: lambda texts: list(map(is_rejected, texts))


# Key of the rule, then how each way is built.
WAYS = {
    "complete": ("complete", lambda: ours("complete")),
    "last character": ("complete", _each(last_character)),
    "refusal": ("refusal", lambda: ours("refusal")),
    "phrases anywhere": ("refusal", _each(phrases)),
    "repetition": ("repetition", lambda: ours("repetition")),
    "compression": ("repetition", _each(compressed)),
    SLOW[0]: ("repetition", _each(every_run)),
    "language": ("language", lambda: ours("language")),
    "language of the whole text": ("language", whole_text),
}


def response(draw: random.Random, characters: int) -> str:
    """A made response: sums in sentences, none of which comes twice."""
    people, things = ("Anna", "Ben", "Clara", "David", "Emma"), ("apples", "books", "coins", "pens", "tickets")
    sentences, length = [], 0
    while length < characters:
        one, other = draw.randrange(10**6), draw.randrange(10**6)
        sentences.append(
            f"{draw.choice(people)} counts {one} {draw.choice(things)} and gets {other} more from the neighbour, so "
            f"that there are ${one} + {other} = {one + other}$ of them in the end."
        )
        length += len(sentences[-1]) + 1
    return "\n".join(sentences)


def published() -> list[str]:
    """The published solutions that are there, none of which refuses or is in another language than English."""
    if not published_sets.SHARED.is_dir():
        return []
    files = {"gsm8k/train.jsonl.gz": "answer", "gsm8k/test.jsonl": "answer", "math/math500.jsonl": "solution"}
    files |= {"scalequest_samples/samples.jsonl": "response"}
    return [text for path, column in files.items() for text in published_sets.read(path, column)]


def seconds_of(rejects, texts: list[str]) -> float:
    """CPU seconds of all threads for some texts."""
    started = time.process_time()
    rejects(texts)
    return time.process_time() - started


def figures(way: str) -> dict:
    """What one way finds and costs."""
    key, make = WAYS[way]
    rejects, draw = make(), random.Random(5)
    short = [response(draw, SHORT_CHARACTERS) for _ in range(20 if way in SLOW else SHORT_ROWS)]
    # A token of mathematics is about three characters.
    long = [response(draw, 3 * LONG_TOKENS) for _ in range(1 if way in SLOW else LONG_ROWS)]
    rejects(short[:10])  # loads what is loaded once
    texts = [] if way in SLOW else published()
    found = {"rows_per_second": len(short) / seconds_of(rejects, short)}
    found["long_milliseconds"] = 1000 * seconds_of(rejects, long) / len(long)
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found |= {"found": sum(rejects(PLANTED[key])), "planted": len(PLANTED[key])}
    found |= {"sound_rejected": sum(rejects(list(planted.SOUND.values()))), "sound": len(planted.SOUND)}
    return found | {"published_rejected": sum(rejects(texts)), "published": len(texts)}


def models() -> dict[str, int]:
    """How many of the published answers of small models, most of them sound, each rule rejects; and of how many."""
    if not published_sets.SHARED.is_dir():
        return {}
    kinds = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
    path = "gsm8k/example_model_solutions.jsonl.gz"
    texts = [row["solution"] for kind in kinds for row in published_sets.read(path, kind)]
    return {key: sum(ours(key)(texts)) for key in PLANTED} | {"all": len(texts)}


def languages() -> dict[str, str]:
    """How many questions of MGSM in each language are told to be in it, of how many; of English ones, that pass."""
    if not published_sets.SHARED.is_dir():
        return {}
    (rule,) = response_rules.build({"language": planted.SETTINGS["language"]})
    told = {}
    for code in ("en", "de", "es", "fr", "ru", "zh"):
        reasons = rule(published_sets.mgsm(code))
        right = "" if code == "en" else f"language:{code}"
        told[code] = f"{reasons.count(right)} of {len(reasons)}"
    return told


def main() -> None:
    """Print the figures of one way, or of all as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=WAYS, help="measure this one alone, in this process")
    options = parser.parse_args()
    if options.way:
        answer(figures(options.way))
        return
    found = {}
    for way in WAYS:
        print(way, file=sys.stderr, flush=True)
        command = [sys.executable, __file__, "--way", way]
        found[way] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    answer({"ways": found, "models": models(), "languages": languages()})


if __name__ == "__main__":
    main()
