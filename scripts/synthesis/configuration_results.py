"""The tables of results in a configuration: what of which run stands in which cell, and which rows a run will have."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

from synthesis import (
    configuration_dataset,
    configuration_difficulty,
    configuration_models,
    cost_phases,
    generator_arms,
)
from synthesis.configuration_sentences import key
from synthesis.run_tables import TABLES, Lookup

STAGE = "tabulate_results"
# Configurations say in one line of their own what their run is called; a text in quotes may be one too.
_RUN = re.compile(r"^run:[ \t]*['\"]?([a-z][a-z0-9_]*)", re.MULTILINE)
CONFIGURATIONS = Path("config")
MEAN = "mean"


def tables(config: dict) -> dict[str, dict]:
    """The tables of results: name and settings; none without any."""
    return config.get(STAGE, {}).get("tables", {})


def rows(table: dict) -> dict[str, dict]:
    """What of ours the rows of a table are: those that the paper has too, then those that only we have."""
    return {**table.get("rows", {}), **table.get("rows_of_ours", {})}


def columns(table: dict) -> dict[str, dict]:
    """Where values of ours stand for the columns of a table: those of the paper, then those that only we have."""
    return {**table.get("columns", {}), **table.get("columns_of_ours", {})}


class Place(NamedTuple):
    """A value of ours that a cell asks for: the row's and the column's label, the run, and where it stands there."""

    row: str
    column: str
    run: str
    lookup: Lookup


def places(table: dict, run: str) -> Iterator[Place]:
    """What the cells of a table ask for; `run` is meant where a row names none.

    A cell asks for something if its row says what it is in the table that its column takes its values from.
    """
    for row, parts in rows(table).items():
        for column, settings in columns(table).items():
            part = _part(parts, settings["table"])
            if part is not None:
                yield Place(row, column, part.get("run", run), _lookup(settings, part))


def _part(parts: dict, table: str) -> dict | None:
    """What a row is in a table: as it says, or as it says for the table whose rows are named alike; None if nothing."""
    known = TABLES[table]
    if table in parts or known.named_as not in parts:
        return parts.get(table)
    conditions = ("where", "except")
    told = parts[known.named_as]
    if any(told.get("where", {}).get(name) == "" for name in known.never_empty):
        return None
    kept = {name: {key: text for key, text in told.get(name, {}).items() if key in known.keys} for name in conditions}
    return {**told, **kept}


def _lookup(column: dict, row: dict) -> Lookup:
    where = {**column.get("where", {}), **row.get("where", {})}
    share_of = column.get("share_of", {})
    return Lookup(
        table=column["table"],
        value=column["value"],
        where=_texts(where),
        left_out=_texts({**column.get("except", {}), **row.get("except", {})}),
        total=column.get("sum", False) or bool(share_of),
        share_of=_texts({**where, **share_of}) if share_of else {},
        times=column.get("times", 1),
    )


def _texts(conditions: dict) -> dict[str, list[str]]:
    """Conditions with their texts in lists; numbers are spelled as tables spell them."""
    return {
        name: [str(text) for text in (texts if isinstance(texts, list) else [texts])]
        for name, texts in conditions.items()
    }


def meant_run(config: dict) -> str:
    """The run that rows mean which name none: the one that the configuration names, else its own."""
    return config.get(STAGE, {}).get("run", config["run"])


def runs_with_tables(config: dict) -> dict[tuple[str, str], str]:
    """The tables that cells ask for, each once: (run, table) and the place in the configuration that asks first."""
    found: dict[tuple[str, str], str] = {}
    for name, table in tables(config).items():
        for place in places(table, meant_run(config)):
            where = key(STAGE, "tables", name, part_of_row(table, place.row), place.row, place.lookup.table)
            found.setdefault((place.run, place.lookup.table), where)
    return found


def part_of_row(table: dict, row: str) -> str:
    """The key of a table under which a row stands."""
    return "rows" if row in table.get("rows", {}) else "rows_of_ours"


def runs_in_files() -> dict[str, str]:
    """The runs that configuration files in `config/` and below make: name and file, which is the first with that name.

    Only the line of the name is read, since every start asks for this.
    """
    found: dict[str, str] = {}
    for path in sorted(CONFIGURATIONS.rglob("*.y*ml")):
        named = _RUN.search(path.read_text(encoding="utf-8", errors="replace"))
        if named:
            found.setdefault(named[1], path.as_posix())
    return found


def lacking(config: dict, table: str) -> str:
    """What a configuration lacks for its run to have a table; empty if the run has it."""
    stages = {
        "generators": "tabulate_generators",
        "difficulty": "score_difficulty",
        "judges": "measure_judge",
        "diversity": "measure_diversity",
        "audit": "audit_dataset",
    }
    if table == "ratings":
        return "" if config.get("rate_questions", {}).get("sheets") else "rate_questions.sheets"
    if table.startswith("evaluation"):
        return "" if "answer_benchmark" in config else "answer_benchmark"
    if table == "funnel":
        return "" if configuration_dataset.makes_dataset(config) else "generate_questions"
    if table == "contamination":
        return "" if _contamination_filters(config) else "a filter contamination under filter_questions"
    if table == "trainings":
        return "" if configuration_models.trained(config) else "train_student or another training"
    return "" if table not in stages or config.get(stages[table]) else stages[table]


def known_rows(config: dict, table: str) -> list[dict[str, str]] | None:
    """The rows that a run will have in a table, by those of its key columns that a configuration tells.

    None for a table of which nothing is known before the run.
    """
    match table:
        case "evaluation":
            return _evaluated(config, "benchmark", config["answer_benchmark"]["benchmarks"])
        case "evaluation_averages":
            averages = configuration_models.averages(config)
            return [*_evaluated(config, "average", averages), *_means_over_seeds(config, averages)]
        case "evaluation_seeds":
            named = product(_trained_alike(config), config["answer_benchmark"]["benchmarks"])
            return [{**names, "benchmark": benchmark} for names, benchmark in named]
        case "generators":
            named = [(arm.source, arm.generator, arm.trained_by) for arm in generator_arms.arms(config)]
            return [dict(zip(TABLES[table].keys, names, strict=True)) for names in named]
        case "contamination":
            named = [(entry["name"], entry["contamination"]) for entry in _contamination_filters(config)]
            return [
                {"filter": name, "benchmark": benchmark} for name, item in named for benchmark in _compared_with(item)
            ]
        case "trainings":
            trained = configuration_models.trained(config).items()
            return [{"stage": stage, "model": name, "from": item["model"]} for name, (stage, item) in trained]
        case "costs":
            steps = [{"phase": cost_phases.phase_of(rule), "step": rule} for rule in cost_phases.RULES]
            return [{"phase": cost_phases.TOTAL, "step": ""}, *steps]
        case "funnel":
            sources = configuration_dataset.sources(config)
            return [{"source": source, "stage": stage} for source, stage in product(sources, _funnel_stages(config))]
        case "difficulty":
            scored = product(configuration_difficulty.scorers(config), configuration_dataset.sources(config))
            return [{"scorer": scorer, "source": source} for scorer, source in scored]
        case "judges":
            measured = configuration_dataset.measured_judges(config).items()
            return [{"measurement": name, "judge": judge["name"]} for name, judge in measured]
        case "ratings":
            return [{"set": name} for name in config["rate_questions"]["sets"]]
    return None


def known_values(config: dict, table: str) -> list[str] | None:
    """The columns with numbers that a run will have in a table; None where every run has all that there can be."""
    if table != "generators":
        return None
    shares = [f"share_{name}" for name in (*config["tabulate_generators"]["shares"], *generator_arms.MEASURES)]
    return [*shares, *(name for name in TABLES[table].values if not name.endswith("*"))]


def _evaluated(config: dict, column: str, names) -> list[dict[str, str]]:
    """Models and students as the tables of the evaluation name them, with each of some further names."""
    students = configuration_models.students(config)
    found = []
    for model in configuration_models.evaluated(config):
        student, size, seed = configuration_models.student_parts(model) if model in students else ("", "", "")
        base = students[model]["model"] if model in students else model
        found += [{"model": base, "student": student, "size": size, "seed": seed, column: name} for name in names]
    return found


def _trained_alike(config: dict) -> list[dict[str, str]]:
    """The students, each size once for all its training seeds, as the tables of the evaluation name them."""
    return [
        {"model": settings["model"], "student": student, "size": str(size)}
        for student, settings in config.get("train_student", {}).items()
        for size in settings["sizes"]
    ]


def _means_over_seeds(config: dict, averages) -> list[dict[str, str]]:
    """The rows of the averages over all training seeds of a student that has several; their seed is empty."""
    several = {name for name, settings in config.get("train_student", {}).items() if len(settings["seeds"]) > 1}
    alike = [names for names in _trained_alike(config) if names["student"] in several]
    return [{**names, "seed": "", "average": average} for names, average in product(alike, averages)]


def _contamination_filters(config: dict) -> list[dict]:
    return [entry for entry in configuration_dataset.filters(config) if "contamination" in entry]


def _compared_with(settings: dict) -> list[str]:
    return [*settings["benchmarks"], *(["held_out"] if settings.get("held_out") else []), MEAN]


def _funnel_stages(config: dict) -> list[str]:
    """The lines of the funnel: stages, and the filters of a stage that has several."""
    filters = [f"filter_questions/{entry['name']}" for entry in configuration_dataset.filters(config)]
    judges = [f"judge_questions/{entry['name']}" for entry in configuration_dataset.judges(config)]
    optional = [stage for stage in ("check_agreement", "score_responses") if stage in config]
    return [
        *("generate_questions", *(filters or ["filter_questions"]), "find_duplicates", *judges, "select_questions"),
        *("generate_responses", "filter_responses", *optional, "select_responses"),
    ]
