"""The models of a configuration: which stages use them, and what the trained ones begin with."""

from collections.abc import Iterator

from synthesis.configuration_sentences import key

# The stages that train a model, in their order. Each is a mapping of names of trained models to their settings.
TRAINING_STAGES = ("train_generator",)

# The parts of a configuration that no row of the data set depends on.
AFTER_DATASET = ("answer_benchmark",)


def trained(config: dict) -> dict[str, tuple[str, dict]]:
    """The models that the run trains: name, then the stage and the settings there."""
    return {name: (stage, settings) for stage in TRAINING_STAGES for name, settings in config.get(stage, {}).items()}


def uses(config: dict) -> Iterator[tuple[str, str]]:
    """The place in the configuration and the name of every model that a stage reads."""
    yield from uses_for_dataset(config)
    for number, name in enumerate(config.get("answer_benchmark", {}).get("models", [])):
        yield key("answer_benchmark", "models", number), name


def uses_for_dataset(config: dict) -> Iterator[tuple[str, str]]:
    """The same without the stages that come after the data set."""
    for name, source in config["generate_questions"]["sources"].items():
        if "empty_prefix" in source:
            yield key("generate_questions", "sources", name, "empty_prefix", "model"), source["empty_prefix"]["model"]
    for number, judge in enumerate(config["judge_questions"]["judges"]):
        yield key("judge_questions", "judges", number, "model"), judge["model"]
    for stage in ("generate_responses", "score_responses"):
        yield f"{stage}.model", config[stage]["model"]
    for name, (stage, settings) in trained(config).items():
        yield key(stage, name, "model"), settings["model"]


def in_use(config: dict) -> list[str]:
    """Names of the models that some stage reads, fetched or trained, each once."""
    return _names(uses(config))


def in_use_for_dataset(config: dict) -> list[str]:
    """The same without the stages that come after the data set."""
    return _names(uses_for_dataset(config))


def _names(places: Iterator[tuple[str, str]]) -> list[str]:
    return list(dict.fromkeys(name for _, name in places))


def fetched(config: dict, name: str) -> str:
    """The fetched model that a model is, or that its training began with."""
    chain = trained(config)
    while name in chain:
        name = chain[name][1]["model"]
    return name


def definition(config: dict, name: str) -> dict:
    """The entry under `models` of a model, or of the one that its training began with."""
    return config["models"][fetched(config, name)]
