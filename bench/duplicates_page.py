"""The section of the page of results about near-duplicates."""


def section(found: dict, where: str) -> str:
    """The section as Markdown, from the figures of `duplicates`; `where` says when and on what they were measured."""
    rates, beside = found["rates"], found.get("datasketch")
    searches = [
        f"| {item['questions']:,} | {item['signed_per_second']:,.0f} | {item['signed_memory']:.0f} "
        f"| {item['megabytes']:,.0f} | {item['cpu']:.1f} | {item['memory']:,.0f} | {item['near']:,} |"
        for item in found["search"]
    ]
    lines = [
        "## Near-duplicates",
        "",
        f"{where}. Made by `python bench/measure.py --only duplicates`.",
        "",
        "Questions per CPU second on one core: "
        + ", ".join(f"{name} {rate:,.0f}" for name, rate in rates.items())
        + ". `shingles` reads the words of a text, the libraries make signatures of 128 numbers from ready shingles.",
        "",
        "`filter_questions` without a filter on jobs of 12,500 questions, start of the program included, then "
        "`find_duplicates` on all. The searched signatures are real where a question has a copy, and random elsewhere.",
        "",
        "| questions | signed per CPU second | memory (MB) | signatures (MB) | search, CPU seconds | memory (MB) "
        "| near-duplicates |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *searches,
    ]
    if beside:
        lines += [
            "",
            f"The alternative, datasketch's `MinHashLSH` in memory, signatures included, for {beside['questions']:,} "
            f"questions: {beside['cpu']:.0f} CPU seconds and {beside['memory']:,.0f} MB.",
        ]
    return "\n".join([*lines, ""])
