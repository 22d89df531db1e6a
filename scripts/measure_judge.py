"""Let a judge judge questions whose right verdict is known.

What is bought is in the part of the store where the judgements of questions are; another threshold or a better parser
buys nothing again.
"""

from pathlib import Path

from synthesis import judgements, program, schema
from synthesis.judge_measurement import as_questions, read_measured


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    judgements.add_arguments(parser)
    parser.add_argument("--labels", type=Path, required=True, help="the labelled questions")
    parser.add_argument("--text-column", required=True, help="column with the question")
    parser.add_argument("--label-column", required=True, help="column that is true for a question to keep")
    parser.add_argument("--judgements", type=Path, required=True, help="what the model answered")


def work(options, job):
    """Write one verdict with the right one beside it for each question, and all judgements.

    The settings are those of a judge, and `questions`, how many are drawn (null for all).
    """
    columns = options.text_column, options.label_column
    rows = read_measured(options.labels, *columns, options.seed, options.settings["questions"])
    verdicts, answers = judgements.judge(options, job, as_questions(rows))
    labelled = [{**found, "label": row["label"]} for found, row in zip(verdicts, rows, strict=True)]
    schema.write(options.judgements, answers, schema.JUDGEMENTS)
    schema.write(options.output, labelled, schema.MEASURED_VERDICTS)
    judgements.count_verdicts(job, verdicts)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
