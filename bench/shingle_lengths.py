"""How long shingles should be: what near-duplicates of published questions are, and whether an edit is still found.

For each length of shingles all pairs of questions whose Jaccard reaches the threshold are counted, and how many of them
have the same answer; then the share of questions that are still near-duplicates with one of their words replaced.
"""

import argparse
import random
import sys

import numpy
from workload import ROOT, answer

sys.path.append(str(ROOT / "tests"))

from published_sets import read
from synthesis.configuration_dataset import NEAR_DUPLICATES
from synthesis.shingles import Shingles, shingles
from synthesis.text import tokens

SETS = {
    "GSM8K": ("gsm8k/train.jsonl.gz", "question", "answer"),
    "MATH": ("math/train_problem_answer_only.jsonl.gz", "problem", "answer"),
    "CollegeMath": ("college_math/test.jsonl.gz", "question", "answer"),
}
EDITED = 1000


def similar(sets: Shingles, threshold: float) -> list[tuple[int, int]]:
    """All pairs of texts whose Jaccard reaches the threshold."""
    order = numpy.argsort(sets.values, kind="stable")
    text = numpy.repeat(numpy.arange(len(sets.sizes)), sets.sizes)
    numbers = numpy.unique(sets.values, return_inverse=True)[1]
    ends = numpy.cumsum(numpy.bincount(numbers))
    owners, found = text[order], []
    for row, (start, end) in enumerate(zip(sets.offsets[:-1], sets.offsets[1:], strict=True)):
        groups = numbers[start:end]
        others = [owners[first:last] for first, last in zip(numpy.append(0, ends)[groups], ends[groups], strict=True)]
        if others:
            common = numpy.bincount(numpy.concatenate(others))[:row]
            jaccard = common / (sets.sizes[row] + sets.sizes[: len(common)] - common)
            found += [(row, other) for other in numpy.flatnonzero(jaccard >= threshold).tolist()]
    return found


def still_found(texts: list[str], n: int, threshold: float) -> float:
    """The share of texts that are near-duplicates of themselves with one word replaced."""
    draw, hits = random.Random(1), 0
    chosen = [tokens(text) for text in draw.sample(texts, EDITED)]
    for found in chosen:
        changed = list(found)
        changed[draw.randrange(len(changed))] = "zebra"
        pair = shingles([" ".join(found), " ".join(changed)], n)
        one, other = (set(pair.values[pair.offsets[i] : pair.offsets[i + 1]].tolist()) for i in (0, 1))
        hits += len(one & other) / len(one | other) >= threshold
    return hits / EDITED


def main() -> None:
    """Print the figures of this part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lengths", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    options, figures = parser.parse_args(), {}
    for name, (path, column, result) in SETS.items():
        texts = read(path, column)
        answers = [text.rpartition("####")[2].strip() for text in read(path, result)]
        for n in options.lengths:
            found = similar(shingles(texts, n), NEAR_DUPLICATES["threshold"])
            same = sum(answers[one] == answers[other] for one, other in found)
            share = still_found(texts, n, NEAR_DUPLICATES["threshold"])
            figures[f"{name}, n={n}"] = {"pairs": len(found), "same_answer": same, "edited_found": share}
            print(f"  {name}, n={n}: {figures[f'{name}, n={n}']}", file=sys.stderr, flush=True)
    answer(figures)


if __name__ == "__main__":
    main()
