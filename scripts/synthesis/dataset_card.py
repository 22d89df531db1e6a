"""The parts of a data set's card. Everything in it comes from the run: config, manifests, ledgers and tables."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from synthesis import (
    configuration_difficulty,
    configuration_models,
    costs,
    dataset_card_licences,
    dataset_card_making,
    dataset_card_models,
    dataset_card_responses,
)
from synthesis.configuration_paths import published_path
from synthesis.cost_phases import AFTER_DATASET
from synthesis.dataset_exports import EXPORTS
from synthesis.funnel import StageCount
from synthesis.licences import warnings
from synthesis.markdown_text import code, escape, fence, table
from synthesis.reproducibility import is_exact, level, promise

# The hub's names for sizes of data sets, with the number of rows from which each holds.
_SIZES = {
    10_000_000: "10M<n<100M",
    1_000_000: "1M<n<10M",
    100_000: "100K<n<1M",
    10_000: "10K<n<100K",
    1_000: "1K<n<10K",
    0: "n<1K",
}


_COLUMN_TEXTS = {
    "question_id": "name of the question, from the run's seed, its source and its number in it; of an included pair "
    "from the name of its set and its texts",
    "source": "source of the question, or the set that the pair was included from",
    "question": "the question",
    "response": "the chosen response",
    "answer": "final answer found in the response; null if none was asked for or found",
    "sample": "which of the question's responses was chosen, from 0; null for an included pair",
    "reward": "score of the response; higher is better; null for an included pair",
    "question_model": "model that wrote the question; null for imported questions",
    "response_model": "model that wrote the response; null for an included pair",
    "reward_model": "model that scored the response; null for an included pair",
}
_NOT_SCORED_TEXTS = dict.fromkeys(("reward", "reward_model"), "null: no response was scored")


@dataclass(frozen=True)
class Facts:
    """What a card is written from.

    `config` is the checked configuration; `prompts` maps the prompt files to their texts, `files` the other files of
    the configuration to their SHA-256. `rows` is the number of rows of the data set, `included` counts those of each
    set that it includes, `versions` are the versions of each engine whose rows were used, `hardware` the kinds of
    machines that computed them. `stated` are the licences on the cards of what was fetched (see
    `dataset_card_licences.stated`). `content` is a digest of the data set's files.
    """

    config: dict
    card: dict
    rows: int
    manifests: list[dict]
    prompts: dict[str, str]
    counts: list[StageCount]
    costs: list[dict]
    included: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    versions: dict[str, set[str]] = field(default_factory=dict)
    hardware: set[str] = field(default_factory=set)
    stated: dict[str, dict] = field(default_factory=dict)
    content: str = ""

    @property
    def exports(self) -> list[str]:
        """Names of the exports of the data set."""
        return self.config["assemble_dataset"]["exports"]

    @property
    def sources(self) -> dict[str, dict]:
        """The sources of questions."""
        return self.config["generate_questions"]["sources"]

    @property
    def is_scored(self) -> bool:
        """Whether responses were scored."""
        return "score_responses" in self.config

    @property
    def is_stand_in(self) -> bool:
        """Whether a model of the run was a stand-in."""
        return any(manifest["engine"] == "stand_in" for manifest in self.manifests)


def front_matter(facts: Facts) -> dict:
    """The card's metadata: the hub shows it, and `datasets` finds the files of each configuration by it.

    `datasets` keeps what it has loaded from a folder under the folder's own name and this metadata. Without a trace of
    the rows in it, it would give those of one run for those of another, or old ones after a change.
    """
    configs = [
        {
            "config_name": name,
            "data_files": [{"split": "train", "path": f"{name}/train-*.parquet"}],
            "description": f"rows {facts.content[:16]}",
        }
        for name in ["data", *facts.exports]
    ]
    configs[0]["default"] = True
    return {
        "language": facts.card["language"],
        "license": facts.card["license"],
        "pretty_name": facts.card["title"],
        "size_categories": [next(name for least, name in _SIZES.items() if facts.rows >= least)],
        "task_categories": ["text-generation", "question-answering"],
        "tags": ["synthetic", "math", "reasoning"],
        "configs": configs,
    }


def body(facts: Facts) -> str:
    """The card's text."""
    sections = [
        introduction(facts),
        loading(facts),
        models(facts),
        licences(facts),
        prompts(facts),
        sampling(facts),
        reproducibility(facts),
        funnel(facts),
        contamination(facts),
        cost_table(facts),
        columns(facts),
        dataset_card_making.limits(facts.config),
        dataset_card_making.making(facts.config, facts.files),
    ]
    return "\n\n".join(section.strip() for section in sections) + "\n"


def introduction(facts: Facts) -> str:
    """What the data set is."""
    own = facts.rows - sum(facts.included.values())
    lines = [f"# {facts.card['title']}"]
    if facts.is_stand_in:
        lines.append("**A stand-in took the place of a model. These rows are for tests and mean nothing.**")
    if facts.card.get("description"):
        lines.append(facts.card["description"])
    lines.append(
        f"{own:,} questions, each with one response written by a model. {dataset_card_responses.choice(facts.config)} "
        "No person has corrected the rows: questions may be flawed and responses wrong."
    )
    if facts.included:
        sets = ", ".join(f"{count:,} of `{name}`" for name, count in facts.included.items())
        lines.append(
            f"Beside these stand pairs that were taken from other sets as they are: {sets}. They went through none of "
            "the stages below, nor were they compared with a benchmark."
        )
    origins = [f"- `{name}`: {_origin(source)}" for name, source in facts.sources.items()]
    return "\n\n".join([*lines, "Sources of questions:\n\n" + "\n".join(origins)])


def _origin(source: dict) -> str:
    if "empty_prefix" in source:
        return f"written by the model `{source['empty_prefix']['model']}`"
    if "problems" in source["imported"]:
        return f"the problems of the set `{source['imported']['problems']}`"
    return "imported from a file"


def loading(facts: Facts) -> str:
    """How to load the data set, in all its forms."""
    rows = [["`data` (default)", "all columns described below"]]
    rows += [[f"`{name}`", ", ".join(f"`{column}`" for column in EXPORTS[name].schema.names)] for name in facts.exports]
    return f"""## Loading

```python
from datasets import load_dataset

dataset = load_dataset("PATH_OF_THIS_FOLDER")  # or the name of its repository on a hub
```

A second argument names another form of the same rows:

{table(["name", "columns"], rows)}"""


def models(facts: Facts) -> str:
    """The models with their roles, revisions and licences."""
    return f"## Models\n\n{table(dataset_card_models.HEAD, dataset_card_models.rows(facts.config, facts.manifests))}"


def licences(facts: Facts) -> str:
    """The licences of all that the data set depends on, and what may stand against its own."""
    target = facts.card["license"]
    found = warnings(facts.config, target, facts.stated)
    judged = (
        f"What may stand against the licence {target} of the data set:\n\n" + "\n".join(f"- {item}" for item in found)
        if found
        else f"The names of these licences give no reason against the licence {target} of the data set."
    )
    parts = [
        "## Licences",
        "What the data set depends on, with the licence that the configuration names and the one that the card of its "
        "repository states. Nobody checked the licences themselves, and nothing here is legal advice.",
        table(dataset_card_licences.HEAD, dataset_card_licences.rows(facts.config, facts.stated)),
        dataset_card_licences.unlisted(facts.config, facts.stated),
        judged,
    ]
    return "\n\n".join(filter(None, parts))


def prompts(facts: Facts) -> str:
    """All prompts, word for word."""
    users = [(judge, f"judge `{judge['name']}`") for judge in facts.config["judge_questions"]["judges"]]
    scorers = configuration_difficulty.scorers(facts.config).items()
    users += [(item, f"difficulty `{name}`") for name, item in scorers if "prompt" in item]
    users.append((facts.config["generate_responses"], "responses"))
    users += [(facts.config["check_agreement"], "the probe")] if "check_agreement" in facts.config else []
    users += [(facts.config["score_responses"], "scores")] if facts.is_scored else []
    parts = ["## Prompts"]
    for name, source in facts.sources.items():
        if "empty_prefix" in source:
            parts += _question_prompt(f"Questions of `{name}`", source["empty_prefix"]["system"])
    for name, settings in configuration_models.optimized(facts.config).items():
        parts += _question_prompt(f"Raw questions for `{name}`", settings["system"])
        directions = settings["rewrite_questions"]["directions"].items()
        users += [(entry, f"rewrites of `{name}`, direction `{direction}`") for direction, entry in directions]
    solvers = configuration_models.solvers(facts.config).items()
    users += [(settings, f"answers of the solver `{name}`") for name, settings in solvers]
    for path, text in facts.prompts.items():
        uses = [use for settings, use in users if Path(settings["prompt"]) == Path(path)]
        parts += [f"`{published_path(path)}`, for {', '.join(uses)}:", fence(text, "yaml")]
    return "\n\n".join(parts)


def _question_prompt(questions: str, system: str | None) -> list[str]:
    start = f"{questions}: the model goes on in an empty user turn of its chat template"
    if system is None:
        return [f"{start}, with the template's own system turn, if it has one."]
    return (
        [f"{start}, after this system turn:", fence(system, "text")] if system else [f"{start}, without a system turn."]
    )


def sampling(facts: Facts) -> str:
    """The settings of sampling and of the filters, stage by stage."""
    rows = [
        [f"questions of `{name}`", _settings(source["empty_prefix"]["sampling"])]
        for name, source in facts.sources.items()
        if "empty_prefix" in source
    ]
    for name, item in configuration_models.optimized(facts.config).items():
        rows.append([f"raw questions for `{name}`", _settings(item["sample_raw_questions"])])
        rows.append([f"rewrites for `{name}`", _settings(item["rewrite_questions"]["sampling"])])
        rows.append([f"preference pairs for `{name}`", _settings(item["build_preference_pairs"])])
    solvers = configuration_models.solvers(facts.config).items()
    rows += [[f"answers of the solver `{name}`", _settings(item)] for name, item in solvers]
    rows += [[f"filter `{item['name']}`", _settings(item)] for item in facts.config["filter_questions"]["filters"]]
    rows.append(["duplicates", _settings(facts.config["find_duplicates"])])
    rows += [[f"judge `{item['name']}`", _settings(item)] for item in facts.config["judge_questions"]["judges"]]
    scorers = configuration_difficulty.scorers(facts.config).items()
    rows += [[f"difficulty `{name}`", _settings(item)] for name, item in scorers]
    selected = facts.config["select_questions"]["sources"]
    rows += [[f"selected questions of `{name}`", _settings(item)] for name, item in selected.items()]
    stages = {
        "responses": "generate_responses",
        "filter of responses": "filter_responses",
        "comparison with a probe": "check_agreement",
        "scores": "score_responses",
        "choice of the response": "select_responses",
    }
    rows += [[what, _settings(facts.config[stage])] for what, stage in stages.items() if stage in facts.config]
    return f"## Settings\n\n{table(['what', 'settings'], rows)}"


def _settings(tree: dict) -> str:
    kept = {key: value for key, value in tree.items() if key not in ("name", "model", "prompt")}
    return escape(code(json.dumps(kept, ensure_ascii=False)))


def reproducibility(facts: Facts) -> str:
    """What comes out the same when the data set is made again."""
    if all(is_exact(item) for item in facts.manifests):
        texts = (
            "All models ran in float32 on Transformers, with one random stream for each row. The same configuration "
            "gives the same rows on one kind of hardware, whatever the shards, batches and interruptions. On other "
            "hardware, texts can differ."
        )
    else:
        texts = "Texts, and the counts that follow from them, can differ from run to run. What each model promises:"
    levels = [[f"`{item['model']}`", item["engine"], level(item), promise(item)] for item in facts.manifests]
    versions = [f"{name} {', '.join(sorted(found))}" for name, found in sorted(facts.versions.items())]
    return f"""## Seeds and reproducibility

The seed of the run is {facts.config["seed"]}. The ids of the questions and the random seed of every sample follow from
it alone. {texts}

{table(["model", "engine", "level", "promise"], levels)}

- Engine: {"; ".join(versions) or "not recorded"}
- Computed on: {"; ".join(sorted(facts.hardware)) or "not recorded"}"""


def funnel(facts: Facts) -> str:
    """Rows kept and rejected, stage by stage."""
    rows = [
        [
            item.source,
            f"`{item.stage}`",
            item.unit,
            f"{item.rows_in:,}",
            f"{item.kept:,}",
            _percent(item.kept, item.rows_in),
            ", ".join(f"{escape(reason)} {count:,}" for reason, count in item.rejected.items()),
        ]
        for item in facts.counts
    ]
    head = ["source", "stage", "unit", "rows in", "kept", "share", "rejected, by reason"]
    return f"## Rows kept by each stage\n\n{table(head, rows)}"


def contamination(facts: Facts) -> str:
    """What the questions were compared with, and how many went for it."""
    found = [item["contamination"] for item in facts.config["filter_questions"]["filters"] if "contamination" in item]
    if not found:
        return "## Contamination\n\nThe questions were not compared with any benchmark."
    lines = ["## Contamination"]
    for settings in found:
        sets = [f"`{name}`" for name in settings["benchmarks"]]
        sets += ["the held-out part of the seed problems"] if settings.get("held_out") else []
        words = settings["words"]
        what = "were removed" if settings.get("remove", True) else "were counted and not removed"
        lines.append(f"Questions that share {words} words in a row with a text of {' or '.join(sets)} {what}.")
    if not any(settings.get("remove", True) for settings in found):
        return "\n\n".join([*lines, "The run's report says how many items of each benchmark they share words with."])
    rows = []
    for source in dict.fromkeys(item.source for item in facts.counts):
        of_source = (item for item in facts.counts if item.source == source)
        filters = [item for item in of_source if item.stage.partition("/")[0] == "filter_questions"]
        rejected = sum((Counter(item.rejected) for item in filters), Counter())
        removed = {name: count for name, count in rejected.items() if name.partition(":")[0] == "contaminated"}
        rows += [
            [source, escape(name.partition(":")[2] or "any"), str(count), _percent(count, filters[0].rows_in)]
            for name, count in (removed or {"contaminated": 0}).items()
        ]
    lines.append(table(["source", "found in", "questions removed", "share of all questions"], rows))
    lines.append("A question that an earlier filter had rejected counts there and not here.")
    return "\n\n".join(lines)


def cost_table(facts: Facts) -> str:
    """Tokens, hours and money."""
    names = ["step", "type", "samples", "prompt_tokens", "completion_tokens"]
    amounts = ["gpu_hours", "cpu_core_hours", "cost", "spent", "spent_on_failures", "saved_by_reuse"]
    rows = [
        [row[name] or "total" * (name == "step") for name in names] + [costs.shown(row[name]) for name in amounts]
        for row in facts.costs
    ]
    total = costs.total(facts.costs)
    head = ["step", "type", "rows", "prompt tokens", "completion tokens", "GPU hours", "CPU core hours"]
    later = ", ".join(phase.lower() for phase in AFTER_DATASET)
    unpriced = f"\n\nThere is no price for {total['no_price_for']}." if total["no_price_for"] else ""
    return f"""## Cost

The cost of the data set counts each row once, by its share of the attempt that made it, whichever run that was; `saved`
is what other runs had paid. What the run spent counts all its attempts but those after the data set ({later});
`failed` is what was lost with those that failed. Prices are those of {total["price_date"]}; an empty field is not
known.

{table([*head, *(f"{name} ({total['currency']})" for name in ("cost", "spent", "failed", "saved"))], rows)}{unpriced}"""


def columns(facts: Facts) -> str:
    """The columns of the default form."""
    texts = _COLUMN_TEXTS if facts.is_scored else {**_COLUMN_TEXTS, **_NOT_SCORED_TEXTS}
    rows = [[f"`{name}`", text] for name, text in texts.items()]
    return f"## Columns\n\n{table(['column', 'meaning'], rows)}"


def read_prompts(paths: Iterable[Path]) -> dict[str, str]:
    """The texts of the prompt files by their paths."""
    return {str(path): Path(path).read_text(encoding="utf-8") for path in paths}


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""
