"""Questions that share a run of words with a problem that tests the students."""

from pathlib import Path

from synthesis import schema
from synthesis.errors import InputError
from synthesis.shared_runs import KnownTexts

HELD_OUT = "held_out"


class ContaminationFilter:
    """Finds questions that share a run of `words` words with an item of a benchmark or a held-out problem.

    13 words is the run of ScaleQuest's leakage test (arXiv 2410.18693, table 6). An item of fewer words has no such
    run: it counts only if the whole question is the same but for layout and punctuation. Case, punctuation and LaTeX
    layout do not hide a copy; signs between numbers do not tell two problems apart. See `shared_runs.KnownTexts`.

    The reason is `contaminated:<name>`, with the first name in the order of the settings, `held_out` last. With
    `remove: false` nothing is rejected and `overlaps` is all that comes of it: for each question the first
    `shared_runs.SHOWN` items of each set that it shares a run with, and every other such item once.
    """

    def __init__(self, name: str, settings: dict, problem_files: dict[str, Path]):
        self.name, self.remove = name, settings.get("remove", True)
        # The shared runs that the last call of `reasons` found, as rows of `schema.OVERLAPS`.
        self.overlaps: list[dict] = []
        self._items: list[tuple[str, str]] = []
        texts: list[str] = []
        for source in [*settings["benchmarks"], *([HELD_OUT] if settings.get("held_out") else [])]:
            if source not in problem_files:
                raise InputError(
                    f"filter_questions.filters: {name}.contamination names {source}, but no file of it was given; "
                    "define it under benchmarks, or take it off the list."
                )
            problems = schema.read(problem_files[source], schema.PROBLEMS, ["problem_id", "problem"])
            self._items += [(source, row["problem_id"]) for row in problems]
            texts += [row["problem"] for row in problems]
        self._known = KnownTexts(texts, settings["words"], [source for source, _ in self._items])

    def reasons(self, questions: list[dict]) -> list[str]:
        """For each row of `schema.QUESTIONS` the set it shares a run with, or an empty text."""
        reasons, self.overlaps = [""] * len(questions), []
        for found in self._known.shared_by([row["question"] for row in questions]):
            source, problem_id = self._items[found.known]
            self.overlaps.append(
                {
                    "question_id": questions[found.text]["question_id"],
                    "filter": self.name,
                    "benchmark": source,
                    "problem_id": problem_id,
                    "length": len(found.words),
                    "words": " ".join(found.words),
                }
            )
            # Items come in the order of the settings, so the first one found names the reason.
            if self.remove:
                reasons[found.text] = reasons[found.text] or f"contaminated:{source}"
        return reasons
