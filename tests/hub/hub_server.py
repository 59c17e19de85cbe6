"""A Hub on loopback: what huggingface_hub asks for, and how it can go wrong."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

LARGE = 8_000
"""Bytes from which a file is kept apart, with the SHA-256 of its content as ETag, as the Hub does."""


@dataclass
class Repository:
    """Files of each commit, and the branches and tags that name commits."""

    commits: dict[str, dict[str, bytes]]
    branches: dict[str, str]
    tags: dict[str, str] = field(default_factory=dict)
    kind: str = "models"

    def commit_of(self, revision: str) -> str | None:
        if revision in self.commits:
            return revision
        return self.branches.get(revision) or self.tags.get(revision)


def commit_hash(label: str) -> str:
    return hashlib.sha1(label.encode(), usedforsecurity=False).hexdigest()


def one_commit(files: dict[str, bytes], label: str = "first", kind: str = "models") -> Repository:
    commit = commit_hash(label)
    return Repository({commit: files}, {"main": commit}, kind=kind)


@dataclass
class Seen:
    """One request that arrived."""

    method: str
    path: str
    host: str
    headers: dict[str, str]


@dataclass
class HubServer:
    """What it serves, what it does wrong, and what it was asked.

    Attributes:
        repositories: by name, owner/name.
        gated: names whose files are refused with 403, or 401 without a token.
        cut_once: file names whose first download is cut off in the middle.
        short: file names of which half the announced bytes come, and no more when asked for the rest.
        swapped: file names whose content is another one of the same size.
        stall: parts of a path on which no answer comes until the server stops.
        stall_body: file names whose body stops in the middle until the server stops.

    A file name is that of `repository/file`, or a plain one for all repositories.
        failing: status with which the next requests about a repository are answered: {name: [503, 429]}.
        apart: send large files from another host (`localhost` rather than 127.0.0.1), by redirect.
    """

    repositories: dict[str, Repository]
    gated: set[str] = field(default_factory=set)
    cut_once: set[str] = field(default_factory=set)
    short: set[str] = field(default_factory=set)
    swapped: set[str] = field(default_factory=set)
    stall: set[str] = field(default_factory=set)
    stall_body: set[str] = field(default_factory=set)
    failing: dict[str, list[int]] = field(default_factory=dict)
    apart: bool = False
    seen: list[Seen] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def gets(self, name: str) -> list[Seen]:
        return [one for one in self.seen if one.method == "GET" and one.path.endswith(f"/{name}")]


@contextmanager
def serving(hub: HubServer) -> Iterator[HubServer]:
    """Serve on a free port of loopback until the block ends."""

    class Handler(_Handler):
        state = hub

    server = _Server(("127.0.0.1", 0), Handler)
    hub.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    """Not the five of the base class: the system tries a connection that finds no place again after a second only."""


class _Handler(BaseHTTPRequestHandler):
    state: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        return

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub, path = self.state, unquote(urlsplit(self.path).path)
        headers = {key.lower(): value for key, value in self.headers.items()}
        with hub.lock:
            hub.seen.append(Seen(self.command, path, headers.get("host", ""), headers))
            waiting = next((statuses for name, statuses in hub.failing.items() if f"/{name}" in path and statuses), [])
            status = waiting.pop(0) if waiting else 0
        if any(part in path for part in hub.stall):
            hub.released.wait()
            self.close_connection = True
            return
        if status:
            self._status(status, {"Retry-After": "0"})
        elif path.startswith("/api/"):
            self._api(path)
        else:
            self._file(path)

    def _api(self, path: str) -> None:
        _, _, kind, *rest = path.split("/")
        name, repository = self._repository("/".join(rest), kind)
        if repository is None:
            self._status(401 if "authorization" not in self.headers else 404, {"X-Error-Code": "RepoNotFound"})
            return
        question = "/".join(rest).removeprefix(name).strip("/")
        if question == "refs":
            self._json(
                {
                    "branches": _refs("heads", repository.branches),
                    "tags": _refs("tags", repository.tags),
                    "converts": [],
                }
            )
            return
        revision = question.removeprefix("revision/") or "main"
        commit = repository.commit_of(revision)
        if commit is None:
            self._status(404, {"X-Error-Code": "RevisionNotFound", "X-Error-Message": f"Invalid rev id: {revision}"})
            return
        siblings = [_sibling(file, content) for file, content in repository.commits[commit].items()]
        self._json({"id": name, "sha": commit, "siblings": siblings, "gated": name in self.state.gated})

    def _file(self, path: str) -> None:
        hub = self.state
        if path.startswith("/apart/"):
            name, _, file = path.removeprefix("/apart/").rpartition("/")
            self._content(file, next(iter(hub.repositories[name].commits.values()))[file], {})
            return
        kind = "datasets" if path.startswith("/datasets/") else "models"
        before, _, after = path.removeprefix("/datasets").strip("/").partition("/resolve/")
        name, repository = self._repository(before, kind)
        revision, _, file = after.partition("/")
        commit = repository.commit_of(revision) if repository else None
        if repository is None or commit is None or file not in repository.commits[commit]:
            code = "RepoNotFound" if repository is None else "EntryNotFound" if commit else "RevisionNotFound"
            self._status(404, {"X-Error-Code": code})
            return
        if name in hub.gated:
            status = 403 if "authorization" in self.headers else 401
            self._status(status, {"X-Error-Code": "GatedRepo", "X-Error-Message": f"Access to {name} is restricted"})
            return
        content = repository.commits[commit][file]
        facts = {"X-Repo-Commit": commit, "ETag": f'"{_etag(content)}"', "Accept-Ranges": "bytes"}
        if len(content) >= LARGE:
            facts |= {"X-Linked-Size": str(len(content)), "X-Linked-ETag": f'"{_etag(content)}"'}
            if hub.apart:
                where = f"http://localhost:{hub.port}/apart/{name}/{file}"
                self._status(302, {**facts, "Location": where})
                return
        self._content(file, content, facts)

    def _content(self, file: str, content: bytes, facts: dict[str, str]) -> None:
        hub, start, status = self.state, 0, 200
        total = len(content)
        asked = self.headers.get("Range")
        if asked and self.command == "GET":
            start, status = int(asked.removeprefix("bytes=").split("-")[0]), 206
            facts = {**facts, "Content-Range": f"bytes {start}-{total - 1}/{total}"}
        if self._is(file, hub.swapped):
            content = bytes(255 - byte for byte in content)
        self.send_response(status)
        for key, value in {**facts, "Content-Length": str(total - start)}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        with hub.lock:
            once = self._is(file, hub.cut_once)
            hub.cut_once -= {once}
            stalls = self._is(file, hub.stall_body)
            cut = bool(once or stalls or self._is(file, hub.short))
        end = (start or total // 2) if cut else total
        self.wfile.write(content[start:end])
        self.wfile.flush()
        if stalls:
            hub.released.wait()
        self.close_connection = cut

    def _is(self, file: str, which: set[str]) -> str:
        """Return the entry of a set of file names that means this file of this request."""
        path = unquote(urlsplit(self.path).path)
        return next((one for one in which if one.rpartition("/")[2] == file and one.rpartition("/")[0] in path), "")

    def _repository(self, path: str, kind: str) -> tuple[str, Repository | None]:
        for name, repository in self.state.repositories.items():
            if repository.kind == kind and (path == name or path.startswith(f"{name}/")):
                return name, repository
        return path, None

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _status(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(key, value)
        self.end_headers()


def _refs(kind: str, names: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": commit} for name, commit in names.items()]


def _etag(content: bytes) -> str:
    if len(content) >= LARGE:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _sibling(file: str, content: bytes) -> dict[str, object]:
    out: dict[str, object] = {"rfilename": file, "size": len(content), "blobId": commit_hash(file)}
    if len(content) >= LARGE:
        out["lfs"] = {"sha256": _etag(content), "size": len(content), "pointerSize": 134}
    else:
        out["blobId"] = _etag(content)
    return out
