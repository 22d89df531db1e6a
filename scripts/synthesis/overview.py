"""What a run is about on one page, from the tables that its other pages show in full.

Each block answers a question: what was run, what became of the rows, how good the result is, how it compares with
papers, and what it cost. A block whose tables a run does not make is left out.
"""

from collections import Counter
from dataclasses import dataclass, field

from synthesis import configuration_dataset, configuration_models, costs, results, results_texts, web_pages
from synthesis.bills import AMOUNTS
from synthesis.cost_shares import SAVED_BY_REUSE, SPENT_ON_FAILURES
from synthesis.evaluation_tables import p_text, title
from synthesis.funnel import StageCount

# Of a long list the first ones are shown, and how many there are besides.
MOST_REASONS, MOST_RESULTS = 3, 12
# Blocks of a bar whose length is the share of the rows that were asked for.
BAR_BLOCKS = 20
_BLOCK, _SLIVER = "█", "▏"

_AMOUNT_WORDS = {"gpu_hours": "GPU hours", "cpu_core_hours": "CPU core hours", "cost": "money"}


@dataclass
class Tables:
    """The tables of a run as rows of texts by column; empty where the run does not make them.

    `checks` is what `check_funnel` wrote, None without a data set.
    """

    config: dict
    versions: list[dict]
    hardware: list[dict]
    costs: list[dict]
    funnel: list[StageCount] = field(default_factory=list)
    checks: dict | None = None
    averages: list[dict] = field(default_factory=list)
    paired: list[dict] = field(default_factory=list)
    results: list[dict] = field(default_factory=list)


def blocks(tables: Tables) -> list[str]:
    """The page's parts as HTML: a sentence that tells the whole, then block by block."""
    found = [_run(tables), _models(tables.config), _funnel(tables), _evaluation(tables), _comparison(tables)]
    return [web_pages.paragraph(sentence(tables)), *found, _bill(tables)]


def heading(config: dict) -> str:
    """The page's title: that of the data set, or the run's name."""
    return config.get("write_dataset_card", {}).get("title") or f"Run {config['run']}"


def sentence(tables: Tables) -> str:
    """What the run made, how much of what it asked for, and what it spent, in a few words."""
    spent = _amounts(costs.total(tables.costs), costs.SPENT)
    if tables.checks is None:
        return f"Run {tables.config['run']} makes no data set of its own. It spent {spent}."
    own, asked = tables.checks["dataset_rows"], _asked(tables.funnel)
    included = sum(counts["pairs"] for counts in tables.checks["included"].values())
    more = f" and {included:,} that are included from other sets" if included else ""
    share = f", {100 * own / asked:.0f} % of the {asked:,} that were written or imported" if asked else ""
    made = f"{own:,} questions with responses{share}{more}"
    return f"Run {tables.config['run']} made a data set of {made}. It spent {spent}."


def _amounts(total: dict, of: str) -> str:
    """Hours and money of the bill's total in words; what is zero is left out, what is not known is said."""
    words = []
    for amount in AMOUNTS:
        text = total[costs.column(of, amount)]
        if amount in _AMOUNT_WORDS and (not text or float(text)):
            unit = total["currency"] if amount == "cost" else _AMOUNT_WORDS[amount]
            words.append(f"{costs.shown(text)} {unit}" if text else f"an unknown number of {unit}")
    return ", ".join(words) or "nothing"


def _asked(counts: list[StageCount]) -> int:
    return sum(item.kept for item in counts if item.stage == "generate_questions")


def _run(tables: Tables) -> str:
    config, versions = tables.config, {row["name"]: row["version"] for row in tables.versions}
    started = sorted(filter(None, (row[name] for row in tables.hardware for name in ("first_started", "last_started"))))
    facts = {
        "run": config["run"],
        "questions": _sources(config),
        "seed": str(config["seed"]),
        "jobs": f"{sum(int(row['jobs']) for row in tables.hardware):,}",
        "jobs began": f"from {_time(started[0])} to {_time(started[-1])} (UTC)" if started else "",
        "hardware": "; ".join(map(_machine, tables.hardware)),
        "workflow": versions["workflow"],
        "versions": f"Python {versions['Python']}, Snakemake {versions.get('snakemake', 'not known')}",
    }
    rows = [{"what": name, "in this run": text} for name, text in facts.items() if text]
    return _block("What was run", web_pages.table(rows, set()))


def _time(text: str) -> str:
    """The time of an attempt's start, without its seconds and its zone."""
    return text[:16].replace("T", " ")


def _machine(row: dict) -> str:
    cores = f"{row['cpu_cores']} CPU core{'s' * (row['cpu_cores'] != '1')}"
    used = f"{row['gpus']} × {row['hardware']}" if row["gpus"] != "0" else cores
    return f"{int(row['jobs']):,} job{'s' * (row['jobs'] != '1')} with {used}"


def _sources(config: dict) -> str:
    """Where the questions come from, source by source."""
    if not configuration_dataset.makes_dataset(config):
        return "none are made"
    told = []
    for name, source in configuration_dataset.sources(config).items():
        model = source.get("empty_prefix", {}).get("model")
        told.append(f"{name}: {source['total']:,}, {f'written by {model}' if model else 'imported'}")
    return "; ".join(told)


def _models(config: dict) -> str:
    """Each model with its size, what it was trained from, and the stages that ask it."""
    stages: dict[str, list[str]] = {}
    for place, model in configuration_models.uses(config):
        stage = place.split(".")[0]
        stages.setdefault(model, [])
        stages[model] += [stage] if stage not in stages[model] else []
    for model in configuration_models.students(config):
        stages.setdefault(model, ["answer_benchmark"] if "answer_benchmark" in config else [])
    rows = []
    for model, used in stages.items():
        base, size = configuration_models.fetched(config, model), configuration_models.definition(config, model)
        made = configuration_models.trained(config).get(model)
        rows.append(
            {
                "model": model,
                "trained": f"{made[0]} from {made[1]['model']}" if made else "as published",
                "parameters": f"{size['parameters']:,}" if size["parameters"] else "not known",
                "engine": config["models"][base]["engine"],
                "asked by": ", ".join(used),
            }
        )
    return _block("Models", web_pages.table(rows, {"parameters"})) if rows else ""


def _funnel(tables: Tables) -> str:
    if not tables.funnel:
        return ""
    counts = _all_sources(tables.funnel)
    of = {unit: next(item.rows_in for item in counts if item.unit == unit) for unit in {item.unit for item in counts}}
    rows = [
        {
            "stage": item.stage,
            "of": item.unit,
            "reached it": f"{item.rows_in:,}",
            "kept": f"{item.kept:,}",
            "share of the first": _bar(item.kept, of[item.unit]),
            "most frequent reasons for the others": _reasons(item.rejected),
        }
        for item in counts
    ]
    checks = len((tables.checks or {"checks": []})["checks"])
    held = f"All {checks} checks hold: no row was lost or doubled, and every rejected one has its reason."
    where = "Rejected rows can be read in the category Funnel, rows of the data set in the category Data set."
    return _block(
        "What was kept, and what was thrown away and why",
        web_pages.table(rows, {"reached it", "kept"}),
        web_pages.paragraph(f"{held if checks else ''} {where}".strip()),
    )


def _all_sources(counts: list[StageCount]) -> list[StageCount]:
    """The counts of each stage over all sources."""
    found: dict[str, StageCount] = {}
    for item in counts:
        whole = found.setdefault(item.stage, StageCount("all", item.stage, item.step, item.unit))
        whole.kept += item.kept
        whole.rejected = dict(Counter(whole.rejected) + Counter(item.rejected))
    return sorted(found.values(), key=lambda item: item.step)


def _bar(rows: int, of: int) -> str:
    """A bar of text and the share in per cent."""
    share = rows / of if of else 0.0
    blocks = round(share * BAR_BLOCKS)
    return f"{_BLOCK * blocks or _SLIVER * bool(rows)} {100 * share:.0f} %".strip()


def _reasons(rejected: dict[str, int]) -> str:
    ranked = sorted(rejected.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{reason} {rows:,}" for reason, rows in ranked[:MOST_REASONS]]
    return "\n".join([*shown, *([f"and {len(ranked) - MOST_REASONS} more"] if len(ranked) > MOST_REASONS else [])])


def _evaluation(tables: Tables) -> str:
    if not tables.averages:
        return _block(
            "How good it is",
            web_pages.paragraph("No model answers a benchmark in this run (answer_benchmark), so nothing tells."),
        )
    rows = [_averaged(row) for row in _without_single_seeds(tables.averages)]
    parts = [web_pages.table(rows, {"right, %", "95 % interval, %"})]
    if tables.paired:
        shown = [_difference(row) for row in tables.paired]
        numbers = {"difference, points", "95 % interval, points", "p"}
        parts += [web_pages.paragraph("On the same problems:"), web_pages.table(shown, numbers)]
    return _block("How good it is", *parts)


def _without_single_seeds(averages: list[dict]) -> list[dict]:
    """The rows without those of single training seeds where there is one of their mean."""
    means = {(row["student"], row["size"]) for row in averages if row["student"] and not row["seed"]}
    return [row for row in averages if not row["seed"] or (row["student"], row["size"]) not in means]


def _averaged(row: dict) -> dict:
    seeds = f", mean of {row['seeds']} training seeds" if row["student"] and not row["seed"] else ""
    return {
        "model": f"{title(row).rstrip('-')}{seeds}",
        "average": row["average"],
        "benchmarks": row["benchmarks"].replace(" ", ", "),
        "right, %": _percent(row["accuracy"]),
        "95 % interval, %": f"{_percent(row['low'])} to {_percent(row['high'])}",
    }


def _difference(row: dict) -> dict:
    return {
        "average": row["average"],
        "model": row["second"],
        "set against": row["first"],
        "difference, points": f"{100 * float(row['difference']):+.1f}",
        "95 % interval, points": f"{100 * float(row['low']):+.1f} to {100 * float(row['high']):+.1f}",
        "p": p_text(row),
    }


def _percent(text: str) -> str:
    return f"{100 * float(text):.1f}" if text else ""


def _comparison(tables: Tables) -> str:
    """The papers' values beside ours where both are there, and how many of the papers' values have none of ours."""
    name = "How it compares with the papers"
    if not tables.results:
        nothing = "The configuration names no tables of papers to set beside this run (tabulate_results)."
        return _block(name, web_pages.paragraph(nothing))
    printed = [row for row in tables.results if row["published"]]
    both = [row for row in printed if row["ours"]]
    ours = [row for row in tables.results if row["ours"] and not row["published"]]
    not_run = sum(results.why_empty(row) == results.NOT_RUN for row in printed)
    told = (
        f"Of {len(printed):,} values that papers printed, {len(both):,} have one of this workflow beside them, "
        f"{not_run:,} were not run, and {len(printed) - len(both) - not_run:,} have none of ours. "
        f"{len(ours):,} values are of this workflow alone. The category Results shows all of them"
    )
    # In the order of the configuration, where the table that matters most stands first.
    found = [row for row in tables.results if row["ours"]]
    shown = found[:MOST_RESULTS]
    told += f", here are {len(shown):,} of {len(found):,}." if len(shown) < len(found) else "."
    # A derived run may show the values of the run that it is derived from.
    other = any(row["ours_run"] != tables.config["run"] for row in shown)
    rows = [_compared(row) | ({"run": row["ours_run"]} if other else {}) for row in shown]
    return _block(name, web_pages.table(rows, {"paper", "ours"}) if rows else "", web_pages.paragraph(told))


def _compared(row: dict) -> dict:
    """A value of a paper beside ours, with the interval of ours."""
    return {
        "table": row["table"].replace("_", " "),
        "row": row["row"],
        "column": row["column"] + (f" ({row['unit']})" if row["unit"] else ""),
        "paper": results_texts.shown(row, results_texts.PAPER) if row["published"] else "not printed",
        "ours": results_texts.shown(row, results_texts.OURS),
    }


def _bill(tables: Tables) -> str:
    total = costs.total(tables.costs)
    names = {
        "spent by the run in total": costs.SPENT,
        "of it on attempts that failed": SPENT_ON_FAILURES,
    }
    if tables.checks is not None:
        names = {"the data set": costs.DATASET, "saved by rows of other runs": SAVED_BY_REUSE, **names}
    columns = {name: word if name != "cost" else total["currency"] for name, word in _AMOUNT_WORDS.items()}
    rows = [
        {"": name} | {word: _amount(total[costs.column(of, amount)]) for amount, word in columns.items()}
        for name, of in names.items()
    ]
    if tables.checks is not None:
        scaled = {word: _amount(total.get(f"{amount}_per_million_pairs", "")) for amount, word in columns.items()}
        rows.append({"": "the data set, for a million pairs", **scaled})
    unpriced = f" There is no price for {total['no_price_for']}." if total["no_price_for"] else ""
    note = f"Prices are those of {total['price_date']}.{unpriced} The category Costs shows every stage."
    return _block("What it cost", web_pages.table(rows, set(columns.values())), web_pages.paragraph(note))


def _amount(text: str) -> str:
    return costs.shown(text, "not known")


def _block(name: str, *parts: str) -> str:
    return "\n".join([web_pages.heading(name, level=2), *(part for part in parts if part)])
