"""A folder of files pushed to a data set on the hub: all of it in one commit, and nothing that is there already.

What was pushed is listed in `LISTING`, a file of the repository itself. So a later push knows which files it may
replace or delete, and touches none that somebody else put there. Who pushes keeps the digests of the listings that
they pushed, because the name of a run does not tell two clones apart.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from synthesis import canonical, hub, schema
from synthesis.errors import InputError
from synthesis.ledger import read_json

LISTING = "manifest.json"
BEGUN = "begun.json"
TRIES = 5
MAIN = "main"

# What the hub itself puts into a repository.
_OF_THE_HUB = {".gitattributes"}

log = logging.getLogger("synthesis")


class LocalFile(NamedTuple):
    """A file to push, under its path in the repository; `size` in bytes."""

    path: str
    local: Path
    sha256: str
    size: int

    def entry(self) -> dict:
        """What a listing says of it."""
        return {"path": self.path, "sha256": self.sha256, "size": self.size}


@dataclass(frozen=True)
class Remote:
    """What a branch holds: its head and, by path, `sha256:<digest>` or `git:<blob>` of each file.

    `listing` is what the last push wrote; None if there was none.
    """

    commit: str
    contents: dict[str, str]
    listing: dict | None = None

    def has(self, file: LocalFile) -> bool:
        """Whether the branch has the file as it is."""
        found = self.contents.get(file.path, "")
        return found == f"sha256:{file.sha256}" or (found.startswith("git:") and found == _git(file.local))


@dataclass
class Target:
    """A branch of a data set's repository, and the rights that a token gives there.

    `key` is the place of its settings in the configuration, for sentences, and `last` the file with what was pushed
    last.
    """

    repository: str
    branch: str
    private: bool
    token: str = field(repr=False)
    key: str
    last: Path
    _operations: dict = field(default_factory=dict)
    _counted: set = field(default_factory=set)

    def __post_init__(self):
        from huggingface_hub import HfApi
        from huggingface_hub.utils import disable_progress_bars

        disable_progress_bars()
        self._api = HfApi(token=self.token)

    def push(self, run: str, files: list[LocalFile], own: set[str], advance: Callable[[], None]) -> tuple[str, bool]:
        """Make the branch hold the files and their listing; returns its head, and whether that is a new commit.

        Uploads file after file, calls `advance` after each, and commits at the end. So a push that was killed has
        changed nothing that readers see, and the next one sends only what the hub lacks. `own` are the digests of the
        listings that were pushed from here (see `listing_digest`). Raises InputError if the branch holds what this run
        did not push from here, if the repository is public but should be private, and for what the hub refuses.
        """
        known = False
        try:
            # A hub that never answered is told at once: its address is more often wrong than its server down.
            known = bool(_tries(lambda error: _status(error) is not None and _may_pass(error))(self._api.whoami))
            # A reply may be lost after the commit was made: each try looks first what is there.
            return _tries(_may_pass)(self._push_once, run, files, own, advance)
        except InputError:
            raise
        except _errors() as error:
            raise InputError(self._sentence(error, known)) from error

    def _prepare(self) -> str:
        """Make the repository if it is not there; returns the branch to look at.

        That is `main` as long as the target's own is not there. Raises InputError for a public repository if unwanted.
        """
        from huggingface_hub.errors import RepositoryNotFoundError

        try:
            is_private = self._api.dataset_info(self.repository).private
        except RepositoryNotFoundError:
            self._api.create_repo(self.repository, repo_type="dataset", private=self.private)
            # The owner's settings may stand above what was asked for.
            is_private = self._api.dataset_info(self.repository).private
        if self.private and not is_private:
            raise InputError(
                f"the data set {self.repository} is public on the hub, and {self.key}.private is true, so nothing was "
                f"pushed; make it private on its settings page, or set {self.key}.private: false."
            )
        if is_private and not self.private:
            log.warning("the data set %s is private; its settings page on the hub makes it public.", self.repository)
        branches = {ref.name for ref in self._api.list_repo_refs(self.repository, repo_type="dataset").branches}
        return self.branch if self.branch in branches else MAIN

    def _push_once(
        self, run: str, files: list[LocalFile], own: set[str], advance: Callable[[], None]
    ) -> tuple[str, bool]:
        from huggingface_hub import CommitOperationDelete

        branch, listing = self._prepare(), listing_text(run, files)
        there = self._read(branch)
        self._check_is_own(run, branch, there, {*own, listing_digest(json.loads(listing))})
        if branch != self.branch:
            # It begins as a copy of `main`, so it is made after the check of what is there.
            self._api.create_branch(
                self.repository, branch=self.branch, revision=there.commit, repo_type="dataset", exist_ok=True
            )
        changed = [file for file in files if not there.has(file)]
        known = {LISTING, *(file.path for file in files)}
        gone = sorted(there.contents.keys() - known - _OF_THE_HUB)
        if not changed and not gone and there.listing == json.loads(listing):
            return there.commit, False
        for file in files:
            if file in changed:
                self._upload(file)
            if file not in self._counted:
                self._counted.add(file)
                advance()
        operations = [self._operations[file] for file in changed]
        operations += [CommitOperationDelete(path, is_folder=False) for path in gone]
        _begin(self.last, listing_digest(json.loads(listing)))
        commit = self._api.create_commit(
            self.repository,
            [*operations, _addition(LISTING, listing.encode())],
            commit_message=f"Data set of run {run}",
            repo_type="dataset",
            revision=self.branch,
            parent_commit=there.commit,
        )
        return commit.oid, True

    def _upload(self, file: LocalFile) -> None:
        """Send a file's content, which stays unseen until it is committed; nothing if an earlier try sent it."""
        if file not in self._operations:
            operation = _addition(file.path, str(file.local))
            self._api.preupload_lfs_files(
                self.repository, [operation], repo_type="dataset", revision=self.branch, num_threads=1
            )
            self._operations[file] = operation

    def _read(self, branch: str) -> Remote:
        from huggingface_hub.hf_api import RepoFile

        commit = self._api.dataset_info(self.repository, revision=branch).sha
        tree = self._api.list_repo_tree(self.repository, recursive=True, revision=commit, repo_type="dataset")
        found = [entry for entry in tree if isinstance(entry, RepoFile)]
        contents = {item.path: f"sha256:{item.lfs.sha256}" if item.lfs else f"git:{item.blob_id}" for item in found}
        return Remote(commit, contents, self._listing(commit) if LISTING in contents else None)

    def _listing(self, commit: str) -> dict | None:
        """The listing at a commit; None if it is none of ours."""
        try:
            found = json.loads(self._fetch(LISTING, commit).read_text(encoding="utf-8"))
            is_ours = isinstance(found["run"], str) and all(
                entry["path"] and entry["sha256"] for entry in found["files"]
            )
        except (ValueError, KeyError, TypeError):
            return None
        return found if is_ours else None

    def _fetch(self, path: str, commit: str) -> Path:
        return Path(self._api.hf_hub_download(self.repository, path, repo_type="dataset", revision=commit))

    def _check_is_own(self, run: str, branch: str, there: Remote, own: set[str]) -> None:
        """Raise InputError if the branch holds anything that was not pushed from here by this run."""
        place = f"the branch {branch} of the data set {self.repository}"
        place += f", from which {self.branch} would be made," if branch != self.branch else ""
        repair = f"choose another {self.key}.repo"
        listed = {entry["path"]: entry["sha256"] for entry in (there.listing or {"files": []})["files"]}
        foreign = sorted(there.contents.keys() - listed.keys() - _OF_THE_HUB - ({LISTING} if there.listing else set()))
        if foreign:
            raise InputError(
                f"{place} holds files that no push of this workflow put there ({_some(foreign)}), so nothing was "
                f"pushed; {repair}, or remove them there."
            )
        if there.listing and there.listing["run"] != run:
            raise InputError(
                f"{place} holds the data set of the run {there.listing['run']}, and this is the run {run}, so nothing "
                f"was pushed; {repair}, or delete the repository."
            )
        changed = [path for path in sorted(listed) if not self._is_as_listed(path, listed[path], there)]
        if changed:
            raise InputError(
                f"in {place} somebody has changed what was pushed last ({_some(changed)}), so nothing was pushed; keep "
                "a copy of the change and undo it there, then run again."
            )
        if there.listing and listing_digest(there.listing) not in own:
            raise InputError(
                f"{place} holds a data set of a run {run} that was not pushed from here, so nothing was pushed; "
                f"{repair} or another name of the run, or, if that set may be replaced, save its {LISTING} as "
                f"{self.last} and run again."
            )

    def _is_as_listed(self, path: str, sha256: str, there: Remote) -> bool:
        found = there.contents.get(path)
        if found is None or found.startswith("sha256:"):
            return found in (None, f"sha256:{sha256}")
        return hashlib.sha256(self._fetch(path, there.commit).read_bytes()).hexdigest() == sha256

    def _sentence(self, error: Exception, known: bool) -> str:
        """What the hub refuses, and what to do; `known` says that it had answered before."""
        from huggingface_hub import errors

        status, place = _status(error), f"the data set {self.repository}"
        if status == 401:
            return (
                "the hub does not know the token in HF_TOKEN (HTTP 401), so nothing was pushed; set HF_TOKEN to a "
                "valid token that may write, and run again."
            )
        if status == 403:
            return (
                f"the hub does not let this token write to {place} (HTTP 403), so nothing was pushed; set HF_TOKEN to "
                f"a token with the right to write there, or correct {self.key}.repo."
            )
        if status == 413:
            return f"{place}: the hub calls a file too large (HTTP 413); raise assemble_dataset.files and run again."
        if isinstance(error, ValueError) and "README.md" in str(error):
            told = " ".join(str(error).split())
            return f"the hub refuses the head of the card ({told}); correct write_dataset_card and run again."
        if isinstance(error, errors.HFValidationError):
            return hub.sentence(error, "data set", self.repository, self.branch, self.key)
        if status is None and not known:
            return (
                f"the hub {hub.host()} can't be reached ({type(error).__name__}), so nothing was pushed; check "
                "the network and HF_ENDPOINT, and run again."
            )
        return (
            f"the push to {place} at {hub.host()} broke off ({_cause(error)}); nothing that readers see has "
            "changed. Run again, it goes on where it was."
        )


def read_files(folder: Path, paths: list[Path]) -> list[LocalFile]:
    """The files to push, by their paths below the folder, in the order of these paths."""
    found = [
        LocalFile(path.relative_to(folder).as_posix(), path, canonical.file_sha256(path), path.stat().st_size)
        for path in paths
    ]
    return sorted(found)


def listing_text(run: str, files: list[LocalFile]) -> str:
    """The listing that lies in the repository beside the files."""
    return json.dumps({"run": run, "files": [file.entry() for file in files]}, indent=1) + "\n"


def listing_digest(listing: dict) -> str:
    """A digest of a listing, or of anything that has its keys."""
    return canonical.digest({"run": listing["run"], "files": listing["files"]})


def pushed_listings(manifest: Path) -> list[str]:
    """The digests of the listings that were pushed from here: by the manifest of the last push, or by one that began.

    A listing that lies in the manifest's place counts as pushed from here. Raises InputError for any other file.
    """
    begun = _begun(manifest)
    if not Path(manifest).exists():
        return begun
    found = read_json(manifest)
    try:
        return list(dict.fromkeys([*found.get("pushed", []), listing_digest(found), *begun]))
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(
            f"{manifest} does not say what was pushed; remove it, or save the {LISTING} of the repository in its place."
        ) from error


def end(manifest: Path) -> None:
    """Forget the listings whose commits began: the manifest has them now."""
    Path(manifest).with_name(BEGUN).unlink(missing_ok=True)


def _begin(manifest: Path, listing: str) -> None:
    """Write down the digest of a listing before its commit: a push may be killed before it can write the manifest.

    It stands in a file of its own, because Snakemake puts back the manifest of before if a job fails.
    """
    begun = list(dict.fromkeys([*_begun(manifest), listing]))
    schema.write_text(Path(manifest).with_name(BEGUN), json.dumps(begun, indent=1) + "\n")


def _begun(manifest: Path) -> list[str]:
    path = Path(manifest).with_name(BEGUN)
    return read_json(path) if path.exists() else []


def _addition(path: str, content):
    from huggingface_hub import CommitOperationAdd

    return CommitOperationAdd(path, content)


def _git(path: Path) -> str:
    """The name that git gives a file's content."""
    content = Path(path).read_bytes()
    return f"git:{hashlib.sha1(b'blob %d%c' % (len(content), 0) + content).hexdigest()}"


def _tries(passes: Callable[[BaseException], bool]):
    """Calls what it is given, and again after a pause if it raises what passes."""
    import tenacity

    return tenacity.Retrying(
        stop=tenacity.stop_after_attempt(TRIES),
        wait=tenacity.wait_exponential(max=8),
        retry=tenacity.retry_if_exception(passes),
        before_sleep=lambda state: log.warning("the hub: %s; trying again", _cause(state.outcome.exception())),
        reraise=True,
    )


def _errors() -> tuple[type[Exception], ...]:
    """What the clients of the hub and of its storage raise: their own errors, and general ones of the upload."""
    return (*hub.client_errors(), RuntimeError, ValueError, OSError)


def _chain(error: BaseException) -> list[BaseException]:
    found = [error]
    while found[-1].__cause__ is not None:
        found.append(found[-1].__cause__)
    return found


def _status(error: BaseException) -> int | None:
    """The HTTP status behind an error, if it comes from one."""
    from huggingface_hub.errors import HfHubHTTPError

    return next((one.response.status_code for one in _chain(error) if isinstance(one, HfHubHTTPError)), None)


def _may_pass(error: BaseException) -> bool:
    """Whether a later try may succeed: the server failed, or somebody else committed at the same time (412).

    Of some replies the client reads the JSON before it looks at the status, and a server that fails sends none.
    """
    from huggingface_hub.errors import HTTPError

    status = _status(error)
    if status is not None:
        return status >= 500 or status in (408, 409, 412, 429)
    return isinstance(error, HTTPError | json.JSONDecodeError)


def _cause(error: BaseException) -> str:
    """The first line of what lies behind an error, without the addresses in it, which may hold a signature."""
    status, last = _status(error), _chain(error)[-1]
    return (
        f"HTTP {status}" if status else f"{type(last).__name__}: {str(last).partition(chr(10))[0].partition('http')[0]}"
    )


def _some(paths: list[str], shown: int = 3) -> str:
    more = f" and {len(paths) - shown} more" if len(paths) > shown else ""
    return ", ".join(paths[:shown]) + more
