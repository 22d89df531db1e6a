"""Make one shard of questions of a source.

A source either lets a model write from an empty user turn (`empty_prefix`) or brings its own questions
(`imported`). The model's questions are bought through the store, so only those it lacks are generated.
"""

import logging
from pathlib import Path

from synthesis import identity, program, purchase, schema, written_questions
from synthesis.errors import InputError
from synthesis.imported_questions import read_questions

log = logging.getLogger("synthesis")


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    purchase.add_arguments(parser, model_required=False)
    written_questions.add_arguments(parser)
    parser.add_argument("--source", required=True, help="name of the source")
    parser.add_argument("--file", type=Path, help="file with the source's own questions")


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
    return written_questions.write_questions(options, job, options.source, ids, settings)


def _imported(options, _job, ids, settings) -> list[dict]:
    texts = read_questions(options.file, settings["column"])
    if options.stop > len(texts):
        key = f"generate_questions.sources.{options.source}"
        found = f"{options.file} has {len(texts)} questions, but {key} needs at least {options.stop}"
        if settings.get("shortfall") != "warn":
            raise InputError(
                f"{found}; lower total to {len(texts)}, give more questions, or write `shortfall: warn` under "
                f"{key}.imported to take those that are there."
            )
        log.warning("%s; going on with those that are there, as shortfall is warn.", found)
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
        if index < len(texts)
    ]


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
