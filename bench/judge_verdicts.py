"""Measures how fast verdicts are read from what judges write in words, beside ScaleQuest's `"yes" in text.lower()`.

Each text is reasoning of 1,500 characters with one of the hand-written ends of `tests/data/judge_endings.yaml`. Prints
the figures as one line of JSON: rows for each second of CPU time, memory, and how often either is right.
"""

import json
import resource
import sys
import time
from itertools import cycle, islice
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from synthesis.judge_verdicts import text_verdict

ROWS = 20_000
REASONING = (
    "The text asks for one number. It gives the price of a pen and the number of pens, so both factors are known. "
    "Multiplying them gives the total in dollars, and the change follows by subtraction.\n"
)
CHARACTERS = 1_500
VERDICTS = {"yes": True, "no": False, "unclear": None}


def contains_yes(text: str) -> bool:
    """The verdict of ScaleQuest's released code."""
    return "yes" in text.lower()


def rate(read, texts: list[str]) -> float:
    """Texts that are read for each second of CPU time."""
    start = time.process_time()
    for text in texts:
        read(text)
    return len(texts) / (time.process_time() - start)


def main() -> None:
    """Print the figures of this part."""
    endings = yaml.safe_load((ROOT / "tests/data/judge_endings.yaml").read_text(encoding="utf-8"))
    written = [(text, VERDICTS[name]) for name, texts in endings.items() for text in texts]
    reasoning = (REASONING * (CHARACTERS // len(REASONING) + 1))[:CHARACTERS]
    texts = [f"{reasoning}\n\n{text}" for text, _ in islice(cycle(written), ROWS)]
    found = {
        "rows": ROWS,
        "rows_per_second": rate(text_verdict, texts),
        "reference_rows_per_second": rate(contains_yes, texts),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "endings": len(written),
        "right": sum(text_verdict(text) is verdict for text, verdict in written),
        # The reference knows no third outcome, so an unclear text is right if it is rejected.
        "reference_right": sum(contains_yes(text) is bool(verdict) for text, verdict in written),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
