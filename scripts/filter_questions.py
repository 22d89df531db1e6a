"""Run all cheap filters over one shard of questions.

Writes the signatures too by which duplicates are found, and the words that questions share with items of benchmarks.
"""

import os
from pathlib import Path

import pyarrow as pa
from synthesis import filters, program, schema
from synthesis.filters.contamination import HELD_OUT
from synthesis.finish_reasons import NOTHING_WRITTEN
from synthesis.text import signature
from synthesis.verdicts import rejections, verdict


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--questions", type=Path, required=True, help="the shard's questions")
    parser.add_argument("--held-out", type=Path, nargs="?", help="the held-out problems, if a filter needs them")
    parser.add_argument("--benchmarks", type=Path, nargs="*", default=[], help="benchmarks, named by their file names")
    parser.add_argument("--output", type=Path, required=True, help="the verdicts")
    parser.add_argument("--overlaps", type=Path, required=True, help="the words shared with items of benchmarks")
    parser.add_argument("--signatures", type=Path, required=True, help="the signatures of the kept questions")


def work(options, job):
    """Write one verdict for each question, with one reason column for each filter."""
    problem_files = {path.stem: path for path in options.benchmarks}
    if options.held_out:
        problem_files[HELD_OUT] = options.held_out
    chosen = filters.build(options.settings["filters"], problem_files)
    questions = schema.read(options.questions, schema.QUESTIONS)
    # Lingua asks for threads by this alone, when it is first used.
    os.environ["RAYON_NUM_THREADS"] = str(options.threads)
    columns, overlaps = {}, []
    for name, chosen_filter in chosen.items():
        job.step(f"filter {name}", len(questions))
        columns[name] = chosen_filter.reasons(questions)
        overlaps += getattr(chosen_filter, "overlaps", [])
    rows = [judged(row, {name: columns[name][i] for name in chosen}) for i, row in enumerate(questions)]
    kept = [question for question, row in zip(questions, rows, strict=True) if row["keep"]]
    job.step("signatures", len(kept))
    write_signatures(options.signatures, kept, options.settings.get("signatures"))
    schema.write(options.overlaps, overlaps, schema.OVERLAPS)
    schema.write(options.output, rows, schema.filter_verdicts(list(chosen)))
    counts = {f"rejected_{reason}": count for reason, count in rejections(rows).items()}
    job.rows(**{"in": len(questions), "out": len(kept), **counts})


def judged(question: dict, reasons: dict[str, str]) -> dict:
    """The verdict on a question: the reason of the first filter that rejects it, and each filter's own.

    A question that was never written is rejected with the reason for it, whatever the filters say.
    """
    unwritten = question["finish_reason"] if question["finish_reason"] in NOTHING_WRITTEN else ""
    first = unwritten or next(filter(None, reasons.values()), "")
    return verdict(question["question_id"], first) | {f"{name}_reason": reason for name, reason in reasons.items()}


def write_signatures(path: Path, questions: list[dict], near: dict | None) -> None:
    """Write the signatures of questions; with `near` (`ngram`, `permutations`) those for near-duplicates too."""
    exact = [signature(question["question"]) for question in questions]
    columns = {name: pa.array([question[name] for question in questions]) for name in ("question_id", "index")}
    found, columns = pa.table({**columns, "exact": pa.array(exact, pa.string())}), schema.SIGNATURES
    if near:
        # A library that no other method needs.
        from synthesis import minhash

        columns = schema.near_signatures(near["permutations"])
        texts = [question["question"] for question in questions]
        found = found.append_column("near", minhash.column(texts, near["ngram"], near["permutations"]))
    schema.write(path, found, columns)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
