"""A process that compares answers with math-verify; it is killed where it takes too long.

It has no limit of its own but the system's alarms, which end the process even in the middle of a computation that
hands no control back to Python, and also where the program that started it is gone. The limit counts the process's own
seconds, so that verdicts do not depend on what else the machine does.

Answers are read as LaTeX by math-verify's grammar alone. Its other way, for plain text, hands arithmetic to SymPy's
`parse_expr`, which is built on Python's `eval`; what a model wrote must never get there.
"""

import importlib
import logging
import resource
import signal

# Memory (bytes) of a process, so that a huge number ends the comparison and not the machine.
MEMORY_LIMIT = 2 * 2**30
# On a machine with much else to do, a process's seconds take longer on the clock; one that waits ends nevertheless.
CLOCK_SECONDS_PER_SECOND = 30


def serve(connection, limit_seconds: float, comparison: dict) -> None:
    """Reply to messages until the other end closes.

    `("reference", text)` is told whether it can be read, and `("answer", text)` whether it equals the last reference;
    None where the memory does not suffice. `comparison` holds arguments of math-verify's `verify`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for alarm in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(alarm, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    # Here, since it takes longer than an answer may.
    importlib.import_module("math_verify")
    reference = []
    while True:
        try:
            kind, text = connection.recv()
        except EOFError:
            return
        _set_alarms(limit_seconds)
        try:
            found = read(text)
            if kind == "reference":
                reference, reply = found, bool(found)
            else:
                reply = bool(found) and are_equal(reference, found, comparison)
        except MemoryError:
            reply = None
        _set_alarms(0)
        connection.send(reply)


def read(text: str) -> list:
    """What SymPy objects a formula stands for; empty if it can't be read."""
    import math_verify

    # It warns that its own limits are off.
    logging.getLogger("math_verify").setLevel(logging.ERROR)
    found = math_verify.parse(text, (math_verify.LatexExtractionConfig(),), parsing_timeout=None)
    return [item for item in found if not isinstance(item, str)]


def are_equal(reference: list, found: list, comparison: dict) -> bool:
    """Whether an answer that was read equals a reference that was."""
    import math_verify

    return math_verify.verify(reference, found, timeout_seconds=None, **comparison)


def _set_alarms(seconds: float) -> None:
    """Have the process end after so many seconds of its own; with 0 it goes on."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * CLOCK_SECONDS_PER_SECOND)
