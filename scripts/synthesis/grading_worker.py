"""A process that compares answers with math-verify; it is killed where it takes too long.

It has no limit of its own but the system's alarm, which ends the process even in the middle of a computation that
hands no control back to Python, and also where the program that started it is gone.

Answers are read as LaTeX by math-verify's grammar alone. Its other way, for plain text, hands arithmetic to SymPy's
`parse_expr`, which is built on Python's `eval`; what a model wrote must never get there.
"""

import logging
import resource
import signal

# Memory (bytes) of a process, so that a huge number ends the comparison and not the machine.
MEMORY_LIMIT = 2 * 2**30


def serve(connection, limit_seconds: float) -> None:
    """Reply to messages until the other end closes.

    `("reference", text)` is told whether it can be read, and `("answer", text)` whether it equals the last reference;
    None where the memory does not suffice.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    import math_verify

    # It warns that its own limits are off.
    logging.getLogger("math_verify").setLevel(logging.ERROR)
    forms = (math_verify.LatexExtractionConfig(),)

    def read(text: str) -> list:
        found = math_verify.parse(text, forms, parsing_timeout=None)
        return [item for item in found if not isinstance(item, str)]

    reference = []
    while True:
        try:
            kind, text = connection.recv()
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_REAL, limit_seconds)
        try:
            found = read(text)
            if kind == "reference":
                reference, reply = found, bool(found)
            else:
                reply = bool(found) and math_verify.verify(reference, found, timeout_seconds=None)
        except MemoryError:
            reply = None
        signal.setitimer(signal.ITIMER_REAL, 0)
        connection.send(reply)
