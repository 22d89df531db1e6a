"""Make one shard of questions of a source.

A source either lets a model write from an empty user turn (`empty_prefix`) or brings its own questions
(`imported`). The model's questions are bought through the store, so only those it lacks are generated.
"""

from pathlib import Path

from synthesis import identity, program, purchase, schema
from synthesis.errors import InputError
from synthesis.imported_questions import read_questions
from synthesis.requests import question_requests


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    purchase.add_arguments(parser, model_required=False)
    parser.add_argument("--source", required=True, help="name of the source")
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--start", type=int, required=True, help="number of the shard's first question in the source")
    parser.add_argument("--stop", type=int, required=True, help="number after the shard's last question")
    parser.add_argument("--file", type=Path, help="file with the source's own questions")
    parser.add_argument("--output", type=Path, required=True, help="the shard's questions")


def work(options, job):
    """Write the shard's questions as `schema.QUESTIONS`, in the order of their index."""
    ids = [
        (identity.question_id(options.seed, options.source, index), index)
        for index in range(options.start, options.stop)
    ]
    kind = "imported" if "imported" in options.settings else "empty_prefix"
    make = {"imported": _imported, "empty_prefix": _generated}[kind]
    rows = make(options, job, ids, options.settings[kind])
    schema.write(options.output, rows, schema.QUESTIONS)
    job.rows(**{"in": len(ids), "out": len(rows)})


def _generated(options, job, ids, settings) -> list[dict]:
    requests = question_requests(options.seed, options.source, ids, settings["system"])
    bought = purchase.buy(options, job, requests, settings["sampling"])
    return [
        {
            "question_id": request.row_id,
            "source": options.source,
            "index": request.index,
            "question": row["text"].strip(),
            "finish_reason": row["finish_reason"],
            "prompt_tokens": row["prompt_tokens"],
            "completion_tokens": row["completion_tokens"],
        }
        for request, row in zip(requests, bought, strict=True)
    ]


def _imported(options, _job, ids, settings) -> list[dict]:
    texts = read_questions(options.file, settings["column"])
    if options.stop > len(texts):
        raise InputError(
            f"{options.file} has {len(texts)} questions, but generate_questions.sources.{options.source} needs at "
            f"least {options.stop}; lower total to {len(texts)} or give more questions."
        )
    return [
        {
            "question_id": row_id,
            "source": options.source,
            "index": index,
            "question": texts[index],
            "finish_reason": "imported",
            "prompt_tokens": 0,
            "completion_tokens": 0,
        }
        for row_id, index in ids
    ]


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
