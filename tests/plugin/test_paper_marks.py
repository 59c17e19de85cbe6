"""Every folder of claims is a mark, and the mark selects what the folder holds."""

from pathlib import Path

import pytest

from fixtures.paper_marks import PAPERS

CLAIMS = Path(__file__).resolve().parents[2] / "claims"


def test_every_folder_has_a_mark() -> None:
    assert set(PAPERS) == {path.parent.name for path in CLAIMS.glob("*/test_*.py")}


@pytest.mark.parametrize("mark", ["dai", "not dai"])
def test_a_mark_selects_its_folder(pytester: pytest.Pytester, mark: str) -> None:
    pytester.makeconftest("pytest_plugins = ['fixtures.paper_marks']")
    body = """
from iclgd_core.evidence.claim import Source, claim
@claim("E1", Source("A paper", "0000.00000").at("somewhere"), "a statement", "its contrary", needs_icl=False)
def test_{name}(): pass
def test_no_claim(): pass
"""
    for name in ("dai", "other"):
        pytester.mkdir(name).joinpath(f"test_{name}.py").write_text(body.format(name=name), encoding="utf-8")
    result = pytester.runpytest_inprocess("-q", "--strict-markers", "-p", "no:xdist", "-m", mark, "-v")
    result.assert_outcomes(passed=1 if mark == "dai" else 3, deselected=3 if mark == "dai" else 1)
