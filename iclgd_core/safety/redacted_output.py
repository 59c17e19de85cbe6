"""Streams and log records that let no credential through: for what commands print and for tests that print directly.

Records also lose what could act on a terminal: libraries log names and values out of the files of a model as they are.
"""

import logging
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO, cast

from iclgd_core.safety.harmless_text import harmless
from iclgd_core.safety.redaction import MARK, redact


@contextmanager
def redacted_output() -> Iterator[None]:
    """Redact what is printed and logged meanwhile; a handler that keeps the stream of before is held by its records."""
    with redacted_streams(), redacted_logging():
        yield


@contextmanager
def redacted_streams() -> Iterator[None]:
    """Redact standard output and standard error, of Python alone: what a subprocess prints is its own."""
    with redirect_stdout(redacting(sys.stdout)), redirect_stderr(redacting(sys.stderr)):
        yield


@contextmanager
def redacted_logging() -> Iterator[None]:
    """Redact records of `logging` as they are made, before any handler has seen them."""
    make = logging.getLogRecordFactory()

    def record(*args: Any, **more: Any) -> logging.LogRecord:
        made = make(*args, **more)
        _redact_record(made)
        return made

    logging.setLogRecordFactory(record)
    try:
        yield
    finally:
        if logging.getLogRecordFactory() is record:
            logging.setLogRecordFactory(make)


def redacting(stream: TextIO) -> TextIO:
    """Return a stream that passes on to `stream` whatever is written, without its credentials."""
    return cast(TextIO, _RedactingStream(stream))


class _RedactingStream:
    """Passes text on to another stream, each piece redacted; it is that stream in all else.

    A piece is what one call writes. A credential that is written in several pieces is not recognised, so what is laid
    out in columns must be redacted before.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a piece; return its length, as streams do."""
        self._stream.write(redact(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several pieces."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _redact_record(record: logging.LogRecord) -> None:
    """Redact a record's message and traceback; one without a credential stays as it was made."""
    try:
        message = record.getMessage()
    except Exception:  # arguments that do not fit the message: its handler will say so, and quote them
        message = repr((record.msg, record.args))
        if redact(message) != message:
            record.msg, record.args = MARK, ()
        return
    clean = harmless(redact(message))
    if clean != message:
        record.msg, record.args = clean, ()
    if record.exc_info and record.exc_info[0] is not None:
        text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        clean = harmless(redact(text))
        if clean != text:
            record.exc_text = clean
