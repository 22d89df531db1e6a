"""What a data set's card says of how the response to each question was chosen."""

# Which response is taken, by the method of `select_responses`.
_TAKEN = {
    "best": "the one with the highest score",
    "first": "the first one",
    "majority": "the first one with the most frequent final answer",
    "best_of_majority": "the one with the highest score among those with the most frequent final answer",
}
# What the comparison with a probe keeps, and what agreement is, by `keep` and `agrees` of `check_agreement`.
_KEPT = {
    "agreeing": "a response was kept where the probe gave its final answer",
    "differing": "a question was dropped where the probe gave the final answer of one of its responses",
}
_AGREES = {"any": "at least once", "majority": "more than half of the times"}


def choice(config: dict) -> str:
    """How often each question was answered, and which of the answers was taken."""
    selected, probe = config["select_responses"], config.get("check_agreement")
    passed = "the filter and the comparison with a probe" if probe else "the filter"
    samples, taken = config["generate_responses"]["samples"], _TAKEN[selected["method"]]
    sentences = [
        f"Every selected question was answered {samples} times, and of the answers that passed {passed} {taken} was "
        "taken."
    ]
    if probe:
        kept = f"{_KEPT[probe['keep']]} {_AGREES[probe['agrees']]}"
        sentences.append(f"The probe, the model `{probe['model']}`, answered {probe['samples']} times too, and {kept}.")
    if "smallest_majority" in selected:
        sentences.append(
            f"Questions whose most frequent final answer had less than {100 * selected['smallest_majority']:.6g} % of "
            "the votes have no response and are left out."
        )
    return " ".join(sentences)
