"""Arrow copies of the tests' files go to a folder of the tests, and no test sees the rows of another."""

from pathlib import Path

import pytest

from iclgd_core.tasks.text.prepared import prepared


@pytest.fixture(autouse=True)
def _arrow_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets", reason="text tasks need the extra iclgd[text]")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "arrow")
    prepared.cache_clear()
