r"""Whether a final answer equals a reference answer.

Equal spelling decides first. Where spellings differ, math-verify compares the two as mathematics, in processes of its
own with a limit on the seconds of each answer, since expressions such as `9^{9^{9^9}}` keep it busy for ever.
"""

import multiprocessing
import multiprocessing.context
import os
import queue
import tempfile
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import NamedTuple

from synthesis import grading_worker
from synthesis.answer_spelling import (
    MOST_CHARACTERS,
    are_letters_in_another_order,
    as_formula,
    before_per_cent,
    is_spelled_like,
    may_be_list,
    normalised,
    number,
    reference_text,
)
from synthesis.answers import final_answer

CORRECT, WRONG, NO_ANSWER = "correct", "wrong", "no_answer"
TIMED_OUT, UNREADABLE_REFERENCE = "timed_out", "unreadable_reference"
VERDICTS = (CORRECT, WRONG, NO_ANSWER, TIMED_OUT, UNREADABLE_REFERENCE)

# Seconds of a process for one answer. Usual ones take milliseconds, the slowest of those that end some tenths.
LIMIT_SECONDS = 1.5
# Answers nested more deeply than any reference are wrong without a comparison, which may not end; so are longer ones.
MOST_NESTED = 30
# Bytes of a folder's name in which a socket still fits.
LONGEST_FOLDER = 60
# The exit code of a process that ended with an error.
FAILED = 1
# Python looks at all its processes when it starts one or waits for one; if two threads do, one may see a wrong code.
_PROCESSES = threading.Lock()
# Seconds that a process gets to be gone after it closed its connection.
GRACE_SECONDS = 5.0


class Comparison(NamedTuple):
    """When two answers are equal, as in math-verify's `verify`.

    `float_rounding`: decimals that are compared. `strict`: names of variables count, though `X` is `x`, and a set is no
    tuple.
    `allow_set_relation_comp`: `1 < x < 2` as an answer equals the interval `(1, 2)`.
    """

    float_rounding: int = 6
    strict: bool = True
    allow_set_relation_comp: bool = False


AS_MATH_VERIFY = Comparison()

# How a final answer is given by a model that was told to give one.
STATED = ["boxed", "the_answer_is", "hashes", "answer_label"]


def answer_in(response: str, forms: list[str] | None = None) -> str | None:
    """The final answer of a model's response, in the first of the `forms` (by default `STATED`) that it uses."""
    return final_answer(response, forms or STATED)


def by_number(reference: str, answer: str, decimals: int = AS_MATH_VERIFY.float_rounding) -> str | None:
    """The verdict where both are plain numbers: right if equal to so many decimals; else None.

    Of tiny numbers the digits count, else 0 would equal them. What may be a list (`1,22`) is right as a number only;
    otherwise math-verify decides, as it does where one is in per cent and the numbers differ: `50%` equals both `50`
    and `0.5`. A reference below 1 is a share, of which `0.5%` is no half.
    """
    bare = before_per_cent(reference), before_per_cent(answer)
    if bare.count(None) == 1:
        wanted, given = (
            number(text if part is None else part) for text, part in zip((reference, answer), bare, strict=True)
        )
        if bare[0] is None and wanted and given is not None and abs(wanted) < 1:
            return CORRECT if _are_equal(wanted, given.scaleb(-2), decimals) else WRONG
        return CORRECT if _are_equal(wanted, given, decimals) else None
    wanted, given = number(reference), number(answer)
    if wanted is None or given is None:
        return None
    if _are_equal(wanted, given, decimals):
        return CORRECT
    return None if any(map(may_be_list, (reference, answer))) else WRONG


def _are_equal(wanted: Decimal | None, given: Decimal | None, decimals: int) -> bool:
    if wanted is None or given is None:
        return False
    apart = abs(wanted - given)
    return apart < Decimal(5).scaleb(-decimals - 1) and (not wanted or apart * 100 <= abs(wanted))


def _nested(answer: str) -> int:
    """How many brackets are open at most at a place of the answer."""
    deepest = depth = 0
    for sign in answer:
        depth += (sign in "{([") - (sign in "})]")
        deepest = max(deepest, depth)
    return deepest


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
            worker.close()

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
        if is_spelled_like(wanted, answer):
            return CORRECT
        verdict = by_number(reference, answer, self._decimals)
        return verdict or (WRONG if are_letters_in_another_order(reference, answer) else None)


class _Worker:
    """One process that compares; started when it is first needed, and again after it was killed."""

    def __init__(self, limit_seconds: float, comparison: Comparison):
        self._limit, self._comparison = limit_seconds, comparison
        self._process = self._connection = None
        self._is_closed = False
        self._reference: tuple[str, bool | None] | None = None

    def verdict(self, reference: str, answer: str) -> str:
        """The verdict on an answer that is spelled otherwise than the reference, both as formulas."""
        readable = self._reads(reference)
        if not readable:
            return TIMED_OUT if readable is None else UNREADABLE_REFERENCE
        same = self._ask("answer", answer)
        return TIMED_OUT if same is None else CORRECT if same else WRONG

    def _reads(self, reference: str) -> bool | None:
        """Have the process read a reference, unless it has just read it; whether it could, None if not in time."""
        if self._reference is None or self._reference[0] != reference or (self._reference[1] and not self._process):
            self._reference = (reference, self._ask("reference", reference))
        return self._reference[1]

    def _ask(self, kind: str, text: str) -> bool | None:
        """The process's reply to a message (see `grading_worker.serve`); None if there is none in time."""
        if self._is_closed:
            raise RuntimeError("the grader has ended")
        if self._process is None:
            self._start()
        try:
            self._connection.send((kind, text))
            return self._connection.recv()
        except (EOFError, OSError):
            code = self.end()
            if code == FAILED:
                raise RuntimeError("the process that compares answers failed; its error is above") from None
            return None  # killed by its alarm, or by the system

    def _start(self) -> None:
        context = _context()
        self._connection, theirs = context.Pipe()
        arguments = (theirs, self._limit, self._comparison._asdict())
        process = context.Process(target=grading_worker.serve, args=arguments, daemon=True)
        with _PROCESSES:
            process.start()
        self._process = process
        theirs.close()

    def close(self) -> None:
        """End the process for good: a thread that is still grading starts no other one."""
        self._is_closed = True
        self.end()

    def end(self) -> int | None:
        """End the process, if there is one, and return its exit code, which is negative for one that was killed."""
        process, self._process = self._process, None
        if process is None:
            return None
        with _PROCESSES:
            # One that has closed its connection gets the time to say why.
            process.join(GRACE_SECONDS if self._has_closed() else 0)
            process.kill()
            process.join()
            self._connection.close()
            return process.exitcode

    def _has_closed(self) -> bool:
        try:
            return self._connection.poll() and self._connection.recv() is None
        except (EOFError, OSError):
            return True


def _context() -> multiprocessing.context.BaseContext:
    """Processes that are copies of one that has imported math-verify, so that the next one is there soon.

    Where the folder for temporary files has too long a name for the socket which that needs, each one begins afresh.
    """
    folder = tempfile.gettempdir()
    if len(os.fsencode(folder)) > LONGEST_FOLDER:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["math_verify"])
    return context
