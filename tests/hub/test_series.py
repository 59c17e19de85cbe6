"""Checkpoints of a training run: folders, embedded ones, thinning; revisions of the Hub are in test_download."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import UnknownNameError
from iclgd_core.hub import series as module
from iclgd_core.hub.series import LATE, expand, is_series, series, thinned
from iclgd_core.models.embedded import checkpoints


def offer(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(module, "online", lambda: True)
    monkeypatch.setattr(module, "revisions", lambda repo: dict.fromkeys(names, "a" * 40))


def test_a_pattern_finds_steps_in_order_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "main", "step10", "step2", "step1000", "step", "mystep7", "step8b", "STEP3", "step-4", "step٣")
    assert series("o/n@step*") == (("o/n@step2", 2), ("o/n@step10", 10), ("o/n@step1000", 1000))


def test_the_first_star_is_the_step_and_others_are_any_text(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "stage1-step500-tokens2B", "stage1-step1000-tokens4B", "stage2-step9-tokens1B")
    assert [step for _, step in series("o/n@stage1-step*-tokens*")] == [500, 1000]


def test_dots_in_a_pattern_are_dots(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "v1.5", "v1x5")
    assert series("o/n@v1.*") == (("o/n@v1.5", 5),)


@pytest.mark.parametrize(
    "name", ["o/n@**", "o/n@step*3", "o/n@../*", "o/n/m@step*", "@step*", "o/n@/step*", "absent-dir", ""]
)
def test_other_forms(name: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown series of checkpoints"):
        series(name)


@pytest.mark.parametrize("form", ["steps/{}", "step{}", "step_{}", "checkpoint-{}"])
def test_folders(tmp_path: Path, form: str) -> None:
    assert series(str(tmp_path)) == ()
    for step in (1000, 20, 300):
        folder = tmp_path / form.format(step)
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
    (tmp_path / form.format(7)).mkdir()
    (tmp_path / "stepladder").mkdir()
    expected = [(str(tmp_path / form.format(step)), step) for step in (20, 300, 1000)]
    assert list(series(str(tmp_path))) == expected


def test_embedded() -> None:
    found = series("ginc-llama-208k")
    assert tuple(name for name, _ in found) == checkpoints("ginc-llama-208k")[:-1]
    assert [step for _, step in found][:3] == [100, 300, 600]
    assert series("ginc-llama-57k") == ()


def test_expand(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "step1", "step2")
    assert is_series("o/n@step*")
    assert not is_series("o/n*")
    assert expand(["gpt2", "o/n@step*", "gpt2", "family:gpt2"]) == (
        "gpt2", "o/n", "openai-community/gpt2", "openai-community/gpt2-medium", "openai-community/gpt2-large",
        "openai-community/gpt2-xl", "o/n@step1", "o/n@step2",
    )  # fmt: skip


def test_thinning_by_hand() -> None:
    members = [(str(step), step) for step in (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)]
    assert [step for _, step in thinned(members, 3)] == [50, 80, 100]
    assert [step for _, step in thinned(members, 1)] == [100]
    assert [step for _, step in thinned(members, 6)] == [50, 60, 70, 80, 90, 100]
    assert [step for _, step in thinned(members, 9)] == [50, 60, 70, 80, 90, 100]
    assert thinned([], 3) == ()


@given(st.sets(st.integers(0, 10**6), min_size=1, max_size=60), st.integers(1, 20))
def test_thinning_keeps_late_ones_and_the_last(steps: set[int], at_most: int) -> None:
    members = [(str(step), step) for step in sorted(steps)]
    kept = thinned(members, at_most)
    last = members[-1][1]
    late = [member for member in members if member[1] >= LATE * last]
    assert set(kept) <= set(late)
    assert kept[-1] == members[-1]
    assert list(kept) == sorted(kept, key=lambda member: member[1])
    assert 1 <= len(kept) <= at_most
    assert thinned(kept, at_most) == kept
    if len(late) <= at_most:
        assert list(kept) == late
