r"""Credentials taken out of text, before the text reaches a terminal, a log or a file.

What is replaced by `MARK`:

- access tokens of the Hub by their form: `hf_` and at least 20 letters or digits, also inside longer words, since a
  printed line break stands as `\n` right before them; `hf_oauth_`, `hf_jwt_` and `api_org_` as well;
- the live values of HF_TOKEN and HUGGING_FACE_HUB_TOKEN, of the file of the stored login (HF_TOKEN_PATH, else
  HF_HOME/token) and of `stored_tokens` beside it, whatever their form, also as JSON, a URL or HTML would write them;
- what is left of them where a text was cut: beside an ellipsis ("hf_abc..." and "...xyz"), and any beginning or end of
  a live value of at least HALF characters;
- credentials of HTTP headers (`Authorization: ...`, `Bearer ...`) and of URLs (`https://user:secret@host`).

Live values shorter than `SHORTEST` characters are placeholders and stay: replacing them would ruin ordinary text.
"""

import html
import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

MARK = "[redacted]"
SHORTEST = 8
STORED = "stored_tokens"
VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
FRAGMENT = 6
"""Characters of a live value beside an ellipsis that are taken for a part of it."""
ELLIPSES = ("...", "\N{HORIZONTAL ELLIPSIS}")
HALF = 12
"""Characters at the beginning or the end of a live value that are taken for a part of it anywhere."""
PASSES = 8

BY_FORM = re.compile(
    r"""
      (?P<token> hf_[A-Za-z0-9]{20,} | hf_(?:oauth|jwt)_[A-Za-z0-9._\-]{20,} | api_org_[A-Za-z0-9]{20,} )
    | (?P<cut> hf_[A-Za-z0-9]+ (?= \.\.\. | \N{HORIZONTAL ELLIPSIS} ) )
    | (?P<header> \b (?i: authorization) (?:\\*["'])? \s{0,9} [:=,] \s{0,9} (?:b?\\*["'])? )
          (?: (?i: bearer | basic | token | digest) \s{1,9} [^\s"'\\,;}]+
            | (?= [^\s"'\\,;}0-9]* [0-9] ) [^\s"'\\,;}]{8,} )
    | (?P<bearer> \b (?i: bearer) \s{1,9} ) (?= [A-Za-z._~+/\-]* [0-9] ) [A-Za-z0-9._~+/\-]{8,} =*
    | (?P<web> \b (?i: https? | ftps?) :// ) [^\s/?\#@"'<>\\]+ (?= @ )
    | (?P<other> \b [A-Za-z][A-Za-z0-9+.\-]{0,20} :// ) [^\s/?\#@"'<>\\:]* : [^\s/?\#@"'<>\\]+ (?= @ )
    """,
    re.VERBOSE,
)
"""Credentials that are known by their form; what a group before them matched is kept. Repetitions are bounded where
many places of a hostile text could start one, so that the time stays linear."""

KEPT = ("header", "bearer", "web", "other")
Plain = TypeVar("Plain")


def redact(text: str) -> str:
    """Return `text` with every credential replaced by `MARK`; a text without any is returned as it is.

    >>> redact("401 for https://me:secret@hub.example/api, token hf_abcdefghijklmnopqrstuvwx")
    '401 for https://[redacted]@hub.example/api, token [redacted]'
    """
    live = _live_values()
    for _ in range(PASSES):  # a second pass finds nothing, unless a replacement joined two halves of a credential
        redacted = BY_FORM.sub(_mark, _without(text, live))
        if redacted == text:
            break
        text = redacted
    return text


def redact_json(value: Plain) -> Plain:
    """Return nested lists, tuples and dictionaries with all their texts redacted, keys included.

    Other values are returned as they are; lists, tuples and dictionaries become new ones of the builtin type.
    """
    return _redacted(value)  # type: ignore[no-any-return]  # the same shape as was given


def _redacted(value: Any) -> Any:
    if type(value) is str:
        return redact(value)
    if isinstance(value, Mapping):
        return {_redacted(key): _redacted(item) for key, item in value.items()}
    if type(value) is tuple:
        return tuple(_redacted(item) for item in value)
    if isinstance(value, list):
        return [_redacted(item) for item in value]
    return value


def _mark(found: re.Match[str]) -> str:
    return "".join(found[group] or "" for group in KEPT) + MARK


def _without(text: str, live: tuple[str, ...]) -> str:
    """Mark all live values and what is left of one where a text was cut."""
    spans = sorted(span for value in live for span in _found(text, value))
    parts, end = [], 0
    for start, stop in spans:
        if start >= end:
            parts += [text[end:start], MARK]
        end = max(end, stop)
    return "".join(parts) + text[end:]


def _found(text: str, value: str) -> Iterator[tuple[int, int]]:
    """Yield where `value` stands as a whole, or its beginning or its end alone."""
    at = text.find(value[:FRAGMENT])
    while at >= 0:
        end = at + _alike(value, text[at : at + len(value)])
        if end - at >= min(HALF, len(value)) or text.startswith(ELLIPSES, end):
            yield at, end
        at = text.find(value[:FRAGMENT], at + 1)
    at = text.find(value[-FRAGMENT:])
    while at >= 0:
        end = at + FRAGMENT
        start = end - _alike(value[::-1], text[max(0, end - len(value)) : end][::-1])
        if end - start >= min(HALF, len(value)) or text.endswith(ELLIPSES, 0, start):
            yield start, end
        at = text.find(value[-FRAGMENT:], at + 1)


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _live_values() -> tuple[str, ...]:
    """Return the credentials of this moment in all their spellings, the longest first; asked for again at each call."""
    environment = tuple(os.environ.get(name, "") for name in VARIABLES)
    login = _login_file()
    return _spellings(environment, tuple((path, _stamp(path)) for path in (login, login.with_name(STORED))))


def _login_file() -> Path:
    """Return where the Hub's client keeps the token of a login, by the same variables as it does itself."""
    home = os.environ.get("HF_HOME")
    if not home:
        home = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache"), "huggingface")
    place = os.environ.get("HF_TOKEN_PATH") or os.path.join(home, "token")
    return Path(os.path.expandvars(os.path.expanduser(place)))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return 0, 0
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=64)
def _spellings(environment: tuple[str, ...], files: tuple[tuple[Path, tuple[int, int]], ...]) -> tuple[str, ...]:
    """Return the live values; the stamps of the files are there so that a changed one is read again."""
    values = {*environment}
    for path, _ in files:
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except (OSError, ValueError):
            continue
        values.update(line.partition("=")[2] if path.name == STORED else line for line in lines)
    cleaned = {value.replace("\r", "").replace("\n", "").strip() for value in values}
    spelled = {
        spelling
        for value in cleaned
        if len(value) >= SHORTEST
        for spelling in (
            value,
            json.dumps(value)[1:-1],
            json.dumps(json.dumps(value)[1:-1])[1:-1],
            repr(value)[1:-1],
            json.dumps(repr(value)[1:-1])[1:-1],
            quote(value, safe=""),
            html.escape(value),
        )
    }
    return tuple(sorted((s for s in spelled if s not in MARK), key=lambda s: (-len(s), s)))
