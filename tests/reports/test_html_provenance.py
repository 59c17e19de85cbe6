"""The header as tables: what was not set, what is unknown, what is empty, and what was fixed about each task."""

import pytest

from iclgd_core.evidence.plain import Json
from reports.document.report import Report
from reports.render.html import render_html
from reports.render.html.provenance import FactTable, provenance
from tests.reports.hostile import HOSTILE
from tests.reports.parsed_html import ParsedPage

FIXED = "what was fixed about each task"


def groups(**run: Json) -> dict[str, dict[str, str]]:
    found: list[FactTable] = provenance(Report((), run, 0))
    assert len({group.title for group in found}) == len(found)
    return {group.title: dict(group.rows) for group in found}


def test_an_option_that_was_not_set_is_not_unknown() -> None:
    resolved: Json = {"template": None, "baseline": None, "max_words": None, "seed": 0, "fresh": False}
    found = groups(options={"resolved": resolved}, commit=None, versions={"scipy": None})
    assert found["options resolved"] == {
        "template": "not set", "baseline": "not set", "max_words": "not set", "seed": "0", "fresh": "no",
    }  # fmt: skip
    assert found["run"]["commit"] == "unknown"
    assert found["versions"] == {"scipy": "unknown"}


def test_what_is_named_resolved_elsewhere_is_no_option() -> None:
    found = groups(resolved={"models": [], "template": None})
    assert found["options resolved"] == {"models": "none", "template": "unknown"}
    assert groups(options={"resolved": None})["options resolved"] == {"": "unknown"}


def test_no_models_or_tasks_are_the_built_in_ones_and_no_other_list() -> None:
    found = groups(options={"resolved": {"models": [], "tasks": [], "others": []}}, gpus=[], numerics={"models": []})
    assert found["options resolved"] == {
        "models": "none: the built-in set", "tasks": "none: the built-in set", "others": "none",
    }  # fmt: skip
    assert found["gpus"] == {"": "none"}
    assert found["arithmetic"] == {"models": "none"}
    some = groups(options={"resolved": {"models": ["a", "b"], "tasks": ["c"]}})
    assert some["options resolved"] == {"models": "a, b", "tasks": "c"}


def test_a_row_for_each_task_and_its_nested_values_end_where_they_end() -> None:
    found = groups(
        tasks={
            "sst2": {
                "data": {"rows": 9, "files": ["a", "b"], "skipped": []},
                "template": {"name": "plain", "separator": "\n", "after a label": "", "label words": {"0": "bad"}},
                "sampling": "natural",
                "max words": None,
            },
            "commit": {},
        },
        options={"resolved": {"tasks": ["sst2"]}},
    )
    assert found[FIXED] == {
        "sst2": "data: (rows: 9, files: [a, b], skipped: none), "
        'template: (name: plain, separator: "\\n", after a label: "", label words: (0: bad)), '
        "sampling: natural, max words: none",
        "commit": "none",
    }
    assert found["options resolved"] == {"tasks": "sst2"}
    assert FIXED not in groups(options={"resolved": {"tasks": []}})


def test_a_task_keeps_its_own_name() -> None:
    assert set(groups(tasks={"dirty": {"a": 1}, "tasks": {"a": 1}})[FIXED]) == {"dirty", "tasks"}
    assert "uncommitted changes" in groups(dirty=True)["run"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_tasks_stay_text(text: str) -> None:
    page = render_html(Report((), {"tasks": {text: {text: [text, {text: text}]}}}, 0))
    page.encode()
    assert ParsedPage(page).faults == []
    assert "<canary" not in page
    assert FIXED in page
