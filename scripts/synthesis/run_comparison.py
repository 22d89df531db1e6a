"""Runs beside each other: settings that differ, data sets, funnel, evaluation, cost, and rows that they share.

Everything is read from what the runs left. What a run lacks is said in `missing`, in words, and never taken for equal.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import yaml

from synthesis import costs, csv_tables, evaluation, funnel, metrics, schema
from synthesis.errors import InputError
from synthesis.ledger import find_attempts, read_json

SETTINGS_COLUMNS = ["key", "run", "value"]
DATASET_COLUMNS = ["run", "rows", "questions_of_the_first", "pairs_of_the_first"]
FUNNEL_COLUMNS = ["run", "source", "stage", "unit", "rows_in", "kept"]
EVALUATION_COLUMNS = ["model", "benchmark", "run", "problems", "accuracy", "low", "high"]
PAIRED_COLUMNS = ["model", "benchmark", "first", "second", "problems", "difference", "low", "high", "p_value"]
COST_AMOUNTS = ("cost", "spent", "gpu_hours", "cpu_core_hours", "prompt_tokens", "completion_tokens")
COST_COLUMNS = ["run", "step", *COST_AMOUNTS, "currency", "price_date"]
SHARED_COLUMNS = ["stage", "used_by", "bought_by", "rows"]

GRADING = "grade_answers"
UNSET = ""
UNKNOWN = "unknown"
# Names of runs say nothing of how they were made.
_NOT_COMPARED = ("run",)
# Where prices come from is no price.
_PRICES, _PRICE_SOURCE = "prices.", "prices.source"


@dataclass
class Run:
    """What a run left. A part that it lacks is None, and `missing` says so."""

    name: str
    results: Path
    settings: dict[str, str] | None = None
    versions: dict[str, str] | None = None
    files: dict[str, str] | None = None
    jobs: list[tuple[str, str]] | None = None
    seed: int = 0
    counts: list[funnel.StageCount] | None = None
    pairs: list[tuple[bytes, bytes]] | None = None
    shares: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    costs: list[dict] | None = None
    missing: list[str] = field(default_factory=list)

    def grades(self) -> dict[tuple[str, str], Path]:
        """The files of grades by model and benchmark: of the run's jobs alone, since those of earlier ones stay."""
        pairs = (job.partition("/") for rule, job in self.jobs or [] if rule == GRADING)
        found = {(model, name): self.results / GRADING / model / f"{name}.parquet" for model, _, name in pairs}
        return {pair: path for pair, path in found.items() if path.is_file()}

    def bought_rows(self) -> list[tuple[str, str, int]]:
        """The bought rows that the run uses: stage, attempt and how many."""
        paths = (self.results / "ledger" / rule / f"{job}.json" for rule, job in self.jobs or [])
        ledgers = [read_json(path) for path in paths if path.is_file()]
        return [
            (ledger["rule"], attempt, rows)
            for ledger in ledgers
            for attempt, rows in ledger.get("rows_by_attempt", {}).items()
        ]

    def lack(self, what: str, error: InputError) -> None:
        """Write down that a part can't be read, as one that another version wrote, and why."""
        self.missing.append(f"its {what} can't be read ({error})")


@dataclass(frozen=True)
class Comparison:
    """The tables of a comparison as rows of their columns, and sentences about what could not be compared."""

    runs: list[Run]
    settings: list[dict]
    versions: list[dict]
    datasets: list[dict]
    counts: list[dict]
    evaluation: list[dict]
    paired: list[dict]
    costs: list[dict]
    shared: list[dict]
    sentences: list[str]

    def tables(self) -> dict[str, tuple[list[dict], list[str]]]:
        """Each table with its columns, by the name of its file."""
        return {
            "settings": (self.settings, SETTINGS_COLUMNS),
            "versions": (self.versions, SETTINGS_COLUMNS),
            "data_sets": (self.datasets, DATASET_COLUMNS),
            "funnel": (self.counts, FUNNEL_COLUMNS),
            "evaluation": (self.evaluation, EVALUATION_COLUMNS),
            "evaluation_paired": (self.paired, PAIRED_COLUMNS),
            "costs": (self.costs, COST_COLUMNS),
            "shared_rows": (self.shared, SHARED_COLUMNS),
        }


def read(results: Path, name: str) -> Run:
    """What is there of a run. Raises InputError if there is no such run."""
    folder = Path(results) / name
    if Path(name).name != name or not (folder / "ledger").is_dir():
        known = sorted(path.parent.name for path in Path(results).glob("*/ledger"))
        there = f"there are {', '.join(known)}" if known else "there is none"
        raise InputError(f"{results} has no run {name}; {there}. Give the names (`run`) of runs that were made here.")
    run = Run(name, folder)
    _read_settings(run)
    _read_dataset(run)
    try:
        run.costs = costs.read(folder / "tables/costs.csv")
    except InputError as error:
        run.lack("costs", error)
    _read_grades(run)
    return run


def _read_dataset(run: Run) -> None:
    """The funnel, and the pairs of the data set as digests of their texts."""
    try:
        run.pairs = _pairs(run)
    except InputError as error:
        run.lack("data set", error)
    path = run.results / "tables/funnel.csv"
    if not path.is_file():
        run.missing.append("it has no funnel (tables/funnel.csv): it makes no data set, or is not finished")
        return
    try:
        run.counts = funnel.read(path)
    except InputError as error:
        run.lack("funnel", error)


def _read_grades(run: Run) -> None:
    """The share of right answers to each problem, by model and benchmark."""
    if run.jobs is None:
        return
    found = run.grades()
    if not found:
        run.missing.append("it has no graded answers: it evaluates nothing, or is not finished")
    for pair, path in found.items():
        try:
            run.shares[pair] = evaluation.shares(schema.read(path, schema.GRADES))
        except InputError as error:
            run.lack("graded answers", error)
            continue
        if not run.shares[pair]:
            model, benchmark = pair
            run.missing.append(f"{model} on {benchmark} has no graded answer")
            del run.shares[pair]


def _read_settings(run: Run) -> None:
    """What the run wrote down of how it was made, and of which jobs are its own."""
    folder = run.results / "settings"
    again = "; run its workflow again, which writes this file"
    if (path := folder / "configuration.yaml").is_file():
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        run.settings = flat({key: config[key] for key in config if key not in _NOT_COMPARED})
        run.seed = config["seed"]
    else:
        run.missing.append(f"it has no settings/configuration.yaml, so its settings are not known{again}")
    if (jobs := _written(folder / "jobs.csv")) is not None:
        run.jobs = [(row["rule"], row["job"]) for row in jobs]
    else:
        unknown = "so which graded answers and bought rows are its own is not known"
        run.missing.append(f"it has no settings/jobs.csv, {unknown}{again}")
    if (versions := _written(folder / "versions.csv")) is not None:
        run.versions = {row["name"]: json.dumps(row["version"]) for row in versions}
    if (files := _written(folder / "files.csv")) is not None:
        digests: dict[str, list[str]] = {}
        for row in files:
            digests.setdefault(row["path"], []).append(row["sha256"][:16])
        run.files = {path: json.dumps(f"SHA-256 {', '.join(sorted(found))}") for path, found in digests.items()}


def _written(path: Path) -> list[dict] | None:
    """The rows of a CSV file; None if it is not there."""
    return csv_tables.read(path) if path.is_file() else None


def flat(tree, place: str = "") -> dict[str, str]:
    """The values of a configuration as JSON by their dotted places.

    Entries of a list with a `name` go by it; the names in their order stand at the place of the list.
    """
    found = {}
    if isinstance(tree, dict) and tree:
        parts = tree.items()
    elif isinstance(tree, list) and tree and all(isinstance(item, dict) and "name" in item for item in tree):
        parts = [(item["name"], {key: item[key] for key in item if key != "name"}) for item in tree]
        found[place] = json.dumps([name for name, _ in parts], ensure_ascii=False)
    else:
        return {place: json.dumps(tree, ensure_ascii=False)}
    for name, part in parts:
        found |= flat(part, f"{place}.{name}" if place else str(name))
    return found


def compare(results: Path, store: Path, names: list[str]) -> Comparison:
    """Compare runs by name; the first is the one that the others are set against. Raises InputError as `read` says."""
    if len(names) < 2 or len(set(names)) < len(names):
        raise InputError(
            'a comparison needs two or more runs, each once; for example: make compare RUNS="first second"'
        )
    runs = [read(results, name) for name in names]
    sentences = [f"{run.name}: {sentence}." for run in runs for sentence in run.missing]
    rows, paired = _evaluation(runs, sentences)
    return Comparison(
        runs,
        _differing({run.name: run.settings for run in runs}),
        _differing({run.name: run.versions for run in runs}) + _changed_files(runs),
        _datasets(runs),
        _funnel(runs),
        rows,
        paired,
        _costs(runs, sentences),
        _shared(runs, store, sentences),
        sentences,
    )


def _differing(found: dict[str, dict[str, str] | None]) -> list[dict]:
    """The values that differ between the runs that have any; `UNSET` where a run has none."""
    known = {run: values for run, values in found.items() if values is not None}
    keys = dict.fromkeys(key for values in known.values() for key in values)
    return [
        {"key": key, "run": run, "value": values.get(key, UNSET)}
        for key in keys
        if len({values.get(key, UNSET) for values in known.values()}) > 1
        for run, values in known.items()
    ]


def _changed_files(runs: list[Run]) -> list[dict]:
    """Digests of files whose content differs under one path; a path that only one run names is a setting."""
    paths = dict.fromkeys(path for run in runs for path in run.files or {})
    return [
        row
        for path in paths
        for row in _differing({run.name: {path: run.files[path]} for run in runs if path in (run.files or {})})
    ]


def _datasets(runs: list[Run]) -> list[dict]:
    """The rows of each data set, and those whose question, or whole pair, stands in that of the first run."""
    pairs = {run.name: run.pairs for run in runs}
    first = pairs[runs[0].name]
    questions, whole = {question for question, _ in first or []}, set(first or [])
    found = []
    for name, own in pairs.items():
        if own is not None:
            row = {"run": name, "rows": len(own), "questions_of_the_first": "", "pairs_of_the_first": ""}
            if first is not None:
                row["questions_of_the_first"] = sum(question in questions for question, _ in own)
                row["pairs_of_the_first"] = sum(pair in whole for pair in own)
            found.append(row)
    return found


def _pairs(run: Run) -> list[tuple[bytes, bytes]] | None:
    """Question and response of each row of a data set, as digests of the texts; None without a data set."""
    paths = sorted((run.results / "dataset/data").glob("train-*.parquet"))
    if not paths:
        return None
    rows = (row for path in paths for row in schema.read(path, schema.DATASET, ["question", "response"]))
    return [(_digest(row["question"]), _digest(row["response"])) for row in rows]


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()[:16]


def _funnel(runs: list[Run]) -> list[dict]:
    return [
        {"run": run.name, **{name: getattr(item, name) for name in FUNNEL_COLUMNS[1:]}}
        for run in runs
        for item in run.counts or []
    ]


def _evaluation(runs: list[Run], sentences: list[str]) -> tuple[list[dict], list[dict]]:
    """Each run's models on each benchmark, and models of the same name on the same problems against the first run."""
    first, seed = runs[0].name, runs[0].seed
    rows, paired = [], []
    for model, benchmark in dict.fromkeys(pair for run in runs for pair in run.shares):
        shares = {run.name: run.shares[model, benchmark] for run in runs if (model, benchmark) in run.shares}
        where = {"model": model, "benchmark": benchmark}
        rows += [{**where, "run": run, **_accuracy(values, seed)} for run, values in shares.items()]
        for second in (name for name in shares if first in shares and name != first):
            try:
                compared = metrics.paired(
                    shares[first], shares[second], seed, resamples=evaluation.RESAMPLES, level=evaluation.LEVEL
                )
            except ValueError:
                common = len(shares[first].keys() & shares[second].keys())
                sentences.append(
                    f"{model} on {benchmark} is not compared: {first} has {len(shares[first])} problems and {second} "
                    f"{len(shares[second])}, of which {common} are the same."
                )
                continue
            numbers = {name: _text(getattr(compared, name)) for name in PAIRED_COLUMNS[5:]}
            paired.append({**where, "first": first, "second": second, "problems": compared.problems, **numbers})
    return rows, paired


def _accuracy(shares: dict[str, float], seed: int) -> dict:
    values = list(shares.values())
    low, high = evaluation.interval(values, seed)
    return {
        "problems": len(values),
        "accuracy": _text(sum(values) / len(values)),
        "low": _text(low),
        "high": _text(high),
    }


def _costs(runs: list[Run], sentences: list[str]) -> list[dict]:
    """The lines of each run's bill, its total last, under the step `Total`."""
    found = []
    for run in runs:
        if run.costs is not None:
            total = costs.total(run.costs)
            for row in [*(row for row in run.costs if row is not total), {**total, "step": costs.TOTAL}]:
                found.append({"run": run.name, **{name: row[name] for name in COST_COLUMNS[1:]}})
    billed = [run.settings for run in runs if run.costs is not None and run.settings is not None]
    if _has_other_prices(billed) or len({(row["currency"], row["price_date"]) for row in found}) > 1:
        sentences.append(
            "The runs were billed at different prices (settings under prices): their money can't be compared."
        )
    return found


def _has_other_prices(billed: list[dict[str, str]]) -> bool:
    """Whether two runs have different prices of one thing. What only one of them names, the other did not use."""
    prices: dict[str, set[str]] = {}
    for settings in billed:
        for key in filter(_is_price, settings):
            prices.setdefault(key, set()).add(settings[key])
    return any(len(found) > 1 for found in prices.values())


def _is_price(key: str) -> bool:
    return key.startswith(_PRICES) and key != _PRICE_SOURCE


def _shared(runs: list[Run], store: Path, sentences: list[str]) -> list[dict]:
    """How many bought rows of each stage each run uses, by the run that bought them."""
    used = {run.name: run.bought_rows() for run in runs}
    wanted = {attempt for rows in used.values() for _, attempt, _ in rows}
    buyers = {name: attempt["run"] for name, attempt in find_attempts(store, wanted).items()}
    if lost := wanted - buyers.keys():
        sentences.append(f"{len(lost)} attempts are in no journal of {store}; who bought their rows is {UNKNOWN}.")
    counts: Counter = Counter()
    for run, rows in used.items():
        for stage, attempt, count in rows:
            counts[stage, run, buyers.get(attempt, UNKNOWN)] += count
    stages = costs.in_order(dict.fromkeys(stage for stage, _, _ in counts))
    names = [run.name for run in runs]
    order = sorted(counts, key=lambda key: (stages.index(key[0]), names.index(key[1]), key[2]))
    return [dict(zip(SHARED_COLUMNS, (*key, counts[key]), strict=True)) for key in order]


def _text(value: float) -> str:
    return f"{value:.6f}"
