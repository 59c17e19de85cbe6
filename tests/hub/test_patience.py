"""What is asked again, and how often: decided by errors alone, with no time passing."""

from collections.abc import Callable
from importlib import import_module

import pytest
from huggingface_hub import get_session

from iclgd_core.hub import client
from iclgd_core.hub.client import WAITS, patiently
from tests.waiting import Clock

HTTP = import_module(type(get_session()).__module__.partition(".")[0])
"""The HTTP client of huggingface_hub, whichever it is."""

BROKEN = ("ReadError", "WriteError", "RemoteProtocolError")
LATE = ("ConnectTimeout", "ReadTimeout", "PoolTimeout")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(client, "time", made)
    return made


def failing(*names: str) -> tuple[Callable[[], str], list[str]]:
    """Return a question whose first answers are errors of these names, and a list of those that were raised."""
    raised = list[str]()

    def question() -> str:
        if len(raised) == len(names):
            return "answer"
        raised.append(names[len(raised)])
        raise getattr(HTTP, raised[-1])("planted")

    return question, raised


@pytest.mark.parametrize("name", [*BROKEN, *LATE])
def test_what_passes_is_asked_again(clock: Clock, name: str) -> None:
    question, raised = failing(name)
    assert patiently(question) == "answer"
    assert raised == [name]
    assert clock.now == WAITS[0]


@pytest.mark.parametrize("name", BROKEN)
def test_a_connection_that_always_breaks_is_given_up(clock: Clock, name: str) -> None:
    question, raised = failing(*[name] * 9)
    with pytest.raises(getattr(HTTP, name)):
        patiently(question)
    assert len(raised) == 1 + len(WAITS)
    assert clock.now == sum(WAITS)


@pytest.mark.parametrize("name", LATE)
@pytest.mark.parametrize("late", [0, 1, 2])
def test_an_answer_is_late_so_often_and_no_oftener(clock: Clock, name: str, late: int) -> None:
    question, raised = failing(*[name] * late)
    assert patiently(question, late) == "answer"
    question, raised = failing(*[name] * 9)
    with pytest.raises(getattr(HTTP, name)):
        patiently(question, late)
    assert len(raised) == 1 + late


def test_broken_connections_do_not_count_as_late(clock: Clock) -> None:
    question, raised = failing("ReadError", "ReadTimeout", "ReadError")
    assert patiently(question) == "answer"
    assert len(raised) == 3


def test_nobody_there_is_an_error_at_once(clock: Clock) -> None:
    question, _ = failing("ConnectError")
    with pytest.raises(HTTP.ConnectError):
        patiently(question)
    assert clock.now == 0.0
