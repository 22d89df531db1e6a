"""The models of a configuration: which stages use them, and what the trained ones begin with."""

from collections.abc import Iterator

from synthesis.configuration_sentences import key

# The stages that train a model, in their order. Each is a mapping of names of trained models to their settings.
TRAINING_STAGES = ("train_generator",)


def trained(config: dict) -> dict[str, tuple[str, dict]]:
    """The models that the run trains: name, then the stage and the settings there."""
    return {name: (stage, settings) for stage in TRAINING_STAGES for name, settings in config.get(stage, {}).items()}


def optimized(config: dict) -> dict[str, dict]:
    """The generators that learn from preference pairs: name and settings."""
    return config.get("optimize_generator", {})


def uses(config: dict) -> Iterator[tuple[str, str]]:
    """The place in the configuration and the name of every model that a stage reads."""
    for name, source in config["generate_questions"]["sources"].items():
        if "empty_prefix" in source:
            yield key("generate_questions", "sources", name, "empty_prefix", "model"), source["empty_prefix"]["model"]
    for number, judge in enumerate(config["judge_questions"]["judges"]):
        yield key("judge_questions", "judges", number, "model"), judge["model"]
    for stage in ("generate_responses", "score_responses"):
        yield f"{stage}.model", config[stage]["model"]
    for name, (stage, settings) in trained(config).items():
        yield key(stage, name, "model"), settings["model"]
    for name, settings in optimized(config).items():
        yield key("optimize_generator", name, "model"), settings["model"]
        yield key("optimize_generator", name, "rewrite_questions", "model"), settings["rewrite_questions"]["model"]


def in_use(config: dict) -> list[str]:
    """Names of the models that some stage reads, fetched or trained, each once."""
    return list(dict.fromkeys(name for _, name in uses(config)))


def fetched(config: dict, name: str) -> str:
    """The fetched model that a model is, or that its training began with."""
    chain = trained(config)
    while name in chain:
        name = chain[name][1]["model"]
    return name


def definition(config: dict, name: str) -> dict:
    """The entry under `models` of a model, or of the one that its training began with."""
    return config["models"][fetched(config, name)]
