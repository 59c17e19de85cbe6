"""What reports know of a run's options: the values that decide, and the part of the header that is written."""

from pathlib import Path

from iclgd_core.evidence.run_options import RunOptions


def test_the_header_has_what_was_given_and_what_holds() -> None:
    options = RunOptions(Path("/r"), computed={"seed": 0}, given={"--iclgd-seed": "0"}, resolved={"fresh": False})
    assert options.header() == {
        "seed": 0,
        "options": {"given": {"--iclgd-seed": "0"}, "resolved": {"fresh": False, "seed": 0}},
    }


def test_without_options_there_is_none() -> None:
    assert RunOptions(Path("/r")).header() == {}
