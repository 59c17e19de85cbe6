"""The document on architectures is the one that the entries generate."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from iclgd_core.models.architectures import ENTRIES
from tests.models.architectures.document import document
from tests.models.architectures.toys import TOYS, toy_config
from tests.reports.golden import VARIABLE, WRITE

PAGE = Path(__file__).parents[3] / "docs" / "architectures.md"


def toys() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in TOYS:
        found.setdefault(toy_config(name).model_type, []).append(name)
    return found


def test_the_document_says_what_the_entries_say() -> None:
    text = document(ENTRIES, toys())
    if os.environ.get(VARIABLE) == WRITE:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")
    again = f"{PAGE} differs from the entries: make it anew with {VARIABLE}={WRITE} and look at it"
    assert PAGE.read_text(encoding="utf-8") == text, again


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.model_type)
def test_a_row_for_each_entry_with_its_flags_and_toys(entry: object) -> None:
    (own,) = [one for one in ENTRIES if one is entry]
    (row,) = [line for line in document(ENTRIES, toys()).splitlines() if f"| `{own.model_type}` |" in line]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[5:9] == [
        "yes" if flag else "no" for flag in (own.pads_right, own.reuses_prefix, own.vectorises, own.sdpa)
    ]
    assert cells[10] == ", ".join(f"`{name}`" for name in toys()[own.model_type])
    assert all(cells[i] for i in (0, 2, 3, 4))


def test_a_changed_flag_changes_the_document() -> None:
    changed = (replace(ENTRIES[0], vectorises=not ENTRIES[0].vectorises), *ENTRIES[1:])
    assert document(changed, toys()) != document(ENTRIES, toys())
