"""What the questions of a generator are like: one value for each question, then means with intervals."""

from pathlib import Path

from synthesis import schema
from synthesis.compared_questions import has_text
from synthesis.errors import InputError
from synthesis.evaluation import interval
from synthesis.filters.contamination import ContaminationFilter
from synthesis.filters.rules import FINISHED, RulesFilter
from synthesis.generator_arms import MEASURES
from synthesis.text import normalise

# What names a row.
NAMES = ["source", "generator", "trained_by"]
DIFFICULTY = "mean_difficulty"
# As in the usual test of contamination, of which this is the same with seed problems.
OVERLAPPING_WORDS = 13


def measures(shares: list[str]) -> list[str]:
    """The columns with a mean, in their order; `shares` are the names of the configured shares."""
    return [*map(share_column, shares), DIFFICULTY, *map(share_column, MEASURES)]


def columns(shares: list[str]) -> list[str]:
    """All columns of the table: each mean is followed by both ends of its interval.

    Shares are of all `questions`, the mean difficulty is of those that were `scored`.
    """
    ends = [f"{name}{end}" for name in measures(shares) for end in ("", "_low", "_high")]
    return [*NAMES, "questions", "scored", *ends]


def share_column(name: str) -> str:
    """The column of a share."""
    return f"share_{name}"


class SeedProblems:
    """The problems that a generator may have learnt by heart."""

    def __init__(self, path: Path):
        self._texts = {normalise(row["problem"]) for row in schema.read(path, schema.PROBLEMS, ["problem"])}
        settings = {"words": OVERLAPPING_WORDS, "benchmarks": [path.stem]}
        self._overlap = ContaminationFilter("seed_problems", settings, {path.stem: path})

    def copied(self, questions: list[dict]) -> list[bool]:
        """Whether each question is a seed problem, apart from case, white space and Unicode spelling."""
        return [normalise(row["question"]) in self._texts for row in questions]

    def overlapping(self, questions: list[dict]) -> list[bool]:
        """Whether each question shares `OVERLAPPING_WORDS` words in a row with a seed problem; copies do."""
        return [bool(reason) for reason in self._overlap.reasons(questions)]


def passed(questions: list[dict], name: str, share: dict, verdicts: dict[str, Path]) -> list[bool]:
    """Whether each question passes a configured share: `{rules: ...}`, or `{judge: ...}` with that judge's verdicts.

    Raises InputError if the judge says nothing of a question with a text. One without was not asked and fails.
    """
    if "rules" in share:
        return [not reason for reason in RulesFilter(name, share["rules"], {}).reasons(questions)]
    path = verdicts[share["judge"]]
    kept = {row["question_id"]: row["keep"] for row in schema.read(path, schema.QUESTION_VERDICTS)}
    return [has_text(row) and found_for(kept, row, path) for row in questions]


def difficulties(questions: list[dict], path: Path) -> list[float]:
    """The scores of the questions that have one: neither empty nor too long for the scorer.

    Raises InputError if a question with a text is missing in the file of scores.
    """
    scores = {row["question_id"]: row["score"] for row in schema.read(path, schema.QUESTION_VERDICTS)}
    found = [found_for(scores, row, path) for row in questions if has_text(row)]
    return [score for score in found if score is not None]


def found_for(found: dict, question: dict, path: Path):
    """What a file at `path` says of a question, by id in `found`. Raises InputError if it says nothing."""
    if question["question_id"] not in found:
        raise InputError(f"{path} lacks question {question['question_id']}; delete it and run the workflow again.")
    return found[question["question_id"]]


def of_texts(questions: list[dict], seeds: SeedProblems | None) -> dict[str, list[bool]]:
    """The values of `MEASURES`; without seed problems none of those that compare with them."""
    compared = {"copied": seeds.copied(questions), "overlapping": seeds.overlapping(questions)} if seeds else {}
    finished = [row["finish_reason"] in FINISHED for row in questions]
    return {"distinct": _distinct(questions), **compared, "finished": finished}


def _distinct(questions: list[dict]) -> list[bool]:
    """Whether no earlier question is the same, apart from case, white space and Unicode spelling."""
    seen, found = set(), []
    for row in questions:
        text = normalise(row["question"])
        found.append(text not in seen)
        seen.add(text)
    return found


def means(values: dict[str, list], seed: int) -> dict[str, str]:
    """Mean and interval of each column, as text; a column without values is empty.

    The interval is the percentile bootstrap over questions; equal seeds resample all generators alike.
    """
    found = {}
    for name, column in values.items():
        numbers = list(map(float, column))
        amounts = (sum(numbers) / len(numbers), *interval(numbers, seed)) if numbers else ()
        texts = [f"{amount:.6f}" for amount in amounts] or ["", "", ""]
        found |= dict(zip((name, f"{name}_low", f"{name}_high"), texts, strict=True))
    return found
