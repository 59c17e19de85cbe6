"""Registering verdicts from a report: the difference, the refusals, the file that results."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from iclgd_core.evidence.expectations import Expectations, RegisteredVerdict, expectation_key, text_of
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.suite.command import main
from reports.document.accept import files_after, obstacles, propose
from reports.document.report import Report, ReportError, report_of
from reports.document.report_directory import write_report
from tests.reports.finished import HEADER
from tests.reports.strategies import found, recorded

CLEAN: dict[str, Json] = {**HEADER, "dirty": False}
SUP, REF, INC, ERR, NOT = Verdict
NO_FORCE: set[str] = set()


def item(verdict: Verdict, size: int = 1, id: str = "S1", model: str = "m", **more: Any) -> Evidence:
    outcome = found() if verdict in (SUP, REF, INC) else None
    protocol: dict[str, Json] = {"margin": 0.0} if outcome else {}
    return replace(recorded(size, outcome, verdict, id=id, model=model), protocol=protocol, **more)


def entry(
    verdict: Verdict, size: int = 1, id: str = "S1", model: str = "m", tier: str = "quick", why: str = "seen"
) -> RegisteredVerdict:
    return RegisteredVerdict(id, model, "ginc-k5", (("size", str(size)),), tier, verdict, why)


def report(*items: Evidence, with_evidence: int | None = None, **header: Json) -> Report:
    return report_of(items, {**CLEAN, **header}, len(items) if with_evidence is None else with_evidence)


def registered(*entries: RegisteredVerdict) -> Expectations:
    return Expectations({Path("shen.json"): entries})


def test_the_difference() -> None:
    before = registered(entry(REF, 1), entry(REF, 2), entry(INC, 3), entry(REF, 9), entry(REF, 4, why="old"))
    untrained = "untrained-m"
    run = report(
        item(SUP, 1), item(INC, 2), item(INC, 3), item(REF, 4), item(INC, 5), item(SUP, 6),
        item(INC, 7, model=untrained), item(SUP, 8, model=untrained), item(ERR, 9), item(NOT, 10),
    )  # fmt: skip
    proposal = propose(run, before, "new")
    assert proposal.dropped == (entry(REF, 1),)
    assert proposal.changed == ((entry(REF, 2), entry(INC, 2, why="new")),)
    assert proposal.added == (entry(INC, 5, why="new"), entry(SUP, 8, model=untrained, why="new"))
    assert [one.params["size"] for one in proposal.left_out] == ["10", "9"]
    assert proposal.needs_why
    assert not proposal.is_empty


def test_accepting_twice_changes_nothing(tmp_path: Path) -> None:
    run = report(item(REF, 1), item(SUP, 2), item(INC, 3))
    for path, text in files_after(propose(run, Expectations({}), "x"), Expectations({}), tmp_path).items():
        path.write_text(text)
    again = Expectations.read(tmp_path)
    assert set(again.entries.values()) == {entry(REF, 1, why="x"), entry(INC, 3, why="x")}
    assert propose(run, again, "").is_empty
    assert not propose(run, again, "").needs_why


def test_a_run_with_limits_is_not_registered() -> None:
    run = report_of([item(REF, 1)], {**CLEAN, "tier": "quick,episodes=12"}, 1)
    with pytest.raises(ReportError, match="'quick,episodes=12', and verdicts are registered of whole tiers alone"):
        propose(run, Expectations({}), "x")


def test_where_a_new_entry_goes(tmp_path: Path) -> None:
    shen, other = tmp_path / "shen.json", tmp_path / "other.json"
    before = Expectations({other: (entry(REF, 1, id="S7", model="n"),), shen: (entry(REF, 1, id="S9"),)})
    run = report(item(REF, 2, id="S7"), item(REF, 2, id="S8"), item(REF, 2, id="S6", paper="../x, arXiv 1"))
    files = files_after(propose(run, before, "x"), before, tmp_path)
    ids = {path.name: [one["id"] for one in json.loads(text)["entries"]] for path, text in files.items()}
    assert ids == {"other.json": ["S7", "S7"], "shen.json": ["S9", "S8"], "accepted.json": ["S6"]}


def test_other_models_tiers_and_tasks_stay() -> None:
    before = registered(entry(REF, 1, model="n"), entry(REF, 1, tier="full"), entry(REF, 2))
    after = files_after(propose(report(item(INC, 1)), before, "x"), before, Path())
    assert after[Path("shen.json")] == text_of((*before.entries.values(), entry(INC, 1, why="x")), ["m"])


def test_names_of_ones_own_are_listed_in_the_file_of_the_entry(tmp_path: Path) -> None:
    """Models that the user gave, and tasks of a file: later runs know them by the list alone."""
    own, sets = tmp_path / "shen.json", "gpt2 to my-model"
    before = Expectations({own: (entry(REF, 1, id="S9"),)}, {own: ["kept"]})
    rows = (item(REF, 1, id="S9", model="gpt2", task="mine"), item(REF, 2, id="S9", model="owner/name", task="sst2"),
            item(REF, 3, id="S9", model="ginc-llama-57k"), item(REF, 1, id="S8", model=sets))  # fmt: skip
    for tasks, added in (["sst2", "my/task.toml"], {"mine", "ginc-k5"}), (["sst2"], set[str]()):
        options: Json = {"given": {}, "resolved": {"tasks": list(tasks)}}
        after = files_after(propose(report(*rows, options=options), before, "x"), before, tmp_path)
        assert set(json.loads(after[own])["own"]) == {"kept", "gpt2", "my-model", *added}


@pytest.mark.parametrize(
    ("run", "in_checkout", "flags"),
    [
        (report(item(SUP)), True, NO_FORCE),
        (report(item(SUP), dirty=True), False, {"--force-dirty"}),
        (report(item(SUP), dirty=None), False, {"--force-dirty"}),
        (report(item(SUP), dirty=None, commit=None), True, {"--force-dirty"}),
        (report(item(SUP), dirty=None, commit=None), False, NO_FORCE),
        (report(item(SUP), complete=False), True, {"--force-partial"}),
        (report(item(SUP), item(ERR, 2)), True, {"--force-partial"}),
        (report(item(SUP), item(SUP, 2), with_evidence=1), True, {"--force-partial"}),
        (report(item(SUP), item(NOT, 2)), True, NO_FORCE),
        (report(item(SUP, 1, family_size=3), item(SUP, 2, family_size=3)), True, {"--force-partial"}),
        (report(item(SUP, 1, family_size=2), item(REF, 2, family_size=2)), True, NO_FORCE),
        (report(item(SUP, 1, family_size=2), item(REF, 2, family_size=2, model="n")), True, {"--force-partial"}),
        (report(item(SUP, 3)), True, {"--force-tier"}),
        (report(item(SUP, 3), tier="full"), True, NO_FORCE),
        (report(item(SUP, 3), dirty=True, complete=False), True, {"--force-dirty", "--force-partial", "--force-tier"}),
    ],
)
def test_what_stands_against_it(run: Report, in_checkout: bool, flags: set[str]) -> None:
    assert set(obstacles(run, registered(entry(REF, 3, tier="full")), in_checkout)) == flags


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a report of a refuted claim, and one registered verdict of another."""
    monkeypatch.chdir(tmp_path)
    write_report(report(item(REF, 1), item(SUP, 2)), Path(".iclgd/report"))
    folder = tmp_path / "claims" / "expected"
    folder.mkdir(parents=True)
    (folder / "shen.json").write_text(text_of([entry(REF, 2, why="it was")]))
    return folder / "shen.json"


def accept(*arguments: str) -> int:
    return main(["report", "--accept", *arguments])


def test_the_command_shows_and_writes(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert accept("--why", " the margin is wide ", "--yes") == 0
    out = capsys.readouterr().out
    assert "+ S1 [size=1] on m, ginc-k5, quick: refuted" in out
    assert "- S1 [size=2] on m, ginc-k5, quick: refuted; it is supported now, which is the default" in out
    found = Expectations.read(place.parent)
    assert list(found.entries.values()) == [entry(REF, 1, why="the margin is wide")]
    assert [path.name for path in place.parent.iterdir()] == ["shen.json"]
    assert accept("--yes") == 0
    assert "Nothing to register" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "header", "message"),
    [
        (("--yes",), {}, "need a reason. Give it with --why TEXT"),
        (("--yes", "--why", "  "), {}, "--why is empty"),
        (("--why", "x"), {}, "no terminal to ask on. Give --yes"),
        (("--yes", "--why", "x"), {"dirty": True}, "the run was dirty: files differed from the commit (--force-dirty"),
        (("--yes", "--why", "x", "--force-tier"), {"complete": False}, "(--force-partial overrules that)"),
        (("--yes", "--why", "x", "--out", "y"), {}, "draws nothing. Drop --out"),
        (("--yes", "--why", "x", "--expected", "nowhere"), {}, "Allowed: an existing directory"),
    ],
)
def test_the_command_refuses_and_writes_nothing(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    header: dict[str, Json],
    message: str,
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())
    write_report(report_of([item(REF, 1), item(SUP, 2)], {**CLEAN, **header}, 2), Path(".iclgd/report"))
    before = place.read_bytes()
    assert accept(*arguments) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert place.read_bytes() == before


def test_a_part_of_a_family_is_refused_by_its_name(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_report(report(item(REF, 1, family_size=4), item(SUP, 1, id="S9")), Path(".iclgd/report"))
    before = place.read_bytes()
    assert accept("--yes", "--why", "x") == 2
    message = " ".join(capsys.readouterr().err.split())
    assert "it is a selection with 1 of 4 sub-claims of S1 on m, ginc-k5 (--force-partial overrules that)" in message
    assert "S9" not in message
    assert place.read_bytes() == before
    assert accept("--yes", "--why", "x", "--force-partial") == 0


def test_whole_families_alone_are_accepted_and_the_others_stay(place: Path) -> None:
    kept = [entry(REF, 2, why="it was"), entry(REF, 1, id="S7"), entry(INC, 1, model="n")]
    place.write_text(text_of(kept))
    write_report(report(item(INC, 1, id="S9")), Path(".iclgd/report"))
    assert accept("--yes", "--why", "x") == 0
    assert set(Expectations.read(place.parent).entries.values()) == {*kept, entry(INC, 1, id="S9", why="x")}


def test_each_refusal_is_overruled_by_its_own_name(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place.write_text(text_of([entry(REF, 1, tier="full")]))
    write_report(report(item(REF, 1), dirty=True, complete=False), Path(".iclgd/report"))
    flags = ["--force-dirty", "--force-partial", "--force-tier"]
    for left_out in flags:
        assert accept("--yes", "--why", "x", *(flag for flag in flags if flag != left_out)) == 2
        assert f"({left_out} overrules that)." in " ".join(capsys.readouterr().err.split())
    assert accept("--yes", "--why", "x", *flags) == 0
    assert set(Expectations.read(place.parent).entries.values()) == {entry(REF, 1, tier="full"), entry(REF, 1, why="x")}


@pytest.mark.parametrize(("answer", "status", "size"), [("y", 0, 1), ("n", 1, 1), ("", 1, 1)])
def test_on_a_terminal_it_asks(
    place: Path, monkeypatch: pytest.MonkeyPatch, answer: str, status: int, size: int
) -> None:
    before = place.read_bytes()
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("rich.console.Console.input", lambda self, *a, **k: answer)
    assert accept("--why", "x") == status
    assert (place.read_bytes() == before) is (status == 1)


def test_a_malformed_file_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place.write_text("{")
    assert accept("--yes", "--why", "x") == 2
    assert "cannot be read as JSON" in " ".join(capsys.readouterr().err.split())


def test_the_file_format_is_read_as_it_is_written() -> None:
    entries = [entry(REF, 1, why='é "quoted" \\ \n'), entry(INC, 2, model="\ud800")]
    assert json.loads(text_of(entries))["entries"][0]["why"] == 'é "quoted" \\ \n'
    assert json.loads(text_of([])) == {"schema": "iclgd-expected/1", "entries": []}
    assert entry(REF).key == expectation_key("S1", "m", "ginc-k5", {"size": "1"}, "quick")
