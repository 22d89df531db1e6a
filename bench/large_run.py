"""Writes the artifacts of stages at the size of the paper, as fast as a disk takes them.

The texts are English words and numbers of realistic length: questions of about 300 characters, responses of about
1,500. They follow from the number of the row alone, so that a thousandth of the questions can be the same text as
another one in whichever shard that lies.
"""

import argparse
import contextlib
import json
import sys
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from workload import FOLDER, ROOT, measured

sys.path.insert(0, str(ROOT / "scripts"))

from synthesis import configuration, identity, layout, schema
from synthesis.code_version import code_version
from synthesis.ledger import Attempt, Ledger, journal_folder
from synthesis.mixing import mixed
from synthesis.text import signature

SOURCE, SEED, SAMPLES = "bench", 1, 5
# Texts are made of blocks of so many characters; their number is above what a compressor sees at once.
BLOCK, BLOCKS = 40, 2**16
QUESTION_BLOCKS, RESPONSE_BLOCKS = (5, 10), (20, 55)
WORDS = (
    "the", "and", "is", "find", "each", "number", "points", "triangle", "circle", "integer", "square", "root",
    "function", "equation", "such", "which", "two", "three", "between", "positive", "total", "how", "many",
    "what", "are", "there", "angle", "side", "length", "area", "times", "more", "than", "minutes", "price",
    "sold", "remaining", "solve", "divide", "multiply", "therefore", "because", "first", "second", "step", "so",
    "obtain", "result", "gives", "both", "sides", "substitute", "prime", "digits", "sequence", "of", "to", "in",
    "2", "7", "12", "25", "100", "1,250", "0.75", "$x$", "$n^2+1$", "$\\frac{a}{b}$",
)  # fmt: skip


@cache
def _bank() -> numpy.ndarray:
    drawn = numpy.random.default_rng(1).choice(WORDS, BLOCK * BLOCKS // 4)
    return numpy.frombuffer(" ".join(drawn).encode()[: BLOCK * BLOCKS], numpy.uint8).reshape(BLOCKS, BLOCK)


def texts(numbers: numpy.ndarray, blocks: tuple[int, int]) -> pa.StringArray:
    """One text for each number, of least to most `blocks`; equal numbers give equal texts."""
    least, most = blocks
    counts = (least + mixed(numbers) % numpy.uint64(most - least + 1)).astype(numpy.int64)
    ends = numpy.cumsum(counts)
    within = numpy.arange(ends[-1] if len(ends) else 0) - numpy.repeat(ends - counts, counts)
    drawn = mixed(numpy.repeat(numbers.astype(numpy.uint64), counts) * numpy.uint64(64) + within.astype(numpy.uint64))
    offsets = numpy.concatenate([[0], ends * BLOCK]).astype(numpy.int32)
    data = numpy.ascontiguousarray(_bank()[drawn % numpy.uint64(BLOCKS)])
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(data))


def recipe(questions: int, shard_size: int) -> dict:
    """The recipe of the paper with one source, all of whose questions are answered."""
    with contextlib.chdir(ROOT):
        config = configuration.load(ROOT / "config/config.yaml")
        configuration.validate(config)
    source = next(iter(config["generate_questions"]["sources"].values()))
    config["generate_questions"]["sources"] = {SOURCE: {**source, "total": questions, "shard_size": shard_size}}
    # Benchmarks are not at hand; bench/filters.py measures the comparison with them.
    filters = config["filter_questions"]["filters"]
    config["filter_questions"]["filters"] = [entry for entry in filters if "contamination" not in entry]
    config["select_questions"]["sources"] = {SOURCE: {"method": "count", "count": questions, "shortfall": "warn"}}
    return config


def manifest_of(folder: Path, model: str) -> Path:
    """The manifest of a model of the recipe in whose place the stand-in engine stands."""
    path = folder / f"manifests/{model}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    manifest = {"model": model, "engine": "stand_in", "dtype": "float32", "context": 4096, "trust_remote_code": False}
    source = {"source": {"stand_in": {}}, "content_sha256": model, "folder": "files", "files": [], "revision": None}
    path.write_text(json.dumps(manifest | source))
    return path


class LargeRun:
    """The files of a run of one source with so many questions."""

    def __init__(self, folder: Path, questions: int, shard_size: int):
        self.folder, self.questions = Path(folder), questions
        self.shards = layout.shards(questions, shard_size)

    def path(self, stage: str, shard: str, suffix: str = ".parquet") -> Path:
        """The file of a stage for a shard."""
        return self.folder / stage / SOURCE / f"{shard}{suffix}"

    def paths(self, stage: str, suffix: str = ".parquet") -> list[Path]:
        """The files of a stage for all shards."""
        return [self.path(stage, shard.name, suffix) for shard in self.shards]

    def ledgers(self, stage: str) -> list[Path]:
        """The ledgers of a stage for all shards."""
        return self.paths(f"ledger/{stage}", ".json")

    def rows(self, stage: str) -> int:
        """Rows in the files of a stage."""
        return sum(pq.read_metadata(path).num_rows for path in self.paths(stage))

    def program(self, rule: str, job: str, *arguments) -> dict:
        """Run a program for a job; returns what it took (see `workload.measured`)."""
        books = ["--run", "bench", "--code-version", code_version(rule), "--threads", 1]
        books += ["--ledger", self.folder / f"ledger/{rule}/{job}.json"]
        return measured([f"scripts/{rule}.py", *books, *arguments])

    def write(self, stage: str) -> None:
        """Write the files of a stage that are not there, with their ledgers and the journal of two attempts at each."""
        for shard in self.shards:
            if not self.path(stage, shard.name).exists():
                table, columns = _WRITERS[stage](self, shard)
                schema.write(self.path(stage, shard.name), table, columns)
                self._book(stage, shard.name, table.num_rows)

    def _book(self, stage: str, shard: str, rows: int) -> None:
        rule, job = stage.partition("/")[0], f"{stage.partition('/')[2]}/{SOURCE}/{shard}".strip("/")
        ledger = Ledger(run="bench", rule=rule, job=job, rows={"in": rows, "out": rows}, model="writer")
        ledger.tokens = {"prompt": 10 * rows, "completion": 400 * rows}
        for state, part in (("terminated", rows // 3), ("finished", rows - rows // 3)):
            attempt = Attempt(run="bench", rule=rule, job=job, gpus=1, gpu_name="A100", state=state, engine="vllm")
            attempt.rows, attempt.wall_seconds, attempt.versions = part, 3600.0, {"vllm": "0.32.0"}
            journal = journal_folder(self.folder / "store", "bench") / rule / f"{attempt.attempt}.json"
            schema.write_text(journal, json.dumps(asdict(attempt)))
            ledger.rows_by_attempt[attempt.attempt] = part
        ledger.write(self.path(f"ledger/{stage}", shard, ".json"), attempt)


def _questions(run: LargeRun, shard: layout.Shard):
    index = numpy.arange(shard.start, shard.stop)
    # Every thousandth question is a copy of an earlier one, and every five-hundredth was cut.
    copied = numpy.where(index % 1000 == 999, index // 2, index)
    reason = numpy.where(index % 500 == 250, "length", "stop")
    columns = {
        "question_id": pa.array([identity.question_id(SEED, SOURCE, number) for number in index.tolist()]),
        "source": pa.array([SOURCE] * len(index)),
        "index": pa.array(index),
        "question": texts(copied, QUESTION_BLOCKS),
        "finish_reason": pa.array(reason.tolist(), pa.string()),
        "prompt_tokens": pa.array(numpy.full(len(index), 4)),
        "completion_tokens": pa.array(numpy.full(len(index), 80)),
    }
    return pa.table(columns), schema.QUESTIONS


def _filtered_questions(run: LargeRun, shard: layout.Shard):
    questions = pq.read_table(run.path("generate_questions", shard.name), partitioning=None)
    keep = pc.equal(questions["finish_reason"], "stop")
    reason = pc.if_else(keep, "", "unfinished")
    kept = questions.filter(keep)
    exact = pa.array([signature(text) for text in kept["question"].to_pylist()])
    signatures = pa.table([kept["question_id"], kept["index"], exact], schema.SIGNATURES.names)
    schema.write(run.path("filter_questions", shard.name, ".signatures.parquet"), signatures, schema.SIGNATURES)
    columns = {
        "question_id": questions["question_id"],
        "keep": keep,
        "reason": reason,
        "score": pa.nulls(len(questions), pa.float64()),
        "rules_reason": reason,
        "language_reason": pa.array([""] * len(questions)),
    }
    return pa.table(columns), schema.filter_verdicts(["rules", "language"])


def _kept(run: LargeRun, stage: str, shard: layout.Shard) -> pa.Table:
    found = pq.read_table(run.path(stage, shard.name), partitioning=None)
    return found.filter(found["keep"])


def _verdicts(run: LargeRun, before: str, shard: layout.Shard, rejected: int, scored: bool):
    """Verdicts on what the stage before kept; one row in so many (0: none) is rejected."""
    kept = _kept(run, before, shard)
    row = numpy.arange(kept.num_rows)
    keep = pa.array(row % rejected != 100) if rejected else pa.array(numpy.ones(len(row), bool))
    score = mixed(row + shard.start) % numpy.uint64(1_000_000) / 1e6
    columns = {
        "question_id": kept["question_id"],
        "keep": keep,
        "reason": pc.if_else(keep, "", "unsolvable"),
        "score": pa.array(score) if scored else pa.nulls(len(row), pa.float64()),
    }
    return pa.table(columns), schema.QUESTION_VERDICTS


def _numbers(shard: layout.Shard, responses: int) -> numpy.ndarray:
    """The numbers from which the responses of a shard follow."""
    return numpy.arange(responses) + shard.start * SAMPLES


def _answers(numbers: numpy.ndarray) -> list[str]:
    return [str(answer) for answer in (numbers % 997).tolist()]


def _responses(run: LargeRun, shard: layout.Shard):
    kept = _kept(run, "select_questions", shard)
    number = _numbers(shard, kept.num_rows * SAMPLES)
    ends = pa.array([f"\nThe answer is \\boxed{{{answer}}}." for answer in _answers(number)])
    written = pc.binary_join_element_wise(texts(number + 2**40, RESPONSE_BLOCKS), ends, "")
    columns = {
        "question_id": kept["question_id"].combine_chunks().take(pa.array(numpy.arange(len(number)) // SAMPLES)),
        "sample": pa.array(numpy.arange(len(number)) % SAMPLES),
        "response": written,
        "finish_reason": pa.array(numpy.where(mixed(number) % 200 == 0, "length", "stop").tolist(), pa.string()),
        "prompt_tokens": pa.array(numpy.full(len(number), 120)),
        "completion_tokens": pa.array(numpy.full(len(number), 400)),
    }
    return pa.table(columns), schema.RESPONSES


def _filtered_responses(run: LargeRun, shard: layout.Shard):
    columns = ["question_id", "sample", "finish_reason"]
    responses = pq.read_table(run.path("generate_responses", shard.name), columns=columns, partitioning=None)
    keep = pc.equal(responses["finish_reason"], "stop")
    found = {
        **{name: responses[name] for name in ("question_id", "sample")},
        "keep": keep,
        "reason": pc.if_else(keep, "", "unfinished"),
        "score": pa.nulls(len(responses), pa.float64()),
        "answer": pa.array(_answers(_numbers(shard, len(responses)))),
    }
    return pa.table(found), schema.FILTERED_RESPONSES


def _selected_responses(run: LargeRun, shard: layout.Shard):
    rewards = pq.read_table(run.path("score_responses", shard.name), partitioning=None)
    # The first response of each question, as one is as good as another here.
    question = rewards["question_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    keep = pa.array(numpy.diff(question, prepend=-1) != 0)
    columns = {
        **{name: rewards[name] for name in ("question_id", "sample")},
        "keep": keep,
        "reason": pc.if_else(keep, "", "lower_reward"),
        "score": rewards["reward"],
    }
    return pa.table(columns), schema.RESPONSE_VERDICTS


def _rewards(run: LargeRun, shard: layout.Shard):
    kept = _kept(run, "filter_responses", shard)
    rows = kept.num_rows
    columns = {
        **{name: kept[name] for name in ("question_id", "sample")},
        "reward": pa.array(mixed(numpy.arange(rows) + shard.start) % numpy.uint64(1_000_000) / 1e5),
        "finish_reason": pa.array(["stop"] * rows),
        "tokens": pa.array(numpy.full(rows, 520)),
    }
    return pa.table(columns), schema.REWARDS


JUDGE = "judge_questions/solvability"
_WRITERS = {
    "generate_questions": _questions,
    "filter_questions": _filtered_questions,
    JUDGE: lambda run, shard: _verdicts(run, "find_duplicates", shard, 400, False),
    "score_difficulty/learnt_fail_rate": lambda run, shard: _verdicts(run, JUDGE, shard, 0, True),
    "generate_responses": _responses,
    "filter_responses": _filtered_responses,
    "score_responses": _rewards,
    "select_responses": _selected_responses,
}


def main() -> None:
    """Write the files of one stage. A process of its own, so that its memory is no other's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER / "at_size")
    parser.add_argument("--questions", type=int, required=True)
    parser.add_argument("--shard-size", type=int, required=True)
    parser.add_argument("--stage", choices=_WRITERS, required=True)
    options = parser.parse_args()
    LargeRun(options.folder, options.questions, options.shard_size).write(options.stage)


if __name__ == "__main__":
    main()
