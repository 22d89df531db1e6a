"""How verdict files fit together: each covers the rows that reached its stage, in the order of the shard."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from synthesis import schema
from synthesis.errors import InputError


def verdict(question_id: str, reason: str = "", score: float | None = None) -> dict:
    """A row of `schema.QUESTION_VERDICTS`: kept if there is no reason against it."""
    return {"question_id": question_id, "keep": not reason, "reason": reason, "score": score}


def response_verdict(question_id: str, sample: int, reason: str = "", score: float | None = None) -> dict:
    """A row of `schema.RESPONSE_VERDICTS`: kept if there is no reason against it."""
    return {"question_id": question_id, "sample": sample, "keep": not reason, "reason": reason, "score": score}


def question_verdicts(ids: pa.Array, reasons: list[str] | pa.Array, scores: pa.Array | None = None) -> pa.Table:
    """A table of `schema.QUESTION_VERDICTS`: each question is kept where its reason is empty."""
    reasons = pa.array(reasons, pa.string()) if isinstance(reasons, list) else reasons
    scores = pa.nulls(len(reasons), pa.float64()) if scores is None else scores
    return pa.table([ids, pc.equal(reasons, ""), reasons, scores], schema.QUESTION_VERDICTS.names)


def kept_ids(*paths: Path) -> list[str]:
    """The ids kept by every verdict file, in the order of the last file.

    Give the files in the order of their stages. The first one says which rows there are; each further one must
    cover exactly the rows kept so far. Raises InputError naming the file and an id if it does not, or if a file
    holds an id twice: then the files come from different runs of the workflow.
    """
    return _kept_ids(paths).to_pylist()


def _kept_ids(paths: Sequence[Path]) -> pa.ChunkedArray:
    kept = pa.chunked_array([], pa.string())
    for position, path in enumerate(paths):
        rows = schema.read_table(path, schema.QUESTION_VERDICTS, ["question_id", "keep"])
        ids = rows["question_id"]
        if len(ids.unique()) < len(ids):
            raise _twice(path, ids)
        if position and not ids.equals(kept):
            _check_same_rows(path, ids.to_pylist(), kept.to_pylist(), paths[position - 1])
        kept = ids.filter(rows["keep"])
    return kept


def kept_questions(questions_path: Path, verdict_paths: Iterable[Path]) -> list[dict]:
    """The rows of a `schema.QUESTIONS` file whose id every verdict file keeps; see `kept_table`."""
    return kept_table(questions_path, verdict_paths, schema.QUESTIONS.names).to_pylist()


def kept_table(questions_path: Path, verdict_paths: Iterable[Path], columns: list[str]) -> pa.Table:
    """Columns of a `schema.QUESTIONS` file, of the rows whose id every verdict file keeps, in the file's order.

    `question_id` must be among the columns. Without verdict files all rows. The first verdict file need not cover every
    question, since earlier stages may have rejected some; see `kept_ids` for what is checked. Raises InputError if a
    kept id is not among the questions.
    """
    questions = schema.read_table(questions_path, schema.QUESTIONS, columns)
    verdict_paths = list(verdict_paths)
    if not verdict_paths:
        return questions
    kept = _kept_ids(verdict_paths)
    unknown = kept.filter(pc.invert(pc.is_in(kept, questions["question_id"])))
    if len(unknown):
        raise InputError(
            f"{verdict_paths[-1]} keeps question {pc.min(unknown).as_py()}, which {questions_path} does not hold; "
            "the files do not fit together: delete the verdicts and run the workflow again."
        )
    return questions.filter(pc.is_in(questions["question_id"], kept))


def questions_with_responses(questions: Path, verdicts: Path) -> list[dict]:
    """The rows of a `schema.QUESTIONS` file of which the verdicts of filter_responses keep a response, in their order.

    Raises InputError if the file lacks such a question.
    """
    rows = schema.read_table(verdicts, schema.FILTERED_RESPONSES, ["question_id", "keep"])
    kept = rows["question_id"].filter(rows["keep"]).unique()
    found = schema.read_table(questions, schema.QUESTIONS, schema.QUESTIONS.names)
    unknown = kept.filter(pc.invert(pc.is_in(kept, found["question_id"])))
    if len(unknown):
        raise InputError(
            f"{verdicts} keeps a response to question {pc.min(unknown).as_py()}, which {questions} does not hold; "
            "the files do not fit together: delete the verdicts and run the workflow again."
        )
    return found.filter(pc.is_in(found["question_id"], kept)).to_pylist()


def kept_responses(responses: Path, verdicts: Path, rows: int = 2000) -> Iterator[list[dict]]:
    """The texts that the filters kept (`question_id`, `sample`, `response`), in their order, so many read at a time."""
    kept = {
        (row["question_id"], row["sample"])
        for row in schema.read(verdicts, schema.FILTERED_RESPONSES, ["question_id", "sample", "keep"])
        if row["keep"]
    }
    for part in schema.read_parts(responses, schema.RESPONSES, ["question_id", "sample", "response"], rows):
        yield [row for row in part if (row["question_id"], row["sample"]) in kept]


def rejections(rows: Iterable[dict]) -> dict[str, int]:
    """How many rows were rejected for each kind of reason (the part before the colon), for the ledger."""
    return dict(sorted(Counter(row["reason"].partition(":")[0] for row in rows if not row["keep"]).items()))


def _twice(path: Path, ids: pa.ChunkedArray) -> InputError:
    name = next(name for name, count in Counter(ids.to_pylist()).items() if count > 1)
    return InputError(f"{path} holds question {name} more than once; delete it and run the workflow again.")


def _check_same_rows(path: Path, ids: list[str], expected: list[str], earlier: Path) -> None:
    missing, unknown = set(expected).difference(ids), set(ids).difference(expected)
    if missing:
        raise InputError(
            f"{path} has no verdict for question {min(missing)}, which {earlier} keeps; "
            "the files do not fit together: delete the later one and run the workflow again."
        )
    if unknown:
        raise InputError(
            f"{path} has a verdict for question {min(unknown)}, which {earlier} does not keep; "
            "the files do not fit together: delete the later one and run the workflow again."
        )
