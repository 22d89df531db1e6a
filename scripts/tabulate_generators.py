"""Tabulate what each step of tuning does to a question generator, and what rewriting does to questions."""

from pathlib import Path

from synthesis import (
    compared_questions,
    difficulty_densities,
    generator_measures,
    program,
    rewriting_effect,
    schema,
    web_pages,
)
from synthesis.compared_questions import first_questions
from synthesis.errors import InputError
from synthesis.generator_arms import UNTUNED

# The measures that every table has, in words.
_SHOWN = {
    generator_measures.DIFFICULTY: "mean difficulty",
    "share_distinct": "distinct, %",
    "share_copied": "same as a seed problem, %",
    "share_overlapping": f"{generator_measures.OVERLAPPING_WORDS} words in a row as in a seed problem, %",
    "share_finished": "finished, %",
}
_MEASURE = "measure"


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--seed", type=int, required=True, help="seed of the bootstrap")
    parser.add_argument(
        "--arm", action="append", nargs="+", required=True, help="source, generator, what trained it, its questions"
    )
    parser.add_argument("--verdicts", type=Path, nargs="*", default=[], help="verdicts, named by the judges")
    parser.add_argument("--scores", type=Path, nargs="?", help="scores of difficulty, if there are any")
    compared_questions.add_seed_problems(parser)
    compared_questions.add_rewrites(parser)
    parser.add_argument("--output", type=Path, required=True, help="the table (CSV)")
    parser.add_argument("--rewrites-table", type=Path, required=True, help="what rewriting does (CSV)")
    parser.add_argument("--densities", type=Path, required=True, help="how difficulty is distributed (CSV)")
    parser.add_argument("--page", type=Path, required=True, help="the table for readers (HTML)")


def work(options, job):
    """Write one row for each generator of each source, and the tables of rewriting and of difficulty.

    The settings are `questions` and `shares`.
    """
    seeds = generator_measures.SeedProblems(options.seed_problems) if options.seed_problems else None
    rows = [_row(options, arm, seeds) for arm in options.arm]
    shares = list(options.settings["shares"])
    schema.write_csv(options.output, rows, generator_measures.columns(shares))
    effects = _effects(options)
    schema.write_csv(options.rewrites_table, effects, rewriting_effect.COLUMNS)
    schema.write_csv(options.densities, _densities(options), difficulty_densities.COLUMNS)
    schema.write_text(options.page, page(options.run, rows, shares, effects))
    job.rows(**{"in": sum(int(row["questions"]) for row in rows), "out": len(rows)})


def _row(options, arm: list[str], seeds) -> dict:
    names, questions = _questions(options, arm)
    verdicts = {path.stem: path for path in options.verdicts}
    shares = {
        name: generator_measures.passed(questions, name, share, verdicts)
        for name, share in options.settings["shares"].items()
    }
    shares |= generator_measures.of_texts(questions, seeds)
    values = dict.fromkeys(generator_measures.measures(list(options.settings["shares"])), ())
    values |= {generator_measures.share_column(name): found for name, found in shares.items()}
    if options.scores:
        values[generator_measures.DIFFICULTY] = generator_measures.difficulties(questions, options.scores)
    named = dict(zip(generator_measures.NAMES, names, strict=True))
    counts = {"questions": str(len(questions)), "scored": str(len(values[generator_measures.DIFFICULTY]))}
    return named | counts | generator_measures.means(values, options.seed)


def _questions(options, arm: list[str]) -> tuple[list[str], list[dict]]:
    """What names an arm, and its questions. Raises InputError if there are too few."""
    names, files = arm[: len(generator_measures.NAMES)], arm[len(generator_measures.NAMES) :]
    count = options.settings["questions"]
    questions = first_questions(map(Path, files), count)
    if len(questions) != count:
        raise InputError(
            f"{' '.join(files)}: {len(questions)} of the first {count} questions of {arm[1]} are there; delete these "
            "files and run the workflow again."
        )
    return names, questions


def _effects(options) -> list[dict]:
    rewritten = compared_questions.rewritten_questions(options.raw, options.rewrites, options.rewritten)
    verdicts = {path.stem: path for path in options.verdicts}
    return rewriting_effect.rows(rewritten, options.settings["shares"], verdicts, options.scores, options.seed)


def _densities(options) -> list[dict]:
    """The densities of the scores of each set of seed problems, then of each generator; none without a scorer."""
    if not options.scores:
        return []
    problems = compared_questions.seed_questions(options.seed_problems, options.seed, options.of_each_set)
    found = {}
    for name in dict.fromkeys(row["source"] for row in problems):
        own = [row for row in problems if row["source"] == name]
        found[difficulty_densities.SEEDS, "", name] = generator_measures.difficulties(own, options.scores)
    for arm in options.arm:
        (source, generator, _), questions = _questions(options, arm)
        key = (difficulty_densities.QUESTIONS, source, generator)
        found[key] = generator_measures.difficulties(questions, options.scores)
    return difficulty_densities.rows(found)


def page(run: str, rows: list[dict], shares: list[str], effects: list[dict]) -> str:
    """A table for each source, with a column for each step of tuning, from left to right, and one of rewriting."""
    title = f"Question generators of run {run}"
    parts = [web_pages.heading(title)]
    for source in dict.fromkeys(row["source"] for row in rows):
        found = [row for row in rows if row["source"] == source]
        lines = [_line("questions", found, lambda row: row["questions"])]
        if any(row["scored"] != row["questions"] for row in found if row[generator_measures.DIFFICULTY]):
            lines.append(_line("questions with a difficulty", found, lambda row: row["scored"]))
        for name in generator_measures.measures(shares):
            if any(row[name] for row in found):
                lines.append(_line(_shown(name), found, lambda row, name=name: _amount(row, name, name)))
        parts += [web_pages.heading(f"Source {source}", 2), web_pages.table(lines, set(lines[0]) - {_MEASURE})]
    if effects:
        parts += [web_pages.heading("What rewriting does to questions", 2), _effects_table(effects)]
    return web_pages.page(title, *parts)


def _effects_table(effects: list[dict]) -> str:
    lines = [
        {
            **{name: row[name] for name in ("generator", "direction")},
            _MEASURE: _shown(row["measure"]),
            "questions": f"{int(row['questions']):,}",
            "raw": _amount(row, "raw", row["measure"]),
            "rewritten": _amount(row, "rewritten", row["measure"]),
            "change": _amount(row, "change", row["measure"]),
        }
        for row in effects
    ]
    return web_pages.table(lines, {"questions", "raw", "rewritten", "change"})


def _shown(measure: str) -> str:
    return _SHOWN.get(measure, f"{measure.removeprefix('share_')}, %")


def _line(measure: str, rows: list[dict], text) -> dict:
    return {_MEASURE: measure} | {_heading(row): text(row) for row in rows}


def _heading(row: dict) -> str:
    return f"{row['generator']} ({'untuned' if row['trained_by'] == UNTUNED else row['trained_by']})"


def _amount(row: dict, name: str, measure: str) -> str:
    """A column with its interval, in the words of the measure that it holds: shares in per cent."""
    if not row[name]:
        return ""
    mean, low, high = (float(row[f"{name}{end}"]) for end in rewriting_effect.ENDS)
    if measure == generator_measures.DIFFICULTY:
        return f"{mean:.3g} ({low:.3g} to {high:.3g})"
    return f"{100 * mean:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
