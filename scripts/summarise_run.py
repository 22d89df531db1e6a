"""Print what a finished run made: the funnel, tokens, hours and cost, two sample rows, and where everything lies."""

import argparse
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
from synthesis import costs, durations, funnel, machine, running_snakemake, status
from synthesis.errors import InputError
from synthesis.ledger import read_json

WIDTH = 110
SAMPLE_ROWS = 2
SAMPLE_CHARACTERS = 400

# What the amounts of the cost table are of, in words: hours, the prefix of their columns, money and its column.
_OF_THE_DATA_SET = ("Hours of the data set", "", "for the data set", "cost")
_SPENT = ("Hours spent by the run", "spent_", "spent by the run", "spent")
_FAILED = (
    "Of these, lost with failed attempts",
    "spent_on_failures_",
    "of that lost with failed attempts",
    "spent_on_failures",
)
_SAVED = ("Saved by rows of other runs", "saved_by_reuse_", "saved by rows of other runs", "saved_by_reuse")


def summary(results: Path, store: Path) -> str:
    """The whole text. `results` is the run's folder and bears its name. Raises InputError for an unfinished run."""
    total = costs.total(costs.read(results / "tables/costs.csv"))
    if not (results / "dataset").is_dir():
        spent = "\n".join([*_cost(total, _SPENT, *_failed_and_saved(total)), _time(results, store)])
        return "\n\n".join([f"Run {results.name}, without a data set of its own", spent, _places(results)])
    counts = funnel.read(results / "tables/funnel.csv")
    data = sorted((results / "dataset/data").glob("train-*.parquet"))
    if not data:
        raise InputError(f"{results}/dataset/data has no files; run the workflow for this run first.")
    pairs = sum(pq.read_metadata(path).num_rows for path in data)
    amounts = (_OF_THE_DATA_SET, _SPENT, *_failed_and_saved(total))
    parts = [
        f"Run {results.name}: {pairs:,} rows in the data set",
        _funnel(counts),
        "\n".join([_tokens(total), *_cost(total, *amounts), _time(results, store)]),
        _samples(data[0]),
        _places(results),
    ]
    return "\n\n".join(parts)


def _funnel(counts: list[funnel.StageCount]) -> str:
    """One aligned line for each stage: rows in, rows kept, and the reasons for the rest."""
    stage_width = max(len(item.stage) for item in counts) + 2
    number_width = max(len(f"{item.rows_in:,}") for item in counts)
    lines = []
    for source in dict.fromkeys(item.source for item in counts):
        lines.append(f"{source}: rows kept, of rows that reached the stage")
        for item in counts:
            if item.source == source:
                reasons = _cut(", ".join(f"{reason} {rows:,}" for reason, rows in item.rejected.items()), WIDTH)
                numbers = f"{item.kept:>{number_width},} of {item.rows_in:>{number_width},}"
                lines.append(f"  {item.stage:<{stage_width}}{numbers}  {reasons}".rstrip())
    return "\n".join(lines)


def _tokens(total: dict) -> str:
    return f"Tokens of the data set: {int(total['prompt_tokens']):,} read, {int(total['completion_tokens']):,} written"


def _failed_and_saved(total: dict) -> list[tuple[str, str, str, str]]:
    """What is told of failed attempts and of reuse, where there was any."""
    failed, reused = int(total["failed_attempts"]), int(total["rows_reused"])
    return [*([_FAILED] if failed else []), *([_SAVED] if reused else [])]


def _cost(total: dict, *amounts: tuple[str, str, str, str]) -> list[str]:
    """Hours and money of the data set, and what the run spent."""
    lines = []
    for label, prefix, _, _ in amounts:
        gpu, cpu = total[f"{prefix}gpu_hours"], total[f"{prefix}cpu_core_hours"]
        lines.append(f"{label}: {costs.shown(gpu, 'unknown')} GPU, {costs.shown(cpu, 'unknown')} CPU core")
    money = [f"{costs.shown(total[key])} {total['currency']} {what}" for _, _, what, key in amounts if total[key]]
    if money:
        lines.append(f"Cost: {', '.join(money)} (prices of {total['price_date']})")
    if not all(total[f"{prefix}gpu_hours"] for _, prefix, _, _ in amounts):
        lines.append("Not known in full: attempts are in no journal of the store (see the log of tabulate_costs)")
    if total["no_price_for"]:
        lines.append(f"Cost not known in full: no price for {total['no_price_for']}; add it under prices in the config")
    return lines


def _time(results: Path, store: Path) -> str:
    """The working time of all jobs, which is more than the time waited if some ran side by side."""
    ledgers = [read_json(path)["attempt"] for path in sorted((results / "ledger").rglob("*.json"))]
    signs = {sign.attempt["attempt"]: sign for sign in status.signs_of(store, results.name)}
    signs |= {attempt["attempt"]: status.Sign(attempt, 0.0) for attempt in ledgers}
    seconds = sum(sign.attempt["wall_seconds"] for sign in signs.values())
    states = Counter(_state(sign) for sign in signs.values())
    ends = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return f"Time: {durations.shown(seconds)} of work in {len(signs)} attempts at jobs ({ends})"


def _state(sign: status.Sign) -> str:
    """How an attempt ended: one that was killed could not write it down, and its file says that it runs."""
    here = sign.attempt["host"] == machine.host_name()
    if sign.state == "running" and here and not running_snakemake.runs(sign.attempt):
        return "killed"
    return sign.state


def _samples(path: Path) -> str:
    """The first rows of the data set, cut to a readable length."""
    batch = next(pq.ParquetFile(path).iter_batches(SAMPLE_ROWS, columns=["question", "response"]), None)
    lines = []
    for row in batch.to_pylist() if batch else []:
        for name, text in row.items():
            short = _cut(" ".join(text.split()), SAMPLE_CHARACTERS)
            lines.append(textwrap.fill(f"{name + ':':<10}{short}", WIDTH, subsequent_indent=" " * 10))
    return "\n".join(["First rows:", *textwrap.indent("\n".join(lines), "  ").splitlines()])


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[:characters]} ..."


def _places(results: Path) -> str:
    """Where things lie; what was not made is left out."""
    dataset = results / "dataset"
    places = {
        "data set": dataset,
        "card": dataset / "README.md",
        "funnel": results / "tables/funnel.csv",
        "costs": results / "tables/costs.csv",
        "trainings": results / "tables/trainings.csv",
        "evaluation": results / "tables/evaluation.csv",
        "figure": results / "figures/funnel.svg",
        "checks": results / "check_funnel/check_funnel.json",
        "report": results / "report.html",
    }
    lines = [f"  {name:<11}{path}" for name, path in places.items() if path.exists()]
    lines += [f'  {"load with":<11}datasets.load_dataset("{dataset}")'] if dataset.is_dir() else []
    return "\n".join(["Results:", *lines])


def main(argv=None) -> int:
    """Print the summary; returns 0, or 1 with one sentence if the run is not finished."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of the run, results/<run>")
    parser.add_argument("--store", type=Path, required=True, help="the store of paid rows, with its journal")
    options = parser.parse_args(argv)
    try:
        print(summary(options.results, options.store))
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
