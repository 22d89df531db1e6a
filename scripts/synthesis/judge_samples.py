"""How often a judge is asked about a question, by its setting `unclear`, which is about answers without a verdict.

`reject` rejects the question, `retry` asks again up to `attempts` judgements, `majority` always asks for `samples`.
"""

REJECT, RETRY, MAJORITY = "reject", "retry", "majority"
# The key of a judge's settings that counts the judgements under each policy.
COUNTS = {RETRY: "attempts", MAJORITY: "samples"}


def policy(settings: dict) -> str:
    """The policy of a judge's settings."""
    return settings.get("unclear", REJECT)


def samples_at_first(settings: dict) -> int:
    """How many judgements of each question a judge is asked for in any case."""
    return settings["samples"] if policy(settings) == MAJORITY else 1


def most_samples(settings: dict) -> int:
    """How many judgements of a question a judge is asked for at most."""
    return settings.get(COUNTS.get(policy(settings)), 1)
