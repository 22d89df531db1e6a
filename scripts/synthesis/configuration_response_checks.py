"""What the schema can't say about the filters of responses and the comparison with a probe."""

from collections.abc import Iterator

from synthesis.configuration_dataset import makes_dataset, probe
from synthesis.configuration_sentences import key


def responses(config: dict) -> Iterator[str]:
    """Languages that no response can be in, and comparisons of answers that are not there."""
    if not makes_dataset(config):
        return
    settings = config["filter_responses"]
    for number, code in enumerate(settings.get("language", {}).get("keep", [])):
        if code not in settings["language"]["candidates"]:
            place = key("filter_responses", "language", "keep", number)
            yield f"{place} is '{code}', which filter_responses.language.candidates lacks; add it there."
    if probe(config) and not settings["answer"]:
        yield (
            "check_agreement compares final answers, but filter_responses.answer is empty, so responses have none; "
            "name the forms of their answers there, or take check_agreement out."
        )
