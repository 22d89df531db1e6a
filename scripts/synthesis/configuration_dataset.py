"""The part of a configuration that makes a data set: its stages are all there, or none of them is."""

# The stages that every data set goes through, in their order.
STAGES = (
    "generate_questions",
    "filter_questions",
    "find_duplicates",
    "judge_questions",
    "select_questions",
    "generate_responses",
    "filter_responses",
    "select_responses",
    "assemble_dataset",
    "write_dataset_card",
)
# Stages that may be left out, and that have nothing to do without the others.
OPTIONAL_STAGES = ("score_difficulty", "score_responses", "tabulate_generators")


def makes_dataset(config: dict) -> bool:
    """Whether the run makes a data set of its own."""
    return any(stage in config for stage in STAGES)


def sources(config: dict) -> dict[str, dict]:
    """The sources of questions: name and settings; none without a data set."""
    return config.get("generate_questions", {}).get("sources", {})


def judges(config: dict) -> list[dict]:
    """The judges of questions; none without a data set."""
    return config.get("judge_questions", {}).get("judges", [])


def filters(config: dict) -> list[dict]:
    """The filters of questions; none without a data set."""
    return config.get("filter_questions", {}).get("filters", [])
