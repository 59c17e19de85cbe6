"""The page's commands run what the run ran: its options go with them, each quoted, and nothing else of the header."""

import re
import shlex
from dataclasses import replace
from html import unescape

import pytest

from fixtures.option_list import OPTIONS
from iclgd_core.evidence.plain import Json
from reports.document.report import Report
from reports.render.html import render_html
from reports.render.html.protocol import REPRODUCED, command, given_options
from tests.reports.hostile import HOSTILE
from tests.reports.parsed_html import ParsedPage
from tests.reports.sample import RUN, sample_report

GIVEN: dict[str, Json] = {
    "--iclgd-tier": "full",
    "--iclgd-task": ["sst2", "my task.toml"],
    "--iclgd-model": ["mylm", "it's"],
    "--iclgd-deterministic": True,
    "--iclgd-report": "out",
    "--iclgd-fresh": True,
}
WRITTEN = (
    *("--iclgd-model=mylm", "--iclgd-model=it's", "--iclgd-task=sst2", "--iclgd-task=my task.toml"),
    *("--iclgd-deterministic", "--iclgd-tier=full"),
)
LEFT_OUT = {
    *("--iclgd-report", "--iclgd-cache", "--iclgd-baseline", "--iclgd-strict", "--iclgd-fresh", "--iclgd-expected"),
    "--iclgd-plan",
}


def given(values: Json) -> dict[str, Json]:
    return {"options": {"given": values, "resolved": {}}}


def commands(page: str) -> list[str]:
    """All commands of a page: one for each claim, one for each sub-claim."""
    return [unescape(line) for line in re.findall(r"^(?:.*<(?:code|pre class=\"one\")>)?(pytest .*?)</", page, re.M)]


def test_each_option_either_decides_what_is_run_or_does_not() -> None:
    assert {*REPRODUCED, *LEFT_OUT} == {option.flag for option in OPTIONS}
    assert not LEFT_OUT.intersection(REPRODUCED)


def test_what_decides_what_is_run_is_written_and_nothing_else() -> None:
    assert given_options(given(GIVEN)) == WRITTEN
    everything: dict[str, Json] = {option.flag: "x" for option in OPTIONS}
    assert set(given_options(given(everything))) == {f"{flag}=x" for flag in REPRODUCED}


@pytest.mark.parametrize(
    "run",
    [{}, {"options": None}, {"options": "x"}, {"options": []}, {"options": {}}, {"options": {"resolved": {"seed": 1}}},
     given(None), given(["--iclgd-seed"]), given({}), given({"--iclgd-seed": None, "--iclgd-deterministic": False}),
     given({"--iclgd-model": [], "--iclgd-data": {"x": "y"}, "--iclgd-task": [["x"], None, True]}),
     given({"--other": "x", "; rm -rf ~": True})],
)  # fmt: skip
def test_a_header_without_them_appends_nothing(run: dict[str, Json]) -> None:
    assert given_options(run) == ()
    assert command(["claims/x.py"], given_options(run)) == "pytest claims/x.py"


def test_no_target_is_no_command() -> None:
    assert command([], WRITTEN) == ""
    assert command([""], WRITTEN) == ""


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_value_stays_one_argument_on_one_line(text: str) -> None:
    line = command(["claims/x.py::t[a b]"], given_options(given({"--iclgd-model": [text], "--iclgd-data": text})))
    assert len(line.splitlines()) == 1
    split = shlex.split(line)
    assert [one.partition("=")[0] for one in split] == [
        "pytest", "claims/x.py::t[a b]", "--iclgd-model", "--iclgd-data",
    ]  # fmt: skip


def test_every_command_of_the_page_has_the_options() -> None:
    report = sample_report()
    page = render_html(replace(report, run=RUN | given(GIVEN)))
    assert ParsedPage(page).faults == []
    found = commands(page)
    assert len(found) == len(report.evidence) + len({item.id for item in report.evidence})
    assert all(tuple(shlex.split(line)[2:]) == WRITTEN for line in found)
    files = {shlex.split(line)[1] for line in found}
    assert {item.node_id for item in report.evidence} <= files


def test_the_page_of_an_older_report_has_commands_without_options() -> None:
    report = sample_report()
    run = {name: value for name, value in RUN.items() if name != "options"}
    found = commands(render_html(Report(report.evidence, run, report.with_evidence)))
    assert found
    assert all(len(shlex.split(line)) == 2 for line in found)
