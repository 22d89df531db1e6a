"""Reject responses that are not whole, loop, refuse or give no final answer, and note each final answer."""

from pathlib import Path

from synthesis import program, response_rules, schema
from synthesis.answers import FORMS, final_answer
from synthesis.errors import InputError
from synthesis.finish_reasons import NOTHING_WRITTEN
from synthesis.verdicts import rejections, response_verdict

FINISHED = ("stop", "imported")
# Responses whose texts the rules see at once.
PART_ROWS = 1000


def add_arguments(parser):
    """Declare what the program needs beside the common arguments."""
    parser.add_argument("--responses", type=Path, required=True, help="the shard's responses")
    parser.add_argument("--output", type=Path, required=True, help="the verdicts, with the final answers")


def work(options, job):
    """Write one verdict for each response."""
    settings = options.settings
    unknown = [form for form in settings["answer"] if form not in FORMS]
    if unknown:
        raise InputError(f"filter_responses.answer has {unknown[0]}, which is unknown; use {', '.join(FORMS)}.")
    rules = response_rules.build(settings)
    responses = schema.read(options.responses, schema.RESPONSES)
    rows = []
    job.step("read final answers", len(responses))
    for start in range(0, len(responses), PART_ROWS):
        part = responses[start : start + PART_ROWS]
        rows += verdicts(part, rules, settings)
        job.advance(len(part))
    schema.write(options.output, rows, schema.FILTERED_RESPONSES)
    counts = {f"rejected_{name}": count for name, count in rejections(rows).items()}
    job.rows(**{"in": len(rows), "out": sum(row["keep"] for row in rows), **counts})


def verdicts(responses: list[dict], rules: list, settings: dict) -> list[dict]:
    """A row of `schema.FILTERED_RESPONSES` for each row of `schema.RESPONSES`.

    With an empty list `answer` in the settings no final answer is asked for, as for code.
    """
    texts = [row["response"].strip() for row in responses]
    reasons = [early_reason(row, text, settings) for row, text in zip(responses, texts, strict=True)]
    reasons = response_rules.first_reasons(rules, texts, reasons)
    rows = []
    for row, reason in zip(responses, reasons, strict=True):
        answer = final_answer(row["response"], settings["answer"])
        reason = reason or ("no_answer" if settings["answer"] and answer is None else "")
        rows.append(response_verdict(row["question_id"], row["sample"], reason) | {"answer": answer})
    return rows


def early_reason(response: dict, text: str, settings: dict) -> str:
    """Why a row of `schema.RESPONSES` is rejected before its text is looked at, empty if it is not."""
    if response["finish_reason"] in NOTHING_WRITTEN:
        return response["finish_reason"]
    if settings.get("finished") and response["finish_reason"] not in FINISHED:
        return "unfinished"
    if not text:
        return "empty"
    return "too_short" if len(text) < settings.get("min_characters", 0) else ""


def main(argv=None):
    """Run the program; returns its exit code."""
    return program.run(__file__, __doc__, add_arguments, work, argv)


if __name__ == "__main__":
    raise SystemExit(main())
