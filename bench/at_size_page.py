"""The section of the page of results about a run at the size of the paper."""

TITLE = "## At the size of the paper"


def section(found: dict, where: str) -> str:
    """The section as Markdown, from the figures of `at_size`; `where` says when and on what they were measured."""
    (few, small), (many, large) = ((int(count), stages) for count, stages in found["sizes"].items())
    parts = [
        TITLE,
        f"{where}. Made by `python bench/measure.py --only at_size`.",
        f"One source of {many:,} questions in shards of {found['shard_size']:,}, answered five times, and a run of "
        f"{few:,}. What models would write is written directly: English words, questions of 300 characters and "
        "responses of 1,500 on average. Programs of one shard ran on as many shards as `jobs` says, one after the "
        "other; what they write for the others was written directly. Seconds are those of all jobs together, with the "
        "half second in which each starts; those of the clock grow with what else the machine does. The last column is "
        "the CPU time of a row in the larger run over that in the smaller one: 1 or less means that a row costs no "
        "more in a larger run.",
        _table(
            ["program", "jobs", "rows", "seconds", "CPU seconds", "rows/CPU second", "most memory (MB)", "growth"],
            [_stage(name, small[name], stage) for name, stage in large.items()],
        ),
        "The programs that buy rows, on one shard with the stand-in engine, so their own work alone; its texts are "
        "short, but those that it scores are not. Before it submits such a job, Snakemake's process looks in the store "
        "whether the job needs a GPU: measured once with nothing bought and once with everything, each in a new "
        "process, whose first look takes most of the memory.",
        _table(
            [
                "program", "rows", "CPU seconds", "rows/CPU second", "most memory (MB)", "chunks", "store (MB)",
                "CPU seconds of a second start", "CPU seconds of the look, nothing bought and all",
                "memory kept (MB)",
            ],
            [_purchase(name, stage) for name, stage in found["purchases"].items()],
        ),
    ]  # fmt: skip
    if found["plans"]:
        rows = [_plan(int(factor), plan) for factor, plan in found["plans"].items()]
        parts += [
            "The plan, `snakemake -n --profile slurm`:",
            _table(["questions", "jobs", "seconds", "CPU seconds", "memory (MB)"], rows),
        ]
    return "\n\n".join(parts) + "\n"


def replaced(page: str, section: str) -> str:
    """A page of results with this section in the place of its former one, or at its end."""
    title = section.partition("\n")[0]
    before, _, rest = page.partition(f"{title}\n")
    _, heading, after = rest.partition("\n## ")
    return f"{before.rstrip()}\n\n{section}{heading}{after}".rstrip() + "\n"


def section_of(page: str, title: str = TITLE) -> str:
    """The section as it stands on a page of results; empty if it does not."""
    _, title, rest = page.partition(f"{title}\n")
    return title + rest.partition("\n## ")[0]


def _stage(name: str, small: dict, large: dict) -> list[str]:
    growth = (large["cpu"] / large["rows"]) / (small["cpu"] / small["rows"])
    memory = max(small["memory"], large["memory"])
    shown = f"`{name}`" if "_" in name and " " not in name else name
    return [shown, str(large["jobs"]), f"{large['rows']:,}", *_seconds(large), f"{memory:.0f}", f"{growth:.2f}"]


def _purchase(name: str, stage: dict) -> list[str]:
    asked = [stage["asked_before"], stage["asked_after"]]
    return [
        f"`{name}`",
        f"{stage['rows']:,}",
        *_seconds(stage)[1:],
        f"{stage['memory']:.0f}",
        str(stage["chunks"]),
        f"{stage['megabytes']:.1f}",
        f"{stage['again_cpu']:.1f}",
        ", ".join(f"{item['cpu']:.2f}" for item in asked),
        ", ".join(f"{item['kept']:.0f}" for item in asked),
    ]


def _plan(factor: int, plan: dict) -> list[str]:
    return [
        f"{2 * factor} million",
        f"{plan['jobs']:,}",
        f"{plan['wall']:.0f}",
        f"{plan['cpu']:.0f}",
        f"{plan['memory']:.0f}",
    ]


def _seconds(part: dict) -> list[str]:
    return [f"{part['wall']:.1f}", f"{part['cpu']:.1f}", f"{part['rows'] / part['cpu']:,.0f}"]


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
