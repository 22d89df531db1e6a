"""What a data set cost and what its run spent, from the ledgers of its jobs and the journal of its attempts.

The two differ. A row costs its share of the attempt that bought it, whichever run that was; so a data set costs the
same however often its rows are used again. A run spends the whole of each of its attempts, also of those that
failed, were killed or bought rows that a later filter rejects.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from synthesis import program, schema
from synthesis.configuration_models import TRAINING_STAGES
from synthesis.errors import InputError
from synthesis.ledger import find_attempts, journaled, read_json

PAIRS = 1_000_000
# The number of tokens that prices are for.
TOKENS = 1_000_000
TOTAL = "Total"

# The phase of each rule, in the order of the table. Names of phases as in table 4 of the ScaleQuest paper.
_PHASES = {
    "fetch_model": "Preparation",
    "fetch_problems": "Preparation",
    "fetch_benchmark": "Preparation",
    "merge_problems": "Preparation",
    "train_generator": "QFT",
    "sample_raw_questions": "QPO",
    "rewrite_questions": "QPO",
    "build_preference_pairs": "QPO",
    "optimize_generator": "QPO",
    "sample_fail_rates": "Scorers",
    "grade_fail_rates": "Scorers",
    "train_difficulty_scorer": "Scorers",
    "train_reward_model": "Scorers",
    "generate_questions": "Data synthesis",
    "filter_questions": "Data synthesis",
    "find_duplicates": "Data synthesis",
    "judge_questions": "Data synthesis",
    "score_difficulty": "Data synthesis",
    "select_questions": "Data synthesis",
    "generate_responses": "Data synthesis",
    "filter_responses": "Data synthesis",
    "generate_probe_responses": "Data synthesis",
    "check_agreement": "Data synthesis",
    "score_responses": "Data synthesis",
    "group_answers": "Data synthesis",
    "select_responses": "Data synthesis",
    "assemble_dataset": "Data set",
    "select_subset": "Students",
    "train_student": "Students",
    "answer_benchmark": "Evaluation",
    "grade_answers": "Evaluation",
    "measure_reward": "Evaluation",
    "sample_generators": "Comparison",
    "judge_generators": "Comparison",
    "score_generators": "Comparison",
    "measure_judge": "Judges",
    "audit_dataset": "Audit",
    "measure_diversity": "Audit",
}
# Phases that come after the data set: the run spends on them, and the data set costs no more for it.
_AFTER_DATASET = ("Students", "Evaluation", "Comparison", "Judges", "Audit")
RULES_AFTER_DATASET = tuple(rule for rule, phase in _PHASES.items() if phase in _AFTER_DATASET)
# All rules that cost something, in the order of the table.
RULES = tuple(_PHASES)
_OTHER_PHASE = "Other"

COLUMNS = [
    "phase",
    "step",
    "type",
    "samples",
    "rows_bought",
    "prompt_tokens",
    "completion_tokens",
    "gpu_hours",
    "cpu_core_hours",
    "cost",
    "spent_gpu_hours",
    "spent_cpu_core_hours",
    "spent",
    "gpu_hours_per_million_pairs",
    "cpu_core_hours_per_million_pairs",
    "cost_per_million_pairs",
    "currency",
    "price_date",
    "no_price_for",
]


@dataclass(frozen=True)
class Bill:
    """Hours and money; None stands for what is not known. `unpriced` names what has no price."""

    gpu_hours: float | None = 0.0
    cpu_core_hours: float | None = 0.0
    cost: float | None = 0.0
    unpriced: frozenset[str] = frozenset()

    def __add__(self, other: "Bill") -> "Bill":
        return Bill(
            _sum(self.gpu_hours, other.gpu_hours),
            _sum(self.cpu_core_hours, other.cpu_core_hours),
            _sum(self.cost, other.cost),
            self.unpriced | other.unpriced,
        )

    def share(self, part: float) -> "Bill":
        """The bill for a part (0 to 1) of the work."""
        amounts = [None if item is None else item * part for item in (self.gpu_hours, self.cpu_core_hours, self.cost)]
        return Bill(*amounts, self.unpriced)


UNKNOWN = Bill(None, None, None)


def _sum(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first + second


@dataclass
class Step:
    """The line of one rule: rows, tokens and cost of the data set, and what the run spent on it."""

    rule: str
    samples: int = 0
    rows_bought: int = 0
    tokens: Counter = field(default_factory=Counter)
    dataset: Bill = Bill()
    spent: Bill = Bill()
    engines: set[str] = field(default_factory=set)

    @property
    def phase(self) -> str:
        """The phase the rule belongs to."""
        return _PHASES.get(self.rule, _OTHER_PHASE)

    @property
    def is_after_dataset(self) -> bool:
        """Whether the rule is no part of making the data set."""
        return self.phase in _AFTER_DATASET

    @property
    def type(self) -> str:
        """`Train` where a model was trained, `Infer` where one wrote or scored rows, else `CPU`."""
        if self.rule in TRAINING_STAGES:
            return "Train"
        return "Infer" if self.engines else "CPU"


def bill(attempt: dict, prices: dict) -> Bill:
    """What one attempt (see `synthesis.ledger.Attempt`) cost.

    A job on GPUs is paid by the GPU hour of its card, which holds its CPU cores too; any other by the core hour. Those
    that ask a server pay for its tokens too.
    """
    return sum(_parts(attempt, prices), Bill())


def known_cost(attempt: dict, prices: dict) -> float:
    """What is known of an attempt's cost (in the currency of the prices): hours or tokens without a price count 0."""
    return sum(part.cost or 0.0 for part in _parts(attempt, prices))


def _parts(attempt: dict, prices: dict) -> list[Bill]:
    tokens = [_token_bill(attempt, prices)] if attempt["engine"] == "openai" else []
    return [_machine_bill(attempt, prices), *tokens]


def _token_bill(attempt: dict, prices: dict) -> Bill:
    """What a server takes for the tokens of an attempt's rows; prices are for a million of them."""
    price = prices.get("tokens", {}).get(attempt["model"])
    counts = {kind: attempt[f"{kind}_tokens"] for kind in ("prompt", "completion")}
    if price is None and any(counts.values()):
        return Bill(0.0, 0.0, None, frozenset([f"tokens of {attempt['model']}"]))
    return Bill(cost=sum(count * price[kind] / TOKENS for kind, count in counts.items() if count))


def _machine_bill(attempt: dict, prices: dict) -> Bill:
    hours = attempt["wall_seconds"] / 3600
    if attempt["gpus"]:
        amount, name = hours * attempt["gpus"], attempt["gpu_name"]
        return Bill(
            amount, 0.0, *_priced(amount, prices["gpu_hour"].get(name), name or "a GPU whose name is not known")
        )
    amount = hours * attempt["cpu_cores"]
    return Bill(0.0, amount, *_priced(amount, prices["cpu_core_hour"], "a CPU core"))


def _priced(amount: float, price: float | None, name: str) -> tuple[float | None, frozenset[str]]:
    if not amount:
        return 0.0, frozenset()
    return (None, frozenset([name])) if price is None else (amount * price, frozenset())


def steps(
    ledgers: Iterable[dict],
    journal: Iterable[dict],
    elsewhere: dict[str, dict],
    prices: dict,
    others: Iterable[dict] = (),
) -> list[Step]:
    """One line for each rule, in the order of the workflow.

    `ledgers` are those of the jobs that the data set needs, `others` those of the run's other jobs, which are spent
    and no part of its cost. `journal` are the attempts of the run, `elsewhere` the attempts by id that other runs
    made and whose rows this one uses. An attempt that nobody can find leaves the amounts unknown.
    Fetching models and problems is done once for all runs, and stands in full in the table of each.
    """
    ledgers, others = list(ledgers), list(others)
    own = {attempt["attempt"]: attempt for attempt in journal}
    own.update({ledger["attempt"]["attempt"]: ledger["attempt"] for ledger in [*ledgers, *others]})
    known = {**elsewhere, **own}
    # The larger count and not the sum: a row that the data set and another job share was bought once.
    used = _rows_by_attempt(ledgers) | _rows_by_attempt(others)
    found: dict[str, Step] = {}
    for ledger in ledgers:
        _book_job(found.setdefault(ledger["rule"], Step(ledger["rule"])), ledger, known, used, prices)
    for ledger in others:
        _book_rows(found.setdefault(ledger["rule"], Step(ledger["rule"])), ledger, known)
    for attempt in own.values():
        step = found.setdefault(attempt["rule"], Step(attempt["rule"]))
        step.spent += bill(attempt, prices)
        step.rows_bought += attempt["rows"]
    return [found[rule] for rule in in_order(sorted(found))]


def in_order(rules: Iterable[str]) -> list[str]:
    """Rules in the order of the workflow; those that write the report stand last, in the order given."""
    order = {rule: place for place, rule in enumerate(_PHASES)}
    return sorted(rules, key=lambda rule: order.get(rule, len(order)))


def _rows_by_attempt(ledgers: list[dict]) -> Counter:
    """How many rows of each attempt the jobs use."""
    used = Counter()
    for ledger in ledgers:
        used.update(ledger["rows_by_attempt"])
    return used


def _book_job(step: Step, ledger: dict, known: dict[str, dict], used: Counter, prices: dict) -> None:
    """Add a finished job to its line: bought rows by their shares of attempts, other work by its own attempt."""
    _book_rows(step, ledger, known)
    if not ledger["rows_by_attempt"]:
        step.dataset += bill(ledger["attempt"], prices)
    for name, rows in ledger["rows_by_attempt"].items():
        attempt = known.get(name)
        # A killed attempt may have published rows that it could no longer count.
        step.dataset += bill(attempt, prices).share(rows / max(attempt["rows"], used[name])) if attempt else UNKNOWN


def _book_rows(step: Step, ledger: dict, known: dict[str, dict]) -> None:
    """Add a finished job's rows and tokens to its line, without what they cost."""
    step.tokens.update(ledger["tokens"])
    bought = ledger["rows_by_attempt"]
    step.samples += sum(bought.values()) if bought else ledger["rows"].get("out", 0)
    step.engines.update(known[name]["engine"] for name in bought if name in known)


def unknown_attempts(ledgers: Iterable[dict], known: Iterable[str]) -> set[str]:
    """The attempts that bought rows of these jobs and are not among the known ones."""
    ledgers = list(ledgers)
    wanted = {name for ledger in ledgers for name in ledger["rows_by_attempt"]}
    return wanted.difference(known, (ledger["attempt"]["attempt"] for ledger in ledgers))


def pairs(ledgers: Iterable[dict]) -> int | None:
    """Rows of the data set, from the ledger of `assemble_dataset`; None without it."""
    found = [ledger["rows"]["out"] for ledger in ledgers if ledger["rule"] == "assemble_dataset"]
    return found[0] if found else None


def read_table(
    run: str, store: Path, prices: dict, ledgers: Iterable[Path], others: Iterable[Path] = (), whole_run: bool = True
) -> list[dict]:
    """The rows of `table` from the files of ledgers (see `steps`) and the journal of the run in the store.

    Without `whole_run`, attempts at what comes after the data set are left out. Logs a warning for each attempt that
    is in no journal.
    """
    ledgers, others = ([read_json(path) for path in paths] for paths in (ledgers, others))
    journal = [item for item in journaled(store, run) if whole_run or not Step(item["rule"]).is_after_dataset]
    wanted = unknown_attempts([*ledgers, *others], (attempt["attempt"] for attempt in journal))
    elsewhere = find_attempts(store, wanted)
    for name in sorted(wanted.difference(elsewhere)):
        program.log.warning("attempt %s is not in the journal in %s; what it cost stays empty.", name, store)
    return table(steps(ledgers, journal, elsewhere, prices, others), pairs(ledgers), prices)


def table(found: list[Step], pairs: int | None, prices: dict) -> list[dict]:
    """The rows of the table as text, the total last; unknown amounts are empty.

    Amounts for a million pairs are the data set's, scaled by rows; so they hold for a run in which the time of
    loading models matters as much as in this one. Tokens of the total are the data set's too.
    """
    total = Step(TOTAL, samples=pairs or 0)
    for step in found:
        total.dataset += step.dataset
        total.spent += step.spent
        total.tokens.update({} if step.is_after_dataset else step.tokens)
    rows = [_row(step, pairs, prices) for step in found]
    summary = {**_row(total, pairs, prices), "phase": TOTAL, "step": "", "type": "", "rows_bought": ""}
    return [*rows, {**summary, "samples": "" if pairs is None else str(pairs)}]


def _row(step: Step, pairs: int | None, prices: dict) -> dict:
    def projected(amount: float | None) -> float | None:
        return None if amount is None or not pairs else amount * PAIRS / pairs

    return {
        "phase": step.phase,
        "step": step.rule,
        "type": step.type,
        "samples": str(step.samples),
        "rows_bought": str(step.rows_bought) if step.engines or step.rows_bought else "",
        "prompt_tokens": str(step.tokens["prompt"]),
        "completion_tokens": str(step.tokens["completion"]),
        "gpu_hours": _text(step.dataset.gpu_hours),
        "cpu_core_hours": _text(step.dataset.cpu_core_hours),
        "cost": _text(step.dataset.cost),
        "spent_gpu_hours": _text(step.spent.gpu_hours),
        "spent_cpu_core_hours": _text(step.spent.cpu_core_hours),
        "spent": _text(step.spent.cost),
        "gpu_hours_per_million_pairs": _text(projected(step.dataset.gpu_hours)),
        "cpu_core_hours_per_million_pairs": _text(projected(step.dataset.cpu_core_hours)),
        "cost_per_million_pairs": _text(projected(step.dataset.cost)),
        "currency": prices["currency"],
        "price_date": prices["date"],
        "no_price_for": "; ".join(sorted(step.dataset.unpriced | step.spent.unpriced)),
    }


def _text(amount: float | None) -> str:
    return "" if amount is None else f"{amount:.6f}"


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
