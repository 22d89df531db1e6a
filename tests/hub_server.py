"""A hub on the loopback interface that answers what the unmodified Hugging Face clients ask for."""

import hashlib
import json
import socket
from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

from loopback_server import LoopbackServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(LoopbackServer):
    """Context manager: serves repositories `{"models/owner/name": {file: bytes}}` at `url`.

    Every repository has the one commit COMMIT, called `main` too. Repositories in `gated` show their listing but give
    files only with the right token. `cards` holds the heads of repositories' cards as the hub tells them. `requests`
    counts the paths that were asked for.
    """

    def __init__(
        self,
        repositories: dict[str, dict[str, bytes]],
        gated: dict[str, str] | None = None,
        cards: dict[str, dict] | None = None,
    ):
        self.repositories, self.gated, self.cards = repositories, gated or {}, cards or {}
        self.requests = Counter()
        super().__init__(_Handler)


def closed_port() -> int:
    """A port of the loopback interface on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class _Handler(BaseHTTPRequestHandler):
    served: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self._answer()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(body)

    def log_message(self, *_arguments):
        """Say nothing: the log belongs to the tests."""

    def _answer(self, body: bytes = b""):
        path = unquote(urlsplit(self.path).path)
        self.served.requests[path] += 1
        parts = path.strip("/").split("/")
        if parts[0] == "api":
            self._answer_api(parts[1:], body)
        else:
            repository = parts[:3] if parts[0] == "datasets" else ["models", *parts[:2]]
            rest = parts[3:] if parts[0] == "datasets" else parts[2:]
            self._answer_file("/".join(repository), rest)

    def _answer_api(self, parts: list[str], body: bytes):
        repository, rest = "/".join(parts[:3]), parts[3:]
        files = self.served.repositories.get(repository)
        if files is None:
            return self._refuse(404, "RepoNotFound")
        revision = rest[1] if len(rest) > 1 else "main"
        if revision not in (COMMIT, "main"):
            return self._refuse(404, "RevisionNotFound")
        verb = rest[0] if rest else "revision"
        if verb == "revision":
            siblings = [{"rfilename": name} for name in files]
            found = {"id": "/".join(parts[1:3]), "sha": COMMIT, "siblings": siblings, "private": False, "tags": []}
            if repository in self.served.cards:
                found["cardData"] = self.served.cards[repository]
            return self._send_json(found)
        if verb == "tree":
            recursive = parse_qs(urlsplit(self.path).query).get("recursive", ["false"])[0].lower() == "true"
            return self._send_json(_tree(files, "/".join(rest[2:]), recursive))
        if verb == "paths-info":
            wanted = parse_qs(body.decode()).get("paths", [])
            return self._send_json([entry for entry in _tree(files, "", True) if entry["path"] in wanted])
        return self._refuse(404, "EntryNotFound")

    def _answer_file(self, repository: str, rest: list[str]):
        files = self.served.repositories.get(repository)
        if files is None or rest[:1] != ["resolve"]:
            return self._refuse(404, "RepoNotFound")
        token = self.served.gated.get(repository)
        if token and self.headers.get("Authorization") != f"Bearer {token}":
            return self._refuse(403 if "Authorization" in self.headers else 401, "GatedRepo")
        name = "/".join(rest[2:])
        if name not in files:
            return self._refuse(404, "EntryNotFound")
        self._send(200, files[name], {"ETag": f'"{hashlib.sha256(files[name]).hexdigest()}"'})
        return None

    def _send_json(self, value):
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _refuse(self, status: int, code: str):
        self._send(status, b"", {"X-Error-Code": code})

    def _send(self, status: int, content: bytes, headers: dict):
        self.send_response(status)
        for name, value in {"X-Repo-Commit": COMMIT, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _tree(files: dict[str, bytes], folder: str, recursive: bool) -> list[dict]:
    """The entries below a folder of a repository, files and folders, as the hub lists them."""
    start = f"{folder}/" if folder else ""
    found = {}
    for path in files:
        if not path.startswith(start):
            continue
        parents = [str(parent) for parent in PurePosixPath(path).parents]
        for parent in (parent for parent in parents if parent != "." and parent.startswith(start)):
            found[parent] = {"type": "directory", "path": parent, "size": 0, "oid": _oid(parent.encode())}
        found[path] = {"type": "file", "path": path, "size": len(files[path]), "oid": _oid(files[path])}
    return [entry for path, entry in found.items() if recursive or "/" not in path.removeprefix(start)]


def _oid(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()
