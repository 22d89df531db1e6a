"""A hub on the loopback interface to which the unmodified client pushes data sets, and from which it fetches them."""

import base64
import hashlib
import json
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

import content_store
from loopback_server import LoopbackServer

# The hub keeps files of these endings apart from git, and starts a repository with a file that says so.
LARGE = (".parquet", ".bin")
ATTRIBUTES = {".gitattributes": b"*.parquet filter=lfs\n"}


@dataclass
class Repository:
    """A data set of the hub: its branches hold commits, and a commit holds files."""

    private: bool
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def commit(self, branch: str, files: dict[str, bytes], message: str) -> str:
        """Put a commit on a branch; returns its name."""
        name = hashlib.sha1(f"{branch} {len(self.commits)} {sorted(files.items())}".encode()).hexdigest()
        self.commits[name], self.branches[branch] = files, name
        self.messages.append(message)
        return name

    def files(self, branch: str = "main") -> dict[str, bytes]:
        """The files at the head of a branch, without the hub's own."""
        return {path: data for path, data in self.commits[self.branches[branch]].items() if path not in ATTRIBUTES}


class PushingHub(LoopbackServer):
    """Context manager: `tokens` maps a token to the owners for whom it may write.

    `faults` are [method and path as a pattern, status, how often]: such requests fail first. Those in `lost` are obeyed
    and answered with an error all the same, as often. A request that fits `held` is not answered until `release` is
    set; `reached` is set as it comes. `sent` counts the bytes of contents that arrived, `requests` the requests by
    method and path, without their queries.
    """

    def __init__(self, tokens: dict[str, set[str]], faults: list[list] | None = None, held: str = "no request"):
        self.tokens, self.faults, self.lost, self.held = tokens, faults or [], [], held
        self.reached, self.release = threading.Event(), threading.Event()
        self.repositories: dict[str, Repository] = {}
        self.contents: dict[str, bytes] = {}
        self.xorbs: dict[str, list[bytes]] = {}
        self.requests, self.sent, self.lock = Counter(), 0, threading.RLock()
        super().__init__(_Handler)

    def create(self, name: str, private: bool = True, files: dict[str, bytes] | None = None) -> Repository:
        """Make a repository as the hub does, or with files of somebody's."""
        self.repositories[name] = made = Repository(private)
        made.commit("main", {**ATTRIBUTES, **(files or {})}, "initial commit")
        return made

    def asked(self, pattern: str) -> int:
        """How many requests fit a pattern."""
        return sum(count for request, count in self.requests.items() if re.search(pattern, request))


class _Handler(BaseHTTPRequestHandler):
    served: PushingHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self._answer()

    def do_POST(self):
        self._answer(self._body())

    def do_PUT(self):
        self._answer(self._body())

    def log_message(self, *_arguments):
        """Say nothing: the log belongs to the tests."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, body: bytes = b""):
        path = unquote(urlsplit(self.path).path)
        if re.search(self.served.held, f"{self.command} {path}"):
            self.served.reached.set()
            self.served.release.wait(60)
        with self.served.lock:
            self.served.requests[f"{self.command} {path}"] += 1
            for fault in self.served.faults:
                if fault[2] and re.search(fault[0], f"{self.command} {path}"):
                    fault[2] -= 1
                    return self._send(fault[1], b"the server failed")
            for pattern, verb in _ROUTES:
                if found := re.fullmatch(pattern, f"{self.command} {path}"):
                    return getattr(self, verb)(*found.groups(), **({"body": body} if body else {}))
        return self._refuse(404, "EntryNotFound")

    # Rights

    def _owners(self) -> set[str] | None:
        """The owners for whom the token may write; None for an unknown token or none."""
        return self.served.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))

    def _repository(self, name: str, to_write: bool = False) -> Repository | None:
        """The repository, or None and a refusal."""
        owners, found = self._owners(), self.served.repositories.get(name)
        if found is None or (found.private and name.split("/")[0] not in (owners or set())):
            self._refuse(404, "RepoNotFound")
        elif to_write and name.split("/")[0] not in (owners or set()):
            self._send(403, json.dumps({"error": "Forbidden: you don't have write access"}).encode())
        else:
            return found
        return None

    def _who(self):
        if self._owners() is None:
            return self._send(401, json.dumps({"error": "Invalid credentials in Authorization header"}).encode())
        return self._send_json({"name": "somebody", "type": "user"})

    # Repositories

    def _create(self, body):
        wanted = json.loads(body)
        name = f"{wanted['organization']}/{wanted['name']}"
        if wanted["organization"] not in (self._owners() or set()):
            return self._send(403, json.dumps({"error": "You don't have the rights to create a dataset"}).encode())
        assert wanted["type"] == "dataset"
        self.served.create(name, private=wanted["visibility"] == "private")
        return self._send_json({"url": f"{self.served.url}/datasets/{name}"})

    def _info(self, name, revision=None):
        if not (found := self._repository(name)):
            return None
        commit = _commit(found, revision or "main")
        if commit is None:
            return self._refuse(404, "RevisionNotFound")
        siblings = [{"rfilename": path} for path in found.commits[commit]]
        return self._send_json({"id": name, "sha": commit, "private": found.private, "siblings": siblings, "tags": []})

    def _refs(self, name):
        if found := self._repository(name):
            heads = [
                {"name": branch, "ref": f"refs/heads/{branch}", "targetCommit": commit}
                for branch, commit in found.branches.items()
            ]
            self._send_json({"branches": heads, "tags": [], "converts": []})

    def _branch(self, name, branch, body=b""):
        if found := self._repository(name, to_write=True):
            found.branches[branch] = _commit(found, json.loads(body)["startingPoint"])
            self._send_json({})

    def _tree(self, name, revision, folder=""):
        if found := self._repository(name):
            recursive = parse_qs(urlsplit(self.path).query).get("recursive", ["false"])[0].lower() == "true"
            files = found.commits[_commit(found, revision)]
            self._send_json([entry for entry in _entries(files, folder) if recursive or _is_in(entry["path"], folder)])

    def _paths(self, name, revision, body=b""):
        if found := self._repository(name):
            wanted = parse_qs(body.decode()).get("paths", [])
            entries = _entries(found.commits[_commit(found, revision)], "")
            self._send_json([entry for entry in entries if entry["path"] in wanted])

    def _file(self, name, revision, path):
        if not (found := self._repository(name)):
            return None
        commit = _commit(found, revision)
        content = found.commits[commit].get(path) if commit else None
        if content is None:
            return self._refuse(404, "EntryNotFound")
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": commit}
        return self._send(200, content, headers)

    # A push

    def _validate(self, body):
        import yaml

        head = yaml.safe_load(json.loads(body)["content"].split("---")[1])
        errors = [] if head["license"] == head["license"].lower() else [{"message": '"license" must be one of [...]'}]
        self._send(400 if errors else 200, json.dumps({"errors": errors, "warnings": []}).encode())

    def _preupload(self, name, _revision, body):
        if self._repository(name, to_write=True):
            kinds = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
                    "shouldIgnore": False,
                }
                for file in json.loads(body)["files"]
            ]
            self._send_json({"files": kinds})

    def _batch(self, name, body):
        if self._repository(name, to_write=True):
            objects = []
            for item in json.loads(body)["objects"]:
                upload = {"upload": {"href": f"{self.served.url}/content/{item['oid']}", "header": {}}}
                missing = item["oid"] not in self.served.contents
                objects.append({**item, **({"actions": upload} if missing else {})})
            self._send_json({"transfer": "basic", "objects": objects})

    def _content(self, oid, body):
        assert hashlib.sha256(body).hexdigest() == oid
        self.served.contents[oid] = body
        self.served.sent += len(body)
        self._send(200, b"")

    def _storage_token(self, name, _revision):
        if self._repository(name, to_write=True):
            access = {"accessToken": "storage", "exp": 4102444800, "casUrl": self.served.url}
            headers = {"X-Xet-Cas-Url": self.served.url, "X-Xet-Access-Token": "storage"}
            headers["X-Xet-Token-Expiration"] = "4102444800"
            self._send(200, json.dumps(access).encode(), {"Content-Type": "application/json", **headers})

    def _xorb(self, name, body=b""):
        self.served.xorbs[name] = content_store.chunks(body)
        self.served.sent += len(body)
        self._send_json({"was_inserted": True})

    def _shard(self, body):
        for content in content_store.files(body, self.served.xorbs).values():
            self.served.contents[hashlib.sha256(content).hexdigest()] = content
        self._send_json({"result": 1})

    def _commit(self, name, branch, body):
        if not (found := self._repository(name, to_write=True)):
            return None
        lines = [json.loads(line) for line in body.decode().splitlines()]
        files = dict(found.commits[found.branches[branch]])
        message = ""
        for kind, value in ((line["key"], line["value"]) for line in lines):
            if kind == "header":
                message = value["summary"]
                if value.get("parentCommit") not in (None, found.branches[branch]):
                    return self._send(412, json.dumps({"error": "A commit has happened since."}).encode())
            elif kind == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif kind == "lfsFile":
                files[value["path"]] = self.served.contents[value["oid"]]
            else:
                assert kind == "deletedFile"
                del files[value["path"]]
        commit = found.commit(branch, files, message)
        url = f"{self.served.url}/datasets/{name}/commit/{commit}"
        return self._send_json({"success": True, "commitOid": commit, "commitUrl": url})

    # Replies

    def _send_json(self, value):
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _refuse(self, status: int, code: str):
        self._send(status, b"", {"X-Error-Code": code})

    def _send(self, status: int, content: bytes, headers: dict | None = None):
        for lost in self.served.lost:
            if lost[1] and re.search(lost[0], f"{self.command} {self.path}"):
                lost[1] -= 1
                status, content = 502, b"the reply was lost"
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


_NAME = "([^/]+/[^/]+)"
_ROUTES = [
    ("GET /api/whoami-v2", "_who"),
    ("POST /api/repos/create", "_create"),
    ("POST /api/validate-yaml", "_validate"),
    (f"GET /api/datasets/{_NAME}", "_info"),
    (f"GET /api/datasets/{_NAME}/revision/(.+)", "_info"),
    (f"GET /api/datasets/{_NAME}/refs", "_refs"),
    (f"POST /api/datasets/{_NAME}/branch/(.+)", "_branch"),
    (f"GET /api/datasets/{_NAME}/tree/([^/]+)(?:/(.+))?", "_tree"),
    (f"POST /api/datasets/{_NAME}/paths-info/([^/]+)", "_paths"),
    (f"POST /api/datasets/{_NAME}/preupload/(.+)", "_preupload"),
    (f"POST /api/datasets/{_NAME}/commit/(.+)", "_commit"),
    (f"GET /api/datasets/{_NAME}/xet-write-token/(.+)", "_storage_token"),
    (f"POST /datasets/{_NAME}.git/info/lfs/objects/batch", "_batch"),
    ("PUT /content/([0-9a-f]+)", "_content"),
    ("POST /v1/xorbs/default/([0-9a-f]+)", "_xorb"),
    ("POST /v1/shards", "_shard"),
    (f"(?:GET|HEAD) /datasets/{_NAME}/resolve/([^/]+)/(.+)", "_file"),
]


def _commit(repository: Repository, revision: str) -> str | None:
    return revision if revision in repository.commits else repository.branches.get(revision)


def _entries(files: dict[str, bytes], folder: str | None) -> list[dict]:
    """The files and folders below a folder, as the hub lists them."""
    start = f"{folder}/" if folder else ""
    found = {}
    for path, content in files.items():
        if path.startswith(start):
            for parent in list(PurePosixPath(path).parents)[:-1]:
                found[str(parent)] = {"type": "directory", "path": str(parent), "size": 0, "oid": "0" * 40}
            sha1 = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            found[path] = {"type": "file", "path": path, "size": len(content), "oid": sha1}
            if path.endswith(LARGE):
                sha256 = hashlib.sha256(content).hexdigest()
                found[path]["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 130}
    return [entry for path, entry in found.items() if path.startswith(start)]


def _is_in(path: str, folder: str | None) -> bool:
    return "/" not in path.removeprefix(f"{folder}/" if folder else "")
