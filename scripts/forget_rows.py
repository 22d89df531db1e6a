"""Forget bought rows of a stage, so that the next start buys them again.

The rows move to a trash folder beside the store's stages, and the declared outputs that were written from them are
removed, so that Snakemake makes them again. Only fingerprints that the configured run used are touched.
"""

import argparse
import shutil
import sys
from datetime import datetime
from pathlib import Path

from synthesis import configuration, labelled_responses, layout, store
from synthesis.configuration_audit import STAGE as AUDIT
from synthesis.errors import InputError
from synthesis.generator_arms import arms
from synthesis.identity import BOUGHT_AS, PAID_STAGES, bought_as
from synthesis.judge_measurement import SOURCE as MEASURED
from synthesis.plan import Plan

# Stages whose rows lie in the store by sets of problems, whatever the shards of their outputs.
ANSWERED_PROBLEMS = ("answer_benchmark", "sample_fail_rates")


def forget(config: dict, stage: str, shard: str | None, results: Path) -> int:
    """Forget the rows of a stage, or of one `<source>/<shard>` of it; returns how many rows moved.

    Raises InputError for a stage that buys nothing and for an unknown source or shard.
    """
    if stage not in PAID_STAGES:
        raise InputError(f"{stage} buys no rows; stages that do: {', '.join(PAID_STAGES)}.")
    if shard and stage in (*ANSWERED_PROBLEMS, *BOUGHT_AS, AUDIT):
        raise InputError(f"{stage} stores no rows by shard; leave SHARD out, then all its rows are forgotten.")
    if stage in ANSWERED_PROBLEMS:
        selected, patterns = _answered(Plan(config), stage), ["*.parquet"]
    elif stage == "measure_judge":
        selected, patterns = lambda source, index: source == MEASURED, ["*.parquet"]
    elif stage in BOUGHT_AS:
        selected, patterns = _compared(config, stage), ["*.parquet"]
    elif stage == AUDIT:
        selected, patterns = lambda source, index: True, ["*.parquet"]
    else:
        selected, patterns = _shards(_pieces(Plan(config), stage, shard))
    root = results / "store"
    trash = root / "trash" / datetime.now().strftime("%Y%m%d-%H%M%S-%f")
    count = store.forget(root, bought_as(stage), config["run"], trash, selected)
    for pattern in patterns:
        for path in (results / config["run"] / stage).rglob(pattern):
            moved = trash / path.relative_to(results)
            moved.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, moved)
    return count


def _answered(plan: Plan, stage: str):
    """Which rows are answers to problems that this run asks: other runs may ask the same model others."""
    solvers = [plan.solver(name) for name in plan.config["sample_fail_rates"]]
    solved = {problems for solver in solvers for problems in solver["problems"]}
    names = solved if stage == "sample_fail_rates" else set(plan.evaluated_benchmarks())
    return lambda source, index: source in names


def _compared(config: dict, stage: str):
    """Which rows a stage has bought for the comparison of generators, or for a measurement, alone.

    Rows about a source's own questions belong to the stage of the data set: whoever forgets them there has the
    comparison look for them again too.
    """
    if stage == "measure_reward":
        return lambda source, index: source == labelled_responses.FOLDER
    sampled = ("sample_generators",) if stage == "sample_generators" else ("sample_generators", "sample_raw_questions")
    names = {arm.name for arm in arms(config) if arm.stage in sampled}
    return lambda source, index: source in names


def _shards(pieces: list[tuple[str, layout.Shard]]):
    """The rows of some shards: which rows of the store, and which files."""
    ranges = {}
    for source, piece in pieces:
        ranges.setdefault(source, []).append((piece.start, piece.stop))

    def selected(source: str, index: int) -> bool:
        return any(start <= index < stop for start, stop in ranges.get(source, []))

    return selected, [f"{source}/{piece.name}*.parquet" for source, piece in pieces]


def _pieces(plan: Plan, stage: str, shard: str | None) -> list[tuple[str, layout.Shard]]:
    every = plan.bought_pieces(stage)
    if not every:
        raise InputError(f"the run has no {stage}, so there is nothing to forget; name another configuration.")
    found = [pair for pair in every if shard in (None, f"{pair[0]}/{pair[1].name}")]
    if not found:
        known = ", ".join(f"{source}/{piece.name}" for source, piece in every[:4])
        raise InputError(f"there is no shard {shard}; give one as SOURCE/NUMBER, for example {known}.")
    return found


def main(argv=None) -> int:
    """Run the program; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="config file of the run")
    parser.add_argument("--stage", required=True, help="stage whose rows are forgotten")
    parser.add_argument("--shard", help="only this shard, as SOURCE/NUMBER")
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of all results")
    options = parser.parse_args(argv)
    try:
        config = configuration.load(options.config)
        configuration.validate(config, options.config)
        count = forget(config, options.stage, options.shard, options.results)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{count} rows of {options.stage} moved to {options.results}/store/trash; the next start buys them again.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
