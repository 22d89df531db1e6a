r"""Whether a final answer equals a reference answer.

Equal spelling decides first. Where spellings differ, math-verify compares the two as mathematics, in processes of its
own with a limit on the seconds of each answer, since expressions such as `9^{9^{9^9}}` keep it busy for ever.
"""

import json
import multiprocessing
import queue
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Context, Decimal
from typing import NamedTuple

import regex

from synthesis import grading_worker
from synthesis.answers import boxed, final_answer, trimmed, unescaped

CORRECT, WRONG, NO_ANSWER = "correct", "wrong", "no_answer"
TIMED_OUT, UNREADABLE_REFERENCE = "timed_out", "unreadable_reference"
VERDICTS = (CORRECT, WRONG, NO_ANSWER, TIMED_OUT, UNREADABLE_REFERENCE)

# Longer ones are no numbers that anyone meant.
MOST_DIGITS = 400
# Seconds of a process for one answer. Usual ones take milliseconds, the slowest of those that end some tenths.
LIMIT_SECONDS = 1.5
# Answers that are longer or nested more deeply than any reference are wrong without a comparison, which may not end.
MOST_CHARACTERS = 1_000
MOST_NESTED = 30
# Seconds that a process gets to be gone after it closed its connection.
GRACE_SECONDS = 5.0

_BOX = regex.compile(r"\\(?:boxed|fbox)\s*\{")
_FORMULA = regex.compile(r"\$|\\\(|\\\[|\\boxed")
# LaTeX that changes the looks of an answer only.
_LOOKS = regex.compile(r"\\(?:left|right|displaystyle|textstyle)(?![a-zA-Z])|\\[,;:! ]|~")
_FRACTION = regex.compile(r"\\[dtc]frac(?![a-zA-Z])")
_TEXT = regex.compile(r"\\(?:text|textbf|textrm|mathrm|mbox|operatorname)\s*\{([^{}]*)\}")
_NUMBER = regex.compile(r"[+-]?(?:\d+|\d{1,3}(?:\{?,\}?\d{3})+)?(?:\.\d+)?")
# Blanks between the groups of a number: `1 000` and `1\,000`.
_BLANKS = regex.compile(r"(?<=\d)(?:\\,|[ \u00a0\u2009\u202f])(?=\d{3}(?!\d))")
# A comma that can't be a thousands separator.
_DECIMAL_COMMA = regex.compile(r"[+-]?\d+,(?:\d{1,2}|\d{4,})|[+-]?\d{4,},\d+")
# Euler's number and the imaginary unit in upright type, which math-verify does not read.
_UPRIGHT = regex.compile(r"\\mathrm\s*\{([ei])\}")
_WORDS = regex.compile(r"\p{L}{2,}")
_QUANTITY = regex.compile(r"\p{Sc}?\s*([+-]?[\d.,]*\d(?:\s*/\s*\d+)?)(?:\s*((?:\p{L}{2,}\.?\s*)+))?")
# Words after a number that are no unit: with them the number alone is another answer.
_NO_UNIT = regex.compile(
    r"\b(?:and|or|to|pi|sqrt|sin|cos|tan|log|ln|exp|mod|percent|half|dozen|(?:hundred|thousand|[mbtr]+illion)s?)\b",
    regex.IGNORECASE,
)


# How a final answer is given by a model that was told to give one.
STATED = ["boxed", "the_answer_is", "hashes", "answer_label"]


def answer_in(response: str, forms: list[str] | None = None) -> str | None:
    """The final answer of a model's response, in the first of the `forms` (by default `STATED`) that it uses."""
    return final_answer(response, forms or STATED)


def number(answer: str) -> Decimal | None:
    """The plain number that an answer is, without its unit and thousands separators; else None.

    `1000,99` is read as a number with the comma of other languages.
    """
    text = (trimmed(answer) or "")[: MOST_DIGITS + 1]
    text = _BLANKS.sub("", _without_unit(text).replace("{,}", ","))
    if len(text) > MOST_DIGITS or not any(sign.isdigit() for sign in text):
        return None
    if _NUMBER.fullmatch(text):
        return Decimal(text.replace(",", ""))
    return Decimal(text.replace(",", ".")) if _DECIMAL_COMMA.fullmatch(text) else None


def _by_number(reference: str, answer: str, decimals: int) -> str | None:
    """The verdict where both are plain numbers: right if equal to so many decimals; else None.

    What may be a list (`1,22`) is right as a number only; otherwise math-verify decides.
    """
    wanted, given = number(reference), number(answer)
    if wanted is None or given is None:
        return None
    if abs(wanted - given) < Decimal(5).scaleb(-decimals - 1):
        return CORRECT
    return None if _DECIMAL_COMMA.search(reference) or _DECIMAL_COMMA.search(answer) else WRONG


def normalised(answer: str) -> str:
    """An answer as it is compared by spelling: without layout, units after a number, or thousands separators."""
    text = _without_unit(trimmed(answer) or "")
    text = _LOOKS.sub("", _FRACTION.sub(r"\\frac", _TEXT.sub(r"\1", text))).strip()
    if _NUMBER.fullmatch(text) and any(sign.isdigit() for sign in text):
        value = Decimal(text.replace("{,}", "").replace(",", ""))
        return format(value.normalize(Context(prec=len(text))), "f") if value else "0"
    text = "".join(text.replace("$", "").replace(r"\%", "%").split())
    return text.casefold() if _WORDS.fullmatch(text) else text


def _without_unit(answer: str) -> str:
    """`18 dollars` and `€18` as `18`; anything else as it is. LaTeX of units is math-verify's own work."""
    found = _QUANTITY.fullmatch(answer)
    return answer if not found or _NO_UNIT.search(found[2] or "") else found[1]


def reference_text(reference: str) -> str:
    """A reference answer as it is compared: the content of its box, or several values (a JSON list) side by side."""
    if reference.startswith("["):
        try:
            values = json.loads(reference)
        except json.JSONDecodeError:
            values = []
        if isinstance(values, list) and len(values) > 1 and all(isinstance(value, str) for value in values):
            return ", ".join(f"${trimmed(value) or value}$" for value in values)
    reference = unescaped(reference)
    return (boxed(reference) if _BOX.search(reference) else None) or reference


def as_formula(answer: str) -> str:
    """An answer as math-verify reads it: inside a box, unless its formulas are marked already."""
    answer = _UPRIGHT.sub(r"\1", _without_unit(answer))
    return answer if _FORMULA.search(answer) else rf"\boxed{{{answer}}}"


def _nested(answer: str) -> int:
    """How many brackets are open at most at a place of the answer."""
    deepest = depth = 0
    for sign in answer:
        depth += (sign in "{([") - (sign in "})]")
        deepest = max(deepest, depth)
    return deepest


class Comparison(NamedTuple):
    """When two answers are equal, as in math-verify's `verify`.

    `float_rounding`: decimals that are compared. `strict`: names of variables count, and a set is no tuple.
    `allow_set_relation_comp`: `1 < x < 2` as an answer equals the interval `(1, 2)`.
    """

    float_rounding: int = 6
    strict: bool = True
    allow_set_relation_comp: bool = False


AS_MATH_VERIFY = Comparison()


class Grader:
    """Grades answers with `workers` processes; a context manager, which ends them.

    Each answer gets `limit_seconds` of its process, which is then killed and replaced.
    """

    def __init__(self, workers: int = 1, limit_seconds: float = LIMIT_SECONDS, comparison: Comparison = AS_MATH_VERIFY):
        self._decimals = comparison.float_rounding
        self._all = [_Worker(limit_seconds, comparison) for _ in range(max(1, workers))]
        self._free: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for worker in self._all:
            self._free.put(worker)

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, *_error) -> None:
        for worker in self._all:
            worker.end()

    def grade_all(self, problems: Iterable[tuple[str, list[str | None]]]) -> Iterator[list[str]]:
        """For each (reference, final answers), the verdicts on its answers; in order, as they are ready."""
        pool = ThreadPoolExecutor(len(self._all))
        try:
            yield from pool.map(lambda problem: self.grade(*problem), list(problems))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def grade(self, reference: str, answers: list[str | None]) -> list[str]:
        """The verdict (one of `VERDICTS`) on each answer to one problem; None is a response without an answer."""
        reference = reference_text(reference)
        wanted = normalised(reference)
        found = {None: NO_ANSWER}
        worker = self._free.get()  # one for all answers, so that the reference is read once
        try:
            for answer in answers:
                if answer not in found:
                    found[answer] = self._by_spelling(reference, wanted, answer) or worker.verdict(
                        as_formula(reference), as_formula(answer)
                    )
        finally:
            self._free.put(worker)
        return [found[answer] for answer in answers]

    def _by_spelling(self, reference: str, wanted: str, answer: str) -> str | None:
        """The verdict that needs no mathematics, else None; `wanted` is the reference as it is compared by spelling."""
        if answer == reference:
            return CORRECT
        if len(answer) > max(MOST_CHARACTERS, 2 * len(reference)) or _nested(answer) > max(
            MOST_NESTED, 2 * _nested(reference)
        ):
            return WRONG
        return CORRECT if normalised(answer) == wanted else _by_number(reference, answer, self._decimals)


class _Worker:
    """One process that compares; started when it is first needed, and again after it was killed."""

    def __init__(self, limit_seconds: float, comparison: Comparison):
        self._limit, self._comparison = limit_seconds, comparison
        self._process = self._connection = None
        self._reference: tuple[str, bool] | None = None

    def verdict(self, reference: str, answer: str) -> str:
        """The verdict on an answer that is spelled otherwise than the reference, both as formulas."""
        if not self._reads(reference):
            return UNREADABLE_REFERENCE
        same = self._ask("answer", answer)
        return TIMED_OUT if same is None else CORRECT if same else WRONG

    def _reads(self, reference: str) -> bool:
        """Have the process read a reference, unless it has read just this one; returns whether it could."""
        if self._reference is None or self._reference[0] != reference or (self._reference[1] and not self._process):
            self._reference = (reference, bool(self._ask("reference", reference)))
        return self._reference[1]

    def _ask(self, kind: str, text: str) -> bool | None:
        """The process's reply to a message (see `grading_worker.serve`); None if there is none in time."""
        if self._process is None:
            self._start()
        try:
            self._connection.send((kind, text))
            return self._connection.recv()
        except (EOFError, OSError):
            self._process.join(GRACE_SECONDS)
            code = self._process.exitcode
            self.end()
            if code is not None and code > 0:
                raise RuntimeError("the process that compares answers failed; its error is above") from None
            return None  # killed by its alarm, or by the system

    def _start(self) -> None:
        # Copies of one process that has imported math-verify, so that the next one is there at once.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["math_verify"])
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=grading_worker.serve, args=(theirs, self._limit, self._comparison._asdict()), daemon=True
        )
        self._process.start()
        theirs.close()

    def end(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._connection.close()
            self._process = self._connection = None
