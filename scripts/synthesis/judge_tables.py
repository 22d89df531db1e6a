"""The rows of the tables about measured judges, as text, and how they are shown."""

from collections.abc import Iterable
from itertools import combinations

from synthesis import judge_measures as measures
from synthesis import web_pages
from synthesis.evaluation import LEVEL, RESAMPLES, SMALL_MODEL
from synthesis.finish_reasons import NOTHING_WRITTEN

MEASURES = {
    "precision": measures.precision,
    "recall": measures.recall,
    "f1": measures.f1,
    "accuracy": measures.accuracy,
}
_ENDS = ("", "_low", "_high")


def _columns(names: Iterable[str]) -> list[str]:
    return [f"{name}{end}" for name in names for end in _ENDS]


_SCORE_COLUMNS = [*_columns(["auc"]), "best_threshold_on_this_set", "best_f1_on_this_set"]
COLUMNS = [
    "measurement", "judge", "model", "labels", "questions", "to_keep", *measures.CELLS, "unclear", "without_answer",
    *_columns([*MEASURES, "share_unclear"]), "threshold", "scored", *_SCORE_COLUMNS,
]  # fmt: skip
ROC_COLUMNS = ["measurement", "threshold", "false_positive_rate", "true_positive_rate"]
AGREEMENT_COLUMNS = [
    "set", "first", "second", "questions", *measures.PAIR_CELLS, *_columns(["agreement", "kappa"]),
]  # fmt: skip


def number(value: float | None) -> str:
    """A measure as text with six decimals; empty for none."""
    return "" if value is None else f"{value:.6f}"


def interval(name: str, values: measures.Interval) -> dict[str, str]:
    """The three columns of a measure."""
    return {f"{name}{end}": number(value) for end, value in zip(_ENDS, values, strict=True)}


def scored(rows: list[dict]) -> tuple[list[bool], list[float]]:
    """Labels and scores of the rows that have a score; none unless both labels are among them."""
    found = [row for row in rows if row["score"] is not None]
    labels = [row["label"] for row in found]
    return (labels, [row["score"] for row in found]) if len(set(labels)) == 2 else ([], [])


def judge_row(described: dict, rows: list[dict], seed: int) -> dict[str, str]:
    """A measurement's row of the table; `described` is what the plan says of it (`Plan.measurement_names`)."""
    counts, unclear = measures.confusion(rows), sum(map(measures.is_unclear, rows))
    found = {
        "measurement": described["name"],
        **{name: described[name] for name in ("judge", "model", "labels")},
        "questions": str(len(rows)),
        "to_keep": str(sum(row["label"] for row in rows)),
        **{name: str(count) for name, count in zip(measures.CELLS, counts, strict=True)},
        "unclear": str(unclear),
        "without_answer": str(sum(row["reason"] in NOTHING_WRITTEN for row in rows)),
        "threshold": "" if described["threshold"] is None else f"{described['threshold']:g}",
    }
    for name, measure in MEASURES.items():
        found |= interval(name, measures.with_interval(counts, measure, seed))
    share = measures.with_interval([unclear, len(rows) - unclear], measures.first_share, seed)
    return found | interval("share_unclear", share) | _of_scores(rows, seed)


def _of_scores(rows: list[dict], seed: int) -> dict[str, str]:
    labels, scores = scored(rows)
    if not scores:
        return {"scored": "0", **dict.fromkeys(_SCORE_COLUMNS, "")}
    best, f1 = measures.best_threshold(labels, scores)
    area = interval("auc", measures.area_with_interval(labels, scores, seed))
    return {"scored": str(len(scores)), **area, **dict(zip(_SCORE_COLUMNS[3:], (f"{best:g}", number(f1)), strict=True))}


def roc_rows(name: str, rows: list[dict]) -> list[dict[str, str]]:
    """The points of a measurement's ROC curve; none without scores."""
    labels, scores = scored(rows)
    points = measures.roc(labels, scores) if scores else []
    return [
        dict(zip(ROC_COLUMNS, (name, f"{threshold:g}", number(fp), number(tp)), strict=True))
        for threshold, fp, tp in points
    ]


def agreement_rows(where: str, kept: dict[str, dict[str, bool]], seed: int) -> list[dict[str, str]]:
    """One row for every two judges of a set of questions, on those that both judged.

    `kept` says for each judge which questions (by id) it keeps.
    """
    found = []
    for (first, one), (second, other) in combinations(kept.items(), 2):
        both = [row_id for row_id in one if row_id in other]
        counts = measures.pair_counts([one[row_id] for row_id in both], [other[row_id] for row_id in both])
        row = {"set": where, "first": first, "second": second, "questions": str(len(both))}
        row |= {name: str(count) for name, count in zip(measures.PAIR_CELLS, counts, strict=True)}
        row |= interval("agreement", measures.with_interval(counts, measures.agreement, seed))
        found.append(row | interval("kappa", measures.with_interval(counts, measures.kappa, seed)))
    return found


# How the tables are shown

_INTERVALS = (
    f"In brackets stand the middle {LEVEL:.0%} of {RESAMPLES:,} bootstrap samples of the questions (percentiles); "
    "where all are alike, that has no width."
)
_RULES = (
    "Keeping a question is the positive class. A question without a clear verdict counts as rejected, as it is in a "
    f"run. {_INTERVALS}"
)
_FITTED = (
    "The best threshold is the one with the highest F1 on this very set, so it is fitted on it: on other questions it "
    "does less well."
)


def page(run: str, described: list[dict], rows: list[dict], agreements: list[dict]) -> str:
    """The page about measured judges."""
    title = f"Judges of run {run}"
    parts = [web_pages.heading(title), web_pages.paragraph(_RULES)]
    parts += [web_pages.paragraph(_origin(item, row)) for item, row in zip(described, rows, strict=True)]
    shown = [_shown(row) for row in rows]
    parts.append(web_pages.table(shown, set(shown[0]) - {"measurement"}))
    if any(row["auc"] for row in rows):
        parts += [web_pages.heading("Scores", 2), web_pages.paragraph(_FITTED)]
        scores = [_shown_scores(row) for row in rows if row["auc"]]
        parts.append(web_pages.table(scores, set(scores[0]) - {"measurement"}))
    return web_pages.page(title, *parts, *agreement_parts(agreements, "the same labelled questions"))


def agreement_parts(rows: list[dict], questions: str) -> list[str]:
    """Heading and table of how far judges agree; nothing without rows."""
    if not rows:
        return []
    shown = [_shown_agreement(row) for row in rows]
    text = (
        f"Every two judges on {questions}, whether they keep them. Kappa (Cohen) is agreement beyond chance: 1 is "
        f"full, 0 what two judges reach who keep as often at random. {_INTERVALS}"
    )
    names = {"set", "first judge", "second judge"}
    table = web_pages.table(shown, set(shown[0]) - names)
    return [web_pages.heading("Agreement", 2), web_pages.paragraph(text), table]


def _origin(described: dict, row: dict) -> str:
    """Which figures stand on what, and what figures of a small model are good for."""
    text = f"{row['measurement']}: judge {row['judge']} with model {row['model']}, on {row['questions']} questions"
    text += f" of {row['labels']}, {row['to_keep']} of them to keep."
    parameters = described["parameters"]
    if parameters is not None and parameters < SMALL_MODEL:
        text += (
            f" The model has {parameters:,} parameters: these figures check the measurement, and say nothing of a "
            "judge that is worth its time."
        )
    return text


def _per_cent(row: dict, name: str) -> str:
    if not row[name]:
        return "–"
    value, low, high = (100 * float(row[f"{name}{end}"]) for end in _ENDS)
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def _plain(row: dict, name: str) -> str:
    if not row[name]:
        return "–"
    value, low, high = (float(row[f"{name}{end}"]) for end in _ENDS)
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def _shown(row: dict) -> dict[str, str]:
    counts = {
        "kept, rightly": "true_positives",
        "kept, wrongly": "false_positives",
        "rejected, rightly": "true_negatives",
        "rejected, wrongly": "false_negatives",
    }
    return {
        "measurement": row["measurement"],
        "questions": row["questions"],
        **{shown: row[name] for shown, name in counts.items()},
        **{f"{name if name != 'f1' else 'F1'}, %": _per_cent(row, name) for name in MEASURES},
        "unclear, %": _per_cent(row, "share_unclear"),
    }


def _shown_scores(row: dict) -> dict[str, str]:
    return {
        "measurement": row["measurement"],
        "questions with a score": row["scored"],
        "area under the ROC curve": _plain(row, "auc"),
        "threshold in use": row["threshold"] or "–",
        "best threshold on this set": row["best_threshold_on_this_set"],
        "F1 there, %": f"{100 * float(row['best_f1_on_this_set']):.1f}",
    }


def _shown_agreement(row: dict) -> dict[str, str]:
    return {
        "set": row["set"],
        "first judge": row["first"],
        "second judge": row["second"],
        "questions": row["questions"],
        **{name.replace("_", " "): row[name] for name in measures.PAIR_CELLS},
        "agreement, %": _per_cent(row, "agreement"),
        "kappa": _plain(row, "kappa"),
    }
