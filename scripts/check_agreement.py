"""Keep the responses of one shard whose final answer a probe model gives too, or those to which it gives another."""

from pathlib import Path

from synthesis import probe_agreement, program, schema
from synthesis.errors import InputError
from synthesis.grading import Grader
from synthesis.verdicts import rejections


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--verdicts", type=Path, required=True, help="the verdicts of filter_responses, with answers")
    parser.add_argument("--probe-responses", type=Path, required=True, help="the probe's responses to the questions")
    parser.add_argument("--output", type=Path, required=True, help="the verdicts, with the share of agreeing samples")


def work(options, job):
    """Write one verdict for each response that the filters kept, in their order."""
    responses = [row for row in schema.read(options.verdicts, schema.FILTERED_RESPONSES) if row["keep"]]
    probe = probe_agreement.probe_answers(
        schema.read(options.probe_responses, schema.RESPONSES), options.settings["answer"]
    )
    for row in responses:
        if row["question_id"] not in probe:
            raise InputError(
                f"{options.probe_responses} has no response to question {row['question_id']}, of which "
                f"{options.verdicts} keeps one; the files do not fit together: delete the first one and run again."
            )
    job.step("comparing", len(responses))
    found = []
    with Grader(options.threads) as grader:
        for row in probe_agreement.compared(responses, probe, grader):
            found.append(row)
            job.advance()
    rows = list(probe_agreement.verdicts(found, probe, options.settings))
    schema.write(options.output, rows, schema.RESPONSE_VERDICTS)
    rejected = {f"rejected_{name}": count for name, count in rejections(rows).items()}
    job.rows(**{"in": len(rows), "out": sum(row["keep"] for row in rows), **rejected})
    job.rows(**probe_agreement.counts(found, probe))


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
