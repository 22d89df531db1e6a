"""Licences: what their names demand of a data set, the warnings, and the table in the card."""

import check_configuration
import pytest
import yaml
from changed_configuration import HUB, changed, validate
from conftest import ROOT
from synthesis import (
    configuration,
    dataset_card,
    dataset_card_licences,
    licence_terms,
    licences,
    schema,
    stated_licence,
)

NON_COMMERCIAL, NO_DERIVATIVES, SHARE_ALIKE = "forbid commercial use", "changed forms", "has the same licence"


@pytest.mark.parametrize(
    ("licence", "target", "demands"),
    [
        ("apache-2.0", "cc0-1.0", []),
        ("MIT", "apache-2.0", []),
        ("bsd", "mit", []),
        ("NCSA", "mit", []),
        ("cc-by-4.0", "apache-2.0", []),
        ("CC-BY-NC-4.0", "apache-2.0", [NON_COMMERCIAL]),
        ("cc-by-nc-4.0", "cc-by-nc-sa-4.0", []),
        ("cc-by-nc-sa-4.0", "apache-2.0", [NON_COMMERCIAL, SHARE_ALIKE]),
        ("cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", []),
        ("cc-by-nc-sa-4.0", "cc-by-nc-4.0", [SHARE_ALIKE]),
        ("cc-by-nd-4.0", "cc-by-nd-4.0", [NO_DERIVATIVES]),
        ("cc-by-sa-4.0", "mit", [SHARE_ALIKE]),
        ("gpl-3.0", "apache-2.0", [SHARE_ALIKE]),
        ("gpl-3.0-or-later", "gpl-3.0", []),
        ("odbl", "odbl-1.0", []),
        ("llama2", "apache-2.0", ["improve models of another family"]),
        ("llama3", "apache-2.0", ["improve models of another family"]),
        ("llama3.1", "apache-2.0", ["begin with Llama"]),
        ("llama4", "apache-2.0", ["begin with Llama"]),
        ("llama3.3", "llama3.3", []),
        ("gemma", "apache-2.0", ["derivatives of it"]),
        ("qwen", "apache-2.0", ["Qwen"]),
        ("qwen-research", "apache-2.0", [NON_COMMERCIAL]),
        ("tongyi-qianwen", "apache-2.0", ["improve models of another family"]),
        ("deepseek", "apache-2.0", ["limits of use"]),
        ("creativeml-openrail-m", "apache-2.0", ["limits of use"]),
        # Of a choice the mildest counts, of licences that hold together all.
        ("gpl-3.0 OR mit", "apache-2.0", []),
        ("mit AND cc-by-nc-4.0", "apache-2.0", [NON_COMMERCIAL]),
        ("mit AND deepseek", "apache-2.0", ["limits of use"]),
        ("mit OR (gpl-2.0 AND cc-by-nc-4.0)", "apache-2.0", [NON_COMMERCIAL, SHARE_ALIKE]),
        ("gpl-2.0 WITH Classpath-exception-2.0", "apache-2.0", [SHARE_ALIKE]),
    ],
)
def test_the_name_of_a_licence_tells_what_it_may_demand(licence, target, demands):
    assert licence_terms.is_known(licence)
    found = licence_terms.unmet(licence, target)
    assert len(found) == len(demands)
    assert all(fragment in demand.what for demand, fragment in zip(found, demands, strict=True))


@pytest.mark.parametrize(
    "licence", ["other", "unknown", "proprietary", "none", "cc", "LicenseRef-Mine", "mit AND mine", "mit OR mine"]
)
def test_a_name_that_tells_nothing_is_not_known(licence):
    assert not licence_terms.is_known(licence)


def test_no_licence_makes_two_demands_of_the_table_by_mistake():
    names = ["llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4", "gemma", "openrail", "openrail++"]
    names += ["bigscience-bloom-rail-1.0", "deepseek", "qwen", "tongyi-qianwen", "agpl-3.0", "odbl", "cc-by-nc-4.0"]
    for name in names:
        assert sum(demand.is_of(name) for demand in licence_terms.DEMANDS) == 1, name


# The warnings


def warnings_of(*edits, **stated) -> list[str]:
    """The warnings for the demo with changes; without `stated`, those from before anything is fetched."""
    config = validate(changed(*edits))
    return licences.warnings(config, config["write_dataset_card"]["license"], stated.get("stated"))


def test_the_examples_give_no_warning(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    # The recipe of the paper and its pilot use models and a service with terms of their own.
    for path in sorted(
        set((ROOT / "config").glob("*.yaml")) - {ROOT / "config/config.yaml", ROOT / "config/pilot.yaml"}
    ):
        assert check_configuration.main(["--config", str(path)]) == 0
        assert capsys.readouterr() == ("", ""), path.name


def test_the_recipe_of_the_paper_names_what_has_terms_of_its_own(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert check_configuration.main(["--config", "config/config.yaml"]) == 0
    said = capsys.readouterr().err.splitlines()
    named = [line.partition("models.")[2].partition(" ")[0] for line in said]
    assert sorted(named) == ["deepseekmath_7b", "deepseekmath_7b_rl", "gpt_4o_mini", "internlm2_7b_reward"]


def test_imported_and_included_sets_bind_the_data_set(monkeypatch):
    monkeypatch.chdir(ROOT)
    config = configuration.load(ROOT / "config/extended.yaml")
    for name in ("published", "sums"):
        config["problems"][name]["license"] = "cc-by-nc-4.0"
    configuration.validate(config)
    imported, included = sorted(licences.warnings(config, "apache-2.0"), key=lambda said: "published" in said)
    assert imported.startswith("problems.sums (used in generate_questions) has the licence cc-by-nc-4.0")
    assert included.startswith("problems.published (used in assemble_dataset) has the licence cc-by-nc-4.0")


def test_a_forbidding_licence_is_said_before_anything_is_fetched(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    path = tmp_path / "my.yaml"
    path.write_text(yaml.safe_dump(changed(("problems.arithmetic.license", "cc-by-nc-4.0"))))
    assert check_configuration.main(["--config", str(path)]) == 0
    assert capsys.readouterr().err == (
        f"warning: {path}: problems.arithmetic (used in train_generator) has the licence cc-by-nc-4.0, which may "
        "forbid commercial use, and write_dataset_card.license is apache-2.0: leave it out, or choose a licence for "
        "the data set that forbids commercial use too.\n"
    )


def test_the_licence_of_a_model_binds_the_data_set():
    (said,) = warnings_of(("models.smollm2.license", "llama3"))
    assert said.startswith("models.smollm2 (used in ") and "generate_responses" in said
    assert "which may forbid that its outputs improve models of another family" in said


def test_an_unknown_licence_is_said_unless_a_card_may_still_tell_it():
    (said,) = warnings_of(("problems.arithmetic.license", "proprietary"))
    assert "has the licence proprietary, whose terms are not known here" in said
    assert said.endswith("read them, and write their address as problems.arithmetic.terms.")
    edits = [("problems.arithmetic.license", "proprietary"), ("problems.arithmetic.terms", "https://example.org/t")]
    assert warnings_of(*edits)[0].endswith("read them (https://example.org/t).")
    generator = {"generator": {"package": "reasoning-gym", "task": "chain_sum", "size": 9, "seed": 1}}
    (said,) = warnings_of(("problems.arithmetic", {"source": generator}))
    assert said.startswith("problems.arithmetic (used in train_generator) has no known licence")
    assert said.endswith("write it as problems.arithmetic.license.")
    on_hub = ("problems.arithmetic", {"source": {"hub": {"repo": "a/b", "revision": "main", "split": "train"}}})
    assert warnings_of(on_hub) == []
    assert "has no known licence" in warnings_of(on_hub, stated={})[0]
    assert warnings_of(on_hub, stated={"problems.arithmetic": {"license": ["mit"]}}) == []
    card = {"problems.arithmetic": {"license": ["mit", "cc-by-sa-4.0"]}}
    assert "has the licence mit AND cc-by-sa-4.0, which may demand that" in warnings_of(on_hub, stated=card)[0]


def test_the_terms_of_a_service_are_to_be_read():
    served = {"engine": "openai", "source": {"server": {}}, "server": {"model": "large"}, "license": "proprietary"}
    model = {**served, "parameters": None, "dtype": None, "context": 4096, "terms": "https://example.org/terms"}
    (said,) = warnings_of(("models.service", model), ("generate_responses.model", "service"))
    assert said.startswith("models.service (used in generate_responses) has the licence proprietary")
    assert "often forbid training models that compete" in said
    assert said.endswith("read them (https://example.org/terms).")


@pytest.mark.parametrize(
    ("configured", "card", "disputed"),
    [
        ("apache-2.0", {"license": ["Apache-2.0"]}, False),
        ("mit", {"license": ["apache-2.0", "mit"]}, False),
        ("mit OR apache-2.0", {"license": ["mit"]}, False),
        ("apache-2.0", {"license": ["mit"]}, True),
        ("apache-2.0", {"license": ["other"], "license_name": "deepseek"}, True),
        ("apache-2.0", {"license": ["other"]}, True),
        ("deepseek", {"license": ["other"], "license_name": "deepseek-license"}, False),
    ],
)
def test_a_card_that_says_otherwise_is_named(configured, card, disputed):
    said = warnings_of(("models.smollm2.license", configured), stated={"models.smollm2": card})
    found = [sentence for sentence in said if "but its card on the hub says" in sentence]
    assert bool(found) == disputed
    assert all(sentence.startswith(f"models.smollm2.license is {configured}, but") for sentence in found)


def test_an_adapter_has_the_licence_on_its_card():
    edits = [("models.smollm2.source", HUB), ("train_generator", {}), ("optimize_generator", {})]
    edits += [(f"generate_questions.sources.{name}.empty_prefix.model", "smollm2") for name in WRITERS]
    (said,) = warnings_of(*edits, stated={"models.smollm2.adapter": {"license": ["cc-by-nc-4.0"]}})
    assert said.startswith("models.smollm2.adapter (used in ") and "forbid commercial use" in said


WRITERS = [name for name, source in changed()["generate_questions"]["sources"].items() if "empty_prefix" in source]


# The card


def section(config: dict, stated: dict) -> str:
    facts = dataset_card.Facts(config, config["write_dataset_card"], 1, [], {}, [], [], stated=stated)
    return dataset_card.licences(facts)


def row(text: str, name: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_card_shows_what_the_data_set_depends_on():
    config = validate(changed(("models.smollm2.source", HUB), ("models.smollm2.terms", "see its page")))
    text = section(config, {})
    assert row(text, "smollm2")[2:] == ["apache-2.0", "not stated", "see its page"]
    assert row(text, "arithmetic") == ["`arithmetic`", "`train_generator`", "apache-2.0", "no card", "none"]
    assert "Only compared with, so no part of the data set: `arithmetic_test` (apache-2.0)." in text
    assert text.endswith("give no reason against the licence apache-2.0 of the data set.")
    card = {"license": ["other"], "license_name": "llama3", "license_link": "LICENSE"}
    text = section(config, {"models.smollm2": card})
    assert row(text, "smollm2")[2:] == ["apache-2.0", "llama3", "see its page, on its card: LICENSE"]
    assert "\n- models.smollm2.license is apache-2.0, but its card on the hub says llama3; " in text


def test_a_trained_model_inherits_from_its_start_and_its_rows():
    config = configuration.load(ROOT / "config/demo.yaml")
    config["problems"]["word_problems"]["license"] = "mit"
    text = section(validate(config), {})
    inherited = {
        "smollm2_tuned": "`smollm2` (apache-2.0), `arithmetic` (apache-2.0), `word_problems` (mit)",
        "smollm2_optimized": "`smollm2_tuned` (apache-2.0), `smollm2` (apache-2.0)",
        # Their solver has answered one of the two sets.
        "difficulty": "`smollm2` (apache-2.0), `arithmetic` (apache-2.0)",
        "reward": "`smollm2` (apache-2.0), `arithmetic` (apache-2.0)",
    }
    for name, origins in inherited.items():
        assert row(text, name)[2:] == [f"trained here; inherits from {origins}", "no card", "none"]
    stages = "`train_generator`, `sample_fail_rates`, `train_difficulty_scorer`, `train_reward_model`"
    assert row(text, "arithmetic")[1] == stages
    assert row(text, "word_problems")[1] == "`train_generator`"


def test_sets_that_nothing_learns_from_are_no_part_of_the_data_set():
    edits = [("train_generator", {}), ("optimize_generator", {}), ("problems.arithmetic.license", "cc-by-nc-4.0")]
    edits += [(f"generate_questions.sources.{name}.empty_prefix.model", "smollm2") for name in WRITERS]
    text = section(validate(changed(*edits)), {})
    assert "no part of the data set: `arithmetic` (cc-by-nc-4.0), `word_problems` (apache-2.0)" in text
    assert "give no reason against" in text


def test_a_card_of_somebody_else_does_not_break_the_table():
    config = validate(changed(("models.smollm2.source", HUB)))
    text = section(config, {"models.smollm2": {"license": ["other"], "license_name": "mine | yours"}})
    assert "mine \\| yours |" in text


def test_the_notes_of_models_and_sets_are_found_by_their_places(tmp_path):
    (tmp_path / "resources").mkdir()
    path = tmp_path / "resources/sums.parquet"
    schema.write(path, [], stated_licence.noted(schema.PROBLEMS, {"license": ["mit"]}))
    manifests = [
        {"model": "a", "stated_licence": {"license": ["gemma"]}, "adapter": {"stated_licence": {"license": ["mit"]}}},
        {"model": "b"},
    ]
    assert dataset_card_licences.stated(manifests, {"problems": [path], "benchmarks": []}) == {
        "models.a": {"license": ["gemma"]},
        "models.a.adapter": {"license": ["mit"]},
        "problems.sums": {"license": ["mit"]},
    }
