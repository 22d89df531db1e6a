"""Measure how different the questions of the data set are: from each other, from the seed problems, and in words.

Similarities and topics are those of a sample, drawn by a hash of the ids; n-grams are counted in all questions.
"""

from collections import Counter
from pathlib import Path

import numpy as np
from synthesis import pair_samples, program, schema, similarity, topics
from synthesis.distinct_ngrams import Growth
from synthesis.ledger import read_json

PURPOSE = "measure_diversity"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
QUESTIONS, SEEDS = "questions", "seed problems"
EACH_OTHER, ALL_SEEDS = "each other", "all seed problems"
COLUMNS = [
    "texts", "compared_with", "number", "mean_pairwise_similarity", "nearest_mean",
    *(f"nearest_q{round(100 * quantile):02d}" for quantile in QUANTILES), "near", "share_near",
]  # fmt: skip
GROWTH_COLUMNS = ["words", "share_of_set", "questions", "ngrams", "distinct", "distinct_share"]
TOPIC_COLUMNS = ["topic", "words", "questions", "share", "share_of_seeds", "example"]
# Questions whose n-grams are counted at once.
PART_ROWS = 5000


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--model", type=Path, required=True, help="manifest of the model that embeds questions")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="the files of the data set")
    parser.add_argument("--seeds", type=Path, nargs="?", help="the seed problems, if there are any")
    parser.add_argument("--output", type=Path, required=True, help="the table of similarities (CSV)")
    parser.add_argument("--growth", type=Path, required=True, help="the table of distinct n-grams (CSV)")
    parser.add_argument("--topics", type=Path, required=True, help="the table of topics (CSV)")


def work(options, job):
    """Write the three tables; the settings are `questions`, `near` and `topics`."""
    settings = options.settings
    job.step("counting n-grams")
    growth = _growth(options.data)
    columns = ["question_id", "source", "question"]
    sample = pair_samples.read(options.data, columns, options.seed, PURPOSE, settings["questions"])
    texts = [row["question"] for row in sample]
    if len(texts) < settings["questions"]:
        program.log.warning("measure_diversity.questions is %d: all %d are taken", settings["questions"], len(texts))
    seeds = schema.read(options.seeds, schema.PROBLEMS, ["problem_id", "problem"]) if options.seeds else []
    vectors, seed_vectors = _embedded(options, job, texts, [row["problem"] for row in seeds])
    job.step("comparing")
    drawn = pair_samples.drawn_ids([row["problem_id"] for row in seeds], options.seed, PURPOSE, len(texts))
    places = np.flatnonzero(np.isin([row["problem_id"] for row in seeds], drawn))
    rows = _similarities(vectors, seed_vectors, places, settings["near"])
    schema.write_csv(options.output, rows, COLUMNS)
    schema.write_csv(options.growth, growth, GROWTH_COLUMNS)
    found = _topics(texts, vectors, seed_vectors, settings["topics"], options.seed)
    schema.write_csv(options.topics, found, TOPIC_COLUMNS)
    job.rows(**{"in": len(texts), "seeds": len(seeds), "out": len(rows)})


def _growth(paths: list[Path]) -> list[dict]:
    sizes = Counter(
        source for path in paths for source in schema.read_table(path, schema.DATASET, ["source"])[0].to_pylist()
    )
    growth = Growth(sizes)
    for path in paths:
        for part in schema.read_parts(path, schema.DATASET, ["source", "question"], PART_ROWS):
            growth.add((row["source"], row["question"]) for row in part)
    return [{**row, "distinct_share": _text(row["distinct"] / max(row["ngrams"], 1))} for row in growth.rows()]


def _embedded(options, job, texts: list[str], seeds: list[str]) -> tuple[np.ndarray, np.ndarray]:
    from synthesis.embeddings import Embedder

    job.step("loading the model that embeds")
    manifest = read_json(options.model)
    embedder = Embedder(options.model.parent / manifest["folder"], manifest, options.threads)
    job.step("embedding", len(texts) + len(seeds))
    found = embedder.embed(texts + seeds, job.advance)
    return found[: len(texts)], found[len(texts) :]


def _similarities(questions: np.ndarray, seeds: np.ndarray, places: np.ndarray, near: float) -> list[dict]:
    """The rows of the table; `places` are those of as many seeds as there are questions, to compare like with like."""
    sampled = seeds[places]
    itself, sampled_itself = np.arange(len(questions)), np.arange(len(sampled))
    rows = [_row(QUESTIONS, EACH_OTHER, questions, similarity.nearest(questions, questions, itself), near)]
    if len(seeds):
        rows += [
            _row(SEEDS, EACH_OTHER, sampled, similarity.nearest(sampled, sampled, sampled_itself), near),
            _row(QUESTIONS, ALL_SEEDS, questions, similarity.nearest(questions, seeds), near),
            _row(SEEDS, ALL_SEEDS, sampled, similarity.nearest(sampled, seeds, places), near),
        ]
    return rows


def _row(texts: str, compared_with: str, vectors: np.ndarray, nearest: np.ndarray, near: float) -> dict:
    """A row of similarities; `nearest` has that of each text to the nearest one that it is compared with."""
    quantiles = np.quantile(nearest, QUANTILES) if len(nearest) else [None] * len(QUANTILES)
    names = COLUMNS[COLUMNS.index("nearest_mean") + 1 : COLUMNS.index("near")]
    pairwise = similarity.mean_pairwise(vectors) if compared_with == EACH_OTHER else None
    return {
        "texts": texts,
        "compared_with": compared_with,
        "number": str(len(vectors)),
        "mean_pairwise_similarity": _text(pairwise),
        "nearest_mean": _text(nearest.mean() if len(nearest) else None),
        **{name: _text(value) for name, value in zip(names, quantiles, strict=True)},
        "near": str(near),
        "share_near": _text((nearest >= near).mean() if len(nearest) else None),
    }


def _topics(texts: list[str], vectors: np.ndarray, seeds: np.ndarray, count: int, seed: int) -> list[dict]:
    members, centres = similarity.clusters(vectors, count, seed)
    named = topics.characteristic_words(texts, members.tolist(), len(centres))
    nearest_topic = (seeds @ centres.T).argmax(axis=1) if len(seeds) else np.zeros(0, np.int64)
    # The member nearest to each centre.
    typical = np.where(members[:, None] == np.arange(len(centres)), vectors @ centres.T, -np.inf).argmax(axis=0)
    return [
        {
            "topic": str(number + 1),
            "words": ", ".join(named[number]),
            "questions": str(int((members == number).sum())),
            "share": _text((members == number).mean()),
            "share_of_seeds": _text((nearest_topic == number).mean() if len(seeds) else None),
            "example": texts[typical[number]],
        }
        for number in range(len(centres))
    ]


def _text(value: float | None) -> str:
    """Four decimals: rounding in float32, which the batch decides, stays below them."""
    return "" if value is None else f"{value:.4f}"


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
