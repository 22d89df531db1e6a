"""The model hub: which commit a revision is, files of models, and what its errors mean for the user."""

from collections.abc import Iterable
from pathlib import Path

from synthesis.errors import InputError

_NESTED = ["*/*"]


def dataset_commit(repository: str, revision: str, key: str) -> str:
    """The full commit that a revision of a data set is now.

    Asked before loading, because the `datasets` library falls back to another cached revision without a network.
    Raises InputError as `sentence` says; `key` is the source's place in the configuration.
    """
    import huggingface_hub

    try:
        return huggingface_hub.HfApi().dataset_info(repository, revision=revision).sha
    except client_errors() as error:
        raise InputError(sentence(error, "data set", repository, revision, key)) from error


def snapshot(kind: str, repository: str, revision: str, patterns: Iterable[str], key: str) -> Path:
    """Bring the top-level files that fit the patterns into the hub's cache; returns their folder, named by commit.

    Raises InputError as `sentence` says; `kind` is `model` or `adapter`.
    """
    import huggingface_hub

    try:
        folder = huggingface_hub.snapshot_download(
            repository, revision=revision, allow_patterns=list(patterns), ignore_patterns=_NESTED
        )
    except client_errors() as error:
        raise InputError(sentence(error, kind, repository, revision, key)) from error
    return Path(folder)


def host() -> str:
    """The hub's host, as HF_ENDPOINT names it: without a name and a password, which its address may hold."""
    from huggingface_hub import constants

    return constants.ENDPOINT.rpartition("://")[2].partition("/")[0].rpartition("@")[2]


def client_errors() -> tuple[type[Exception], ...]:
    """What the hub's client raises if a repository can't be had. A full disk is not among them."""
    from huggingface_hub import errors

    return (
        errors.HTTPError,
        errors.LocalEntryNotFoundError,
        errors.FileMetadataError,
        errors.HFValidationError,
        ConnectionError,
    )


def sentence(error: Exception, kind: str, repository: str, revision: str, key: str) -> str:
    """What went wrong and what to do. `key` is the source's place in the configuration.

    `kind` is `model`, `adapter` or `data set`. The client hides some causes behind a general error, so the chain of
    causes is searched.
    """
    from huggingface_hub import errors

    causes = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    error = next((cause for cause in causes if isinstance(cause, errors.HfHubHTTPError)), causes[-1])
    status = error.response.status_code if isinstance(error, errors.HfHubHTTPError) else None
    if isinstance(error, errors.HFValidationError):
        return f"{key}.repo is {repository}, which can't name a repository; write owner/name."
    if isinstance(error, errors.GatedRepoError):
        return gated(kind, repository)
    if isinstance(error, errors.RevisionNotFoundError):
        return f"the {kind} {repository} has no revision {revision}; correct {key}.revision."
    if isinstance(error, errors.RepositoryNotFoundError) or status == 404:
        return (
            f"the hub has no {kind} {repository}, or it is private; correct {key}.repo, "
            "or set HF_TOKEN to a token that may read it."
        )
    if status in (401, 403):
        return (
            f"the hub refuses access to the {kind} {repository} (HTTP {status}); accept its licence on the {kind}'s "
            "page if it has one, set HF_TOKEN to a valid token of that account and run again."
        )
    if status:
        return f"the hub answered HTTP {status} for the {kind} {repository}; run again later."
    return (
        f"the hub {host()} can't be reached for the {kind} {repository} ({type(error).__name__}); check "
        "the network and HF_ENDPOINT, or choose a source on this machine."
    )


def gated(kind: str, repository: str) -> str:
    """What to do about a repository whose files only those get who have accepted its licence."""
    return (
        f"the {kind} {repository} is gated: accept its licence on the {kind}'s page, set HF_TOKEN to a token of that "
        "account and run again."
    )
