"""A limit on the CPU time of a step, which other load on the machine does not change."""

import signal
from contextlib import contextmanager


@contextmanager
def cpu_limit(seconds: float):
    """Raise TimeoutError in the block once the process has computed for so long, even in a regular expression."""

    def stop(_number, _frame):
        raise TimeoutError(f"more than {seconds} s of CPU time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
