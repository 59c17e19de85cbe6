"""Questions to the Hub, with patience for what passes and clear words for what does not."""

import time
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import TypeVar

from huggingface_hub import HfApi, constants, get_session, get_token, hf_raise_for_status
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # documented, not in its stubs

from iclgd_core.errors import IclgdError, StorageError
from iclgd_core.hub.cache import RepoType
from iclgd_core.hub.refusals import GatedError, HubError, RevisionError, UnreachableError
from iclgd_core.safety.redaction import redact

Answer = TypeVar("Answer")

WAITS = (1.0, 2.0, 4.0)
"""Seconds before each repetition of a question that met a passing error, unless the server says how long."""

LONGEST_WAIT = 30.0
PASSING = (408, 429, 500, 502, 503, 504)
DROPPED = ("ReadError", "WriteError", "RemoteProtocolError")
"""Errors of the HTTP client for a connection that broke."""

SHOWN = 12


def online() -> bool:
    """Return whether the Hub may be asked (HF_HUB_OFFLINE is not set)."""
    return not constants.HF_HUB_OFFLINE


def patience() -> float:
    """Return the seconds that an answer may take (HF_HUB_DOWNLOAD_TIMEOUT)."""
    return float(constants.HF_HUB_DOWNLOAD_TIMEOUT)


def api() -> HfApi:
    """Return the client of huggingface_hub: endpoint and token are those of its environment."""
    return HfApi()


def patiently(question: Callable[[], Answer], late: int = 1) -> Answer:
    """Ask, and ask again after a passing error: HTTP 408, 429 or 5xx, a connection that broke, an answer that is late.

    Any other error is raised at once.

    Args:
        question: asks once.
        late: repetitions after a time-out. Each costs `patience()` seconds where nobody answers; none is worth it where
            an answer of the cache is at hand.
    """
    for wait in WAITS:
        try:
            return question()
        except Exception as error:
            late -= _is(error, "TimeoutException")
            if late < 0 or not _passes(error):
                raise
            time.sleep(_wait(error, wait))
    return question()


def _passes(error: Exception) -> bool:
    return _status(error) in PASSING if isinstance(error, HfHubHTTPError) else _is(error, "TimeoutException", *DROPPED)


def _wait(error: Exception, default: float) -> float:
    response = error.response if isinstance(error, HfHubHTTPError) else None
    said = response.headers.get("Retry-After", "") if response is not None else ""
    return min(float(said), LONGEST_WAIT) if said.strip().isdigit() else default


def _status(error: HfHubHTTPError) -> int:
    return int(error.response.status_code) if error.response is not None else 0


def revisions(repo: str, kind: RepoType = "model") -> dict[str, str]:
    """Return the commit of every branch and tag of a repository.

    Raises:
        HubError, GatedError: as `translated`.
    """
    url = f"{constants.ENDPOINT}/api/{kind}s/{repo}/refs"

    def question() -> dict[str, list[dict[str, str]]]:
        # HfApi.list_repo_refs asks the same, but would wait for ever
        answer = get_session().get(url, headers=build_hf_headers(), timeout=patience())
        hf_raise_for_status(answer)
        return dict(answer.json())

    try:
        found = patiently(question)
        both = [*found.get("branches", []), *found.get("tags", [])]
        return {str(one["name"]): str(one["targetCommit"]) for one in both}
    except Exception as error:  # whatever a client of a network can raise
        raise translated(error, repo, kind) from error


def translated(error: Exception, repo: str, kind: RepoType = "model", revision: str = "") -> IclgdError:
    """Return the error that a user sees for what huggingface_hub raised while it dealt with a repository.

    GatedError where access was refused, UnreachableError where nobody answered, RevisionError for a revision that is
    not there, StorageError for a full or unwritable disk, HubError for the rest. No token is in its text.
    """
    if isinstance(error, IclgdError):
        return error
    what = f"{kind} {repo!r}"
    for cause in _chain(error):
        if isinstance(cause, GatedRepoError):
            return gated(repo, kind, _status(cause))
        if isinstance(cause, RevisionNotFoundError):
            return no_revision(repo, revision, kind)
        if isinstance(cause, RepositoryNotFoundError):
            return HubError(
                f"the Hub ({constants.ENDPOINT}) has no {what}, or it is private. Check the name; for a private one "
                "set HF_TOKEN to a token that may read it, or run `hf auth login`."
            )
        if isinstance(cause, HfHubHTTPError):
            return _by_status(cause, repo, kind)
        if isinstance(cause, OfflineModeIsEnabled):
            return UnreachableError(f"{what} was asked for while HF_HUB_OFFLINE is set. Set HF_HUB_OFFLINE=0.")
        if _is_transport(cause):
            return UnreachableError(
                f"the Hub ({constants.ENDPOINT}) did not answer for {what}: {reason(cause)}. Check the network and "
                "HF_ENDPOINT, or raise HF_HUB_DOWNLOAD_TIMEOUT (seconds), and type it again: what is there is kept."
            )
        if isinstance(cause, OSError) and cause.errno is not None:
            return StorageError(
                f"{what} cannot be written to the cache in {constants.HF_HUB_CACHE}: {cause.strerror or cause}. "
                "Make room there, or set HF_HUB_CACHE to another folder."
            )
    return HubError(f"{what} was not downloaded: {reason(error)}. Type it again; what is there is kept.")


def _by_status(error: HfHubHTTPError, repo: str, kind: RepoType) -> IclgdError:
    status = _status(error)
    if status in (401, 403):
        return gated(repo, kind, status)
    if status in PASSING:
        return UnreachableError(
            f"the Hub ({constants.ENDPOINT}) answers {status} for {kind} {repo!r}, and again after "
            f"{len(WAITS)} repetitions. Try again later."
        )
    return HubError(f"the Hub ({constants.ENDPOINT}) answers {status} for {kind} {repo!r}: {reason(error)}.")


def gated(repo: str, kind: RepoType, status: int) -> GatedError:
    """Return the error for a repository whose files the Hub does not give to this user."""
    page = f"{constants.ENDPOINT}/{'datasets/' if kind == 'dataset' else ''}{repo}"
    token = "The token that is set has no access" if get_token() else "No token is set"
    return GatedError(
        f"gated: the Hub refused {kind} {repo!r} (HTTP {status}). {token}: ask for access at {page}, then set HF_TOKEN "
        "to a token that may read it, or run `hf auth login`."
    )


def no_revision(repo: str, revision: str, kind: RepoType = "model") -> RevisionError:
    """Return the error for a revision that is not there, with those that are."""
    try:
        there = list(revisions(repo, kind))
    except IclgdError:
        there = []
    near = get_close_matches(revision, there, n=3, cutoff=0.5)
    lines = [f"{kind} {repo!r} has no revision {revision!r}."]
    if near:
        lines.append(f"Nearest: {', '.join(near)}.")
    if there:
        more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
        lines.append(f"It has {', '.join(there[:SHOWN])}{more}.")
    lines.append("Give a branch, a tag or a whole commit hash.")
    return RevisionError(" ".join(lines))


def reason(error: BaseException) -> str:
    """Return the first line of an error's text, short and without a token."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return redact(f"{type(error).__name__}: {first}")[:300].rstrip(".: ")


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__


def _is_transport(error: BaseException) -> bool:
    """Return whether an error says that the other end was not reached."""
    return isinstance(error, TimeoutError | ConnectionError) or _is(error, "TransportError")


def _is(error: BaseException, *names: str) -> bool:
    """Return whether an error is one of the HTTP client's own; which client it is depends on huggingface_hub."""
    return any(base.__name__ in names for base in type(error).__mro__)
