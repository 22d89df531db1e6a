"""What licences may demand of data that was made with the models and problems under them. No legal advice.

A licence is known by its name alone: an identifier or expression of the SPDX list (https://spdx.org/licenses), or a
name that the hub uses (https://huggingface.co/docs/hub/repositories-licenses), in small or capital letters.
"""

import re
from dataclasses import dataclass

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

# Which licence of the data set meets a demand: none, one that demands the same, or the licence itself, in any version.
NOTHING, THE_DEMAND, ITSELF = "nothing", "the demand", "itself"

_LEAVE = "leave it out"
_PASS_ON = "leave it out, or say so in write_dataset_card.description"


@dataclass(frozen=True)
class Demand:
    """A demand of the licences whose names `pattern` finds.

    In a sentence, `what` goes on after "which may", and `repair` says what to do.
    """

    pattern: str
    what: str
    repair: str
    met_by: str = NOTHING

    def is_of(self, licence: str) -> bool:
        """Whether the licence of this name, in small letters, makes the demand."""
        return re.search(self.pattern, licence) is not None

    def is_met(self, licence: str, targets: set[str]) -> bool:
        """Whether a data set under the `targets` meets this demand of a licence; all names in small letters."""
        if self.met_by == THE_DEMAND:
            return any(map(self.is_of, targets))
        return self.met_by == ITSELF and _family(licence) in map(_family, targets)


# The first three are the parts of Creative Commons' names (https://creativecommons.org/share-your-work/cclicenses) and
# licences known for the same. The others are licences of models that speak of what a model writes. The places are where
# to read them; what the table says of them is a summary, not checked by a lawyer:
# - Llama 2 and 3: 1.b.v of https://ai.meta.com/llama/license and https://www.llama.com/llama3/license
# - Llama 3.1 and later: 1.b.i of https://www.llama.com/llama3_1/license
# - Qwen: the rules of use in LICENSE of https://huggingface.co/Qwen/Qwen2.5-72B-Instruct
# - Gemma: 'Model Derivatives' in 1.1 of https://ai.google.dev/gemma/terms
# - Open RAIL and DeepSeek: 'Derivatives of the Model' in https://huggingface.co/spaces/bigscience/license and in
#   LICENSE-MODEL of https://github.com/deepseek-ai/DeepSeek-V3
# - Tongyi Qianwen, the older licence of Qwen, and Qwen Research: from general knowledge, their texts were not read
DEMANDS = (
    Demand(
        r"\bnc\b|non-?commercial|\bq(ian)?wen-research\b",
        "forbid commercial use",
        "leave it out, or choose a licence for the data set that forbids commercial use too",
        THE_DEMAND,
    ),
    Demand(r"\bnd\b", "forbid that changed forms of it are passed on", _LEAVE),
    Demand(
        r"\bsa\b|\b[al]?gpl\b|\bgfdl\b|\bodbl\b|\bcdla-sharing\b",
        "demand that what is made from it has the same licence",
        "leave it out, or choose this licence for the data set",
        ITSELF,
    ),
    Demand(
        r"\bllama-?[23](?![\d.])|\btongyi-qianwen\b",
        "forbid that its outputs improve models of another family, for which the data set would be used",
        _LEAVE,
        ITSELF,
    ),
    Demand(
        r"\bllama-?(3\.[1-9]|4)",
        "demand that the names of models trained on its outputs begin with Llama",
        _PASS_ON,
        ITSELF,
    ),
    Demand(
        r"\bqwen(?!-research)",
        "demand that models trained on its outputs are shown as built with or improved using Qwen",
        _PASS_ON,
        ITSELF,
    ),
    Demand(
        r"\bgemma\b",
        "take models trained on its outputs for derivatives of it, under its terms of use",
        _PASS_ON,
        ITSELF,
    ),
    Demand(
        r"rail\b|\bdeepseek\b",
        "demand that its limits of use hold for models trained on its outputs too",
        _PASS_ON,
        ITSELF,
    ),
)

# Families on the hub's list that SPDX has no identifier for, and that demand nothing of the above.
_FAMILIES = ("bsd", "pddl")


def is_known(licence: str) -> bool:
    """Whether anything is known of a licence: it is an SPDX expression, or one of the names in `DEMANDS`."""
    return all(
        name in _FAMILIES or is_spdx(name) or any(demand.is_of(name) for demand in DEMANDS) for name in names(licence)
    )


def is_spdx(licence: str) -> bool:
    """Whether a licence is an SPDX expression of names on the list, without somebody's own `LicenseRef-...`."""
    try:
        return "LicenseRef-" not in canonicalize_license_expression(licence)
    except InvalidLicenseExpression:
        return False


def unmet(licence: str, target: str) -> list[Demand]:
    """What a licence may demand that a data set under the licence `target` does not meet.

    Of several licences joined by OR, the one with the fewest such demands counts; of those joined by AND, all do.
    """
    targets = names(target)
    found = [
        [demand for demand in DEMANDS if any(demand.is_of(name) and not demand.is_met(name, targets) for name in group)]
        for group in _alternatives(licence)
    ]
    return min(found, key=len)


def names(licence: str) -> set[str]:
    """The names in a licence, in small letters: two spellings of a licence have the same ones."""
    return {name for group in _alternatives(licence) for name in group}


def _alternatives(licence: str) -> list[list[str]]:
    """The names in a licence, in small letters: those of one of the lists hold together.

    With parentheses all names are taken to hold, and a text that is no SPDX expression is one name.
    """
    try:
        expression = canonicalize_license_expression(licence).lower()
    except InvalidLicenseExpression:
        return [[part.strip().lower() for part in licence.split(" AND ")]]
    if "(" in expression:
        return [[name for name in re.split(r"[ ()]+", expression) if name not in ("", "and", "or", "with")]]
    choices = expression.split(" or ")
    return [[part.partition(" with ")[0] for part in choice.split(" and ")] for choice in choices]


def _family(licence: str) -> str:
    """A licence without its version: `cc-by-sa` for cc-by-sa-4.0, `gpl` for gpl-3.0-or-later."""
    return re.sub(r"-?v?\d.*", "", licence)
