"""Small text sets for the tests: a declared source, its files, and rows."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from iclgd_core.tasks.text.rows import Columns
from iclgd_core.tasks.text.source import TextSource
from iclgd_core.tasks.text.template import Template

CLASSES = ("Billing", "Technical", "Other")
COLUMNS = Columns(("text",), "label", CLASSES)
PLAIN = Template("plain", "Text: {text}\nQueue:", CLASSES, separator="\n\n")


def tickets(n: int, first: int = 0) -> list[dict[str, object]]:
    """Return n rows with texts that differ, labels 0, 1, 2 in turn."""
    return [{"text": f"it is wrong {number}", "label": number % 3} for number in range(first, first + n)]


def write(folder: Path, **splits: Iterable[Mapping[str, object]]) -> Path:
    """Write each split as JSON lines."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, rows in splits.items():
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def parquet(path: Path, rows: list[dict[str, object]], **columns: Any) -> Path:
    """Write rows as Parquet, with further columns, or others of the same name."""
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet needs the extra iclgd[text]")
    table = pyarrow.Table.from_pylist(rows)
    for name, values in columns.items():
        table = table.append_column(name, values)
    path.parent.mkdir(parents=True, exist_ok=True)
    pytest.importorskip("pyarrow.parquet").write_table(table, path)
    return path


def source(held_out: str | None = "test") -> TextSource:
    return TextSource("tickets", COLUMNS, held_out)
