"""The `iclgd` command itself: version, empty values, and what a subcommand need not load."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from iclgd_core import __version__
from iclgd_core.suite import command
from iclgd_core.suite.command import COMMANDS, main
from reports.document.report_directory import write_report
from tests.reports.finished import finished_sample

ROOT = Path(__file__).resolve().parents[2]


def test_the_version_names_the_commit_of_a_checkout(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for found, line in (
        ({"commit": "0123456789abcdef", "dirty": False}, f"iclgd {__version__}, commit 0123456789ab\n"),
        ({"commit": "0123456789abcdef", "dirty": True}, r"iclgd .*, commit 0123456789ab with uncommitted changes\n"),
        ({"commit": None, "dirty": None}, f"iclgd {__version__}\n"),
    ):
        monkeypatch.setattr(command, "commit", lambda root, found=found: found)
        with pytest.raises(SystemExit) as ended:
            main(["--version"])
        assert ended.value.code == 0
        assert re.fullmatch(line, capsys.readouterr().out)


def test_each_command_is_called_as_the_table_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert {name: command.command(name).name for name in COMMANDS} == {name: name for name in COMMANDS}
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n    {name}" not in shown] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_an_empty_value_is_refused_whatever_the_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Even of an option that the command does not have: nothing is read before."""
    for given, named in (
        (["--out="], "--out"), (["--out", ""], "--out"), (["--out", " "], "--out"), ([""], "argument 2")
    ):  # fmt: skip
        assert main([command, *given]) == 2
        told = capsys.readouterr().err
        assert told.startswith(f"iclgd: {named} is empty. Allowed: a value.")
        assert len(told.splitlines()) == 1


def test_a_value_with_an_equals_sign_at_its_end_is_none_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "a=", "b"]) == 2
    assert "a= cannot be read as a report" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["compare", ".", "."], ["report", ".", "--out", "drawn"]])
def test_what_reads_saved_reports_loads_neither_torch_nor_transformers(tmp_path: Path, command: list[str]) -> None:
    write_report(finished_sample(), tmp_path)
    code = (
        "import sys; from iclgd_core.suite.command import main; status = main(sys.argv[1:]);"
        "print([name for name in ('torch', 'transformers') if name in sys.modules], status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[] 0", done.stdout + done.stderr
