"""No test sees the rows of another."""

import pytest

from iclgd_core.tasks.text.prepared import prepared


@pytest.fixture(autouse=True)
def _fresh_rows() -> None:
    prepared.cache_clear()
