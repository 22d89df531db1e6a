"""The arms of a comparison of question generators: every step of the tuning behind a source, and its questions."""

from typing import NamedTuple

from synthesis.configuration_dataset import sources
from synthesis.configuration_models import lineage, optimized, trained
from synthesis.sampling import normalised

STAGE = "tabulate_generators"
UNTUNED = "none"
# The shares that every table has beside the configured ones; see `generator_measures.of_texts`.
MEASURES = ("distinct", "copied", "overlapping", "finished")


class Arm(NamedTuple):
    """A generator of a source's, from the fetched model to the one that writes the source's questions.

    `trained_by` is the stage that trained it, or `UNTUNED`. Its questions are those that `stage` samples under
    `name`: the source, the generator that is optimised from this one, or `sample_name`.
    """

    source: str
    generator: str
    trained_by: str
    stage: str
    name: str


def arms(config: dict) -> list[Arm]:
    """The arms of all sources whose model the run trains, source after source, each from the untuned model on."""
    found = []
    for source, settings in sources(config).items():
        models = lineage(config, settings["empty_prefix"]["model"]) if "empty_prefix" in settings else []
        if len(models) > 1:
            found += [
                _arm(config, source, model, after) for model, after in zip(models, [*models[1:], None], strict=True)
            ]
    return found


def sample_name(source: str, generator: str) -> str:
    """The name of questions that are sampled for the comparison alone; hyphens part it, as no other name has one."""
    return f"{source}-{generator}"


def _arm(config: dict, source: str, model: str, after: str | None) -> Arm:
    """The arm of a model; `after` is the model that is trained from it, None for the source's own."""
    trained_by = trained(config)[model][0] if model in trained(config) else UNTUNED
    if after is None:
        return Arm(source, model, trained_by, "generate_questions", source)
    if after in optimized(config) and _samples_alike(config, source, after):
        return Arm(source, model, trained_by, "sample_raw_questions", after)
    return Arm(source, model, trained_by, "sample_generators", sample_name(source, model))


def _samples_alike(config: dict, source: str, optimised: str) -> bool:
    """Whether an optimised generator's raw questions are sampled as those of the source: others can't be compared."""
    prefix, raw = sources(config)[source]["empty_prefix"], optimized(config)[optimised]
    return prefix["system"] == raw["system"] and normalised(prefix["sampling"]) == normalised(
        raw["sample_raw_questions"]["sampling"]
    )
