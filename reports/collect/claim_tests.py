"""Which of the collected tests are claims, wherever they lie; workers, which collect, tell the controller.

A worker tells before its first test, through a channel of its own: whatever kills it later, its claims are known.
"""

from collections.abc import Generator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from iclgd_core.evidence.claim import claim_of

NAME = "iclgd-claim-tests"
KEY = "iclgd_claim_tests"
"""Under which the controller sends a worker the channel."""

FOLDER = "claims"
"""Below the root directory: whoever runs it means to verify a claim, even where no test in it states one."""

STATES = "iclgd_core.evidence.claim"
"""Which a file of claims imports."""

LEFT_OUT = "iclgd_left_out"
"""Attribute of a report of collection: a file of claims was skipped as a whole. A worker sends it along."""


class ClaimTests:
    """Calls `pytest_iclgd_collected` on the controller, once in a serial run, else once for each worker.

    Attributes:
        meant: whether the run has claims, or should have had some.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._told: SimpleQueue[tuple[list[str], bool]] = SimpleQueue()
        self._channels: list[object] = []
        self.meant = False

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker a channel to tell through."""
        channel = node.gateway.newchannel()
        channel.setcallback(self._told.put)
        self._channels.append(channel)
        node.workerinput[KEY] = channel

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell which tests are claims, a worker before xdist says that it has collected."""
        claims = [item.nodeid for item in session.items if claim_of(getattr(item, "function", None)) is not None]
        meant = bool(claims) or any(self._in_folder(item) for item in session.items)
        if not hasattr(self._config, "workerinput"):
            self._note(claims, meant)
        elif (channel := self._config.workerinput.get(KEY)) is not None:
            channel.send((claims, meant))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self) -> None:
        """Take in what workers told; a worker's word is here before the message that brought us here."""
        while not self._told.empty():
            self._note(*self._told.get())

    def _note(self, claims: list[str], meant: bool) -> None:
        self.meant |= meant
        self._config.hook.pytest_iclgd_collected(config=self._config, claims=claims)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Mark the report of a file of claims that is skipped as a whole: none of its tests is collected."""
        report = yield
        if report.skipped and (self._in_folder(collector) or _states_claims(collector.path)):
            setattr(report, LEFT_OUT, True)
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note such a file."""
        self.meant |= getattr(report, LEFT_OUT, False)

    def _in_folder(self, node: pytest.Item | pytest.Collector) -> bool:
        return self._config.rootpath / FOLDER in node.path.parents


def _states_claims(path: Path) -> bool:
    """Return whether a file imports what states a claim; it was skipped, so that nothing else of it is known."""
    try:
        return path.suffix == ".py" and STATES in path.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return False
