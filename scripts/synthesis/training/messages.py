"""How the training processes and the program that started them talk: JSON on lines of their own, and one word back."""

import json

# A line that begins so is a message; all other lines are for the log.
MARK = "@synthesis "

# What the processes are told to make them stop. Any of those that share a standard input may read it.
STOP = "stop\n"


def tell(**message) -> None:
    """Print a message: `mistake` (a sentence), `step` and `steps` at the start, or `step` alone."""
    print(f"\n{MARK}{json.dumps(message)}", flush=True)


def told(line: str) -> dict | None:
    """The message of a line of output, or None for any other line."""
    return json.loads(line.removeprefix(MARK)) if line.startswith(MARK) else None
