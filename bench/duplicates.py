"""Near-duplicates at size: signatures per CPU second, and time and memory of the search, with the obvious alternative.

The questions are those of `large_run`. Every thousandth is the same text as another, and beside these one in fifty is
another question with a word added, and one in a hundred comes from one template with other numbers. To measure the
search, the signatures of all questions without a near-duplicate are drawn at random, which takes less time.
"""

import argparse
import json
import resource
import shutil
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy
import pyarrow as pa
import pyarrow.parquet as pq
from large_run import QUESTION_BLOCKS, SOURCE, LargeRun, texts
from synthesis import schema
from synthesis.configuration_dataset import NEAR_DUPLICATES
from synthesis.mixing import mixed
from synthesis.shingles import shingles
from synthesis.text import signature
from workload import FOLDER, answer, measured

SHARD = 12_500
# The program that signs runs on so many shards; the signatures of the others are written directly.
SIGNED = 2
TEMPLATE = (
    "A farmer has {} fields and grows {} kilograms of wheat on each one of them, and then sells {} kilograms at the "
    "market. How many kilograms of wheat are left for the winter?"
)


def with_copies(run: LargeRun) -> None:
    """Give some of the written questions the texts of near-duplicates and of a template."""
    for shard, path in zip(run.shards, run.paths("generate_questions"), strict=True):
        found = pq.read_table(path, partitioning=None)
        index = numpy.arange(shard.start, shard.stop)
        earlier = texts(index // 3, QUESTION_BLOCKS).to_pylist()
        questions = found["question"].to_pylist()
        for place, number in enumerate(index.tolist()):
            if number % 50 == 7:
                questions[place] = f"{earlier[place]} unlikely"
            elif number % 100 == 33:
                questions[place] = TEMPLATE.format(number, number * 7 % 10_007, number * 31 % 100_003)
        place = found.column_names.index("question")
        schema.write(path, found.set_column(place, "question", pa.array(questions)), schema.QUESTIONS)


def with_signatures(run: LargeRun) -> None:
    """Write the signatures that are not there; random ones where a question has no near-duplicate."""
    from synthesis import minhash

    permutations = NEAR_DUPLICATES["permutations"]
    for shard in run.shards:
        path = run.path("filter_questions", shard.name, ".signatures.parquet")
        if path.exists():
            continue
        found = pq.read_table(run.path("generate_questions", shard.name), partitioning=None)
        questions, index = found["question"].to_pylist(), numpy.arange(shard.start, shard.stop)
        copied = ((index[:, None] * 3 + numpy.arange(3)) % 50 == 7).any(axis=1)
        real = numpy.flatnonzero(copied | (index % 50 == 7) | (index % 100 == 33) | (index % 1000 == 999))
        signatures = mixed(index[:, None] * permutations + numpy.arange(permutations)).astype("<u4")
        sets = shingles([questions[place] for place in real], NEAR_DUPLICATES["ngram"])
        signatures[real] = minhash.signatures(sets, permutations)
        kind = schema.near_signatures(permutations)
        near = pa.FixedSizeBinaryArray.from_buffers(
            kind.field("near").type, len(index), [None, pa.py_buffer(signatures.tobytes())]
        )
        exact = pa.array([signature(text) for text in questions])
        schema.write(path, pa.table([found["question_id"], found["index"], exact, near], kind.names), kind)


def search(folder: Path, questions: int) -> dict:
    """`filter_questions` without a filter on some shards, then `find_duplicates` on all of them."""
    shutil.rmtree(folder, ignore_errors=True)
    run = LargeRun(folder, questions, SHARD)
    measured(["bench/duplicates.py", "--write", questions, "--folder", folder])
    settings = {"filters": [], "signatures": {name: NEAR_DUPLICATES[name] for name in ("ngram", "permutations")}}
    signed = []
    for shard in run.shards[:SIGNED]:
        files = ["--questions", run.path("generate_questions", shard.name)]
        files += ["--output", run.path("filter_questions", shard.name)]
        files += ["--signatures", run.path("filter_questions", shard.name, ".signatures.parquet")]
        files += ["--overlaps", run.path("filter_questions", shard.name, ".overlaps.parquet")]
        job = f"{SOURCE}/{shard.name}"
        signed.append(run.program("filter_questions", job, "--settings", json.dumps(settings), *files))
    measured(["bench/duplicates.py", "--sign", questions, "--folder", folder])
    settings = {"method": "near", **NEAR_DUPLICATES, "sources": [SOURCE]}
    files = ["--inputs", *run.paths("filter_questions", ".signatures.parquet")]
    files += ["--questions", *run.paths("generate_questions"), "--outputs", *run.paths("find_duplicates")]
    files += ["--clusters", folder / "all.clusters.parquet"]
    found = run.program("find_duplicates", "all", "--settings", json.dumps(settings), *files)
    counts = json.loads((folder / "ledger/find_duplicates/all.json").read_text())["rows"]
    sizes = [path.stat().st_size for path in run.paths("filter_questions", ".signatures.parquet")]
    shutil.rmtree(folder)
    rows = sum(len(range(shard.start, shard.stop)) for shard in run.shards[:SIGNED])
    return {
        "questions": questions,
        "signed_per_second": rows / sum(job["cpu"] for job in signed),
        "signed_memory": max(job["memory"] for job in signed),
        "megabytes": sum(sizes) / 1e6,
        **{name: found[name] for name in ("wall", "cpu", "memory")},
        "near": counts.get("rejected_near_duplicate_of", 0),
        "exact": counts["rejected_duplicate_of"],
    }


def of_datasketch(sets, number: int):
    """The signature of a set as datasketch makes it, whose hashes have 32 bits."""
    from datasketch import MinHash

    found = MinHash(NEAR_DUPLICATES["permutations"], hashfunc=int)
    values = sets.values[sets.offsets[number] : sets.offsets[number + 1]]
    found.update_batch((values & numpy.uint64(2**32 - 1)).tolist())
    return found


def signatures_alone(questions: int) -> dict[str, float]:
    """Questions per CPU second: the shingles alone, and the signatures of ready shingles with each library."""
    from synthesis import minhash

    found = texts(numpy.arange(questions), QUESTION_BLOCKS).to_pylist()
    started = time.process_time()
    sets = [shingles(found[start : start + 4096], NEAR_DUPLICATES["ngram"]) for start in range(0, questions, 4096)]
    rates = {"shingles": questions / (time.process_time() - started)}
    started = time.process_time()
    for part in sets:
        minhash.signatures(part, NEAR_DUPLICATES["permutations"])
    rates["rensa"] = questions / (time.process_time() - started)
    if find_spec("datasketch"):
        started = time.process_time()
        for part in sets:
            for number in range(len(part.sizes)):
                of_datasketch(part, number)
        rates["datasketch"] = questions / (time.process_time() - started)
    return rates


def in_memory(questions: int) -> None:
    """The alternative: every signature an object, all in an index of datasketch; prints what that took."""
    from datasketch import MinHashLSH

    permutations = NEAR_DUPLICATES["permutations"]
    index = MinHashLSH(threshold=NEAR_DUPLICATES["threshold"], num_perm=permutations)
    for start in range(0, questions, 4096):
        part = texts(numpy.arange(start, min(start + 4096, questions)), QUESTION_BLOCKS).to_pylist()
        sets = shingles(part, NEAR_DUPLICATES["ngram"])
        for number in range(len(part)):
            found = of_datasketch(sets, number)
            if not index.query(found):
                index.insert(start + number, found)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    answer({"questions": questions, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024})


def main() -> None:
    """Print the figures of this part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=2_000_000)
    parser.add_argument("--compared", type=int, default=50_000, help="questions of the comparison with datasketch")
    parser.add_argument("--folder", type=Path, default=FOLDER / "duplicates", help="emptied first, removed at the end")
    parser.add_argument("--write", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--sign", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--in-memory", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        run = LargeRun(options.folder, options.write, SHARD)
        run.write("generate_questions")
        with_copies(run)
    elif options.sign:
        with_signatures(LargeRun(options.folder, options.sign, SHARD))
    elif options.in_memory:
        in_memory(options.in_memory)
    else:
        figures = {"rates": signatures_alone(min(options.compared, 20_000)), "search": []}
        for questions in (options.compared, options.questions):
            figures["search"].append(search(options.folder.resolve(), questions))
            print(f"  {figures['search'][-1]}", file=sys.stderr, flush=True)
        if find_spec("datasketch"):
            output = measured(["bench/duplicates.py", "--in-memory", options.compared])["output"]
            figures["datasketch"] = json.loads(output.strip().splitlines()[-1])
        answer(figures)


if __name__ == "__main__":
    main()
