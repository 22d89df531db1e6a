"""Licences of the models, services and problem sets that a data set depends on, and what may stand against its own."""

from collections.abc import Iterator
from dataclasses import dataclass

from synthesis import configuration_models, licence_terms, stated_licence
from synthesis.configuration_dataset import sources
from synthesis.configuration_models import SCORER_STAGES
from synthesis.configuration_problems import included
from synthesis.configuration_sentences import key

TARGET = "write_dataset_card.license"


@dataclass(frozen=True)
class Material:
    """A model, the adapter of one, or a problem set that the data set depends on.

    `place` is where the configuration defines it, and `stages` use it. `configured` is the licence there; `stated` what
    the card of its repository says (see `stated_licence.fetch`).
    """

    place: str
    stages: list[str]
    configured: str | None
    stated: dict | None
    terms: str | None
    source: str
    is_served: bool = False

    @property
    def name(self) -> str:
        """What it is called under `models` or `problems`, as `teacher` or `teacher.adapter`."""
        return self.place.partition(".")[2]

    @property
    def on_card(self) -> str | None:
        """The licence on the card of its repository."""
        return " AND ".join(stated_licence.identifiers(self.stated)) or None

    @property
    def licence(self) -> str | None:
        """The licence that counts: the configured one, else the one on the card."""
        return self.configured or self.on_card

    @property
    def is_confirmed(self) -> bool:
        """Whether its card names a licence that is configured too."""
        both = self.configured and self.on_card
        return bool(both and licence_terms.names(self.configured) & licence_terms.names(self.on_card))

    @property
    def is_disputed(self) -> bool:
        """Whether its card says that the configured licence is not the right one.

        The hub calls a licence `other` that it has no identifier for; each may give such a licence a name of their own.
        """
        if not self.configured or not self.on_card or self.is_confirmed:
            return False
        return licence_terms.is_spdx(self.configured) or "other" not in self.stated["license"]


def materials(config: dict, stated: dict[str, dict]) -> list[Material]:
    """What the data set of a checked configuration depends on; models that the run trains depend on these in turn.

    `stated` has the licences on the cards, as far as they are known, by the places of the materials.
    """
    return [*_models(config, stated), *_problem_sets(config, stated)]


def _models(config: dict, stated: dict[str, dict]) -> Iterator[Material]:
    uses = list(configuration_models.uses_for_dataset(config))
    for name in configuration_models.in_use_for_dataset(config):
        if name not in config["models"]:
            continue
        model, place = config["models"][name], f"models.{name}"
        stages = stages_of(uses, name)
        source = next(iter(model["source"]))
        yield Material(
            *(place, stages, model["license"], stated.get(place), model.get("terms"), source),
            is_served=source == "server",
        )
        # The configured licence is that of the whole; the adapter's own is known from its card alone.
        if f"{place}.adapter" in stated:
            yield Material(f"{place}.adapter", stages, None, stated[f"{place}.adapter"], model.get("terms"), "hub")


def _problem_sets(config: dict, stated: dict[str, dict]) -> Iterator[Material]:
    uses = list(problem_uses(config))
    for name in dict.fromkeys(name for _, name in uses):
        settings, place = config["problems"][name], f"problems.{name}"
        source = next(iter(settings["source"]))
        found = (settings.get("license"), stated.get(place), settings.get("terms"), source)
        yield Material(place, stages_of(uses, name), *found)


def problem_uses(config: dict) -> Iterator[tuple[str, str]]:
    """The place in the configuration of everything that carries a set of problems into the data set, and their set.

    That is what learns from problems, has them answered or takes them over as they are. Each place comes once for each
    of its sets. What only compares with problems is no such place.
    """
    merged = config.get("merge_problems", {}).get("problems", [])
    solved = {name: item.get("problems", merged) for name, item in configuration_models.solvers(config).items()}
    sets = {key("train_generator", name): merged for name in config.get("train_generator", {})}
    sets |= {key("sample_fail_rates", name): solved[name] for name in solved}
    for stage in SCORER_STAGES:
        for name, settings in config.get(stage, {}).items():
            sets[key(stage, name)] = solved.get(settings.get("labels", settings).get("sample_fail_rates"), [])
    for name, source in sources(config).items():
        sets[key("generate_questions", "sources", name)] = [source.get("imported", {}).get("problems")]
    sets[key("assemble_dataset", "include")] = included(config)
    yield from ((place, name) for place, names in sets.items() for name in names if name)


def stages_of(uses: list[tuple[str, str]], used: str) -> list[str]:
    """The stages among the uses (places with what they use) of a model or problem set, each once."""
    return list(dict.fromkeys(place.partition(".")[0] for place, name in uses if name == used))


def warnings(config: dict, target: str, stated: dict[str, dict] | None = None) -> list[str]:
    """What may stand against the licence `target` of the data set, one sentence each.

    Without `stated`, before anything is fetched, a set of the hub without a configured licence gives none: its card may
    still tell the licence.
    """
    found = []
    for item in materials(config, stated or {}):
        if item.licence is None:
            found += [] if stated is None and item.source == "hub" else [_unknown(item, target)]
            continue
        if item.is_disputed:
            found.append(
                f"{item.place}.license is {item.configured}, but its card on the hub says {item.on_card}; find out "
                f"which of them holds, and correct {item.place}.license if it is not the former."
            )
        if not licence_terms.is_known(item.licence):
            found.append(_unreadable(item, target))
        found += [
            f"{_subject(item)} has the licence {item.licence}, which may {demand.what}, and {TARGET} is {target}: "
            f"{demand.repair}."
            for demand in licence_terms.unmet(item.licence, target)
        ]
    return found


def _subject(item: Material) -> str:
    return f"{item.place} (used in {', '.join(item.stages)})"


def _unknown(item: Material, target: str) -> str:
    return (
        f"{_subject(item)} has no known licence, which may forbid that {TARGET} is {target}: find its licence out and "
        f"write it as {item.place}.license."
    )


def _unreadable(item: Material, target: str) -> str:
    service = "; terms of services often forbid training models that compete with them" if item.is_served else ""
    where = f"{item.place.removesuffix('.adapter')}.terms"
    read = f"read them ({item.terms})" if item.terms else f"read them, and write their address as {where}"
    return (
        f"{_subject(item)} has the licence {item.licence}, whose terms are not known here and may forbid that {TARGET} "
        f"is {target}{service}: {read}."
    )
