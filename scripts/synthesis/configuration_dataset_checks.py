"""What the schema can't say about where a run begins: with questions, with pairs, or with a published set."""

from collections.abc import Iterator

from synthesis import configuration_problems
from synthesis.configuration_dataset import NEAR_DUPLICATES, OPTIONAL_STAGES, STAGES, makes_dataset, sources
from synthesis.configuration_models import DATASET_TRAINING_STAGES
from synthesis.configuration_sentences import key

# Stages that are worth a run of their own.
_ENOUGH = (
    *DATASET_TRAINING_STAGES,
    "sample_fail_rates",
    "train_student",
    "answer_benchmark",
    "measure_judge",
    "measure_reward",
)


def stages(config: dict) -> Iterator[str]:
    """Half of the stages that make a data set, and runs that do nothing."""
    if makes_dataset(config):
        given = next(stage for stage in STAGES if stage in config)
        for missing in (stage for stage in STAGES if stage not in config):
            yield (
                f"{missing} is missing, although {given} is there; a data set takes all of {', '.join(STAGES)}: add "
                "it, or take out all of them."
            )
        return
    for stage in (stage for stage in OPTIONAL_STAGES if stage in config):
        yield f"{stage} is for runs that make a data set, and {STAGES[0]} is missing; add it, or take {stage} out."
    for name, settings in config["train_student"].items():
        if "pairs" not in settings:
            yield (
                f"{key('train_student', name)} learns from the data set of this run, but the run makes none; name a "
                f"set of problems with solutions as {key('train_student', name, 'pairs')}, or add {STAGES[0]} and the "
                "stages after it."
            )
    if not any(config.get(stage) for stage in _ENOUGH):
        yield (
            f"there is nothing to do; add {STAGES[0]} and the stages after it for a data set, train_student with pairs "
            "for students, answer_benchmark for an evaluation, or measure_judge or measure_reward for a measurement."
        )


def duplicates(config: dict) -> Iterator[str]:
    """Settings of near-duplicates that nothing reads."""
    settings = config.get("find_duplicates", {})
    for name in NEAR_DUPLICATES:
        if name in settings and settings["method"] != "near":
            yield (
                f"{key('find_duplicates', name)} has no effect on the method {settings['method']}, which finds equal "
                "texts alone; write `method: near`, or remove it."
            )


def problem_sets(config: dict) -> Iterator[str]:
    """Sets of problems that nothing uses, and those that are used in two ways which can't be told apart."""
    used = {name for _, name in configuration_problems.uses(config)}
    for name in config["problems"]:
        if name not in used and "merge_problems" not in config:
            yield (
                f"merge_problems is missing although nothing else uses problems.{name}; add it, or take {name} out "
                "(without any problems, write `problems: {}`)."
            )
    for name, source in sources(config).items():
        where = key("generate_questions", "sources", name, "imported")
        if {"problems", "column"} <= set(source.get("imported", {})):
            yield (
                f"{where}.column has no effect on a set of problems, whose columns are named under "
                f"problems.{source['imported']['problems']}.columns; remove it."
            )
        problems = source.get("imported", {}).get("problems")
        if problems and config["problems"][problems].get("several_solutions"):
            yield (
                f"{where}.problems is {problems}, which keeps a problem once for each of its solutions "
                f"(several_solutions), so that its questions would come several times; define the set a second time "
                "without several_solutions and import that one."
            )
    for number, name in enumerate(configuration_problems.included(config)):
        if name in sources(config):
            yield (
                f"{key('assemble_dataset', 'include', number)} is {name}, which is a source of generate_questions too, "
                "so that their rows would look alike; give one of them another name."
            )
    for name, settings in config["train_student"].items():
        if settings.get("pairs") == configuration_problems.DATASET:
            yield (
                f"{key('train_student', name, 'pairs')} is {settings['pairs']}, which is the name of the run's own "
                "data set; give the set of problems another name, or remove this key."
            )
