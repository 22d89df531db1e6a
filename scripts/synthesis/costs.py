"""What a data set cost and what its run spent, from the ledgers of its jobs and the journal of its attempts.

The two differ. A row costs its share of the attempt that bought it, whichever run that was; so a data set costs the
same however often its rows are used again. A run spends the whole of each of its attempts, also of those that
failed, were killed or bought rows that nobody uses any more (see `synthesis.cost_shares`).
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from synthesis import cost_shares, program, schema
from synthesis.bills import AMOUNTS, UNKNOWN, Bill, bill
from synthesis.configuration_models import TRAINING_STAGES
from synthesis.cost_phases import AFTER_DATASET, RULES, TOTAL, phase_of
from synthesis.cost_shares import PARTS, Share
from synthesis.errors import InputError
from synthesis.ledger import find_attempts, journaled, read_json

PAIRS = 1_000_000

# Columns of amounts begin with what they are of, those of the data set with nothing.
DATASET, SPENT, KEPT = "", "spent", "kept_from_earlier"
_AMOUNTS_OF = (DATASET, SPENT, *PARTS, KEPT)
_COUNTS = ("samples", "rows_bought", "rows_kept", "rows_reused", "attempts", "failed_attempts")
_TOKENS = ("prompt_tokens", "completion_tokens", "spent_prompt_tokens", "spent_completion_tokens")


def column(of: str, amount: str) -> str:
    """The column of an amount (see `bills.AMOUNTS`) of the data set, of what was spent, or of a part of that.

    Money of a part stands in the column of the part's own name: `spent` and not `spent_cost`.
    """
    if not of:
        return amount
    return of if amount == "cost" else f"{of}_{amount}"


_SCALED = tuple(f"{amount}_per_million_pairs" for amount in AMOUNTS if amount != "api_cost")
COLUMNS = [
    *("phase", "step", "type", *_COUNTS, *_TOKENS),
    *(column(of, amount) for of in _AMOUNTS_OF for amount in AMOUNTS),
    *_SCALED,
    *("currency", "price_date", "no_price_for"),
]


@dataclass
class Step:
    """The line of one rule: rows and tokens of its jobs, cost of the data set, and what the run spent on it.

    `dataset_tokens` are the tokens of those jobs that the data set needs: a rule may have others, such as scorers that
    are compared and select nothing.

    `parts` are the shares of `spent` and `dataset` by the parts of `cost_shares`. Parts of `spent` stand at the rule
    whose attempts they are of, and those of the data set at the rule that uses the rows: `spent_on_dataset` adds up to
    the same in both ways, but only over all rules, since one rule may use rows that another one bought.
    """

    rule: str
    samples: int = 0
    rows_bought: int = 0
    rows_kept: int = 0
    rows_reused: int = 0
    attempts: int = 0
    failed_attempts: int = 0
    tokens: Counter = field(default_factory=Counter)
    dataset_tokens: Counter = field(default_factory=Counter)
    spent_tokens: Counter = field(default_factory=Counter)
    dataset: Bill = field(default_factory=Bill)
    spent: Bill = field(default_factory=Bill)
    kept: Bill = field(default_factory=Bill)
    parts: dict[str, Bill] = field(default_factory=lambda: defaultdict(Bill))
    engines: set[str] = field(default_factory=set)

    @property
    def phase(self) -> str:
        """The phase the rule belongs to."""
        return phase_of(self.rule)

    @property
    def type(self) -> str:
        """`Train` where a model was trained, `Infer` where one wrote or scored rows, else `CPU`."""
        return type_of(self.rule, self.engines)

    def amounts(self, of: str) -> Bill:
        """The bill that stands in the columns of a name (see `column`)."""
        return {DATASET: self.dataset, SPENT: self.spent, KEPT: self.kept}.get(of) or self.parts.get(of, Bill())


def type_of(rule: str, engines: Iterable[str]) -> str:
    """What kind of work a rule with these engines does."""
    if rule in TRAINING_STAGES:
        return "Train"
    return "API" if "openai" in engines else "Infer" if any(engines) else "CPU"


@dataclass(frozen=True)
class Books:
    """All that was paid: ledgers of the data set's jobs and of the others, and attempts by id.

    `own` are the attempts of the run, `elsewhere` those of other runs whose rows it uses. Without `whole_run`, what was
    spent on what comes after the data set is left out.
    """

    ledgers: list[dict]
    others: list[dict]
    own: dict[str, dict]
    elsewhere: dict[str, dict]
    whole_run: bool = True

    @property
    def shares(self) -> list[Share]:
        """What became of each attempt."""
        found = cost_shares.divide(self.ledgers, self.others, self.own, self.elsewhere)
        return [share for share in found if self.whole_run or not self._is_later(share)]

    @staticmethod
    def _is_later(share: Share) -> bool:
        """Whether a share has nothing to do with the data set."""
        return share.part not in cost_shares.DATASET and phase_of(share.rule) in AFTER_DATASET

    @property
    def pairs(self) -> int | None:
        """Rows of the data set that the run made, from the ledger of `assemble_dataset`; None without it."""
        return self._assembled("out")

    @property
    def included(self) -> int:
        """Rows of the data set that were included from other sets as they are, and that cost nothing."""
        return self._assembled("included") or 0

    def _assembled(self, what: str) -> int | None:
        return next((ledger["rows"].get(what) for ledger in self.ledgers if ledger["rule"] == "assemble_dataset"), None)


def books(
    ledgers: Iterable[dict],
    journal: Iterable[dict],
    elsewhere: dict[str, dict],
    others: Iterable[dict] = (),
    whole_run: bool = True,
) -> Books:
    """The books of a run.

    `ledgers` are those of the jobs that the data set needs, `others` those of the run's other jobs, which are spent
    and no part of its cost. `journal` are the attempts of the run, `elsewhere` the attempts by id that other runs
    made and whose rows this one uses.
    """
    ledgers, others = list(ledgers), list(others)
    own = {attempt["attempt"]: attempt for attempt in journal}
    own.update({ledger["attempt"]["attempt"]: ledger["attempt"] for ledger in [*ledgers, *others]})
    return Books(ledgers, others, own, {name: value for name, value in elsewhere.items() if name not in own}, whole_run)


def read_books(
    run: str, store: Path, ledgers: Iterable[Path], others: Iterable[Path] = (), whole_run: bool = True
) -> Books:
    """The books of a run from the files of its ledgers and its journal in the store.

    Logs a warning for each attempt that is in no journal: what it cost stays unknown.
    """
    ledgers, others = ([read_json(path) for path in paths] for paths in (ledgers, others))
    journal = journaled(store, run)
    wanted = unknown_attempts([*ledgers, *others], (attempt["attempt"] for attempt in journal))
    elsewhere = find_attempts(store, wanted)
    for name in sorted(wanted.difference(elsewhere)):
        program.log.warning("attempt %s is not in the journal in %s; what it cost stays empty.", name, store)
    return books(ledgers, journal, elsewhere, others, whole_run)


def steps(found: Books, prices: dict) -> list[Step]:
    """One line for each rule, in the order of the workflow.

    An attempt that nobody can find leaves the amounts unknown. Fetching models and problems is done once for all runs,
    and stands in full in the table of each.
    """
    lines: dict[str, Step] = {}

    def line(rule: str) -> Step:
        return lines.setdefault(rule, Step(rule))

    for ledger in [*found.ledgers, *found.others]:
        _book_rows(line(ledger["rule"]), ledger, {**found.elsewhere, **found.own})
    for ledger in found.ledgers:
        line(ledger["rule"]).dataset_tokens.update(ledger["tokens"])
    bills = {name: bill(attempt, prices) for name, attempt in {**found.elsewhere, **found.own}.items()}
    spending = set()
    for share in found.shares:
        amount = bills[share.attempt["attempt"]].share(share.fraction) if share.attempt else UNKNOWN
        if share.part == cost_shares.SAVED_BY_REUSE:
            # The attempt was another run's, so that its rule may be none of this run.
            _book_reuse(line(share.rule), share, amount)
        else:
            _book_share(line(share.rule), line(share.spent_at), share, amount)
        spending |= {share.attempt["attempt"]} if share.part in cost_shares.SPENT else set()
    for attempt in (found.own[name] for name in found.own if name in spending):
        _book_attempt(line(attempt["rule"]), attempt)
    return [lines[rule] for rule in in_order(sorted(lines))]


def in_order(rules: Iterable[str]) -> list[str]:
    """Rules in the order of the workflow; those that write the report stand last, in the order given."""
    order = {rule: place for place, rule in enumerate(RULES)}
    return sorted(rules, key=lambda rule: order.get(rule, len(order)))


def _book_rows(step: Step, ledger: dict, known: dict[str, dict]) -> None:
    """Add a finished job's rows and tokens to its line."""
    step.tokens.update(ledger["tokens"])
    step.samples += samples(ledger)
    step.engines.update(known[name]["engine"] for name in ledger["rows_by_attempt"] if name in known)


def samples(ledger: dict) -> int:
    """The rows of a job: those that were bought for it, by whichever attempt, or those that came out of it."""
    bought = ledger["rows_by_attempt"]
    return sum(bought.values()) if bought else ledger["rows"].get("out", 0)


def _book_reuse(user: Step, share: Share, amount: Bill) -> None:
    """Add rows that another run bought to the line of the rule that uses them."""
    user.dataset += amount
    user.parts[share.part] += amount
    user.rows_reused += share.rows


def _book_share(user: Step, spender: Step, share: Share, amount: Bill) -> None:
    """Add a share to the lines of the rule that uses it and of the rule that spent on it, mostly the same."""
    if share.part in cost_shares.DATASET:
        user.dataset += amount
    if share.is_kept:
        user.kept += amount
        user.rows_kept += share.rows
    spender.parts[share.part] += amount
    spender.spent += amount


def _book_attempt(step: Step, attempt: dict) -> None:
    """Add an attempt of the run to the line of its rule: rows and tokens that it bought, and how it ended."""
    step.rows_bought += attempt["rows"]
    step.spent_tokens.update({kind: attempt[f"{kind}_tokens"] for kind in ("prompt", "completion")})
    step.attempts += 1
    step.failed_attempts += cost_shares.is_unfinished(attempt)


def unknown_attempts(ledgers: Iterable[dict], known: Iterable[str]) -> set[str]:
    """The attempts that bought rows of these jobs and are not among the known ones."""
    ledgers = list(ledgers)
    wanted = {name for ledger in ledgers for name in ledger["rows_by_attempt"]}
    return wanted.difference(known, (ledger["attempt"]["attempt"] for ledger in ledgers))


def table(found: list[Step], pairs: int | None, prices: dict) -> list[dict]:
    """The rows of the table as text, the total last; unknown amounts are empty.

    Amounts for a million pairs are the data set's, scaled by rows; so they hold for a run in which the time of
    loading models matters as much as in this one. Tokens of the total are the data set's too.
    """
    rows = [_row(step, pairs, prices) for step in found]
    summary = {**_row(_total(found, pairs), pairs, prices), "phase": TOTAL, "step": "", "type": "", "rows_bought": ""}
    return [*rows, {**summary, "samples": "" if pairs is None else str(pairs)}]


def _total(found: list[Step], pairs: int | None) -> Step:
    """The sum of all lines.

    Rows of different rules are not of one kind, so the samples are the pairs that the run made. Tokens are those of the
    data set.
    """
    made = Step(TOTAL, samples=pairs or 0)
    for step in found:
        made.dataset += step.dataset
        made.spent += step.spent
        made.kept += step.kept
        for part, amount in step.parts.items():
            made.parts[part] += amount
        made.tokens.update(step.dataset_tokens)
        made.spent_tokens.update(step.spent_tokens)
        for name in ("rows_kept", "rows_reused", "attempts", "failed_attempts"):
            setattr(made, name, getattr(made, name) + getattr(step, name))
    return made


def _row(step: Step, pairs: int | None, prices: dict) -> dict:
    amounts = {column(of, name): amount_text(getattr(step.amounts(of), name)) for of in _AMOUNTS_OF for name in AMOUNTS}
    scaled = {
        f"{name}_per_million_pairs": amount_text(for_a_million(getattr(step.dataset, name), pairs))
        for name in AMOUNTS
        if name != "api_cost"
    }
    bought = step.engines or step.rows_bought
    return {
        "phase": step.phase,
        "step": step.rule,
        "type": step.type,
        **{name: str(getattr(step, name)) for name in _COUNTS},
        "rows_bought": str(step.rows_bought) if bought else "",
        **{f"{kind}_tokens": str(step.tokens[kind]) for kind in ("prompt", "completion")},
        **{f"spent_{kind}_tokens": str(step.spent_tokens[kind]) for kind in ("prompt", "completion")},
        **amounts,
        **scaled,
        "currency": prices["currency"],
        "price_date": prices["date"],
        "no_price_for": "; ".join(sorted(step.dataset.unpriced | step.spent.unpriced)),
    }


def for_a_million(amount: float | None, pairs: int | None) -> float | None:
    """An amount of a data set of so many pairs, scaled to a million; None if one of the two is not known."""
    return None if amount is None or not pairs else amount * PAIRS / pairs


def amount_text(amount: float | None) -> str:
    """An amount as it stands in the tables: six decimals, empty if it is not known."""
    # The sum turns -0.0 into 0.0.
    return "" if amount is None else f"{round(amount, 6) + 0.0:.6f}"


def shown(text: str, unknown: str = "") -> str:
    """An amount of the table for a reader: two decimals from 1 on, below that all six; `unknown` if it is empty."""
    if not text:
        return unknown
    amount = float(text)
    return f"{amount:,.2f}" if amount >= 1 else text if amount else "0"


def write(path: Path, rows: list[dict]) -> None:
    """Write the table as CSV in one atomic step."""
    schema.write_csv(path, rows, COLUMNS)


def read(path: Path) -> list[dict]:
    """Read the table's rows as text. Raises InputError if it is missing or has other columns."""
    if not Path(path).is_file():
        raise InputError(f"{path} is missing; run the workflow again, it makes this file.")
    with Path(path).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            raise InputError(f"{path} has other columns than this version writes; delete it and run again.")
        return list(reader)


def total(rows: list[dict]) -> dict:
    """The row of a table's total, wherever it stands. Raises InputError if there is none."""
    found = [row for row in rows if row["phase"] == TOTAL]
    if not found:
        raise InputError("the table of costs has no total; delete it and run the workflow again.")
    return found[0]
