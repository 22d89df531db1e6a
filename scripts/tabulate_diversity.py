"""Show the diversity of the questions as a page: similarities, topics, and distinct words."""

from pathlib import Path

from synthesis import diversity_tables, program, schema, web_pages

_LONGEST_EXAMPLE = 300


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--diversity", type=Path, required=True, help="the table of similarities (CSV)")
    parser.add_argument("--growth", type=Path, required=True, help="the table of distinct n-grams (CSV)")
    parser.add_argument("--topics", type=Path, required=True, help="the table of topics (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the tables for readers (HTML)")


def work(options, job):
    """Write the page."""
    tables = [diversity_tables.read(path) for path in (options.diversity, options.growth, options.topics)]
    schema.write_text(options.page, page(options.run, *tables))
    job.rows(**{"in": sum(map(len, tables))})


def page(run: str, similarities: list[dict], growth: list[dict], topics: list[dict]) -> str:
    """The three tables; those of n-grams with a column for each length."""
    title = f"Diversity of the questions of run {run}"
    told = (
        "Cosine similarities of embeddings in a sample, from 0 (unrelated) to 1 (the same). The nearest text is found "
        "the more easily the larger the sample is, so compare only equal numbers."
    )
    shown = [_similarity(row) for row in similarities]
    steps = {}
    for row in growth:
        name = diversity_tables.ngram_name(row["words"])
        line = steps.setdefault(row["share_of_set"], {"questions": f"{int(row['questions']):,}"})
        line |= {f"different {name}": f"{int(row['distinct']):,}", f"of all {name}, %": _percent(row["distinct_share"])}
    found = [_topic(row) for row in topics]
    return web_pages.page(
        title,
        web_pages.heading(title),
        web_pages.paragraph(told),
        web_pages.table(shown, set(shown[0]) - {"texts", "compared with"}),
        web_pages.heading("Topics", 2),
        web_pages.table(found, set(found[0]) - {"words", "example"}),
        web_pages.heading("Distinct words as the data set grows", 2),
        web_pages.table(list(steps.values()), set(next(iter(steps.values())))),
    )


def _similarity(row: dict) -> dict:
    quantiles = {name.removeprefix("nearest_q") + " %": row[name] for name in row if name.startswith("nearest_q")}
    return {
        "texts": row["texts"],
        "compared with": row["compared_with"],
        "number": f"{int(row['number']):,}",
        "mean of all pairs": row["mean_pairwise_similarity"],
        "mean of the nearest": row["nearest_mean"],
        **quantiles,
        f"nearest at {row['near']} or above, %": _percent(row["share_near"]),
    }


def _topic(row: dict) -> dict:
    text = " ".join(row["example"].split())
    example = text if len(text) <= _LONGEST_EXAMPLE else f"{text[: _LONGEST_EXAMPLE - 1]}…"
    seeds = {"of seed problems, %": _percent(row["share_of_seeds"])} if row["share_of_seeds"] else {}
    return {"words": row["words"], "of questions, %": _percent(row["share"]), **seeds, "example": example}


def _percent(share: str) -> str:
    return f"{100 * float(share):.1f}" if share else ""


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
