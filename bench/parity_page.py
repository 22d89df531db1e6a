"""The page about the comparison of graders: counts, and every difference with its reason."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from parity_sets import RESPELLED
from synthesis.grading import CORRECT, UNREADABLE_REFERENCE
from synthesis.markdown_text import code, escape

if TYPE_CHECKING:
    from grading_parity import Case

# These compare spellings or need an answer that they can parse; all their differences stand in the list of cases.
SPELLING = ("aime, exact_match", "minerva_math, exact_match")
# What the project and the harness say, in the order of the columns.
_BOTH = ((True, True), (False, False), (True, False), (False, True))
# Characters of an answer in the page.
SHOWN = 90
_LOOKS = re.compile(r"\\(?:left|right|[,;:! ])|\\text\s*\{([^{}]*)\}|\\mathrm\s*\{([^{}]*)\}|[\s$~{}]")


def _plain(text: str | None) -> str:
    """An answer without what only changes its looks."""
    return _LOOKS.sub(lambda found: found[1] or found[2] or "", (text or "").replace("dfrac", "frac"))


def _items(text: str | None) -> list[str]:
    return sorted(_plain(text).split(","))


def _has_words(text: str) -> bool:
    return bool(re.search(r"(?<![\\A-Za-z{])[A-Za-z]{3,} ", re.sub(r"\\[a-zA-Z]+|\{[^{}]*\}", "", text)))


# A reason is taken if none before it fits. Each is a name, a sentence, and when it holds.
REASONS: list[tuple[str, str, Callable[["Case"], bool]]] = [
    (
        "per cent",
        "A number with the sign of per cent on one side only. The project takes `50` and `0.5` as equal to `50%`; here "
        "the harness's math-verify takes `0.5` alone, and its comparison of spellings `50` alone.",
        lambda case: (case.output.theirs.rstrip("$").endswith("%")) != (case.answer or "").endswith("%"),
    ),
    (
        "prose",
        "The reference is a sentence or holds words. The project decides these by their spelling; the harness reads "
        "letters of words as variables, or only the last number or formula in the sentence.",
        lambda case: _has_words(case.output.theirs) or r"\text" in case.output.theirs,
    ),
    (
        "last number",
        "The harness's math-verify can't read the formula in the box, and then compares its last number alone. The "
        "project reads an answer as one formula or not at all, so it does not take this as right.",
        lambda case: case.theirs and case.grader not in SPELLING,
    ),
    (
        "equation",
        "Two equations with the same right side: the harness keeps what stands after the last `=`.",
        lambda case: case.theirs and "=" in case.output.theirs,
    ),
    (
        "first item",
        "A list against one of its items, or two lists with the same first item: the harness's parser reads up to the "
        "first comma. The project compares all items.",
        lambda case: case.theirs and "," in f"{case.output.theirs}{case.answer}",
    ),
    (
        "unreadable",
        "The reference is no mathematics that math-verify reads, so for the project only its spelling is right; the "
        "harness's rules for spellings make the two alike.",
        lambda case: case.ours == UNREADABLE_REFERENCE,
    ),
    (
        "order",
        "The items of a list in another order. The project compares lists without brackets as sets, as math-verify "
        "does; a comparison of spellings does not.",
        lambda case: (
            case.ours == CORRECT
            and _items(case.output.theirs) == _items(case.answer)
            and _plain(case.output.theirs) != _plain(case.answer)
        ),
    ),
    (
        "thousands",
        "Separators of thousands, which the comparison of spellings keeps.",
        lambda case: (
            case.ours == CORRECT
            and re.sub(r"[,!\\{}]", "", case.output.theirs) == re.sub(r"[,!\\{}]", "", case.answer or "")
        ),
    ),
    (
        "layout",
        "The same text but for blanks, sizes of brackets, dollar signs or units in upright type: the harness keeps "
        "some of these, or can't parse a tuple, an interval or a unit that is spelled otherwise.",
        lambda case: case.ours == CORRECT and _plain(case.output.theirs) == _plain(case.answer),
    ),
    (
        "value",
        "Another spelling of the same value, such as `0.25` for `\\frac{1}{4}`, `x = 5` for `5` or `\\sqrt2` for "
        "`\\sqrt{2}`, which the comparison of spellings does not know, or the parser can't read.",
        lambda case: case.ours == CORRECT,
    ),
]
UNEXPLAINED = "unexplained"


def reason(case: "Case") -> str:
    """The name of the reason why two verdicts differ."""
    return next((name for name, _, holds in REASONS if holds(case)), UNEXPLAINED)


def page(cases: list["Case"], versions: dict[str, str], when: str) -> str:
    """The page as Markdown."""
    differing = [case for case in cases if case.differs]
    named = ", ".join(f"{name} {number}" for name, number in versions.items())
    lines = [
        "# The project's verdicts beside those of a public harness",
        "",
        f"{when}. {named}. Made by `make parity DATA=published_sets`.",
        "",
        "The same stored outputs are graded twice: by `scripts/synthesis/grading.py`, and by the unmodified graders of",
        "lm-evaluation-harness in an environment of its own (`requirements-parity.txt`, `make harness`). These are:",
        "",
        "- `gsm8k, strict-match` and `flexible-extract`: regular expressions for the number after `####`, and for the",
        "  last number, then equal spelling without commas, dollar signs and full stops",
        "- `minerva_math, math_verify`: math-verify reads the whole response",
        "- `aime, exact_match`: the last box, compared by the spelling rules of hendrycks_math",
        "- `minerva_math, exact_match`: the answer that the project found, in the sentence that this grader looks for,",
        "  compared by its rules for spellings and by SymPy",
        "",
        "The last two tell equality of answers in other spellings only in part; they are here to see whether the",
        "project takes anything as wrong that they take as right. Of large sets at most 500 answers are taken, evenly",
        "spaced. Respelled answers are references in another spelling of the same value, 20 of each kind and set.",
        "Of a run, multiple choice and benchmarks with a `relative_tolerance` are left out, which the harness has not.",
        "",
        "Where the two differ, and only there, the harness grades a second time, and the second verdict counts: its",
        "limits of time are on the clock. So a limit can only remove differences from this page, and two verdicts that",
        "agree because a limit was passed stay as they are.",
        "",
        *_counts(cases),
        "",
        *_summary(cases),
        "",
        "## Reasons of the differences",
        "",
        *_reasons(differing),
        "",
        "## All differences from the graders that read numbers and formulas",
        "",
        *_listed([case for case in differing if case.grader not in SPELLING]),
        "",
        "## What the graders of spellings take as right, and the project does not",
        "",
        *_listed([case for case in differing if case.grader in SPELLING and case.theirs]),
        "",
        "## Respelled answers that neither takes as right",
        "",
        *_missed(cases),
        "",
        "What the project takes as right and a grader of spellings does not stands in",
        "[grading_parity.csv](grading_parity.csv), as do all differences above.",
        "",
    ]
    return "\n".join(lines)


def _summary(cases: list["Case"]) -> list[str]:
    """What the counts say, in two sentences."""
    read = [case for case in cases if case.grader not in SPELLING]
    apart = [case for case in read if case.differs]
    theirs = sum(case.theirs for case in cases if case.differs)
    taken = sum(case.theirs for case in apart)
    return [
        f"The graders that read numbers and formulas gave {len(read):,} verdicts, of which {len(apart)} are not the",
        f"project's; of these the harness takes {taken} as right. In all the harness takes {theirs} answers as right",
        "that the project takes as wrong.",
    ]


def _counts(cases: list["Case"]) -> list[str]:
    counts = Counter((case.output.set, case.grader, case.ours == CORRECT, case.theirs) for case in cases)
    rows = dict.fromkeys((case.output.set, case.grader) for case in cases)
    return [
        "| outputs | grader | number | both right | both wrong | only the project | only the harness |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {name} | {grader} | {sum(found)} | " + " | ".join(map(str, found)) + " |"
            for name, grader in rows
            for found in [[counts[name, grader, *both] for both in _BOTH]]
        ),
    ]


def _reasons(differing: list["Case"]) -> list[str]:
    counts = Counter((reason(case), case.theirs) for case in differing)
    told = [(name, sentence) for name, sentence, _ in REASONS] + [(UNEXPLAINED, "Not looked into.")]
    return [
        "| reason | only the project | only the harness | |",
        "|---|---|---|---|",
        *(
            f"| {name} | {counts[name, False]} | {counts[name, True]} | {sentence} |"
            for name, sentence in told
            if counts[name, False] or counts[name, True]
        ),
    ]


def _listed(cases: list["Case"]) -> list[str]:
    if not cases:
        return ["None."]
    return [
        "| outputs, number | grader | reference | answer | the project | the harness | what it reads | reason |",
        "|---|---|---|---|---|---|---|---|",
        *("| " + " | ".join(_cells(case)) + " |" for case in cases),
    ]


def _missed(cases: list["Case"]) -> list[str]:
    """Respelled references that the project takes as wrong, and so do all graders."""
    right = {case.output for case in cases if case.ours == CORRECT or case.theirs}
    missed = dict.fromkeys((case.output, case.answer, case.ours) for case in cases if case.output not in right)
    shown = [found for found in missed if found[0].set.endswith(RESPELLED)]
    if not shown:
        return ["None."]
    rows = [(f"{each.set} {each.id}", _code(each.theirs), _code(answer), ours) for each, answer, ours in shown]
    return [
        "| outputs, number | reference | answer | the project |",
        "|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in rows),
    ]


def _cells(case: "Case") -> list[str]:
    return [
        f"{case.output.set} {case.output.id}", case.grader, _code(case.output.theirs), _code(case.answer), case.ours,
        "right" if case.theirs else "wrong", _code(case.their_answer), reason(case),
    ]  # fmt: skip


def _code(text: str | None) -> str:
    """A text as code in a cell of a table in Markdown."""
    short = " ".join((text or "").split())
    short = short if len(short) <= SHOWN else short[:SHOWN] + "…"
    return escape(code(short)) if short else ""


def table(cases: list["Case"]) -> str:
    """All differing cases as CSV."""
    found = io.StringIO()
    writer = csv.writer(found, lineterminator="\n")
    writer.writerow(["outputs", "id", "grader", "reference", "answer", "project", "harness", "reason"])
    for case in cases:
        if case.differs:
            verdict = "right" if case.theirs else "wrong"
            short = [" ".join((text or "").split())[:SHOWN] for text in (case.output.theirs, case.answer)]
            writer.writerow([case.output.set, case.output.id, case.grader, *short, case.ours, verdict, reason(case)])
    return found.getvalue()
