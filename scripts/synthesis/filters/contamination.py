"""Questions that share a run of words with a problem that tests the students."""

from pathlib import Path

from synthesis import schema
from synthesis.errors import InputError
from synthesis.text import normalise, word_ngrams

HELD_OUT = "held_out"


class ContaminationFilter:
    """Rejects a question that shares a run of `words` words with an item of a benchmark or a held-out problem.

    13 words is the run of ScaleQuest's leakage test (arXiv 2410.18693, table 6). An item of fewer words has no such
    run: it counts only if the whole question is the same text once normalised. Words are those of `text.words`, so
    case, punctuation and LaTeX layout do not hide a copy; signs between numbers do not tell two problems apart.
    The reason is `contaminated:<name>`, with the first name in the order of the settings, `held_out` last.
    """

    def __init__(self, name: str, settings: dict, problem_files: dict[str, Path]):
        self.words = settings["words"]
        self._runs: dict[str, str] = {}
        self._short: dict[str, str] = {}
        self._sources = [*settings["benchmarks"], *([HELD_OUT] if settings.get("held_out") else [])]
        for source in self._sources:
            if source not in problem_files:
                raise InputError(
                    f"filter_questions.filters: {name}.contamination names {source}, but no file of it was given; "
                    "define it under benchmarks, or take it off the list."
                )
            self._add(source, problem_files[source])

    def _add(self, source: str, path: Path) -> None:
        for row in schema.read(path, schema.PROBLEMS, ["problem"]):
            runs = self._runs_of(row["problem"])
            for run in runs:
                self._runs.setdefault(run, source)
            text = normalise(row["problem"])
            if text and not runs:
                self._short.setdefault(text, source)

    def _runs_of(self, text: str) -> list[str]:
        return [" ".join(run) for run in word_ngrams(text, self.words)]

    def reasons(self, questions: list[dict]) -> list[str]:
        """For each row of `schema.QUESTIONS` the set it shares a run with, or an empty text."""
        return [self._reason(row["question"]) for row in questions]

    def _reason(self, text: str) -> str:
        found = {self._runs[run] for run in self._runs_of(text) if run in self._runs}
        whole = self._short.get(normalise(text))
        found |= {whole} if whole else set()
        return f"contaminated:{min(found, key=self._sources.index)}" if found else ""
