"""Measures the filters of questions on published sets: what they keep, how fast they are, and what else one could do.

Prints tables (Markdown), then everything as one line of JSON. The folder holds public files under the names of
`ENGLISH` and `OTHER`; docs/filters.md says where they come from.
"""

import argparse
import gzip
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
# One core: before lingua starts its threads, also in the processes that measure.
os.environ["RAYON_NUM_THREADS"] = "1"

from synthesis import filters, schema
from synthesis.text import normalise, word_ngrams

ENGLISH = {
    "GSM8K, train": ("gsm8k/train.jsonl.gz", "question"),
    "GSM8K, test": ("gsm8k/test.jsonl", "question"),
    "MATH, train": ("math/train_problem_answer_only.jsonl.gz", "problem"),
    "MATH-500": ("math/math500.jsonl", "problem"),
    "OlympiadBench": ("olympiadbench/test.jsonl.gz", "question"),
    "College Math": ("college_math/test.jsonl.gz", "question"),
    "ScaleQuest, samples": ("scalequest_samples/samples.jsonl", "query"),
    "UMWP": ("solvability/umwp_half.jsonl.gz", "question"),
    "MMLU-STEM": ("mmlu_stem/test.jsonl.gz", "question"),
    "MGSM, en": ("mgsm/mgsm_en.tsv", None),
}
OTHER = {f"MGSM, {code}": (f"mgsm/mgsm_{code}.tsv", None) for code in ("de", "es", "fr", "ru", "zh")}
BENCHMARKS = ("GSM8K, test", "MATH-500", "College Math", "OlympiadBench")
EIGHT = ["en", "zh", "de", "es", "fr", "it", "pt", "ru"]
TWELVE = [*EIGHT, "ja", "ko", "nl", "pl"]
WORDS = 13
RULES = {"min_characters": 20, "max_characters": 2000, "min_words": 4, "finished": True, "forbid": ["(?i)as an ai"]}


def read(folder: Path, path: str, column: str | None) -> list[str]:
    """A column of a file of JSON lines, or the first of a file with tabs."""
    opener = gzip.open if path.endswith("gz") else open
    with opener(folder / path, "rt", encoding="utf-8", newline="") as file:
        lines = [line for line in file.read().split("\n") if line]
    return [json.loads(line)[column] if column else line.split("\t")[0] for line in lines]


def rows_of(texts: list[str]) -> list[dict]:
    """Texts as rows of questions."""
    return [
        {"question_id": str(number), "question": text, "finish_reason": "stop"} for number, text in enumerate(texts)
    ]


def language(codes: list[str]):
    """The filter that keeps English."""
    settings = {"keep": ["en"], "candidates": codes, "min_words": 4}
    return filters.LanguageFilter("language", settings, {})


def contamination(folder: Path):
    """The filter that compares with four benchmarks."""
    with tempfile.TemporaryDirectory() as written:
        files = {}
        for name in BENCHMARKS:
            files[name] = Path(written) / f"{name}.parquet"
            empty = {"source": name, "answer": None, "solution": None}
            texts = read(folder, *ENGLISH[name])
            rows = [{"problem_id": f"{number}", "problem": text, **empty} for number, text in enumerate(texts)]
            schema.write(files[name], rows, schema.PROBLEMS)
        settings = {"words": WORDS, "benchmarks": list(BENCHMARKS)}
        return filters.ContaminationFilter("contamination", settings, files)


class LikeliestLanguage:
    """The obvious alternative: lingua's own choice for the whole text."""

    def __init__(self):
        self.detector = language(EIGHT).detector

    def reasons(self, questions: list[dict]) -> list[str]:
        """The language that is not English, or an empty text."""
        found = self.detector.detect_languages_in_parallel_of([row["question"] for row in questions])
        return ["" if item is None or item.name == "ENGLISH" else item.name for item in found]


class AsciiRule:
    """What ScaleQuest's released code does."""

    def reasons(self, questions: list[dict]) -> list[str]:
        """Whether there is a character that is not ASCII."""
        return ["" if row["question"].isascii() else "not_ascii" for row in questions]


class PlainRuns:
    """The obvious alternative: sets of tuples of words, in plain Python."""

    def __init__(self, folder: Path):
        texts = [text for name in BENCHMARKS for text in read(folder, *ENGLISH[name])]
        self.runs = set().union(*(word_ngrams(text, WORDS) for text in texts))
        self.short = {normalise(text) for text in texts if not word_ngrams(text, WORDS)}

    def reasons(self, questions: list[dict]) -> list[str]:
        """Whether a run of words is known."""
        texts = [row["question"] for row in questions]
        shared = (not word_ngrams(text, WORDS).isdisjoint(self.runs) or normalise(text) in self.short for text in texts)
        return ["contaminated" if found else "" for found in shared]


# What is timed, each in a process of its own.
TIMED = {
    "rules": lambda folder: filters.RulesFilter("rules", RULES, {}),
    "language, 8 candidates": lambda folder: language(EIGHT),
    "language, 12 candidates": lambda folder: language(TWELVE),
    "lingua's likeliest of 8": lambda folder: LikeliestLanguage(),
    "ASCII rule": lambda folder: AsciiRule(),
    "contamination": contamination,
    "sets of words in plain Python": PlainRuns,
}


def timed(name: str, folder: Path) -> dict:
    """Questions a CPU second and most memory (MB) of a filter, on the training problems of GSM8K and MATH."""
    rows = rows_of([text for each in ("GSM8K, train", "MATH, train") for text in read(folder, *ENGLISH[each])])
    start = time.process_time()
    chosen = TIMED[name](folder)
    # The first call loads the detector's models.
    chosen.reasons(rows[:100])
    loaded = time.process_time()
    chosen.reasons(rows)
    rate = len(rows) / (time.process_time() - loaded)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"name": name, "rate": rate, "memory": memory, "start": loaded - start}


def rejected(folder: Path) -> list[dict]:
    """How many questions of each set the ways to tell English reject, and those that ours rejects wrongly."""
    ways = {"language": language(TWELVE), "likeliest": LikeliestLanguage(), "ascii": AsciiRule()}
    found = []
    for name, place in (ENGLISH | OTHER).items():
        texts = read(folder, *place)
        reasons = {way: chosen.reasons(rows_of(texts)) for way, chosen in ways.items()}
        counts = {way: len(texts) - listed.count("") for way, listed in reasons.items()}
        wrong = [
            text
            for text, reason in zip(texts, reasons["language"], strict=True)
            if bool(reason) == (place in ENGLISH.values())
        ]
        found.append({"name": name, "questions": len(texts), **counts, "wrong": wrong})
    return found


def mixed(folder: Path) -> list[dict]:
    """How many questions of two languages are rejected: parts of the same problem in English and another language."""
    chosen, english = language(TWELVE), read(folder, *ENGLISH["MGSM, en"])
    found = []
    for name, place in OTHER.items():
        pairs = list(zip(english, read(folder, *place), strict=True))
        joined = {
            "english_first": [f"{part(some, 0, 1 / 2)} {part(other, 1 / 2, 1)}" for some, other in pairs],
            "english_last": [f"{part(other, 0, 1 / 2)} {part(some, 1 / 2, 1)}" for some, other in pairs],
            "three_quarters": [f"{part(some, 0, 3 / 4)} {part(other, 3 / 4, 1)}" for some, other in pairs],
            "phrase_inside": [
                f"{part(some, 0, 1 / 2)} {phrase(other)} {part(some, 1 / 2, 1)}" for some, other in pairs
            ],
            "phrase_last": [f"{some} {phrase(other)}" for some, other in pairs],
        }
        counts = {way: len(pairs) - chosen.reasons(rows_of(texts)).count("") for way, texts in joined.items()}
        found.append({"name": name, "questions": len(pairs), **counts})
    return found


def part(text: str, start: float, stop: float) -> str:
    """A part of a text by its share of words, or of characters in Chinese."""
    blank = _blank(text)
    pieces = text.split(blank) if blank else list(text)
    return blank.join(pieces[int(len(pieces) * start) : int(len(pieces) * stop)])


def phrase(text: str) -> str:
    """Five words of a text, or six characters in Chinese."""
    return " ".join(text.split(" ")[3:8]) if _blank(text) else text[4:10]


def _blank(text: str) -> str:
    return "" if any("\u4e00" <= character <= "\u9fff" for character in text) else " "


def overlaps(folder: Path) -> list[dict]:
    """What training sets share with the benchmarks, in the shape of ScaleQuest's table 6."""
    found = []
    for name in ("GSM8K, train", "MATH, train", "ScaleQuest, samples"):
        chosen = contamination(folder)
        chosen.reasons(rows_of(read(folder, *ENGLISH[name])))
        for benchmark in BENCHMARKS:
            pairs = [row for row in chosen.overlaps if row["benchmark"] == benchmark]
            items = len(read(folder, *ENGLISH[benchmark]))
            shared, questions = (len({row[key] for row in pairs}) for key in ("problem_id", "question_id"))
            clean = 1 - shared / items
            found.append(
                {
                    "name": name,
                    "benchmark": benchmark,
                    "items": items,
                    "shared": shared,
                    "questions": questions,
                    "clean": clean,
                }
            )
    return found


def table(head: list[str], rows: list[list]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def speed_table(found: list[dict]) -> str:
    """The filters by their speed."""
    head = ["filter", "questions a CPU second", "most memory (MB)", "CPU seconds to start"]
    return table(
        head, [[row["name"], f"{row['rate']:,.0f}", f"{row['memory']:.0f}", f"{row['start']:.1f}"] for row in found]
    )


def tables(found: dict) -> str:
    """All that was found, as tables."""
    parts = [speed_table(found["speed"])]
    for key in ("rejected", "mixed", "overlaps"):
        rows = [{name: value for name, value in row.items() if name != "wrong"} for row in found[key]]
        parts.append(
            table(list(rows[0]), [[f"{v:.3f}" if isinstance(v, float) else v for v in row.values()] for row in rows])
        )
    wrong = [f"- {row['name']}: {text}" for row in found["rejected"] for text in row["wrong"]]
    return "\n\n".join([*parts, "Wrong verdicts of the filter:\n\n" + ("\n".join(wrong) or "none")])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the published files")
    parser.add_argument("--only", choices=["speed"], help="measure this alone")
    options = parser.parse_args()
    found = {"speed": []}
    for name in TIMED:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found["speed"].append(pool.apply(timed, (name, options.data)))
    if options.only:
        print(speed_table(found["speed"]))
    else:
        found |= {"rejected": rejected(options.data), "mixed": mixed(options.data), "overlaps": overlaps(options.data)}
        print(tables(found))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
