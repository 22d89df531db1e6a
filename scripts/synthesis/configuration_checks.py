"""What the schema can't say: whether the parts of a configuration fit together.

Each check gives the sentences of what it finds. The first check makes sure of all names, so that the others can look
them up.
"""

import datetime
import difflib
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import regex

from synthesis import addresses, configuration_dataset, configuration_models, configuration_problems
from synthesis.configuration_audit import audit, audited, diversity
from synthesis.configuration_comparison_checks import comparison, shares
from synthesis.configuration_cost_checks import cost_lines
from synthesis.configuration_dataset_checks import duplicates, problem_sets, stages
from synthesis.configuration_difficulty import scorers
from synthesis.configuration_evaluation import pairs, placed
from synthesis.configuration_evaluation_checks import HELD_OUT, equal_samples, evaluation
from synthesis.configuration_figures import figures
from synthesis.configuration_judge_checks import judge_settings, judges
from synthesis.configuration_model_checks import model_names, models, students, training
from synthesis.configuration_paths import PathSetting, data_files, prompts, rewrite_directions
from synthesis.configuration_published_checks import published_costs, published_ratings
from synthesis.configuration_response_checks import responses
from synthesis.configuration_results_checks import results
from synthesis.configuration_reward_checks import measured_rewards, response_scores
from synthesis.configuration_scorer_checks import fail_rates, scorer_uses, scores
from synthesis.configuration_selection_checks import difficulty_scorers, question_counts
from synthesis.configuration_sentences import key, shown, suggestion
from synthesis.errors import InputError
from synthesis.layout import SHARD_DIGITS
from synthesis.prompts import load_prompt
from synthesis.rewrites import question_after
from synthesis.score_methods import is_graded

# Stages of which each question gets several samples, under this one key.
_ANSWERING = ("generate_responses", "check_agreement")
# Folders under results/ that hold what no single run owns: the store, the profile's logs of SLURM, compared runs.
_SHARED_FOLDERS = ("store", "slurm_logs", "comparisons")


def question_sources(config: dict, kind: str) -> Iterator[tuple[str, dict, dict]]:
    """The sources of a kind (`empty_prefix` or `imported`): place of its settings, settings, the whole source."""
    for name, source in configuration_dataset.sources(config).items():
        if kind in source:
            yield key("generate_questions", "sources", name, kind), source[kind], source


def raw_questions(config: dict) -> Iterator[tuple[str, dict]]:
    """The raw questions that generators write for their optimisation: place and settings."""
    for name, settings in configuration_models.optimized(config).items():
        yield key("optimize_generator", name, "sample_raw_questions"), settings["sample_raw_questions"]


def filters(config: dict, kind: str) -> Iterator[tuple[str, dict]]:
    """The filters of a kind: place and settings."""
    for number, entry in enumerate(configuration_dataset.filters(config)):
        if kind in entry:
            yield key("filter_questions", "filters", number, kind), entry[kind]


def _run_name(config: dict) -> Iterator[str]:
    if config["run"] in _SHARED_FOLDERS:
        yield (f"run is {config['run']}, but results/{config['run']}/ holds what all runs share; choose another name.")


def _forecast(config: dict) -> Iterator[str]:
    if config.get("forecast_cost", {}).get("pilot") == config["run"]:
        yield (
            f"forecast_cost.pilot is {config['run']}, which is this run itself; name a smaller run, or leave "
            "forecast_cost out."
        )


def _derivation(config: dict) -> Iterator[str]:
    for name in ("based_on", "without"):
        if name in config:
            yield f"{name} is read from a configuration file alone; write it there."


def _names(config: dict) -> Iterator[str]:
    yield from model_names(config)
    for where, name in configuration_problems.uses(config):
        yield from _unless_known(where, name, config, "problems")
    for where, settings in filters(config, "contamination"):
        for number, name in enumerate(settings["benchmarks"]):
            yield from _unless_known(f"{where}.benchmarks[{number}]", name, config, "benchmarks")
    for number, name in enumerate(config.get("answer_benchmark", {}).get("benchmarks", [])):
        if name != HELD_OUT:
            yield from _unless_known(key("answer_benchmark", "benchmarks", number), name, config, "benchmarks")


def _unless_known(where: str, name: str, config: dict, group: str) -> Iterator[str]:
    if name not in config[group]:
        yield f"{where} is '{name}', which is not defined under {group}; {suggestion(name, config[group])}"


def _held_out_problems(config: dict) -> Iterator[str]:
    if HELD_OUT in config["benchmarks"]:
        yield f"benchmarks.{HELD_OUT} has the name that reasons give to held-out problems; choose another name."
    held_out = config.get("merge_problems", {}).get("held_out", 0)
    for where, settings in filters(config, "contamination"):
        if settings.get("held_out") and "merge_problems" not in config:
            yield f"{where}.held_out is true, but without merge_problems no problems are held out; write false."
        elif settings.get("held_out") and not held_out:
            yield f"{where}.held_out is true, but merge_problems.held_out is 0; write a share above 0, or false here."
        if not settings["benchmarks"] and not settings.get("held_out"):
            yield f"{where} compares with nothing; name benchmarks, set held_out to true or remove the filter."


def _shard_counts(config: dict) -> Iterator[str]:
    sharded = {
        key("generate_questions", "sources", name): source
        for name, source in configuration_dataset.sources(config).items()
    }
    for where, settings in chain(sharded.items(), raw_questions(config)):
        if -(-settings["total"] // settings["shard_size"]) > 10**SHARD_DIGITS:
            yield (
                f"{where}.shard_size cuts {settings['total']} questions into more than "
                f"{10**SHARD_DIGITS} shards; write at least {-(-settings['total'] // 10**SHARD_DIGITS)}."
            )


def _filter_settings(config: dict) -> Iterator[str]:
    yield from _unless_unique("filter_questions.filters", configuration_dataset.filters(config))
    for where, settings in chain(filters(config, "rules"), shares(config, "rules")):
        if settings.get("min_characters", 0) > settings.get("max_characters", float("inf")):
            yield f"{where}.min_characters is above max_characters, so no question would pass; lower it."
        for name in ("require", "forbid"):
            for number, pattern in enumerate(settings.get(name, [])):
                yield from _unless_pattern(f"{where}.{name}[{number}]", pattern)
    for where, settings in filters(config, "language"):
        for number, code in enumerate(settings["keep"]):
            if code not in settings["candidates"]:
                yield f"{where}.keep[{number}] is '{code}', which {where}.candidates lacks; add it there."


def _unless_unique(where: str, entries: list[dict]) -> Iterator[str]:
    for name, count in Counter(entry["name"] for entry in entries).items():
        if count > 1:
            yield f"{where} has {count} entries with the name {name}; give each its own name."


def _unless_pattern(where: str, pattern: str) -> Iterator[str]:
    try:
        regex.compile(pattern)
    except regex.error as error:
        yield f"{where} is '{pattern}', which is no regular expression ({error}); correct it."


def _judge_settings(config: dict) -> Iterator[str]:
    yield from _unless_unique("judge_questions.judges", configuration_dataset.judges(config))
    yield from judge_settings(config)


def _files(config: dict) -> Iterator[str]:
    for where, path in _paths(prompts(config), data_files(config)):
        if not Path(path).is_file():
            near = difflib.get_close_matches(path, map(str, Path(path).parent.glob("*")), n=1)
            repair = f"did you mean {near[0]}?" if near else "correct the path, or put the file there."
            yield f"{where} is {path}, which does not exist; {repair}"
    for setting in prompts(config):
        try:
            load_prompt(Path(setting.path), setting.with_response)
        except InputError as error:
            yield f"{setting.where}: {error}"


def _paths(*settings: Iterator[PathSetting]) -> Iterator[tuple[str, str]]:
    return ((setting.where, setting.path) for setting in chain(*settings))


def _rewrite_markers(config: dict) -> Iterator[str]:
    for where, direction in rewrite_directions(config):
        prompt = load_prompt(Path(direction["prompt"]))
        asked = " ".join(f"{prompt.system or ''} {prompt.user}".split()).casefold()
        if " ".join(direction["marker"].split()).casefold() not in asked:
            yield (
                f"{where}.marker is '{direction['marker']}', which {direction['prompt']} does not ask for; write the "
                "words that its prompt puts before the rewritten question."
            )
        for number, example in enumerate(prompt.examples):
            if not question_after(example.answer, direction["marker"]):
                yield (
                    f"{direction['prompt']}: examples[{number}].answer has no question after '{direction['marker']}', "
                    f"which {where}.marker looks for; end it with the label and the rewritten question."
                )


def _sampling(config: dict) -> Iterator[str]:
    written = [
        (where, settings, source["total"]) for where, settings, source in question_sources(config, "empty_prefix")
    ]
    written += [(where, settings, settings["total"]) for where, settings in raw_questions(config)]
    for where, settings, total in written:
        if settings["sampling"]["temperature"] == 0 and total > 1:
            yield (
                f"{where}.sampling.temperature is 0, so all {total} questions would be the same; "
                "write a temperature above 0, such as 1.0."
            )
    answered = {stage: config[stage] for stage in _ANSWERING if stage in config}
    solvers = {key("sample_fail_rates", name): item for name, item in configuration_models.solvers(config).items()}
    rated = {
        key("score_difficulty", "scorers", name): item for name, item in scorers(config).items() if "samples" in item
    }
    for where, settings in chain(answered.items(), solvers.items(), rated.items()):
        if settings["sampling"]["temperature"] == 0 and settings["samples"] > 1:
            yield (
                f"{where}.sampling.temperature is 0, so all {settings['samples']} samples would be the same; "
                "write a temperature above 0, or `samples: 1`."
            )


def _lengths(config: dict) -> Iterator[str]:
    """Texts that can't fit into a model's context. A token is hardly ever more than a word, so words bound tokens."""
    for where, model, words, new_tokens, repair in _texts(config):
        name = configuration_models.fetched(config, model)
        context = config["models"][name]["context"]
        if words + new_tokens > context:
            yield (
                f"{where} needs at least {words} tokens for what the model is given and {new_tokens} for what follows, "
                f"but models.{name}.context is {context}; {repair} or choose a model with a longer context."
            )


def _texts(config: dict) -> Iterator[tuple[str, str, int, int, str]]:
    """Every kind of text a model takes: place, model, words before the new tokens, new tokens, what to make shorter."""
    for where, settings, _ in question_sources(config, "empty_prefix"):
        words, new_tokens = len((settings["system"] or "").split()), settings["sampling"]["max_tokens"]
        yield where, settings["model"], words, new_tokens, f"lower {where}.sampling.max_tokens"
    for name, settings in configuration_models.optimized(config).items():
        where, raw = key("optimize_generator", name, "sample_raw_questions"), settings["sample_raw_questions"]
        words, new_tokens = len((settings["system"] or "").split()), raw["sampling"]["max_tokens"]
        yield where, settings["model"], words, new_tokens, f"lower {where}.sampling.max_tokens"
        where, rewriting = key("optimize_generator", name, "rewrite_questions"), settings["rewrite_questions"]
        words = max(map(_prompt_words, rewriting["directions"].values()))
        new_tokens, repair = rewriting["sampling"]["max_tokens"], f"lower {where}.sampling.max_tokens"
        yield where, rewriting["model"], words, new_tokens, repair
    audits = ((where, {**config["audit_dataset"], **settings}) for where, settings in audited(config))
    for where, judge in chain(judges(config), audits):
        words, sampling = _prompt_words(judge, with_response=where == "audit_dataset.answer"), judge.get("sampling")
        repair = f"lower {where}.sampling.max_tokens" if sampling else f"shorten {where}.prompt"
        yield where, judge["model"], words, sampling["max_tokens"] if sampling else 1, repair
    for name, settings in scorers(config).items():
        if "prompt" in settings:
            where, sampling = key("score_difficulty", "scorers", name), settings.get("sampling")
            repair = f"lower {where}.sampling.max_tokens" if sampling else f"shorten {where}.prompt"
            new_tokens = sampling["max_tokens"] if sampling else 1
            yield where, settings["model"], _prompt_words(settings), new_tokens, repair
    for stage in (stage for stage in ("generate_responses", "score_responses") if stage in config):
        settings, repair = config[stage], "lower generate_responses.sampling.max_tokens"
        new_tokens = config["generate_responses"]["sampling"]["max_tokens"]
        if is_graded(settings):
            new_tokens += settings.get("sampling", {"max_tokens": 1})["max_tokens"]
        yield stage, settings["model"], _prompt_words(settings, is_graded(settings)), new_tokens, repair
    if probe := configuration_dataset.probe(config):
        new_tokens, repair = probe["sampling"]["max_tokens"], "lower check_agreement.sampling.max_tokens"
        yield "check_agreement", probe["model"], _prompt_words(probe), new_tokens, repair
    for name, settings in configuration_models.solvers(config).items():
        where, new_tokens = key("sample_fail_rates", name), settings["sampling"]["max_tokens"]
        yield where, settings["model"], _prompt_words(settings), new_tokens, f"lower {where}.sampling.max_tokens"
    yield from dict.fromkeys(_answers_to_benchmarks(config))


def _answers_to_benchmarks(config: dict) -> Iterator[tuple[str, str, int, int, str]]:
    for model, benchmark in pairs(config):
        found = placed(config, model, benchmark)
        (_, prompt), (where, sampling) = found["prompt"], found["sampling"]
        repair = f"lower {where}.sampling.max_tokens"
        yield where, model, _prompt_words({"prompt": prompt}), sampling["max_tokens"], repair


def _prompt_words(settings: dict, with_response: bool = False) -> int:
    turns = load_prompt(Path(settings["prompt"]), with_response).messages(" ", " ")
    return sum(len(content.split()) for _role, content in turns)


def _prices(config: dict) -> Iterator[str]:
    prices = config["prices"]
    try:
        datetime.date.fromisoformat(prices["date"])
    except ValueError as error:
        yield f"prices.date is '{prices['date']}', which is no day of the calendar ({error}); correct it."
    served = [name for name, model in config["models"].items() if model["engine"] == "openai"]
    for name in prices["tokens"]:
        if name not in served:
            yield f"prices.tokens.{name} is for no model with the engine openai; {suggestion(name, served)}"
    if "usd" in config.get("budget", {}):
        yield from _money(config, prices, served)


def _money(config: dict, prices: dict, served: list[str]) -> Iterator[str]:
    """What stands against a budget in money."""
    if prices["currency"] != "USD":
        yield (
            f"budget.usd is {config['budget']['usd']}, but prices.currency is {shown(prices['currency'])}; give the "
            "prices in USD, or write budget.gpu_hours instead."
        )
    if prices["cpu_core_hour"] is None and not prices["gpu_hour"] and not prices["tokens"]:
        yield (
            "budget.usd can't be watched without a price; give prices.cpu_core_hour, prices.gpu_hour or prices.tokens, "
            "or write budget.gpu_hours instead."
        )
    for where, name in configuration_models.uses(config):
        if name in served and name not in prices["tokens"]:
            yield (
                f"{where} is {name}, whose tokens have no price, so budget.usd can't count them; give "
                f"prices.tokens.{name} (0 for a server that takes none), or remove budget.usd."
            )


CHECKS = (
    _derivation,
    stages,
    _run_name,
    _forecast,
    _names,
    models,
    duplicates,
    problem_sets,
    _held_out_problems,
    fail_rates,
    responses,
    scores,
    response_scores,
    measured_rewards,
    scorer_uses,
    training,
    students,
    evaluation,
    comparison,
    audit,
    diversity,
    figures,
    _shard_counts,
    question_counts,
    difficulty_scorers,
    _filter_settings,
    _judge_settings,
    _files,
    results,
    _rewrite_markers,
    _sampling,
    equal_samples,
    _lengths,
    _prices,
    cost_lines,
    published_costs,
    published_ratings,
    addresses.with_password,
)
