"""Saved reports: what was written is read again, and anything else is one clear error."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from reports.document.json_report import json_text
from reports.document.report import ReportError, document
from reports.document.report_directory import HTML_NAME, MARKDOWN_NAME, RENDERERS, draw, write_report
from reports.document.saved import read_saved
from tests.reports.finished import finished, finished_sample
from tests.reports.golden import check_golden
from tests.reports.hostile import hostile_report


@pytest.mark.parametrize("make", [finished_sample, lambda: finished(hostile_report())], ids=["sample", "hostile"])
def test_what_was_written_is_read_and_drawn_again_to_the_byte(tmp_path: Path, make: Any) -> None:
    report = make()
    written = write_report(report, tmp_path / "one")
    assert written.failures == ()
    assert [path.name for path in written.paths] == ["claims.json", HTML_NAME, MARKDOWN_NAME]
    saved = read_saved(tmp_path / "one")
    assert saved.sha256 == sha256(written.paths[0].read_bytes()).hexdigest()
    assert document(saved.report) == document(read_saved(written.paths[0]).report)
    write_report(saved.report, tmp_path / "two")
    for path in written.paths:
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == sorted(path.name for path in written.paths)


def test_golden() -> None:
    check_golden("claims.json", json_text(document(finished_sample())))


def test_a_renderer_that_fails_costs_its_own_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(report: object) -> str:
        raise KeyError("no such curve")

    monkeypatch.setattr(
        "reports.document.report_directory.RENDERERS", {HTML_NAME: broken, **{MARKDOWN_NAME: RENDERERS[MARKDOWN_NAME]}}
    )
    written = write_report(finished_sample(), tmp_path)
    assert written.failures == ("index.html could not be drawn (KeyError: 'no such curve'). claims.json is complete.",)
    assert [path.name for path in written.paths] == ["claims.json", MARKDOWN_NAME]
    assert read_saved(tmp_path).report == finished_sample()


def test_a_directory_in_the_way_of_one_file(tmp_path: Path) -> None:
    (tmp_path / HTML_NAME).mkdir()
    drawn = draw(finished_sample(), tmp_path)
    assert [path.name for path in drawn.paths] == [MARKDOWN_NAME]
    assert "index.html could not be written" in drawn.failures[0]


def test_a_directory_that_cannot_be_made_is_one_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    written = write_report(finished_sample(), tmp_path / "file")
    assert written.paths == ()
    assert len(written.failures) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is not JSON: Expecting property name"),
        (b"[]", "holds a list, not a report"),
        (b"\xff", "is not JSON: 'utf-8' codec"),
        (b'{"schema": NaN}', "NaN is no number of JSON"),
        (b"[" * 100_000, "is not JSON: "),
        (b"{}", "the report has schema None; this version reads 'iclgd-claims/3'"),
        (b'{"schema": "iclgd-claims/1"}', "the report has schema 'iclgd-claims/1'"),
        (b'{"schema": "iclgd-claims/3"}', "does not fit its schema: $: 'run' is a required property"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "claims.json"
    path.write_bytes(content)
    with pytest.raises(ReportError) as caught:
        read_saved(tmp_path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ReportError, match=r"cannot be read as a report \(No such file"):
            read_saved(place)


def _repeat_a_claim(content: dict[str, Any]) -> None:
    """Put the first claim in twice, and count it."""
    first, counts = content["claims"][0], content["summary"]
    content["claims"].insert(0, first)
    met = "as_expected" if first["verdict"] == first["expected"] else "not_as_expected"
    for name in (first["verdict"], met, "collected"):
        counts[name] += 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["summary"].update(supported=99), "$.summary does not count"),
        (lambda d: d["claims"].reverse(), "out of order"),
        (_repeat_a_claim, "$.claims[1] stands twice"),
        (lambda d: d["claims"][0]["protocol"].update(margin=0.5), "$.claims[0].rule_sha256 is not the hash"),
        (lambda d: d["claims"][0].update(n="12"), "$.claims[0].n: '12' is not of type"),
        (lambda d: d["claims"][0].pop("reason"), "$.claims[0]: 'reason' is a required property"),
        (lambda d: d.update(more=1), "('more' was unexpected)"),
    ],
)
def test_a_report_that_was_changed_is_refused(tmp_path: Path, change: Any, message: str) -> None:
    content = json.loads(json.dumps(document(finished_sample())))
    change(content)
    (tmp_path / "claims.json").write_text(json.dumps(content))
    with pytest.raises(ReportError) as caught:
        read_saved(tmp_path)
    assert message in str(caught.value)


def test_a_number_that_overflows_is_refused(tmp_path: Path) -> None:
    text = json.dumps(document(finished_sample())).replace('"seconds": 1.25', '"seconds": 1e999', 1)
    (tmp_path / "claims.json").write_text(text)
    with pytest.raises(ReportError, match="inf is greater than the maximum"):
        read_saved(tmp_path)


def test_a_report_of_the_schema_before_is_read_with_what_it_lacks(tmp_path: Path) -> None:
    content = json.loads(json_text(document(finished_sample())))
    content["schema"] = "iclgd-claims/2"
    del content["verdicts"]
    for row in content["claims"]:
        del row["brief"], row["combines"]
    (tmp_path / "claims.json").write_text(json.dumps(content))
    report = read_saved(tmp_path).report
    assert {(item.brief, item.combines) for item in report.evidence} == {("", "all")}
    assert len(report.evidence) == len(finished_sample().evidence)
