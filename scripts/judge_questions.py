"""Let a model judge one shard of questions: its answers, and the verdict that is read from each.

The verdict is read when the output is written, from what the store keeps, so another threshold or a better parser
buys nothing again.
"""

from pathlib import Path

from synthesis import program, purchase, schema
from synthesis.judge_verdicts import verdict_row
from synthesis.prompts import load_prompt
from synthesis.requests import answer_requests, judge_shaping
from synthesis.verdicts import kept_questions


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    purchase.add_arguments(parser)
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--questions", type=Path, required=True, help="the shard's questions")
    parser.add_argument("--verdicts", type=Path, nargs="+", required=True, help="verdicts on them, earliest first")
    parser.add_argument("--prompt", type=Path, required=True, help="the judge's prompt")
    parser.add_argument("--output", type=Path, required=True, help="the verdicts")
    parser.add_argument("--judgements", type=Path, required=True, help="what the model answered")


def work(options, job):
    """Write one verdict and one judgement for each question that all earlier stages kept."""
    questions = kept_questions(options.questions, options.verdicts)
    requests = answer_requests(options.seed, job.ledger.rule, questions, load_prompt(options.prompt), 1)
    bought = purchase.buy(options, job, requests, judge_shaping(options.settings))
    verdicts, judgements = [], []
    for question, row in zip(questions, bought, strict=True):
        answer = {name: row[name] for name in schema.JUDGEMENTS.names if name != "question_id"}
        judgements.append({"question_id": question["question_id"], **answer})
        verdicts.append(
            verdict_row(question["question_id"], answer, options.settings["verdict"], options.settings["name"])
        )
    schema.write(options.judgements, judgements, schema.JUDGEMENTS)
    schema.write(options.output, verdicts, schema.QUESTION_VERDICTS)
    job.rows(**{"in": len(questions), "out": sum(row["keep"] for row in verdicts)})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
