"""The licences in a data set's card: of everything that it depends on, what comes from what, and the warnings."""

from pathlib import Path

from synthesis import configuration_models, licences, stated_licence
from synthesis.licences import Material
from synthesis.markdown_text import escape

HEAD = ["model or problem set", "used in", "licence", "licence on its card", "terms"]


def stated(manifests: list[dict], sets: dict[str, list[Path]]) -> dict[str, dict]:
    """The licences on the cards of fetched models, adapters and problem sets, by their places in the configuration.

    `sets` has the files of the problem sets by group (`problems`, `benchmarks`); the file has the name of the set.
    """
    found = {}
    for manifest in manifests:
        place = f"models.{manifest['model']}"
        found[place] = manifest.get("stated_licence")
        found[f"{place}.adapter"] = manifest.get("adapter", {}).get("stated_licence")
    for group, paths in sets.items():
        found |= {f"{group}.{path.stem}": stated_licence.read(path) for path in paths}
    return {place: licence for place, licence in found.items() if licence}


def rows(config: dict, found: dict[str, dict]) -> list[list[str]]:
    """The rows of the table of licences, in Markdown, under `HEAD`; `found` is what `stated` gives."""
    materials = licences.materials(config, found)
    return [_material(item) for item in materials] + _trained(config, {item.place: item for item in materials})


def _material(item: Material) -> list[str]:
    if not item.on_card:
        on_card = "not stated" if item.source == "hub" else "no card"
    else:
        on_card = "the same" if item.is_confirmed else escape(item.on_card)
    link = (item.stated or {}).get("license_link")
    terms = ", ".join(filter(None, (item.terms, f"on its card: {link}" if link else None)))
    configured = item.configured or ("that on its card" if item.on_card else "unknown")
    return [f"`{item.name}`", _stages(item.stages), escape(configured), on_card, escape(terms) or "none"]


def _trained(config: dict, materials: dict[str, Material]) -> list[list[str]]:
    """The models that the run trains: they inherit from the model they begin with and from what they learn from."""
    uses, chain = list(configuration_models.uses_for_dataset(config)), configuration_models.trained(config)
    found = []
    for name in configuration_models.in_use_for_dataset(config):
        if name in chain:
            known = [(origin, materials[place].licence or "unknown") for origin, place in _origins(config, name)]
            origins = ", ".join(f"`{origin}` ({escape(licence)})" for origin, licence in known)
            stages = _stages(licences.stages_of(uses, name))
            found.append([f"`{name}`", stages, f"trained here; inherits from {origins}", "no card", "none"])
    return found


def _origins(config: dict, name: str) -> list[tuple[str, str]]:
    """What a trained model comes from: the name, and the place of the material that has its licence.

    For a model that is trained too, that is the one its own training began with.
    """
    models = dict.fromkeys(configuration_models.needs(config)[name])
    found = [(model, f"models.{configuration_models.fetched(config, model)}") for model in models]
    place = configuration_models.place(configuration_models.trained(config)[name][0], name)
    return found + [(used, f"problems.{used}") for user, used in licences.problem_uses(config) if user == place]


def unlisted(config: dict, found: dict[str, dict]) -> str:
    """What has no row: sets that are only compared with, and files of the maker's own."""
    used = {item.place for item in licences.materials(config, found)}
    compared = [
        f"`{name}` ({escape(settings.get('license') or _on_card(found, group, name))})"
        for group in ("problems", "benchmarks")
        for name, settings in config[group].items()
        if f"{group}.{name}" not in used
    ]
    sources = config["generate_questions"]["sources"].items()
    own = [name for name, source in sources if "file" in source.get("imported", {})]
    sentences = []
    if compared:
        sentences.append(f"Only compared with, so no part of the data set: {', '.join(compared)}.")
    if own:
        names = ", ".join(f"`{name}`" for name in own)
        sentences.append(f"No licence is recorded for the questions of {names}, which come from a file.")
    return " ".join(sentences)


def _on_card(found: dict[str, dict], group: str, name: str) -> str:
    return ", ".join(stated_licence.identifiers(found.get(f"{group}.{name}"))) or "unknown"


def _stages(stages: list[str]) -> str:
    return ", ".join(f"`{stage}`" for stage in stages)
