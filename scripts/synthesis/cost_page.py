"""The cost tables as a web page: only the columns that say something, with the digits that matter.

It begins with what the data set cost and how that becomes what was spent. Then come the steps beside the published
ones, GPUs and tokens, and last each rule.
"""

from collections.abc import Iterable

from synthesis import costs, costs_by_resource, published_values, web_pages
from synthesis.costs_by_phase import ACCOUNT, ALL, FAILED, PHASE, PUBLISHED, SAVED, SPENT, STEP

UNKNOWN = "not known"
SMALLEST_DECIMALS, MOST_DECIMALS = 2, 6
SIGNIFICANT_DIGITS = 4
WITHOUT_DECIMALS = 10_000

_COUNTS = {
    "samples": "rows",
    "rows_bought": "rows made by the run",
    "rows_kept": "of those, found by a later start",
    "rows_reused": "rows made by other runs",
    "prompt_tokens": "prompt tokens",
    "completion_tokens": "completion tokens",
    "spent_prompt_tokens": "prompt tokens paid by the run",
    "spent_completion_tokens": "completion tokens paid by the run",
    "attempts": "attempts",
    "failed_attempts": "failed attempts",
}
_AMOUNTS = {"gpu_hours": "GPU hours", "cpu_core_hours": "CPU core hours", "cost": ""}
_HOURS = ("gpu_hours", "cpu_core_hours", "spent_gpu_hours", "spent_cpu_core_hours")
_OUR_STEPS, _A_MILLION, _PAPER = "this data set", "for a million pairs", "published"


def page(run: str, rows: list[dict], phases: list[dict], resources: list[dict], included: int = 0) -> str:
    """The page for the tables of `costs`, `costs_by_phase` and `costs_by_resource`.

    `included` are the rows of the data set that were taken from other sets as they are.
    """
    total = costs.total(rows)
    title = f"What run {run} cost"
    parts = [web_pages.heading(title), *map(web_pages.paragraph, _sentences(total, rows, included))]
    made = _makes_dataset(total)
    account = "From the data set's cost to what was spent" if made else "What was spent"
    parts += [web_pages.heading(account, level=2), _account_table(phases, total)]
    if made:
        parts += [web_pages.heading("Steps of the data set", level=2), *_step_tables(phases, total)]
    parts += [web_pages.heading("GPUs, CPU cores and tokens", level=2), _resource_table(resources, made)]
    parts += [web_pages.heading("Rules: hours and money", level=2), _amount_table(rows)]
    parts += [web_pages.heading("Rules: rows and tokens", level=2), _count_table(rows)]
    return web_pages.page(title, *parts)


def _makes_dataset(total: dict) -> bool:
    """Whether the run makes a data set, or has paid for parts of one."""
    return bool(total["samples"]) or _is_told(total)


# What is said first


def _sentences(total: dict, rows: list[dict], included: int) -> list[str]:
    """What the data set cost, what was spent, what failed and what reuse saved, in words."""
    scaled = _words(total, "{}_per_million_pairs")
    costly = f"{_dataset(total, included)} cost {_words(total, '{}')}"
    costly += f"; a million pairs at the same cost a pair would be {scaled}." if total["samples"] else "."
    costly = costly if _makes_dataset(total) else "The run makes no data set of its own."
    spent = f"The run spent {_words(total, 'spent_{}', 'spent')} in all"
    failed, attempts = int(total["failed_attempts"]), int(total["attempts"])
    lost = _words(total, "spent_on_failures_{}", "spent_on_failures")
    spent += f"; {failed:,} of its {attempts:,} attempts failed, with which {lost} were lost." if failed else "."
    spent += "" if failed else f" None of its {attempts:,} attempts failed."
    reused, kept = int(total["rows_reused"]), int(total["rows_kept"])
    saved = []
    if reused:
        amount = _words(total, "saved_by_reuse_{}", "saved_by_reuse")
        saved.append(f"Other runs had bought {reused:,} rows of the data set, which saved this run {amount}.")
    if kept:
        amount = _words(total, "kept_from_earlier_{}", "kept_from_earlier")
        saved.append(
            f"Later starts of the run found {kept:,} rows in the store, which cost {amount} once and not twice."
        )
    notes = [f"Prices are those of {total['price_date']}."]
    if not any(_says_something(key, row) for row in rows for key in ("gpu_hours", "spent_gpu_hours")):
        notes.append("No GPU was used.")
    notes += [f"There is no price for {total['no_price_for']}, so that sums with it are {UNKNOWN}."] * bool(
        total["no_price_for"]
    )
    # Attempts that are known have their hours, so hours that are not are of one that nobody can find.
    if not all(total[key] for key in _HOURS):
        notes.append(f"What attempts that are in no journal of the store cost is {UNKNOWN}, as are sums with it.")
    return [f"{costly} {spent}", " ".join(saved), " ".join(notes)]


def _dataset(total: dict, included: int) -> str:
    """The data set in words, with its pairs if they are known; included ones cost nothing and are told apart."""
    if not total["samples"]:
        return "The data set"
    pairs = f"{int(total['samples']):,} pairs"
    if included:
        return f"The {pairs} that the run made ({included:,} more were included from other sets)"
    return f"The data set of {pairs}"


def _words(row: dict, pattern: str, money: str = "") -> str:
    """The amounts of a row in words, money first; hours only where there are any."""
    names = {name: money if name == "cost" and money else pattern.format(name) for name in _AMOUNTS}
    cost = row[names["cost"]]
    found = [f"{_alone(cost)} {row['currency']}" if cost else f"an unknown amount of {row['currency']}"]
    for name in ("gpu_hours", "cpu_core_hours"):
        amount = row[names[name]]
        if not amount or float(amount):
            found.append(f"{_alone(amount) if amount else 'an unknown number of'} {_AMOUNTS[name]}")
    return f"{found[0]} ({', '.join(found[1:])})" if found[1:] else found[0]


def _alone(amount: str) -> str:
    """An amount that stands in no column."""
    return _amount(amount, _decimals(amount))


# The data set's cost, and what was spent


def _account_table(phases: list[dict], total: dict) -> str:
    """The total of the data set, what is added and taken away, and what was spent."""
    lines = [row for row in phases if row["line"] in (*[ALL] * _makes_dataset(total), ACCOUNT, SPENT)]
    # What is nothing says nothing, but for reuse and failures, which everybody looks for.
    lines = [row for row in lines if row["line"] != ACCOUNT or row["phase"] in (SAVED, FAILED) or _is_told(row)]
    names = {ALL: "Cost of the data set"}
    told = {key: name or total["currency"] for key, name in _AMOUNTS.items() if _tells(lines, key)}
    decimals = {key: _decimals_of(row[key] for row in lines) for key in told}
    shown = [
        {"what": names.get(row["line"], ": ".join(filter(None, [row["phase"], row["step"]])))}
        | {name: _amount(row[key], decimals[key]) for key, name in told.items()}
        for row in lines
    ]
    sums = {place for place, row in enumerate(lines) if row["line"] != ACCOUNT}
    return web_pages.table(shown, set(told.values()), sums=sums)


def _is_told(row: dict) -> bool:
    return any(not row[key] or float(row[key]) for key in _AMOUNTS)


def _tells(rows: list[dict], key: str) -> bool:
    """Whether a column has more than zeros, or an amount that is not known."""
    return any(not row[key] or float(row[key]) for row in rows)


# Steps


def _step_tables(phases: list[dict], total: dict) -> list[str]:
    """The steps with their sums by phase, beside the published ones if there are some."""
    kinds = (STEP, PHASE, ALL, PUBLISHED)
    lines = [row for row in phases if row["line"] in kinds]
    # A phase of one step is its own sum.
    steps = [row["phase"] for row in lines if row["line"] == STEP]
    lines = [row for row in lines if row["line"] != PHASE or steps.count(row["phase"]) > 1]
    source = next((row["published_source"] for row in lines if row["published_source"]), "")
    columns = _step_columns(total["currency"], lines)
    ours = [row for row in lines if row["line"] != PUBLISHED]
    decimals = {key: _decimals_of(row[key] for row in ours) for key in columns}
    shown = [
        {("", "phase"): phase, ("", "step"): _step_name(row), ("", "type"): row["type"]}
        | {name: _step_value(row, key, decimals[key]) for key, name in columns.items()}
        for phase, row in zip(_once([_phase(row) for row in lines]), lines, strict=True)
    ]
    sums = {place for place, row in enumerate(lines) if row["line"] in (PHASE, ALL)}
    note = f"Published values are those of {source}, in the paper's units; they are no measurement of this run." * bool(
        source
    )
    return [web_pages.paragraph(note), web_pages.table(shown, set(columns.values()), sums=sums)]


def _step_columns(currency: str, lines: list[dict]) -> dict[str, tuple[str, str]]:
    """The columns by their key in the table, each as (group, name); those that say nothing are left out."""
    ours = [row for row in lines if row["line"] != PUBLISHED]
    priced = next((row["published_currency"] for row in lines if row["published_currency"]), "")
    found = {"samples": (_OUR_STEPS, "rows")}
    found |= {key: (_OUR_STEPS, name or currency) for key, name in _AMOUNTS.items() if _tells(ours, key)}
    if any(row[f"{key}_per_million_pairs"] for row in ours for key in _AMOUNTS):
        found |= {
            f"{key}_per_million_pairs": (_A_MILLION, name or currency)
            for key, name in _AMOUNTS.items()
            if _tells(ours, key)
        }
    if priced:
        found |= {
            "published_samples": (_PAPER, "rows"),
            "published_gpu_hours": (_PAPER, "GPU hours"),
            "published_cost": (_PAPER, priced),
        }
    return found


def _phase(row: dict) -> str:
    return "Published alone" if row["line"] == PUBLISHED else row["phase"]


def _step_name(row: dict) -> str:
    """The step and, where it bears a name of the configuration's, the rules below it."""
    if row["line"] == PHASE:
        return "all steps"
    return row["step"] if row["rules"] in ("", row["step"]) else f"{row['step']}\n{', '.join(row['rules'].split())}"


def _step_value(row: dict, key: str, decimals: int) -> str:
    if key.startswith("published_"):
        return published_values.printed(row[key]) if row[key] else ""
    if row["line"] == PUBLISHED:
        return ""
    if key == "samples":
        return f"{int(row[key]):,}" if row[key] else ""
    return _amount(row[key], decimals)


# GPUs and tokens


def _resource_table(resources: list[dict], makes_dataset: bool) -> str:
    """What each resource was used for and what it cost; parts that are nothing everywhere are left out."""
    names = {
        "dataset": "the data set",
        "saved_by_reuse": "of that, saved by reuse",
        "spent": "spent by the run",
        "spent_after_dataset": "of that, after the data set",
        "spent_on_failures": "of that, failed attempts",
        "spent_unused": "of that, used by no job",
    }
    currency = resources[0]["currency"]
    always = ("dataset", "spent") if makes_dataset else ("spent",)
    told = [of for of in names if of in always or any(_is_more(row, of) for row in resources)]
    decimals = _decimals_of(row[f"{of}_cost"] for row in resources for of in told)
    hours = _decimals_of(row[of] for row in resources if row["unit"] == "hours" for of in told)
    shown = [
        {("", "resource"): _resource(row), ("", "price"): _price(row)}
        | {
            (names[of], name): value
            for of in told
            for name, value in (
                ("amount", _quantity(row, of, hours)),
                (currency, _amount(row[f"{of}_cost"], decimals)),
            )
        }
        for row in resources
    ]
    numbers = {(names[of], name) for of in told for name in ("amount", currency)} | {("", "price")}
    return web_pages.table(shown, numbers, total=True)


def _is_more(row: dict, of: str) -> bool:
    if row["resource"] == costs_by_resource.NOT_KNOWN:
        return not row[of]
    return any(row[key] and float(row[key]) for key in (of, f"{of}_cost"))


def _resource(row: dict) -> str:
    return ", ".join(filter(None, [row["resource"], row["name"]]))


def _price(row: dict) -> str:
    if not row["unit"]:
        return ""
    if not row["price"]:
        return UNKNOWN
    return f"{row['price']} {'an hour' if row['unit'] == 'hours' else 'a million'}"


def _quantity(row: dict, of: str, decimals: int) -> str:
    if not row[of]:
        return "" if row["resource"] == costs.TOTAL else UNKNOWN
    if row["unit"] == "tokens":
        return f"{int(row[of]):,}"
    return f"{_amount(row[of], decimals)} h"


# Rules


def _count_table(rows: list[dict]) -> str:
    told = _told(_COUNTS, rows)
    shown = [
        {"phase": phase, "step": row["step"]} | {name: _count(row, key) for key, name in told.items()}
        for phase, row in zip(_once([row["phase"] for row in rows]), rows, strict=True)
    ]
    return web_pages.table(shown, set(told.values()), total=True)


def _amount_table(rows: list[dict]) -> str:
    told = _told(_rule_columns(costs.total(rows)["currency"]), rows)
    decimals = {key: _decimals(costs.total(rows)[key]) for key in told}
    shown = [
        {("", "phase"): phase, ("", "step"): row["step"]}
        | {name: _amount(row[key], decimals[key]) for key, name in told.items()}
        for phase, row in zip(_once([row["phase"] for row in rows]), rows, strict=True)
    ]
    return web_pages.table(shown, set(told.values()), total=True)


def _told(columns: dict, rows: list[dict]) -> dict:
    """The columns in which not every field is zero or empty."""
    return {key: name for key, name in columns.items() if any(_says_something(key, row) for row in rows)}


def _rule_columns(currency: str) -> dict[str, tuple[str, str]]:
    """The amounts by their column in the table of rules, each as (group, name)."""
    groups = {
        costs.DATASET: "the data set",
        "saved_by_reuse": "of that, saved by reuse",
        costs.SPENT: "spent by the run",
        "spent_after_dataset": "of that, after the data set",
        "spent_on_failures": "of that, failed attempts",
        "spent_unused": "of that, used by no job",
    }
    return {
        costs.column(of, key): (group, name or currency)
        for of, group in groups.items()
        for key, name in _AMOUNTS.items()
    }


def _says_something(key: str, row: dict) -> bool:
    """Whether a field is more than zero or, for an amount, not known."""
    return float(row[key]) > 0 if row[key] else key not in _COUNTS


def _once(names: list[str]) -> list[str]:
    """Names with those blanked that repeat the one above."""
    return [name if place == 0 or names[place - 1] != name else "" for place, name in enumerate(names)]


def _count(row: dict, key: str) -> str:
    """A count; a step without a model has no tokens rather than none."""
    if not row[key] or (key.endswith("_tokens") and row["type"] == "CPU"):
        return ""
    return f"{int(row[key]):,}"


def _decimals_of(amounts: Iterable[str]) -> int:
    """Decimals of a column by its largest amount, which is its total."""
    return _decimals(max((amount for amount in amounts if amount), key=lambda text: abs(float(text)), default=""))


def _decimals(total: str) -> int:
    """Decimals of a column, the same in all its rows: those by which its total has four digits that matter.

    A large one has none.
    """
    amount = abs(float(total or 0))
    if amount >= WITHOUT_DECIMALS:
        return 0
    found = SMALLEST_DECIMALS
    while 0 < amount < 10 ** (SIGNIFICANT_DIGITS - 1 - found) and found < MOST_DECIMALS:
        found += 1
    return found


def _amount(text: str, decimals: int) -> str:
    """An amount with a fixed number of decimals; one that would round to nothing stands as less than the smallest.

    A negative one stands as more than the smallest below nothing.
    """
    if not text:
        return UNKNOWN
    amount, smallest = float(text), 10**-decimals
    if not amount:
        return "0"
    sign = "\N{MINUS SIGN}" if amount < 0 else ""
    size = abs(amount)
    if size < smallest / 2:
        return f"{f'> {sign}' if sign else '< '}{smallest:.{decimals}f}"
    return f"{sign}{size:,.{decimals}f}"
