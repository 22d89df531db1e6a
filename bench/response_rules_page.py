"""The section of the page of results about the rules for texts of responses."""

TITLE = "## Rules for responses"
HEAD = [
    "rule", "way", "rows/CPU second", "CPU ms of 32,000 tokens", "most memory (MB)", "planted faults found",
    "sound cases rejected", "published solutions rejected",
]  # fmt: skip
RULES = {"complete": 2, "refusal": 2, "repetition": 3, "language": 2}


def section(found: dict, where: str) -> str:
    """The section as Markdown, from the figures of `response_rules`; `where` says when and on what."""
    rules = [rule for rule, ways in RULES.items() for _ in range(ways)]
    rows = [_row(rule, way, item) for rule, (way, item) in zip(rules, found["ways"].items(), strict=True)]
    parts = [
        TITLE,
        f"{where}. Made by `python bench/measure.py --only response_rules`.",
        "Each way in a process of its own, CPU time of all its threads; rows are made responses of 1,200 characters. "
        "The first way of each rule is the one of `filter_responses`, the others are the obvious alternatives. Planted "
        "and sound cases are those of `tests/planted_responses.py`; published are the solutions of GSM8K and MATH-500 "
        "and 100 responses of ScaleQuest.",
        "\n".join(["| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|", *rows]),
    ]
    if models := found["models"]:
        counts = ", ".join(f"{rule} {count}" for rule, count in models.items() if rule != "all")
        parts.append(
            f"Of {models['all']:,} answers of four models to GSM8K's test questions the rules reject: {counts}."
        )
    if languages := found["languages"]:
        told = ", ".join(f"{code} {count}" for code, count in languages.items())
        parts.append(f"Questions of MGSM that are told to be in their language (English: that pass): {told}.")
    return "\n\n".join(parts) + "\n"


def _row(rule: str, way: str, item: dict) -> str:
    published = f"{item['published_rejected']} of {item['published']:,}" if item["published"] else "not measured"
    cells = [
        f"`{rule}`",
        "this one" if way == rule else way,
        f"{item['rows_per_second']:,.0f}",
        f"{item['long_milliseconds']:,.1f}",
        f"{item['memory']:,.0f}",
        f"{item['found']} of {item['planted']}",
        f"{item['sound_rejected']} of {item['sound']}",
        published,
    ]
    return "| " + " | ".join(cells) + " |"
