"""Let a second model judge a sample of the finished pairs: is the problem sound, or is the answer right?

The sample is drawn by a hash of the ids, so that a larger one asks only about the pairs it adds. Verdicts are read
when the output is written, as those of judges are.
"""

from pathlib import Path

from synthesis import audits, judgements, program, schema
from synthesis.prompts import load_prompt


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    judgements.add_arguments(parser)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="the files of the data set")
    parser.add_argument("--judgements", type=Path, required=True, help="what the model answered")


def work(options, job):
    """Write a verdict and a judgement for each pair of the sample."""
    wanted = options.settings["pairs"]
    pairs = audits.sample(options.data, options.seed, wanted)
    if len(pairs) < wanted:
        program.log.warning("audit_dataset.pairs is %d, but the data set has %d: all are audited", wanted, len(pairs))
    prompt = load_prompt(options.prompt, with_response=options.settings["name"] == "answer")
    requests = audits.audit_requests(options.seed, pairs, prompt)
    verdicts, answers = judgements.of_requests(options, job, requests)
    schema.write(options.judgements, answers, schema.JUDGEMENTS)
    schema.write(options.output, verdicts, schema.QUESTION_VERDICTS)
    judgements.count_verdicts(job, verdicts)


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
