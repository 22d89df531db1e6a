"""Stored outputs with references, for the comparison of graders."""

import gzip
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from synthesis import problem_choices, schema
from synthesis.configuration_evaluation_checks import HELD_OUT

# Of large sets so many are taken, evenly spaced, since the harness reads few answers a second.
MOST = 500
# References that are spelled in each other way, of a set whose name ends so.
MOST_RESPELLED = 20
RESPELLED = "answers respelled"
_LAST_ANSWER = re.compile(r"\nA: (?=[^\n]*$)")


class Output(NamedTuple):
    """A stored response with its reference: as the project's grader gets it, and as the harness gets it.

    `known` are the project's verdict and the answer that it found, if they are stored, too.
    """

    set: str
    id: str
    kind: str
    reference: str
    theirs: str
    response: str
    known: tuple[str, str | None] | None = None


def published(data: Path) -> Iterator[Output]:
    """The outputs of all published sets in a folder."""
    yield from _gsm8k(data)
    problems = _lines(data / "math/math500.jsonl")
    solutions = [(row["answer"], row["answer"], row["solution"]) for row in problems]
    yield from _outputs("MATH-500, its solutions", solutions)
    yield from _of_others("MATH-500, solutions of other problems", solutions)
    for name, answers in {
        "MATH train": [row["answer"] for row in _lines(data / "math/train_problem_answer_only.jsonl.gz")],
        "College Math": [row["answer"] for row in _lines(data / "college_math/test.jsonl.gz")],
    }.items():
        boxed = [(answer, answer, _boxed(answer)) for answer in answers if answer.strip()]
        yield from _outputs(f"{name}, its answers in boxes", boxed)
        yield from _of_others(f"{name}, answers to other problems", boxed)
        yield from _respelled(f"{name}, {RESPELLED}", boxed)
    values = [row["final_answer"] for row in _lines(data / "olympiadbench/test.jsonl.gz")]
    boxed = [(_reference(each), _joined(each), _boxed(_joined(each))) for each in values]
    yield from _outputs("OlympiadBench, its answers in boxes", boxed)
    yield from _of_others("OlympiadBench, answers to other problems", boxed)


def of_run(results: Path) -> Iterator[Output]:
    """All graded answers to benchmarks of a run, from its files, with the verdicts that the run gave.

    Without multiple choice, where letters are compared, and without benchmarks that allow rounded numbers: the harness
    knows neither. What is left out is named on the error output.
    """
    for path in sorted(results.glob("grade_answers/*/*.parquet")):
        model, benchmark = path.parent.name, path.stem
        ledger = json.loads((results / "ledger/grade_answers" / model / f"{benchmark}.json").read_text())
        if ledger["settings"].get("relative_tolerance"):
            print(f"{model} on {benchmark} is left out: its numbers may be rounded.", file=sys.stderr)
            continue
        grades = {(row["problem_id"], row["sample"]): row for row in schema.read(path, schema.GRADES)}
        references, choices = _references(results, benchmark, {problem for problem, _ in grades})
        if choices:
            print(f"{model} on {benchmark}: {len(choices)} problems of multiple choice are left out.", file=sys.stderr)
        for row in schema.read(results / "answer_benchmark" / model / path.name, schema.PROBLEM_ANSWERS):
            name, sample = row["problem_id"], row["sample"]
            if name in choices:
                continue
            known = (grades[name, sample]["verdict"], grades[name, sample]["answer"])
            title = f"{results.name}, {model} on {benchmark}"
            yield Output(
                title, f"{name}-{sample}", "mathematics", references[name], references[name], row["response"], known
            )


def _references(results: Path, benchmark: str, wanted: set[str]) -> tuple[dict[str, str], set[str]]:
    """The references of the problems that a run answered, by id, and which of them are multiple choice.

    They are in the file that holds all of them.
    """
    fetched = results.parent.parent.glob(f"resources/benchmarks/{benchmark}-*/{benchmark}.parquet")
    for path in [results / "merge_problems/held_out.parquet"] if benchmark == HELD_OUT else sorted(fetched):
        found = {row["problem_id"]: row for row in schema.read(path, schema.PROBLEMS) if row["problem_id"] in wanted}
        if len(found) == len(wanted):
            choices = {name for name, row in found.items() if problem_choices.graded_options(row)}
            return {name: row["answer"] for name, row in found.items()}, choices
    raise SystemExit(f"No file under resources/benchmarks holds the problems of {benchmark} that {results} answered.")


def _gsm8k(data: Path) -> Iterator[Output]:
    """Four models' answers. They end with `A: 18` where GSM8K's own solutions end with `#### 18`, as here."""
    for number, row in enumerate(_lines(data / "gsm8k/example_model_solutions.jsonl.gz")):
        solution, answer = row["ground_truth"].rsplit("A:", 1)
        for model, found in row.items():
            if isinstance(found, dict):
                response = _LAST_ANSWER.sub("\n#### ", found["solution"])
                theirs = f"{solution}#### {answer.strip()}"
                yield Output("GSM8K, four models", f"{number}/{model}", "gsm8k", answer.strip(), theirs, response)


def _outputs(name: str, rows: list[tuple[str, str, str]]) -> Iterator[Output]:
    for number in _some(rows):
        reference, theirs, response = rows[number]
        yield Output(name, str(number), "mathematics", reference, theirs, response)


def _of_others(name: str, rows: list[tuple[str, str, str]]) -> Iterator[Output]:
    """Each reference with the response to the next problem that has another reference; wrong unless they are equal."""
    for number in _some(rows):
        reference, theirs, _ = rows[number]
        others = (*rows[number + 1 :], *rows[:number])
        response = next(response for other, _, response in others if other != reference)
        yield Output(name, str(number), "mathematics", reference, theirs, response)


def _some(rows: list) -> range:
    return range(0, len(rows), -(-len(rows) // MOST))


def _respelled(name: str, rows: list[tuple[str, str, str]]) -> Iterator[Output]:
    """References in other spellings of the same, each in a box."""
    for way, (pattern, replacement) in SPELLINGS.items():
        found = [place for place, (reference, *_) in enumerate(rows) if pattern.search(reference)]
        for place in found[:MOST_RESPELLED]:
            reference, theirs, _ = rows[place]
            response = _boxed(pattern.sub(replacement, reference))
            yield Output(name, f"{place}, {way}", "mathematics", reference, theirs, response)


def _thousands(found: re.Match) -> str:
    return f"{int(found[0]):,}"


def _decimal(found: re.Match) -> str:
    return format(int(found[1]) / int(found[2]), "f").rstrip("0").rstrip(".")


# An item of a list of two: braces in it are closed, so that no comma in them parts it.
_ITEM = r"(?:[^,()\[\]${}]|\{(?:[^{}]|\{[^{}]*\})*\})+"
# A word for a way to spell, with what is replaced by what.
SPELLINGS = {
    "fraction with a slash": (re.compile(r"^(-?)\\frac\{(\d+)\}\{(\d+)\}$"), r"\1\2/\3"),
    "display fraction": (re.compile(r"\\frac(?=\{)"), r"\\dfrac"),
    "decimal": (re.compile(r"^\\frac\{(\d+)\}\{(2|4|5|8|10|20|25|40|50|100)\}$"), _decimal),
    "thousands": (re.compile(r"^\d{4,}$"), _thousands),
    "no thousands": (re.compile(r"(?<=\d)(?:,\\!|\{,\})(?=\d{3}(?!\d))"), ""),
    "named": (re.compile(r"^(?=-?\d+$)"), "x = "),
    "unit": (re.compile(r"^(\d+)$"), r"\1\\text{ cm}"),
    "sized brackets": (re.compile(r"^\(([^()]*)\)$"), r"\\left(\1\\right)"),
    "tight": (re.compile(r"(?<=[,(])\s+(?!\d{3}(?!\d))|\s+(?=[)])"), ""),
    "root of a digit": (re.compile(r"\\sqrt\{(\d)\}"), r"\\sqrt\1"),
    "no degrees": (re.compile(r"\^(?:\\circ|\{\\circ\})$"), ""),
    "no per cent": (re.compile(r"\\%$"), ""),
    "plain text": (re.compile(r"^\\text\{([^{}]*)\}$"), r"\1"),
    "list reversed": (re.compile(rf"^\$?({_ITEM}),(?!\\!)(?:\s+|(?!\d{{3}}))({_ITEM})\$?$"), r"\2, \1"),
}


def _boxed(answer: str) -> str:
    return rf"\boxed{{{answer.removeprefix('$').removesuffix('$') if answer.count('$') == 2 else answer}}}"


def _reference(values: list[str]) -> str:
    """Several values as the project's loader writes them."""
    return json.dumps(values) if len(values) > 1 else values[0]


def _joined(values: list[str]) -> str:
    return ", ".join(value.replace("$", "") for value in values)


def _lines(path: Path) -> list[dict]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.decode("utf-8").split("\n") if line]
