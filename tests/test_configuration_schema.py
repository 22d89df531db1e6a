"""The schema of configurations: what it describes, and the sentences for what lies outside it."""

import pytest
import yaml
from changed_configuration import DEMO, FILTER, HUB, JUDGE, REMOVE, SOURCE, STUDENT, TEXT_JUDGE, assert_refused
from jsonschema import Draft202012Validator
from synthesis import configuration
from synthesis.configuration_dataset import STAGES
from synthesis.configuration_sentences import SENTENCES


def parts(schema, place=""):
    """Every schema below a schema, with its place."""
    yield place, schema
    for group in ("properties", "patternProperties", "$defs"):
        for name, part in schema.get(group, {}).items():
            yield from parts(part, f"{place}/{group}/{name}")
    if "items" in schema:
        yield from parts(schema["items"], f"{place}/items")


SCHEMAS = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in configuration.SCHEMAS.glob("*.yaml")}
PARTS = [(f"{file}#{place}", part) for file, schema in sorted(SCHEMAS.items()) for place, part in parts(schema)]


def test_the_schemas_are_schemas():
    assert "config.schema.yaml" in SCHEMAS
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)


def test_every_key_is_described_and_every_object_closed():
    keys = 0
    for place, part in PARTS:
        group = place.split("/")[-2] if "/" in place else ""
        if group in ("properties", "patternProperties"):
            keys += 1
            assert part.get("description", "").endswith("."), f"{place} has no description"
        if part.get("type") == "object":
            assert part.get("additionalProperties") is False, f"{place} lets unknown keys through"
    assert keys > 100


def test_an_optional_key_names_its_default():
    for place, part in PARTS:
        for name, key in part.get("properties", {}).items():
            if part is SCHEMAS["config.schema.yaml"] and name in (*STAGES, "merge_problems", "score_responses"):
                continue  # not optional: given all together, or exactly if another key asks for them
            alternatives = "oneOf" in part or part.get("maxProperties") == 1 or place.endswith("judge")
            if name not in part.get("required", []) and not alternatives:
                said = "Optional, default" in key["description"] or "; for the method " in key["description"]
                assert said, f"{place}/{name} names no default"


def test_every_rule_of_the_schema_has_a_sentence():
    silent = {"$schema", "$defs", "$ref", "title", "description", "default", "examples"}
    silent |= {"properties", "patternProperties", "items"}
    used = {keyword for _place, part in PARTS for keyword in part}
    assert used - silent == set(SENTENCES)


def test_patterns_say_in_words_what_they_allow():
    for place, part in PARTS:
        assert "pattern" not in part or part.get("title"), f"{place} has a pattern without a title"


def test_the_languages_are_those_of_the_detector():
    lingua = pytest.importorskip("lingua")
    known = sorted(language.iso_code_639_1.name.lower() for language in lingua.Language.all())
    assert SCHEMAS["values.schema.yaml"]["$defs"]["language_code"]["enum"] == known


# What is changed, and what the sentence must hold (the key and the repair)
OUTSIDE_THE_SCHEMA = {
    "unknown top key": ([("sead", 1)], ["sead is not a known key", "did you mean seed?"]),
    "misspelt key": (
        [("generate_responses.modle", "smollm2"), ("generate_responses.model", REMOVE)],
        ["generate_responses.modle is not a known key", "did you mean model?"],
    ),
    "unknown key like no other": (
        [("select_responses.zzz", 1)],
        ["select_responses.zzz is not a known key", "use one of: method"],
    ),
    "key below nothing": (
        [(JUDGE, {**TEXT_JUDGE, "verdict": {"text": {"yes": "Y"}}})],
        ["judge_questions.judges[0].verdict.text.yes", "remove it"],
    ),
    "misspelt filter": (
        [(f"{FILTER}.0", {"name": "rules", "rulez": {}})],
        ["filter_questions.filters[0].rulez", "did you mean rules?"],
    ),
    "missing key": ([("generate_responses.samples", REMOVE)], ["generate_responses.samples is missing", "Responses"]),
    "missing prices": ([("prices", REMOVE)], ["prices is missing; add it"]),
    "improper name": (
        [("models.SmolLM", DEMO["models"]["smollm2"])],
        ["models has an entry 'SmolLM'", "small letters"],
    ),
    "improper run": ([("run", "My run")], ["run is 'My run'", "write small letters"]),
    "text of several lines": ([("run", "a\n" * 99)], ["run is 'a a a", "…'", "write small letters"]),
    "number as key": ([("prices.gpu_hour", {4090: 1.0})], ["prices.gpu_hour has the key 4090", "put it in quotes"]),
    "number as key in a list": (
        [(JUDGE, {**TEXT_JUDGE, 1: 2})],
        ["judge_questions.judges[0] has the key 1", "put it in quotes"],
    ),
    "number for a mapping": (
        [("models.smollm2", 135)],
        ["models.smollm2 must be a mapping", "not 135", "engine, source"],
    ),
    "word for a number": (
        [("seed", "one")],
        ["seed must be a whole number, not 'one'", "write a number without decimals"],
    ),
    "decimals": ([("generate_responses.samples", 3.0)], ["generate_responses.samples", "whole", "without decimals"]),
    "true for a number": (
        [(f"{SOURCE}.total", True)],
        ["generate_questions.sources.smollm2.total", "not true", "whole"],
    ),
    "number that YAML reads as text": (
        [("generate_responses.sampling.temperature", "1e-1")],
        ["generate_responses.sampling.temperature must be a number, not '1e-1'", "1.0e-5"],
    ),
    "not a number": ([("budget", {"usd": float("nan")})], ["budget.usd must be a number, not nan", "finite"]),
    "budget that does not say of what": (
        [("budget", 20)],
        ["budget must be a mapping of keys to values, not 20", "write, for example, {usd: 20} or {gpu_hours: 100}"],
    ),
    "version as number": (
        [("models.smollm2.source.package.version", 1.0)],
        ["models.smollm2.source.package.version must be text, not 1.0", "put it in quotes"],
    ),
    "text for a truth value": (
        [("filter_responses.finished", "yes")],
        ["filter_responses.finished must be true or false, not 'yes'", "without quotes"],
    ),
    "no value": (
        [("generate_responses.model", None)],
        ["generate_responses.model must be text, not nothing", "write one text"],
    ),
    "list for a text": ([("run", ["a"])], ["run must be text, not a list", "write one text"]),
    "text for a list": ([("filter_responses.answer", "boxed")], ["filter_responses.answer must be a list", "brackets"]),
    "nothing for a mapping": (
        [("generate_responses.sampling", None)],
        ["generate_responses.sampling must be a mapping", "temperature, top_p"],
    ),
    "nothing for an empty mapping": ([("prices.gpu_hour", None)], ["prices.gpu_hour must be a mapping", "write {}"]),
    "unknown choice": (
        [("models.smollm2.dtype", "float3")],
        ["models.smollm2.dtype is 'float3'", "did you mean float32?"],
    ),
    "unknown choice like no other": (
        [("select_questions.sources.smollm2.shortfall", "stop")],
        ["select_questions.sources.smollm2.shortfall is 'stop'", "use one of: warn, fail"],
    ),
    "unknown language": (
        [(f"{FILTER}.1.language.keep", ["english"])],
        ["filter_questions.filters[1].language.keep[0] is 'english'", "use one of: af, ar", "or another of 75"],
    ),
    "below the least": (
        [("generate_responses.samples", 0)],
        ["generate_responses.samples is 0", "at least 1"],
    ),
    "top_p of 0": ([("generate_responses.sampling.top_p", 0)], ["generate_responses.sampling.top_p is 0", "above 0"]),
    "top_p of 2": ([("generate_responses.sampling.top_p", 2)], ["generate_responses.sampling.top_p is 2", "at most 1"]),
    "top_k of -2": (
        [("generate_responses.sampling.top_k", -2)],
        ["generate_responses.sampling.top_k is -2", "at least -1"],
    ),
    "cold temperature": (
        [("generate_responses.sampling.temperature", -1)],
        ["generate_responses.sampling.temperature is -1", "at least 0"],
    ),
    "everything held out": ([("merge_problems.held_out", 1)], ["merge_problems.held_out is 1", "below 1"]),
    "repetition penalty": (
        [("generate_responses.sampling.repetition_penalty", 1.1)],
        ["generate_responses.sampling.repetition_penalty is not a known key", "use one of: temperature"],
    ),
    "repository without owner": (
        [("models.smollm2.source", {"hub": {"repo": "smollm2", "revision": "main"}})],
        ["models.smollm2.source.hub.repo is 'smollm2'", "write a repository as owner/name"],
    ),
    "digest of the wrong length": (
        [("problems.arithmetic.source", {"url": {"url": "https://example.org/a.jsonl", "sha256": "ab"}})],
        ["problems.arithmetic.source.url.sha256 is 'ab'", "write 64 hexadecimal digits"],
    ),
    "imported file of another kind": (
        [(SOURCE, {"imported": {"file": "a.xlsx"}, "total": 1, "shard_size": 1})],
        ["generate_questions.sources.smollm2.imported.file is 'a.xlsx'", "write the path of a .jsonl"],
    ),
    "no problems to merge": (
        [("merge_problems.problems", [])],
        ["merge_problems.problems has 0 entries", "at least 1", "add"],
    ),
    "export named twice": (
        [("assemble_dataset.exports", ["messages", "messages"])],
        ["assemble_dataset.exports lists 'messages' twice", "remove one"],
    ),
    "size of a student in words": (
        [("train_student", {"small": {**STUDENT, "sizes": ["half"]}})],
        ["train_student.small.sizes[0] is 'half'", "write a whole number of pairs, or the word all"],
    ),
    "size of a student of 0": (
        [("train_student", {"small": {**STUDENT, "sizes": [0]}})],
        ["train_student.small.sizes[0] is 0", "at least 1"],
    ),
    "seed in a student's training": (
        [("train_student", {"small": {**STUDENT, "training": {**STUDENT["training"], "seed": 1}}})],
        ["train_student.small.training.seed is not a known key"],
    ),
    "no models": ([("models", {})], ["models is empty", "add at least one"]),
    "rules without a rule": (
        [(f"{FILTER}.0.rules", {})],
        ["filters[0].rules needs at least one of min_characters", "add one"],
    ),
    "no source": (
        [("models.smollm2.source", {})],
        ["models.smollm2.source needs exactly one of hub, path, package, server, stand_in", "none of them", "add one"],
    ),
    "two sources": (
        [("models.smollm2.source", {**HUB, "path": {"folder": "x"}})],
        [
            "models.smollm2.source needs exactly one of hub, path, package, server, stand_in",
            "hub and path",
            "remove all but one",
        ],
    ),
    "misspelt source": (
        [("models.smollm2.source", {"hubb": HUB["hub"]})],
        ["models.smollm2.source.hubb is not a known key", "did you mean hub?"],
    ),
    "two verdicts": (
        [(f"{JUDGE}.verdict.text", {})],
        ["judge_questions.judges[0].verdict needs exactly one of text, probability", "remove all but one"],
    ),
    "question source of no kind": (
        [(f"{SOURCE}.empty_prefix", REMOVE)],
        ["generate_questions.sources.smollm2 needs exactly one of empty_prefix, imported", "none of them", "add one"],
    ),
    "question source of two kinds": (
        [(f"{SOURCE}.imported", {"file": "a.csv"})],
        ["generate_questions.sources.smollm2 needs exactly one of empty_prefix, imported", "remove all but one"],
    ),
    "filter of two kinds": (
        [(f"{FILTER}.0.contamination", {"words": 13, "benchmarks": ["arithmetic_test"]})],
        ["filter_questions.filters[0] needs exactly one of rules, language, contamination", "rules and contamination"],
    ),
    "word that YAML reads as true": (
        [(f"{JUDGE}.verdict.probability.yes", True)],
        ["judge_questions.judges[0].verdict.probability.yes must be text, not true", "put it in quotes"],
    ),
    "no words": (
        [("write_dataset_card.title", " ")],
        ["write_dataset_card.title is ' '", "write a text that is not empty"],
    ),
    "budget of no dollars": ([("budget", {"usd": 0})], ["budget.usd is 0", "above 0"]),
    "budget of no hours": ([("budget", {"gpu_hours": 0, "usd": 1})], ["budget.gpu_hours is 0", "above 0"]),
    "budget of nothing": ([("budget", {})], ["budget needs at least one of gpu_hours, usd", "add one"]),
}


@pytest.mark.parametrize(("edits", "fragments"), OUTSIDE_THE_SCHEMA.values(), ids=OUTSIDE_THE_SCHEMA)
def test_what_is_outside_the_schema_is_refused_with_its_key_and_a_repair(edits, fragments):
    assert_refused(edits, fragments)


def test_the_outermost_mistake_is_reported_first():
    edits = [("generate_responses.sampling.top_p", 2), ("sead", 1), ("models.smollm2.dtype", "int8")]
    assert_refused(edits, ["sead"])


def test_the_first_of_equal_mistakes_is_reported():
    assert_refused(
        [("select_responses.method", "worst"), ("filter_responses.finished", 1)], ["filter_responses.finished"]
    )
