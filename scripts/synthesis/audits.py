"""The audit of a data set: which pairs a second model is asked about, and what its verdicts say of the whole set.

A verdict that keeps a pair says that the problem is sound, or that the answer is right. One that rejects it is an
error found. Anything else, an answer that can't be read or that was cut, leaves the pair unclear.
"""

from collections.abc import Sequence
from pathlib import Path

from synthesis import pair_samples, schema
from synthesis.configuration_audit import STAGE
from synthesis.errors import InputError
from synthesis.identity import sample_seed
from synthesis.prompts import Prompt
from synthesis.proportions import Share, wilson
from synthesis.requests import Request

# Where the answers lie in the store: a pair may come from any source, and has no number that lasts.
FOLDER = "pairs"
COLUMNS = ["question_id", "source", "question", "response"]

# The measures, each with both ends of its interval.
MEASURES = ("problem_errors", "answer_errors", "either_error", "unclear")
TABLE_COLUMNS = [
    "set", "source", "pairs", *(f"share_{name}{end}" for name in MEASURES for end in ("", "_low", "_high")), "origin",
]  # fmt: skip
# An audit that others made of the ScaleQuest set, for comparison; a row of its own, never in the column of this run.
PUBLISHED = {
    "set": "ScaleQuest (published)",
    "source": "all",
    "pairs": "1000",
    "share_problem_errors": "0.056000",
    "share_answer_errors": "0.080000",
    "origin": "RV-Syn, arXiv 2504.20426",
}


def sample(data: Sequence[Path], seed: int, pairs: int) -> list[dict]:
    """The pairs to audit (`COLUMNS`), in the order of the data set. A larger number only adds some."""
    return pair_samples.read(data, COLUMNS, seed, STAGE, pairs)


def audit_requests(run_seed: int, pairs: list[dict], prompt: Prompt) -> list[Request]:
    """One request for each pair to judge it through a prompt, with its response if the prompt asks for one."""
    return [
        Request(
            pair["question_id"],
            0,
            FOLDER,
            0,
            sample_seed(run_seed, STAGE, pair["question_id"], 0),
            prompt.messages(pair["question"], pair["response"]),
            "assistant",
        )
        for pair in pairs
    ]


def findings(pairs: list[dict], path: Path) -> list[bool | None]:
    """Whether each pair has the error that a file of verdicts is about; None where that is unclear.

    Raises InputError if the verdicts are not about exactly these pairs.
    """
    verdicts = {row["question_id"]: row for row in schema.read(path, schema.QUESTION_VERDICTS)}
    if set(verdicts) != {pair["question_id"] for pair in pairs}:
        raise InputError(f"{path} is not about the pairs that are audited; delete it and run the workflow again.")
    return [_finding(verdicts[pair["question_id"]]) for pair in pairs]


def _finding(verdict: dict) -> bool | None:
    if verdict["keep"]:
        return False
    return True if verdict["reason"].startswith("rejected_by:") else None


def either(found: Sequence[bool | None]) -> bool | None:
    """Whether there is any error: an unclear part counts only if no other has one."""
    return True if any(found) else (None if None in found else False)


def table(run: str, pairs: list[dict], found: dict[str, list[bool | None]]) -> list[dict]:
    """The rows of the table: all pairs, each source if there are several, and the published audit.

    `found` has the findings on the pairs for each of `configuration_audit.PARTS`.
    """
    sources = list(dict.fromkeys(pair["source"] for pair in pairs))
    groups = {"all": pairs} | ({name: None for name in sources} if len(sources) > 1 else {})
    rows = []
    for group in groups:
        chosen = [number for number, pair in enumerate(pairs) if group == "all" or pair["source"] == group]
        parts = {name: [values[number] for number in chosen] for name, values in found.items()}
        rows.append({"set": run, "source": group, "pairs": str(len(chosen)), **_shares(parts), "origin": "this run"})
    return [*rows, dict.fromkeys(TABLE_COLUMNS, "") | PUBLISHED]


def _shares(found: dict[str, list[bool | None]]) -> dict[str, str]:
    together = [either(parts) for parts in zip(*found.values(), strict=True)]
    counts = {
        "problem_errors": found["problem"].count(True),
        "answer_errors": found["answer"].count(True),
        "either_error": together.count(True),
        "unclear": together.count(None),
    }
    columns = {}
    for name, count in counts.items():
        columns |= _texts(f"share_{name}", wilson(count, len(together)))
    return columns


def _texts(column: str, share: Share) -> dict[str, str]:
    texts = ["" if value is None else f"{value:.6f}" for value in share]
    return dict(zip((column, f"{column}_low", f"{column}_high"), texts, strict=True))
