"""The tables of the evaluation as a web page, without columns and tables that would say nothing."""

from collections import Counter

from synthesis import web_pages
from synthesis.evaluation_tables import p_text, title

# The columns of the page, in words; shares are shown in per cent.
_SHOWN = {
    "model": "model",
    "benchmark": "benchmark",
    "accuracy": "right, %",
    "interval": "95 % interval, %",
    "deviation_over_samples": "± over samples",
    "pass_at_samples": "in any sample, %",
    "majority_accuracy": "by majority, %",
    "samples": "samples",
    "problems": "problems",
    "share_without_answer": "without answer, %",
    "share_cut": "cut, %",
    "answers_not_written": "not written",
    "answers_timed_out": "timed out",
    "answers_to_unreadable_references": "unreadable reference",
}
_NUMBERS = {name for key, name in _SHOWN.items() if key not in ("model", "benchmark")}
_SHARES = (
    "accuracy",
    "share_without_answer",
    "share_cut",
    "deviation_over_samples",
    "pass_at_samples",
    "majority_accuracy",
)
_OF_SAMPLES = ("deviation_over_samples", "pass_at_samples", "majority_accuracy")
# Columns that stand on the page only where they are not 0 throughout.
_SELDOM = ("share_cut", "answers_not_written")
_MEANINGS = {
    "model": "a student's name, the pairs that it learnt from and its training seed are joined by hyphens",
    "samples": "answers of the model to each problem (k)",
    "right, %": (
        "the mean over problems of the share of right samples: pass@1 with one sample; with k samples avg@k, which "
        "estimates the same more exactly, also called PassRatio@k"
    ),
    "95 % interval, %": "the middle of 1,000 bootstrap samples of the problems",
    "± over samples": "standard deviation of the accuracy of the first, second, ... sample of all problems, in points",
    "± over seeds": "standard deviation of the accuracy of models trained with different seeds, in points",
    "in any sample, %": "pass@k: problems that at least one of the k samples solves",
    "by majority, %": "maj@k: problems whose most frequent final answer is right",
    "without answer, %": "responses that give no final answer; they count as not right",
    "cut, %": "responses that reached max_tokens; what can be read of them is graded like any other",
    "not written": (
        "answers that a server never gave or kept back, or to problems too long for the model; they count as not right"
    ),
    "timed out": "answers that could not be compared in time; they count as not right",
    "unreadable reference": (
        "answers to problems whose reference can't be read as mathematics, spelled otherwise than it; not right"
    ),
    "difference, points": "percentage points that the model has more than the one it is set against",
    "p": (
        "how often a difference as large comes about if the two models' answers are exchanged at random, problem by "
        "problem; not corrected for the number of comparisons"
    ),
}


def page(
    run: str,
    rows: list[dict],
    seeds: list[dict],
    paired: list[dict],
    averages: list[dict],
    averages_paired: list[dict],
) -> str:
    """The page from the rows of the tables: averages, benchmarks, seeds, and models on the same problems."""
    name = f"Right answers in run {run}"
    # The average over one benchmark is that benchmark's own figure.
    several = any(len(set(row["benchmarks"].split())) > 1 for row in averages)
    tables = [
        *(_averages_table(averages) if several else []),
        _benchmarks_table(rows, several),
        *(_seeds_table(seeds) if any(row["deviation_over_seeds"] for row in seeds) else []),
        *_paired_table([*(averages_paired if several else []), *paired]),
    ]
    text = "".join(tables)
    told = [{"column": name, "meaning": meaning} for name, meaning in _MEANINGS.items() if f">{name}</th>" in text]
    return web_pages.page(
        name,
        web_pages.heading(name),
        *tables,
        web_pages.details("What the columns say", web_pages.table(told, set())),
    )


def _averages_table(averages: list[dict]) -> list[str]:
    """One row for each model, with a column for each average and, below it, its interval."""
    models: dict[str, dict] = {}
    for row in averages:
        name, several = title(row), row["deviation_over_seeds"]
        if several:
            name = f"{row['student']}-{row['size']}, mean of {row['seeds']} seeds"
        interval = f"{_percent(row['low'])} to {_percent(row['high'])}"
        spread = f"\n± {_percent(several)} over seeds" if several else ""
        column = _column(row["average"])
        models.setdefault(name, {"model": name})[column] = f"{_percent(row['accuracy'])}\n({interval}){spread}"
    shown = list(models.values())
    over = {row["average"]: _benchmarks(row["benchmarks"].split()) for row in averages}
    told = "Right answers in per cent; in brackets the middle 95 % of bootstrap samples of each benchmark's problems."
    return [
        web_pages.heading("Averages over benchmarks", 2),
        web_pages.paragraph(told),
        *(web_pages.paragraph(f"{name}: {benchmarks}.") for name, benchmarks in over.items()),
        # Not as numbers, whose lines do not break: a telephone shows two columns so.
        web_pages.table(shown, set()),
    ]


def _column(average: str) -> str:
    """The head of an average's column, which must not be that of the models' names."""
    return f"{average} (average)" if average == "model" else average


def _benchmarks(names: list[str]) -> str:
    """`aime24, aime25 (counts twice), math500`."""
    times = {1: "", 2: " (counts twice)"}
    return ", ".join(name + times.get(count, f" (counts {count} times)") for name, count in Counter(names).items())


def _benchmarks_table(rows: list[dict], headed: bool) -> str:
    left_out = [*(_OF_SAMPLES if all(row["samples"] == "1" for row in rows) else ())]
    left_out += [key for key in _SELDOM if not any(float(row[key]) for row in rows)]
    shown = [{name: _text(row, key) for key, name in _SHOWN.items() if key not in left_out} for row in rows]
    heading = web_pages.heading("By benchmark", 2) if headed else ""
    return heading + "".join(_unwritten(rows)) + web_pages.table(shown, _NUMBERS)


def _unwritten(rows: list[dict]) -> list[str]:
    count = sum(int(row["answers_not_written"]) for row in rows)
    told = (
        f"{count:,} answers were never written: a server gave none or kept them back, or the problem is too long for "
        "the model. They count as not right."
    )
    return [web_pages.paragraph(told)] if count else []


def _seeds_table(seeds: list[dict]) -> list[str]:
    shown = [
        {
            "model": f"{row['student']}-{row['size']}",
            "benchmark": row["benchmark"],
            "right, %": _percent(row["accuracy"]),
            "± over seeds": _percent(row["deviation_over_seeds"]) if row["deviation_over_seeds"] else "",
            "seeds": row["seeds"],
        }
        for row in seeds
    ]
    return [web_pages.heading("Over training seeds", 2), web_pages.table(shown, {"right, %", "± over seeds", "seeds"})]


def _paired_table(paired: list[dict]) -> list[str]:
    if not paired:
        return []
    what = "benchmark or average" if any("average" in row for row in paired) else "benchmark"
    shown = [
        {
            what: row.get("average") or row["benchmark"],
            "difference, points": f"{100 * float(row['difference']):+.1f}",
            "model": row["second"],
            "95 % interval": f"{100 * float(row['low']):+.1f} to {100 * float(row['high']):+.1f}",
            "p": p_text(row),
            "against": row["first"],
            "problems": row["problems"],
        }
        for row in paired
    ]
    told = (
        "How many percentage points more a model gets right than the one it is set against. The p-value is "
        "how often so large a difference comes about by chance (random signs)."
    )
    untold = "The mean of several training seeds has an interval only: it varies less than one model by itself."
    return [
        web_pages.heading("On the same problems", 2),
        web_pages.paragraph(f"{told} {untold}" if any(not row["p_value"] for row in paired) else told),
        web_pages.table(shown, {"problems", "difference, points", "95 % interval", "p"}),
    ]


def _text(row: dict, key: str) -> str:
    if key == "interval":
        return f"{_percent(row['accuracy_low'])} to {_percent(row['accuracy_high'])}"
    if key == "model":
        return title(row)
    return _percent(row[key]) if key in _SHARES and row[key] else str(row[key])


def _percent(share: str) -> str:
    return f"{100 * float(share):.1f}"
