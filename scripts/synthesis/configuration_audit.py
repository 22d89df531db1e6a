"""The parts of a configuration that look at the finished data set: its audit and the diversity of its questions."""

from collections.abc import Iterator

from synthesis.configuration_models import fetched, uses
from synthesis.configuration_sentences import key

STAGE, DIVERSITY = "audit_dataset", "measure_diversity"
# What is judged of each pair, in the order of the tables.
PARTS = ("problem", "answer")


def audited(config: dict) -> Iterator[tuple[str, dict]]:
    """What the audit judges of each pair: place and settings, those of a judge without its name."""
    for part in PARTS if STAGE in config else ():
        yield key(STAGE, part), config[STAGE][part]


def own_answers(config: dict) -> bool:
    """Whether the auditing model is the one that answered, or began as the same model."""
    auditor, responder = config[STAGE]["model"], config["generate_responses"]["model"]
    return fetched(config, auditor) == fetched(config, responder)


def audit(config: dict) -> Iterator[str]:
    """Audits of answers by the model that gave them."""
    if STAGE in config and own_answers(config) and not config[STAGE]["own_answers"]:
        yield (
            f"{STAGE}.model is {config[STAGE]['model']}, which is or began as the model that answered "
            f"({config['generate_responses']['model']}), so it would judge by its own mistakes; name another model, or "
            f"write `own_answers: true` under {STAGE}, which the report then says."
        )


def diversity(config: dict) -> Iterator[str]:
    """Models that embed texts where others are wanted, and the other way round."""
    embedding = {name for name, model in config["models"].items() if "pooling" in model}
    for name in sorted(embedding):
        if config["models"][name]["engine"] != "transformers":
            yield (
                f"models.{name}.pooling is for the engine transformers, and models.{name}.engine is "
                f"{config['models'][name]['engine']}; write `engine: transformers`, or take pooling out."
            )
    for where, name in uses(config):
        if where == f"{DIVERSITY}.embedding_model" and name not in embedding:
            yield (
                f"{where} is {name}, which embeds no texts; name a model with `pooling` under models, such as "
                "all-MiniLM-L6-v2, or add `pooling: mean` to it."
            )
        if where != f"{DIVERSITY}.embedding_model" and fetched(config, name) in embedding:
            yield f"{where} is {name}, which only embeds texts (pooling); name a model that writes."
