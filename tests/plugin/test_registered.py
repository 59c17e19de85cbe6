"""A registered verdict of nothing that exists is an error before any work; a selection makes none of another claim."""

from pathlib import Path
from typing import Any

import pytest

from fixtures.claim_ids import claim_ids
from tests.plugin.project import Project, no_traceback

CLAIMS = """
@stated("A")
@pytest.mark.parametrize("size", [1, pytest.param(2, id="two")])
def test_sizes(judge, size):
    judge(found())

@stated("B")
def test_other(judge):
    judge(found())
"""
MORE = """
@stated("C")
@pytest.mark.parametrize("x,y", [("a", "b"), ("c", "d")])
def test_more(judge, x, y):
    judge(found())
"""


@pytest.fixture
def two_files(project: Project) -> Project:
    """Claims A and B in one file, C in another."""
    project.claim(CLAIMS)
    project.claim(MORE, "test_more.py")
    return project


NAMES = [
    ({"id": "Bb"}, "unknown claim 'Bb'. Nearest: B."),
    ({"tier": "ful"}, "unknown tier 'ful'. Nearest: full."),
    ({"model": "ginc-llama-749k"}, "unknown model 'ginc-llama-749k'. Nearest: ginc-llama-794k*"),
    ({"model": "constructed-lsa-5"}, "unknown model 'constructed-lsa-5'. Nearest: constructed-lsa-*"),
    ({"task": "ginc-k55"}, "unknown task 'ginc-k55'. Nearest: ginc-k5*"),
    ({"task": "linear-regression-d11"}, "unknown task 'linear-regression-d11'. Nearest: linear-regression-d10*"),
]
PARAMS = [
    ("A", {"size": "3"}, "claim A: size is '3'. Known: 1, 2."),
    ("A", {"sise": "1"}, "claim A: unknown parameter 'sise'. Nearest: size."),
    ("A", {}, "claim A: no test has the parameters {} together*"),
    ("B", {"size": "1"}, "claim B: unknown parameter 'size'. Known: none."),
    ("C", {"x": "a", "y": "d"}, "claim C: no test has the parameters * together*"),
]


@pytest.mark.parametrize(
    ("mode", "change", "message"), [*(("plain", *case) for case in NAMES), ("n2", *NAMES[0])], ids=str
)
def test_a_name_that_nothing_has_is_refused_before_collection(
    two_files: Project, mode: str, change: dict[str, Any], message: str
) -> None:
    two_files.claim('from pathlib import Path\nPath("collected").touch()\n' + CLAIMS)
    two_files.register(
        {"id": "B", "verdict": "supported"}, {"id": "A", "params": {"size": "1"}, "verdict": "refuted"} | change
    )
    result = two_files.run("claims", mode=mode)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *all.json, entry 1: {message}"])
    no_traceback(result)
    assert not (two_files.path / "collected").exists()


@pytest.mark.parametrize(
    ("mode", "id", "params", "message"), [*(("plain", *case) for case in PARAMS), ("n2", *PARAMS[0])], ids=str
)
def test_parameters_that_no_case_has_are_an_error_of_the_claims_file(
    two_files: Project, mode: str, id: str, params: dict[str, str], message: str
) -> None:
    two_files.register({"id": id, "params": params, "verdict": "refuted"})
    result = two_files.run("claims", mode=mode)
    assert result.ret == pytest.ExitCode.INTERRUPTED, result.stdout.str()
    name = "test_more.py" if id == "C" else "test_claims.py"
    result.stdout.fnmatch_lines([f"*ERROR collecting claims/{name}*", f"*all.json, entry 0: {message}*"])
    result.stdout.no_fnmatch_line("* passed*")
    no_traceback(result)
    other = "test_claims.py" if id == "C" else "test_more.py"
    assert two_files.run(f"claims/{other}", mode=mode).ret == 0


@pytest.mark.parametrize(
    "selected",
    [("claims",), ("claims/test_more.py",), ("claims", "-k", "sizes"), ("claims/test_claims.py::test_sizes[two]",)],
    ids=["all", "a file", "-k", "a node id"],
)
def test_what_exists_is_let_pass_whatever_is_selected(two_files: Project, selected: tuple[str, ...]) -> None:
    two_files.register(
        {"id": "A", "params": {"size": "1"}, "verdict": "supported"},
        {"id": "A", "params": {"size": "2"}, "verdict": "supported", "model": "", "tier": "full"},
        {"id": "B", "verdict": "supported"},
        {"id": "C", "params": {"x": "c", "y": "d"}, "verdict": "refuted", "model": "owner/name", "task": "sst2"},
    )
    assert two_files.run(*selected).ret == 0


def test_names_of_ones_own_are_those_of_the_run_or_of_the_file(two_files: Project) -> None:
    mine = {"id": "B", "verdict": "refuted", "model": "my-model", "task": "my-task"}
    two_files.register(mine)
    assert two_files.run("claims").ret == pytest.ExitCode.USAGE_ERROR
    (two_files.path / "my-model").mkdir()
    result = two_files.run("claims", "--iclgd-model=my-model")
    result.stderr.fnmatch_lines(["ERROR: *unknown task 'my-task'*"])
    result.stderr.no_fnmatch_line("*unknown model*")
    two_files.register(mine, own=("my-task", "my-model"))
    assert two_files.run("claims").ret == 0


@pytest.mark.parametrize("more", ['"own": "my-task", ', '"own": [1], ', '"owned": [], '])
def test_a_file_with_other_fields_is_refused(two_files: Project, more: str) -> None:
    two_files.register()
    place = two_files.path / "claims" / "expected" / "all.json"
    place.write_text(place.read_text().replace('"own": [], ', more, 1))
    result = two_files.run("claims")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *all.json has other fields than [[]'entries', 'own', 'schema'], or in*"])


def test_claims_beside_the_folder_of_the_verdicts_and_those_of_the_run_are_known(project: Project) -> None:
    """Claims of one's own lie anywhere: beside their registered verdicts, or where the run is pointed to."""
    project.claim(CLAIMS)
    project.register({"id": "M", "verdict": "supported"}, {"id": "B", "verdict": "supported"})
    mine = project.path / "mine"
    (project.path / "claims" / "expected").rename(project.path / "verdicts")
    mine.mkdir()
    (mine / "test_mine.py").write_text(
        (project.path / "claims" / "test_claims.py").read_text() + MORE.replace('"C"', '"M"')
    )
    assert project.run("claims", "--iclgd-expected=verdicts").ret == pytest.ExitCode.USAGE_ERROR
    result = project.run("mine", "--iclgd-expected=verdicts")
    result.stdout.fnmatch_lines(["*entry 0: claim M: no test has the parameters {} together*"])
    (project.path / "verdicts").rename(mine / "verdicts")
    assert project.run("claims", "--iclgd-expected=mine/verdicts").ret == 0


IDS = {
    "@claim('A', X, 'y')\ndef test_a(): ...": {"A"},
    "@evidence.claim(id='A')\nasync def test_a(): ...": {"A"},
    "mine = claim('A')\n@mine\ndef test_a(): ...": {"A"},
    "@stated('A')\n@pytest.mark.skip('B')\ndef test_a(claim): ...": {"A"},
    "class TestA:\n    @claim('A')\n    def test_a(self): ...": {"A"},
    "def stated(id):\n    return claim(id)\n@stated('A')\ndef test_a(): ...": {"A"},
    "@claim(f'A{1}')\ndef test_a(): ...": None,
    "made = [claim(id)(test) for id in 'AB']": None,
    "claim = 1": set(),
    "claim(": set(),
    "@stated('A')\ndef test_a(): ...": set(),  # no word of a claim in the file
}


@pytest.mark.parametrize("text", IDS)
def test_ids_from_the_syntax(tmp_path: Path, text: str) -> None:
    (tmp_path / "test_a.py").write_text(text)
    found = claim_ids([tmp_path])
    assert (None if found is None else set(found)) == IDS[text]
    assert found is None or all(paths == {tmp_path / "test_a.py"} for paths in found.values())
    assert claim_ids([tmp_path / "nowhere"]) == {}
