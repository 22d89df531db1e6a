"""The sets of problems of a configuration: which of its parts use them."""

from collections.abc import Iterator

from synthesis.configuration_dataset import filters, sources
from synthesis.configuration_sentences import key

# What the run's own data set is called where a set of problems could stand in its place.
DATASET = "dataset"


def uses(config: dict) -> Iterator[tuple[str, str]]:
    """The place in the configuration and the name of every set of problems that a stage reads."""
    yield from uses_for_dataset(config)
    for name, settings in config.get("train_student", {}).items():
        if "pairs" in settings:
            yield key("train_student", name, "pairs"), settings["pairs"]
    for number, name in enumerate(mapped(config)):
        yield key("measure_diversity", "map_problems", number), name
    for number, name in enumerate(config.get("rate_questions", {}).get("sets", [])):
        if name != DATASET:
            yield key("rate_questions", "sets", number), name


def uses_for_dataset(config: dict) -> Iterator[tuple[str, str]]:
    """The same without the stages that come after the data set."""
    for number, name in enumerate(config.get("merge_problems", {}).get("problems", [])):
        yield key("merge_problems", "problems", number), name
    for name, source in sources(config).items():
        if "problems" in source.get("imported", {}):
            yield key("generate_questions", "sources", name, "imported", "problems"), source["imported"]["problems"]
    for number, name in enumerate(compared(config)):
        yield key("find_duplicates", "against", number), name
    for number, name in enumerate(included(config)):
        yield key("assemble_dataset", "include", number), name


def compared(config: dict) -> list[str]:
    """Names of the sets whose problems no question of the run may equal."""
    return config.get("find_duplicates", {}).get("against", [])


def included(config: dict) -> list[str]:
    """Names of the sets whose pairs stand in the data set beside the run's own."""
    return config.get("assemble_dataset", {}).get("include", [])


def mapped(config: dict) -> list[str]:
    """Names of the sets that are shown beside the questions of the data set."""
    return config.get("measure_diversity", {}).get("map_problems", [])


def used_for_dataset(config: dict) -> list[str]:
    """Names of the sets that the data set needs, each once."""
    return list(dict.fromkeys(name for _, name in uses_for_dataset(config)))


def used_after_dataset(config: dict) -> list[str]:
    """Names of the sets that the data set does not need, each once."""
    before = used_for_dataset(config)
    return list(dict.fromkeys(name for _, name in uses(config) if name not in before))


def benchmarks_of_filters(config: dict) -> list[str]:
    """Names of the benchmarks that the filters of questions compare with, each once."""
    found = [entry["contamination"] for entry in filters(config) if "contamination" in entry]
    return sorted({name for settings in found for name in settings["benchmarks"]})


def benchmarks_for_dataset(config: dict) -> list[str]:
    """Names of the benchmarks that the data set needs; seed problems are compared with all of them."""
    return list(config["benchmarks"]) if "merge_problems" in config else benchmarks_of_filters(config)


def benchmarks_after_dataset(config: dict) -> list[str]:
    """Names of the benchmarks that the data set does not need."""
    before = benchmarks_for_dataset(config)
    return [name for name in config["benchmarks"] if name not in before]
