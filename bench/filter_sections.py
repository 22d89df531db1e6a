"""The sections of the page of results about filters, judges, scorers and choices."""

import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path

import duplicates_page
import filters
import response_rules_page
from parts import machine, part, shown

FILTERS_TITLE = "## Filters of questions"
GRADING_TITLE = "## Grading of answers"


def difficulty_section() -> str:
    """The section about selection by difficulty and reading of levels."""
    found = part("difficulty")
    shown_ways = {
        "quantile": ("selecting half of the questions (`quantile`)", "rows as dictionaries, sorted in Python"),
        "target": ("selecting a third to three ranges (`target`)", "rows as dictionaries, counted in Python"),
        "levels": ("reading levels of difficulty", "the last level named anywhere, by a regular expression"),
    }
    lines = [
        "## Selection by difficulty",
        "",
        f"{date.today()}, {machine()}. Made by `python bench/measure.py --only difficulty`.",
        "",
        f"{found['rows']:,} rows. Rows for each second of CPU time, and the most memory of the process. Both ways of a "
        "line find the same; the regular expression would also take `not easy` or `easy or hard`.",
        "",
        "| what | rows/s | MB | the obvious way | rows/s | MB |",
        "|---|---|---|---|---|---|",
    ]
    for way, (name, obvious) in shown_ways.items():
        ours, other = found[way], found[f"{way}:obvious"]
        rates = [shown(found["rows"] / max(figures["cpu"], 1e-9)) for figures in (ours, other)]
        lines.append(f"| {name} | {rates[0]} | {ours['memory']:.0f} | {obvious} | {rates[1]} | {other['memory']:.0f} |")
    return "\n".join([*lines, ""])


def diversity_section() -> str:
    """The section about the speed of measure_diversity."""
    found = part("diversity", "--speed")
    batched, alone = found["embedded_per_second"], found["embedded_one_by_one_per_second"]
    lines = [
        "## Diversity of questions",
        "",
        f"{date.today()}, {machine()}. Made by `python bench/measure.py --only diversity`. Word problems of "
        f"{found['characters']:.0f} characters on average, by CPU time on one core; all-MiniLM-L6-v2 in float32.",
        "",
        "| what | questions/CPU second |",
        "|---|---|",
        f"| embedded in batches of like length | {shown(batched)} |",
        f"| embedded one by one | {shown(alone)} ({batched / alone:.2f} times as fast in batches) |",
        f"| words, pairs and triples counted, of 100,000 questions | {shown(found['counted_per_second'])} |",
        "",
        f"Most memory of the process that did all three: {found['megabytes']:.0f} MB.",
    ]
    return "\n".join([*lines, ""])


def judge_verdicts_section() -> str:
    """The section about reading verdicts in words."""
    found = part("judge_verdicts")
    lines = [
        "## Verdicts of judges in words",
        "",
        f"{date.today()}, {machine()}. Made by `python bench/measure.py --only judge_verdicts`.",
        "",
        f"{found['rows']:,} answers of 1,500 characters with the {found['endings']} hand-written ends of "
        '`tests/data/judge_endings.yaml`, read by one process. For `"yes" in text`, which knows no unclear answer, '
        "rejecting one counts as right.",
        "",
        "| way to read | answers/CPU second | most memory (MB) | ends read rightly |",
        "|---|---|---|---|",
    ]
    for name, way in (("`text_verdict`", ""), ('`"yes" in text.lower()` (ScaleQuest)', "reference_")):
        right = f"{found[f'{way}right']} of {found['endings']}"
        rows = shown(found[f"{way}rows_per_second"])
        lines.append(f"| {name} | {rows} | {shown(found['megabytes'])} (both) | {right} |")
    return "\n".join([*lines, ""])


def grading_section(data: Path) -> str:
    """The section about the grading of answers."""
    found = part("grading", "--data", data)
    ours, bare = found["ours"], found["bare"]
    lines = [
        GRADING_TITLE,
        "",
        f"{date.today()}, {machine()}, math-verify {version('math-verify')}. Made by "
        "`python bench/measure.py --only grading --data FOLDER`.",
        "",
        "Published answers of four models to the test problems of GSM8K, one core, by the clock.",
        "",
        "| way to grade | answers/s | verdicts as published |",
        "|---|---|---|",
    ]
    for name, figures in (
        ("`grade_answers`", ours),
        ("math-verify: `verify(parse(reference), parse(response))`", bare),
    ):
        right = f"{figures['right']:,} of {figures['pairs']:,}"
        lines.append(f"| {name} | {shown(figures['pairs_per_second'])} | {right} |")
    return "\n".join([*lines, ""])


def filters_section(data: Path) -> str:
    """The section about the filters of questions."""
    found = part("filters", "--data", data, "--only", "speed")
    return "\n".join(
        [
            FILTERS_TITLE,
            "",
            f"{date.today()}, {machine()}. Made by `python bench/measure.py --only filters --data FOLDER`.",
            "",
            "On the 14,973 training problems of GSM8K and MATH, one core, CPU time; the contamination filter against "
            "5,312 items of four benchmarks. Below each filter stands what else one could do. What the filters keep "
            "and reject: [docs/filters.md](../docs/filters.md).",
            "",
            filters.speed_table(found["speed"]),
            "",
        ]
    )


def duplicates_section() -> str:
    """The section about near-duplicates."""
    return duplicates_page.section(part("duplicates"), f"{date.today()}, {machine()}")


def choosing_section() -> str:
    """The section about choosing one response of each question."""
    found = part("choosing")
    names = {
        "best": "`select_responses`, method best",
        "loop": "the plain way to the best: one loop over dictionaries",
        "groups": "`group_answers`",
        "pairs": "the plain way to the groups: math-verify for every pair of answers",
        "majority": "`select_responses`, method majority",
    }
    lines = [
        "## Choosing responses",
        "",
        f"{date.today()}, {machine()}. Made by `python bench/measure.py --only choosing`.",
        "",
        "A made-up shard with five answers to each question, in several spellings. Rows are responses. Programs count "
        "with their start and their processes, on one core by the clock, and do more than the plain ways beside them: "
        "they check that the files "
        "fit together, and write a verdict with a reason for each response. The plain ways read one file and write "
        f"nothing. `group_answers` compared {found['comparisons']:,} pairs with math-verify; equal spellings and other "
        "numbers need none.",
        "",
        "| what | rows | seconds | rows/s | most memory (MB) |",
        "|---|---|---|---|---|",
    ]
    for name, words in names.items():
        item = found[name]
        memory = "" if item["memory"] is None else f"{item['memory']:.0f}"
        lines.append(f"| {words} | {item['rows']:,} | {item['seconds']:.2f} | {item['rate']:,.0f} | {memory} |")
    return "\n".join([*lines, ""])


def response_rules_section() -> str:
    """The section about the rules for texts of responses."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("regex", "lingua-language-detector"))
    where = f"{date.today()}, {machine()}. Versions: Python {platform.python_version()}, {versions}"
    return response_rules_page.section(part("response_rules"), where)


# Parts of the page that can be measured alone.
SECTIONS = {
    "filters": filters_section,
    "duplicates": duplicates_section,
    "judge_verdicts": judge_verdicts_section,
    "response_rules": response_rules_section,
    "choosing": choosing_section,
    "difficulty": difficulty_section,
    "diversity": diversity_section,
    "grading": grading_section,
}
# Those that need the folder with published sets, with their titles.
WITH_DATA = {"filters": FILTERS_TITLE, "grading": GRADING_TITLE}
