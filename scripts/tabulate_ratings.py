"""Tabulate what people say of the questions of several sets, and how far they agree."""

from itertools import combinations
from pathlib import Path

from synthesis import evaluation, program, published_values, rater_agreement, rating_sheets, schema, web_pages
from synthesis.rating_criteria import CRITERIA, WORDS

COLUMNS = ["set", "criterion", "items", "raters", "mean", "low", "high", "published_mean", "origin"]
AGREEMENT_COLUMNS = ["criterion", "raters", "items", "krippendorff_alpha", "weighted_kappa", "kappa_pairs"]
OWN = "this run"


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--seed", type=int, required=True, help="seed of the bootstrap")
    parser.add_argument("--key", type=Path, required=True, help="which set each item is from (CSV)")
    parser.add_argument("--sheets", type=Path, nargs="+", required=True, help="the filled sheets, one of each rater")
    parser.add_argument("--published", type=Path, nargs="*", default=[], help="a file of published values (CSV)")
    parser.add_argument("--output", type=Path, required=True, help="means by set and criterion (CSV)")
    parser.add_argument("--agreement", type=Path, required=True, help="agreement by criterion (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="both for readers (HTML)")


def work(options, job):
    """Write the tables; the settings are `sets` and, for published values, `source` and `table`."""
    key = rating_sheets.read_key(options.key, options.settings["sets"])
    ratings = [rating_sheets.read_filled(path, key) for path in options.sheets]
    rating_sheets.check_raters(ratings)
    own = means(ratings, key, options.settings["sets"], options.seed)
    rows = own + [row for path in options.published for row in published(path, options.settings["published"])]
    agreements = [agreement(ratings, criterion) for criterion in CRITERIA]
    schema.write_csv(options.output, rows, COLUMNS)
    schema.write_csv(options.agreement, agreements, AGREEMENT_COLUMNS)
    schema.write_text(options.page, page(options.run, rows, agreements))
    job.rows(**{"in": len(key) * len(ratings), "out": len(own)})


def means(ratings: list, key: dict[str, str], sets: list[str], seed: int) -> list[dict]:
    """The mean score of each set by each criterion, with the middle 95 % of bootstrap samples of its items.

    Of a set without items all three are empty.
    """
    rows = []
    for name in sets:
        items = [item for item, of in key.items() if of == name]
        for criterion in CRITERIA:
            values = [sum(one.scores[item][criterion] for one in ratings) / len(ratings) for item in items]
            found = [sum(values) / len(values), *evaluation.interval(values, seed)] if items else []
            numbers = [len(items), len(ratings), *(f"{value:.4f}" for value in found), *[""] * (3 - len(found))]
            rows.append(dict(zip(COLUMNS, [name, criterion, *numbers, "", OWN], strict=True)))
    return rows


def published(path: Path, settings: dict) -> list[dict]:
    """The means that a publication gives for its own sets, in rows of their own."""
    names = {word: criterion for criterion, word in WORDS.items()}
    return [
        dict.fromkeys(COLUMNS, "")
        | {"set": value.row, "criterion": names[value.column]}
        | {"published_mean": f"{value.value:.6g}", "origin": value.place}
        for value in published_values.read(path)
        if (value.source, value.table) == (settings["source"], settings["table"]) and value.column in names
    ]


def agreement(ratings: list, criterion: str) -> dict:
    """How far raters agree on a criterion; empty for one rater, and where all gave one score throughout.

    The kappa is that of the two raters; of more than two, the mean over the pairs that have one, which are counted. Two
    who both gave one and the same score throughout have none.
    """
    items = list(ratings[0].scores)
    by_rater = [[one.scores[item][criterion] for item in items] for one in ratings]
    alpha = rater_agreement.krippendorff_alpha(list(zip(*by_rater, strict=True)))
    pairs = (rater_agreement.weighted_kappa(*pair) for pair in combinations(by_rater, 2))
    kappas = [kappa for kappa in pairs if kappa is not None]
    kappa = sum(kappas) / len(kappas) if kappas else None
    numbers = ["" if value is None else f"{value:.4f}" for value in (alpha, kappa)]
    return dict(zip(AGREEMENT_COLUMNS, [criterion, len(ratings), len(items), *numbers, len(kappas)], strict=True))


def page(run: str, rows: list[dict], agreements: list[dict]) -> str:
    """One line for each set, and the agreement of the raters below."""
    title = f"Questions rated by people, run {run}"
    raters = agreements[0]["raters"]
    told = (
        f"{raters} {'rater' if raters == 1 else 'raters'} gave each question a score from 1 to 5 without knowing its "
        "set. In brackets stand 95 % intervals (bootstrap over questions)."
    )
    own, theirs = ([row for row in rows if (row["origin"] == OWN) == is_own] for is_own in (True, False))
    alike = [
        {
            "criterion": WORDS[row["criterion"]],
            "Krippendorff's alpha": row["krippendorff_alpha"] or "not told",
            "Cohen's kappa": row["weighted_kappa"] or "not told",
            "pairs of raters": str(row["kappa_pairs"]),
        }
        for row in agreements
    ]
    about = (
        "1 is full agreement, 0 what chance gives. Alpha is for ordered scores; kappa has quadratic weights and is the "
        "mean over the pairs of raters that are counted: two who gave one and the same score throughout have none. "
        "Neither can be told for one rater, or if all scores are the same."
    )
    return web_pages.page(
        title,
        web_pages.heading(title),
        web_pages.paragraph(told),
        web_pages.table(_by_set(own), {"items", *WORDS.values()}),
        *_published_table(theirs),
        web_pages.heading("Agreement of the raters", 2),
        web_pages.paragraph(about),
        web_pages.table(alike, {"Krippendorff's alpha", "Cohen's kappa", "pairs of raters"}),
    )


def _by_set(rows: list[dict]) -> list[dict]:
    shown = []
    for name in dict.fromkeys(row["set"] for row in rows):
        own = {row["criterion"]: row for row in rows if row["set"] == name}
        scores = {WORDS[criterion]: _mean(own[criterion]) for criterion in CRITERIA}
        shown.append({"set": name, "items": str(own[CRITERIA[0]]["items"]), **scores})
    return shown


def _mean(row: dict) -> str:
    if not row["mean"]:
        return ""
    return f"{float(row['mean']):.1f} ({float(row['low']):.1f} to {float(row['high']):.1f})"


def _published_table(rows: list[dict]) -> list[str]:
    """The published means in a table of their own; nothing without them."""
    if not rows:
        return []
    shown = []
    for name in dict.fromkeys(row["set"] for row in rows):
        theirs = {row["criterion"]: f"{float(row['published_mean']):.1f}" for row in rows if row["set"] == name}
        shown.append({"set": name, **{WORDS[criterion]: theirs.get(criterion, "not told") for criterion in CRITERIA}})
    told = f"From {rows[0]['origin']}: other questions, rated by other people."
    parts = [web_pages.heading("Published means", 2), web_pages.paragraph(told)]
    return [*parts, web_pages.table(shown, set(WORDS.values()))]


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
