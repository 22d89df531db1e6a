"""How the training processes talk to the program that started them: JSON on lines of their own."""

import json

# A line that begins so is a message; all other lines are for the log.
MARK = "@synthesis "


def tell(**message) -> None:
    """Print a message: `mistake` (a sentence), `step` and `steps` at the start, or `step` alone."""
    print(f"\n{MARK}{json.dumps(message)}", flush=True)


def told(line: str) -> dict | None:
    """The message of a line of output, or None for any other line."""
    return json.loads(line.removeprefix(MARK)) if line.startswith(MARK) else None
