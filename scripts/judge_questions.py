"""Let a model judge one shard of questions: its answers, and the verdict that is read from each.

The verdict is read when the output is written, from what the store keeps, so another threshold or a better parser
buys nothing again.
"""

from pathlib import Path

from synthesis import judgements, program, schema
from synthesis.verdicts import kept_questions


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    judgements.add_arguments(parser)
    parser.add_argument("--questions", type=Path, required=True, help="the shard's questions")
    parser.add_argument("--verdicts", type=Path, nargs="+", required=True, help="verdicts on them, earliest first")
    parser.add_argument("--judgements", type=Path, required=True, help="what the model answered")


def work(options, job):
    """Write a verdict on each question that all earlier stages kept, and every judgement that it was read from."""
    questions = kept_questions(options.questions, options.verdicts)
    verdicts, answers = judgements.judge(options, job, questions)
    schema.write(options.judgements, answers, schema.JUDGEMENTS)
    schema.write(options.output, verdicts, schema.QUESTION_VERDICTS)
    judgements.count_verdicts(job, verdicts)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
