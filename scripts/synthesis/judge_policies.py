"""What becomes of a question that a judge was asked about once or several times: its verdict, and what to ask still.

A judgement (columns of `schema.JUDGEMENTS`) is clear or not. The judge's setting `unclear` says what follows: `reject`
rejects the question, `retry` asks again with the next seeds up to `attempts` judgements, `majority` always asks for
`samples` judgements and takes what most of the clear ones say.
"""

from dataclasses import replace

from synthesis.finish_reasons import NOTHING_WRITTEN
from synthesis.judge_samples import MAJORITY, RETRY, most_samples, policy
from synthesis.judge_verdicts import probability_verdict, text_verdict
from synthesis.requests import Request
from synthesis.verdicts import verdict

UNCLEAR = "unclear_verdict"


def reading(judgement: dict, verdict_settings: dict) -> tuple[bool | None, float | None]:
    """What a judgement says (True keeps the question, None is unclear) and, of probabilities, the share of the first.

    `verdict_settings` is `{"text": {}}` or `{"probability": {"yes", "no", "threshold"}}`. A text that was cut at
    max_tokens has no end, so no verdict is read from it; nor from one that was never written.
    """
    if judgement["finish_reason"] in NOTHING_WRITTEN:
        return None, None
    if "probability" in verdict_settings:
        settings = verdict_settings["probability"]
        words = settings["yes"], settings["no"]
        keep, share = probability_verdict(judgement["log_probabilities"] or {}, *words, settings["threshold"])
        return (None, None) if share is None else (keep, share)
    return (None if judgement["finish_reason"] == "length" else text_verdict(judgement["text"])), None


def is_asked_again(judgement: dict, settings: dict) -> bool:
    """Whether the policy `retry` asks once more after this judgement: one that was written and is unclear."""
    written = judgement["finish_reason"] not in NOTHING_WRITTEN
    return policy(settings) == RETRY and written and reading(judgement, settings["verdict"])[0] is None


def next_requests(requests: list[Request], rows: list[dict], settings: dict) -> list[Request]:
    """What to ask after these requests and their rows: the next sample of each question that is asked again."""
    last = most_samples(settings) - 1
    return [
        # Seeds count up with the samples, see `identity.sample_seed`.
        replace(request, sample=request.sample + 1, seed=request.seed + 1)
        for request, row in zip(requests, rows, strict=True)
        if request.sample < last and is_asked_again(row, settings)
    ]


def verdict_row(question_id: str, judgements: list[dict], settings: dict) -> dict:
    """The row of `schema.QUESTION_VERDICTS` that a judge's answers to a question stand for, in the order of samples.

    `settings` are those of the judge. Reasons: `rejected_by:<judge>`, `unclear_verdict:<judge>`, and those of
    `finish_reasons.NOTHING_WRITTEN` where no answer was written. The score is the share of the two probabilities, of a
    majority the share of yes among the clear judgements, else null. A tie is unclear.
    """
    reasons = [one["finish_reason"] for one in judgements]
    if all(reason in NOTHING_WRITTEN for reason in reasons):
        return verdict(question_id, reasons[0])
    readings = [reading(one, settings["verdict"]) for one in judgements]
    found = [(keep, share) for keep, share in readings if keep is not None]
    kept = sum(keep for keep, _ in found)
    if 2 * kept == len(found):
        return verdict(question_id, f"{UNCLEAR}:{settings['name']}")
    score = kept / len(found) if policy(settings) == MAJORITY else found[-1][1]
    return verdict(question_id, "" if 2 * kept > len(found) else f"rejected_by:{settings['name']}", score)
