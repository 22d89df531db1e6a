"""The settings of a configuration that are paths: one list for `~`, for the checks and for what is published."""

import copy
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import NamedTuple
from urllib.parse import urlsplit

from synthesis import addresses
from synthesis.configuration_audit import audited
from synthesis.configuration_dataset import judges, own_judges, sources
from synthesis.configuration_difficulty import scorers
from synthesis.configuration_evaluation import holders
from synthesis.configuration_results import STAGE as RESULTS
from synthesis.configuration_results import tables as results_tables
from synthesis.configuration_sentences import key
from synthesis.score_methods import is_graded


class PathSetting(NamedTuple):
    """A path in the configuration: its place for sentences, the mapping that holds it and its key there.

    `with_response` marks the prompts that ask about a response.
    """

    where: str
    holder: dict
    key: str
    with_response: bool = False

    @property
    def path(self) -> str:
        """The path as it stands in the configuration."""
        return self.holder[self.key]


def prompts(config: dict) -> Iterator[PathSetting]:
    """The prompt files."""
    for number, judge in enumerate(judges(config)):
        yield PathSetting(f"judge_questions.judges[{number}].prompt", judge, "prompt")
    for name, scorer in scorers(config).items():
        if "prompt" in scorer:
            yield PathSetting(key("score_difficulty", "scorers", name, "prompt"), scorer, "prompt")
    for stage in ("generate_responses", "check_agreement", "score_responses"):
        if stage in config:
            yield PathSetting(f"{stage}.prompt", config[stage], "prompt", is_graded(config[stage]))
    for where, settings in holders(config):
        if "prompt" in settings:
            yield PathSetting(f"{where}.prompt", settings, "prompt")
    for name, student in config.get("train_student", {}).items():
        yield PathSetting(f"train_student.{name}.prompt", student, "prompt")
    for name, solver in config.get("sample_fail_rates", {}).items():
        yield PathSetting(f"sample_fail_rates.{name}.prompt", solver, "prompt")
    for where, direction in rewrite_directions(config):
        yield PathSetting(f"{where}.prompt", direction, "prompt")
    for name, judge in own_judges(config).items():
        if "prompt" in judge:
            yield PathSetting(f"{key('measure_judge', name)}.prompt", judge, "prompt")
    for where, settings in audited(config):
        yield PathSetting(f"{where}.prompt", settings, "prompt", with_response=where == "audit_dataset.answer")
    for name, settings in config.get("measure_reward", {}).items():
        if "score" in settings:
            score = settings["score"]
            yield PathSetting(f"{key('measure_reward', name)}.score.prompt", score, "prompt", is_graded(score))


def rewrite_directions(config: dict) -> Iterator[tuple[str, dict]]:
    """The directions in which raw questions are rewritten: place and settings."""
    for name, settings in config.get("optimize_generator", {}).items():
        for direction, entry in settings["rewrite_questions"]["directions"].items():
            yield key("optimize_generator", name, "rewrite_questions", "directions", direction), entry


def data_files(config: dict) -> Iterator[PathSetting]:
    """The files that are read beside the prompts: questions, chat templates, problems and papers' values."""
    for name, source in sources(config).items():
        if "file" in source.get("imported", {}):
            yield PathSetting(f"generate_questions.sources.{name}.imported.file", source["imported"], "file")
    for name, model in config["models"].items():
        if "chat_template" in model:
            yield PathSetting(f"models.{name}.chat_template", model, "chat_template")
    for name, settings in config.get("train_difficulty_scorer", {}).items():
        if "file" in settings["labels"]:
            yield PathSetting(f"train_difficulty_scorer.{name}.labels.file", settings["labels"], "file")
    for name, settings in config.get("measure_judge", {}).items():
        yield PathSetting(f"{key('measure_judge', name)}.labels.file", settings["labels"], "file")
    for name, settings in config.get("measure_reward", {}).items():
        yield PathSetting(f"measure_reward.{name}.labels.file", settings["labels"], "file")
    if curves := config.get("plot_scaling_curves", {}).get("published"):
        yield PathSetting("plot_scaling_curves.published.file", curves, "file")
    if published := config.get("tabulate_costs", {}).get("published"):
        yield PathSetting("tabulate_costs.published.file", published, "file")
    for name, settings in results_tables(config).items():
        yield PathSetting(key(RESULTS, "tables", name, "published", "file"), settings["published"], "file")
    rated = config.get("rate_questions", {})
    for number in range(len(rated.get("sheets", []))):
        yield PathSetting(key("rate_questions", "sheets", number), rated["sheets"], number)
    if "key" in rated:
        yield PathSetting("rate_questions.key", rated, "key")
    if "published" in rated:
        yield PathSetting("rate_questions.published.file", rated["published"], "file")
    for group in ("problems", "benchmarks"):
        for name, settings in config[group].items():
            if "file" in settings["source"]:
                yield PathSetting(f"{group}.{name}.source.file.path", settings["source"]["file"], "path")


def model_folders(config: dict) -> Iterator[PathSetting]:
    """The folders that models and adapters are copied from."""
    for name, model in config["models"].items():
        if "path" in model["source"]:
            yield PathSetting(f"models.{name}.source.path.folder", model["source"]["path"], "folder")
        if "path" in model.get("adapter", {}):
            yield PathSetting(f"models.{name}.adapter.path.folder", model["adapter"]["path"], "folder")


def all_paths(config: dict) -> Iterator[PathSetting]:
    """Every path of a configuration."""
    yield from (*prompts(config), *data_files(config), *model_folders(config))


def expand_home(config: dict) -> Iterator[str]:
    """Put the home folder in the place of `~`, here and nowhere else; gives a sentence for a user without one."""
    for setting in all_paths(config):
        if setting.path.startswith("~"):
            try:
                setting.holder[setting.key] = str(Path(setting.path).expanduser())
            except RuntimeError:
                yield f"{setting.where} is {setting.path}, whose home folder is not known; write the whole path."


def published_path(path: str | PurePath) -> str:
    """A path as strangers may see it: one that leads out of the working folder is cut to its last name."""
    path = PurePath(path)
    return path.name if path.is_absolute() or ".." in path.parts else str(path)


def published(config: dict) -> dict:
    """A copy of a checked configuration without the folders, servers and secrets of the maker."""
    config = copy.deepcopy(config)
    for setting in all_paths(config):
        setting.holder[setting.key] = published_path(setting.path)
    for model in (model for model in config["models"].values() if "server" in model):
        # What a server was started with, if it has no name of its own, is a folder.
        model["server"] = {"model": published_path(model["server"]["model"])}
    for settings in (*config["problems"].values(), *config["benchmarks"].values()):
        address = settings["source"].get("url", {})
        if address:
            is_file = urlsplit(address["url"]).scheme == "file"
            address["url"] = f"file:///{PurePath(address['url']).name}" if is_file else addresses.public(address["url"])
    return config
