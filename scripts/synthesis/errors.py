"""Errors that a user can act on."""


class InputError(Exception):
    """Something the user gave is wrong.

    The message is one sentence that says what is wrong, where (file, row or key) and what to do.
    Programs print it without a traceback and exit with code 1.
    """


class Terminated(BaseException):
    """SIGTERM arrived: finish what is open and leave.

    Not an `Exception`, so that no handler of ordinary errors swallows it.
    """
