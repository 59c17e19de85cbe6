"""Plugin: no credential leaves a run, by the terminal, a report, a log or JUnit, and no text acts on a terminal.

Everything that a run shows or writes about its tests passes one of few places, in each process, and each is held here:

- `pytest_runtest_logreport` and `pytest_collectreport`: a report on its way to everything that reads reports (terminal,
  JUnit, journal, the claims' collector, xdist's channel), also one of a worker that crashed. Failures with their
  tracebacks and the locals of `--showlocals`, captured output and the evidence are changed in place.
- `pytest_warning_recorded`: a warning on its way to the summary or the channel.
- `pytest_iclgd_run`: the header of the report, after all other plugins have added to it.
- `pytest_make_parametrize_id`: a test's id made of a parameter's value.
- records of `logging`, as they are made: captured, live and in `--log-file`.
- `pytest_cmdline_main` and `pytest_internalerror`: errors of the run itself, which pytest may write past its terminal.
- the terminal's writer, below all that is shown, for what came another way: headers, node ids, other plugins' lines.

What is shown also loses its control and direction-changing characters, colours excepted: messages quote models and data
that others made. With `-s` a test writes to the standard streams itself; these are wrapped then.
"""

import dataclasses
from collections.abc import Generator
from contextlib import ExitStack
from typing import Any

import pytest

from iclgd_core.evidence.plain import Json
from iclgd_core.safety.harmless_text import harmless
from iclgd_core.safety.redacted_output import redacted_logging, redacted_streams
from iclgd_core.safety.redaction import redact, redact_json

KEPT = "\n\t\r"
"""Control characters that the terminal's own lines need: a line that is drawn again begins with a return."""

HELD = pytest.StashKey[ExitStack]()


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Hold the terminal's writer, the logging and, with `-s`, the standard streams."""
    held = config.stash[HELD] = ExitStack()
    held.enter_context(redacted_logging())
    if config.pluginmanager.has_plugin("terminalreporter"):
        _hold_writer(config.get_terminal_writer())
    if config.getoption("capture", None) == "no":
        held.enter_context(redacted_streams())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give back what was held."""
    if HELD in config.stash:
        config.stash[HELD].close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main() -> Generator[None, object, object]:
    """Redact the message of a usage error."""
    try:
        return (yield)
    except pytest.UsageError as error:
        error.args = _clean(error.args)
        raise


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> Generator[None, object, object]:
    """Redact the report of a test before anything reads it."""
    redact_report(report)
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collectreport(report: pytest.CollectReport) -> Generator[None, object, object]:
    """Redact the report of a file that could not be collected."""
    redact_report(report)
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_internalerror(excrepr: object) -> Generator[None, object, object]:
    """Redact an error of the run itself; before the terminal is set up it is written past it."""
    _clean(excrepr)
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_warning_recorded(warning_message: Any) -> None:
    """Redact a warning, and the line of code that is shown with it."""
    message = warning_message.message
    if isinstance(message, Warning):
        if _clean(str(message)) != str(message):
            message.args = _clean(message.args)
        if _clean(str(message)) != str(message):  # it has a text of its own making
            warning_message.message = UserWarning(_clean(str(message)))
            warning_message.category = UserWarning
    else:
        warning_message.message = _clean(str(message))
    if isinstance(warning_message.line, str):
        warning_message.line = _clean(warning_message.line)


@pytest.hookimpl(wrapper=True, tryfirst=True, optionalhook=True)
def pytest_iclgd_run(run: dict[str, Json]) -> Generator[None, object, object]:
    """Redact the header of the report when every plugin has added to it."""
    result = yield
    clean = redact_json(run)
    run.clear()
    run.update(clean)
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a parameter whose value is, or holds, a credential by its own name."""
    return f"{argname}-redacted" if isinstance(val, str) and redact(val) != val else None


def redact_report(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Redact all that a report shows: the failure, captured output, what the test sent along."""
    report.longrepr = _clean(report.longrepr)
    report.sections = _clean(report.sections)
    if isinstance(report, pytest.TestReport):
        report.user_properties = redact_json(report.user_properties)
    if isinstance(getattr(report, "wasxfail", None), str):
        report.wasxfail = _clean(report.wasxfail)  # type: ignore[union-attr]


def _clean(value: Any) -> Any:
    """Clean texts in lists, tuples and dictionaries, and in pytest's records of a failure, which are changed."""
    if isinstance(value, str):
        return harmless(redact(value))
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [_clean(item) for item in value]
        return items if isinstance(value, list) else tuple(items)
    if dataclasses.is_dataclass(value) or hasattr(value, "toterminal"):
        for name, item in list(vars(value).items()):
            object.__setattr__(value, name, _clean(item))
    return value


def _hold_writer(writer: Any) -> None:
    write = writer.write

    def redacted(msg: str, **more: Any) -> None:
        write(harmless(redact(msg), KEPT), **more)

    writer.write = redacted
