"""Let a model answer the problems of a benchmark, once or several times each."""

from pathlib import Path

from synthesis import program, purchase, schema
from synthesis.prompts import load_prompt
from synthesis.requests import benchmark_requests


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    purchase.add_arguments(parser)
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--benchmark", required=True, help="name of the benchmark")
    parser.add_argument("--problems", type=Path, required=True, help="the benchmark's problems")
    parser.add_argument("--prompt", type=Path, required=True, help="the prompt that asks for an answer")
    parser.add_argument("--output", type=Path, required=True, help="the answers")


def work(options, job):
    """Write `samples` answers to each problem with a reference answer as `schema.BENCHMARK_ANSWERS`."""
    problems = schema.read(options.problems, schema.PROBLEMS)
    samples, prompt = options.settings["samples"], load_prompt(options.prompt)
    requests = benchmark_requests(options.seed, options.benchmark, problems, prompt, samples)
    bought = purchase.buy(options, job, requests, options.settings["sampling"])
    rows = [
        {
            "problem_id": request.row_id,
            "sample": request.sample,
            "response": row["text"].strip(),
            **{name: row[name] for name in ("finish_reason", "prompt_tokens", "completion_tokens")},
        }
        for request, row in zip(requests, bought, strict=True)
    ]
    schema.write(options.output, rows, schema.BENCHMARK_ANSWERS)
    unasked = len(problems) - len(rows) // samples
    job.rows(**{"in": len(problems), "out": len(rows), "without_reference": unasked})


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
