"""Let a model rewrite one shard of raw questions, each in one direction that is drawn for it.

The rewritten question is read when the output is written, from what the store keeps, so another marker or a better
parser buys nothing again.
"""

from pathlib import Path

from synthesis import program, purchase, schema
from synthesis.identity import rewrite_direction
from synthesis.prompts import Prompt, load_prompt
from synthesis.requests import rewrite_requests
from synthesis.rewrites import Rewrite, raw_reason, read_rewrite
from synthesis.verdicts import rejections


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    purchase.add_arguments(parser)
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--questions", type=Path, required=True, help="the shard's raw questions")
    parser.add_argument(
        "--prompt",
        nargs=2,
        action="append",
        required=True,
        metavar=("DIRECTION", "FILE"),
        help="one for each direction",
    )
    parser.add_argument("--output", type=Path, required=True, help="what became of each question")
    parser.add_argument("--texts", type=Path, required=True, help="what the model wrote")


def work(options, job):
    """Write one row of `schema.REWRITES` for each raw question, and the model's text for each that was asked."""
    questions = schema.read(options.questions, schema.QUESTIONS)
    asked = [question for question in questions if not raw_reason(question)]
    prompts = {direction: load_prompt(Path(file)) for direction, file in options.prompt}
    requests = rewrite_requests(options.seed, asked, prompts)
    bought = purchase.buy(options, job, requests, options.settings["sampling"])
    texts = {request.row_id: row for request, row in zip(requests, bought, strict=True)}
    rows = [_row(options, question, texts.get(question["question_id"]), prompts) for question in questions]
    kept = [
        {"question_id": name, **{column: row[column] for column in schema.REWRITE_TEXTS.names[1:]}}
        for name, row in texts.items()
    ]
    schema.write(options.texts, kept, schema.REWRITE_TEXTS)
    schema.write(options.output, rows, schema.REWRITES)
    counts = {f"rejected_{name}": count for name, count in rejections(rows).items()}
    job.rows(**{"in": len(rows), "out": sum(row["keep"] for row in rows), **counts})


def _row(options, question: dict, text: dict | None, prompts: dict[str, Prompt]) -> dict:
    """What became of a raw question; without a text because it was not asked."""
    directions = options.settings["directions"]
    direction = rewrite_direction(options.seed, question["question_id"], directions)
    if text is None:
        rewrite = Rewrite(None, raw_reason(question))
    else:
        marker = directions[direction]["marker"]
        written = (text["text"], text["finish_reason"])
        rewrite = read_rewrite(question["question"], *written, marker, prompts[direction])
    return {
        "question_id": question["question_id"],
        "direction": direction,
        "rewritten": rewrite.question,
        "keep": not rewrite.reason,
        "reason": rewrite.reason,
    }


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
