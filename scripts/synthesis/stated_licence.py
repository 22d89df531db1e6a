"""The licence that the card of a repository on the hub states: read when it is fetched, and kept with what was fetched.

It names nothing and shapes no row, so a card that is edited on the hub makes nothing stale. The hub's keys are
described in https://huggingface.co/docs/hub/repositories-licenses.
"""

import json
import logging
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from synthesis import hub
from synthesis.errors import InputError

log = logging.getLogger("synthesis")

# Longest wait for the hub (seconds): without a network, what is in the cache must still come soon.
TIMEOUT_SECONDS = 10
_NOTE = "stated_licence"


def fetch(kind: str, source: dict) -> dict | None:
    """What the card of a hub's repository says of its licence; `kind` is `model`, `adapter` or `data set`.

    The keys are the card's: `license` (a list of identifiers), and `license_name` and `license_link` if it has them.
    None for another source, for a card without a licence, and if the hub does not answer.
    """
    if "hub" not in source:
        return None
    import huggingface_hub

    client = huggingface_hub.HfApi()
    ask = client.dataset_info if kind == "data set" else client.model_info
    repository, revision = source["hub"]["repo"], source["hub"]["revision"]
    try:
        card = ask(repository, revision=revision, timeout=TIMEOUT_SECONDS).card_data
    except hub.client_errors() as error:
        log.warning(
            "the licence on the card of the %s %s could not be read (%s), so the data set's card will not show it",
            *(kind, repository, type(error).__name__),
        )
        return None
    return _licence_of(card.to_dict()) if card else None


def _licence_of(card: dict) -> dict | None:
    """Nobody checks what a card holds, so only texts are taken from it, each as one line."""
    given = card.get("license")
    licences = [_line(item) for item in (given if isinstance(given, list) else [given]) if isinstance(item, str)]
    if not any(licences):
        return None
    named = {key: _line(card[key]) for key in ("license_name", "license_link") if isinstance(card.get(key), str)}
    return {"license": list(filter(None, licences)), **named}


def _line(text: str) -> str:
    return " ".join(text.split())


def noted(schema: pa.Schema, stated: dict | None) -> pa.Schema:
    """A schema that carries the stated licence as a note, for a Parquet file that is written with it."""
    return schema.with_metadata({_NOTE: json.dumps(stated, ensure_ascii=False)}) if stated else schema


def read(path: Path) -> dict | None:
    """The stated licence that a Parquet file carries, if any. Raises InputError if there is no such file."""
    if not path.is_file():
        raise InputError(f"{path} is missing; run the workflow again, it makes this file.")
    note = (pq.read_schema(path).metadata or {}).get(_NOTE.encode())
    return json.loads(note) if note else None


def identifiers(stated: dict | None) -> list[str]:
    """The licences by name; `other`, the hub's word for what it has no identifier for, gives way to the card's name."""
    if not stated:
        return []
    name = stated.get("license_name")
    return [name if name and item.lower() == "other" else item for item in stated["license"]]
