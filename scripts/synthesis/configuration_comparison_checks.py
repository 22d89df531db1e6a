"""What the schema can't say about a comparison of question generators."""

from collections.abc import Iterator

from synthesis.configuration_dataset import judges, sources
from synthesis.configuration_sentences import key, suggestion
from synthesis.generator_arms import MEASURES, STAGE, arms


def shares(config: dict, kind: str) -> Iterator[tuple[str, dict | str]]:
    """The shares of a kind (`rules` or `judge`): place and settings."""
    for name, share in config.get(STAGE, {}).get("shares", {}).items():
        if kind in share:
            yield key(STAGE, "shares", name, kind), share[kind]


def comparison(config: dict) -> Iterator[str]:
    """Comparisons of nothing, of fewer questions than asked for, or by judges that are not there."""
    if STAGE not in config:
        return
    found = arms(config)
    if not found:
        yield (
            f"{STAGE} has nothing to compare: no source writes with a model that this run trains; name one of "
            "train_generator or optimize_generator as the model of a source's empty_prefix, or remove it."
        )
    for where, total in dict.fromkeys(_totals(config, found)):
        if total < config[STAGE]["questions"]:
            yield (
                f"{STAGE}.questions is {config[STAGE]['questions']}, but {where} is {total}; "
                f"raise {where} or lower {STAGE}.questions."
            )
    known = [judge["name"] for judge in judges(config)]
    for where, name in shares(config, "judge"):
        if name not in known:
            yield f"{where} is '{name}', which is no judge of judge_questions; {suggestion(name, known)}"
    for arm in found:
        if arm.stage == "sample_raw_questions" and arm.name in sources(config):
            yield (
                f"{key('generate_questions', 'sources', arm.name)} has the name of an optimised generator, whose raw "
                f"questions {STAGE} compares; give the source another name."
            )
    for name in config[STAGE]["shares"]:
        if name in MEASURES:
            yield f"{key(STAGE, 'shares', name)} has the name of a column that is there anyway; choose another name."


def _totals(config: dict, found: list) -> Iterator[tuple[str, int]]:
    """Place and number of the questions that are there for each arm; a sample for the comparison is long enough."""
    for arm in found:
        if arm.stage == "generate_questions":
            yield key("generate_questions", "sources", arm.name, "total"), sources(config)[arm.name]["total"]
        elif arm.stage == "sample_raw_questions":
            where = key("optimize_generator", arm.name, "sample_raw_questions")
            yield f"{where}.total", config["optimize_generator"][arm.name]["sample_raw_questions"]["total"]
