"""The parts of a prognosis: claims, lengths, time."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fixtures.doctor.claims import ICL, Circumstances, Stated, language_claims, runs
from fixtures.doctor.duration import shown_time, throughput, tokens_of
from fixtures.doctor.hardware import Device
from fixtures.doctor.needs import needs_of
from fixtures.doctor.subject import ASSUMED, SHOTS, Lengths, describe, lengths
from fixtures.kinds import limited_to
from iclgd_core.devices import MeasuredPeaks
from iclgd_core.errors import IclgdError
from iclgd_core.evidence.claim import claim_of
from iclgd_core.evidence.papers import by_paper
from iclgd_core.hub import NotCachedError
from iclgd_core.lab import SHOTS as SHOTS_OF_CLAIMS
from iclgd_core.lab.tiers import TIERS
from iclgd_core.models.language.preflight import reader_of
from iclgd_core.tasks import get_task

CLAIMS = Path(__file__).resolve().parents[2] / "claims"


def stated() -> list[Stated]:
    """Return the claims of the project, by their files."""
    found = []
    for path in sorted(CLAIMS.glob("*/test_*.py")):
        module = import_module(".".join(path.relative_to(CLAIMS.parent).with_suffix("").parts))
        for function in vars(module).values():
            if (claim := claim_of(function)) is not None:
                found.append(Stated(claim, frozenset(inspect.signature(function).parameters), limited_to(function)))
    return sorted(found, key=lambda one: by_paper(one.claim.place.paper, one.id))


ALL = stated()
ABOUT_LANGUAGE = language_claims(ALL)


def test_every_claim_says_what_it_measures_and_where_gd_trains_with_how_many_demonstrations() -> None:
    assert [one.id for one in ALL if not one.claim.measures] == []
    assert [one.id for one in ALL if one.claim.trains and not one.claim.demonstrations] == []
    assert len({one.claim.measures for one in ALL}) == len(ALL)
    assert SHOTS == SHOTS_OF_CLAIMS


def test_claims_about_regression_and_formulas_are_no_claims_about_language() -> None:
    ids = [one.id for one in ABOUT_LANGUAGE]
    assert ids[:9] == ["S1", "S1t", "S2", "S2a", "S2b", "S2n", "S3", "S4", "S5"]
    assert len(ids) == len(set(ids))
    others = {one.id for one in ALL if not one.material and "regression" not in one.arguments}
    assert {"X1", "M0", "U4"} <= others
    assert others.isdisjoint(ids)


MODEL = "ginc-llama-794k"
IF_NO_ICL = "; inconclusive where the model shows no ICL"


def said(**more: object) -> dict[str, str]:
    given: dict[str, object] = {"models": [MODEL], "model": MODEL, "pool": 600}
    found = runs(ABOUT_LANGUAGE, Circumstances(**(given | more)))  # type: ignore[arg-type]
    return {one.name: "runs" if one.value.startswith("runs: ") else one.value for one in found}


def test_a_claim_says_why_it_does_not_run() -> None:
    assert said(models=[])["S4"] == said(models=[])["S5"] == "runs"
    assert said(models=["a", "b", "c"])["S4"] == "not run: 3 of the 4 sizes that a trend needs"
    assert said(models=["a", "b", "c", "d"])["S4"] == "runs"
    assert said(left_out={"S2a": "no W_V"})["S2a"] == f"not run: no W_V{IF_NO_ICL}"
    assert said(left_out={"U1": "one layer"})["U1"] == "not run: one layer"  # no claim about ICL
    assert said(errors={"S2": "too large"})["S2"] == f"error: too large{IF_NO_ICL}"
    assert said(errors={"S2": "too large"})["S1"] == "runs"
    assert said(errors={"D1": "too large"})["D1"] == "error: too large"
    assert said(pool=100)["S2n"].startswith("not run beyond 100 demonstrations")
    assert set(said(missing="no data", models=[], digits=True).values()) == {"not run: no data"}
    assert said()["X2"] == said()["D4"] == said(models=[])["D7"] == said(models=[])["X4"] == "runs"
    assert said(ginc=False)["X2"] == f"not run: it needs a GINC task, whose exact posterior is known{IF_NO_ICL}"
    assert said(ginc=False)["D4"] == "runs"
    assert said(labels=False)["R1"].startswith("not run: it needs a task of a few labels")
    assert said()["R1"] == said(labels=False)["S2b"] == "runs"
    assert said()["D7"].startswith("not run: it compares built-in models")
    assert said()["O6"] == said(ginc=False)["O6"] == "not run: it needs the task linear-digits"
    assert said(ginc=False, digits=True)["O6"] == "runs"
    for id in ("O5", "X6"):  # other prompts than those of the task
        assert said(ginc=False)[id] == "not run: it needs a GINC task, whose exact posterior is known"
    assert said(ginc=False, models=["a", "b", "c", "d"])["X4"].startswith("not run: it needs a GINC task")


def test_whether_there_is_icl_comes_before_all_else() -> None:
    """Of a control it is known that there is none; where it cannot be measured, nothing can."""
    control = said(model="untrained-llama-57k", ginc=False, left_out={"S2a": "no W_V"}, errors={"S1": "too large"})
    assert {control[id].partition(":")[0] for id in ("S1", "S2a", "S3", "X2", "R3")} == {"inconclusive"}
    assert (control["D1"], control["O5"][:7], control["S4"][:7]) == ("runs", "not run", "not run")
    for model in (MODEL, "untrained-llama-57k"):
        blind = said(model=model, errors=dict.fromkeys((ICL, "S1", "S3", "D1"), "too large"))
        assert {blind[id] for id in ("S1", "S2", "S3", "D1")} == {"error: too large"}


@pytest.mark.parametrize(
    ("model", "value"),
    [
        ("ginc-llama-208k", "runs"),
        ("EleutherAI/pythia-70m@step*", "runs"),
        ("EleutherAI/pythia-70m", "not run: no checkpoints of EleutherAI/pythia-70m were named"),
        ("untrained-llama-794k", "not run: untrained-llama-794k has no kept checkpoints"),
    ],
)
def test_checkpoints(model: str, value: str) -> None:
    assert said(models=[model], model=model)["S5"] == value


def test_checkpoints_in_a_folder(tmp_path: Path) -> None:
    assert said(model=str(tmp_path))["S5"].startswith("not run: no checkpoints")
    (tmp_path / "step100").mkdir()
    (tmp_path / "step100" / "config.json").write_text("{}")
    assert said(model=str(tmp_path))["S5"] == "runs"


def test_lengths_of_prompts_by_hand() -> None:
    found = lengths(get_task("ginc-k5"), reader_of("ginc-llama-794k"))
    # GINC with k = 5: demonstrations of 5 symbols and a separator, a query of 4 symbols
    assert (found.prompt, found.example, found.assumed) == (SHOTS * 6 + 4, 4, False)
    assert found.pool is not None
    assert found.pool >= 512


def test_a_model_that_is_not_here_is_asked_for_only_where_the_hub_answers() -> None:
    with pytest.raises(NotCachedError):
        describe("someone/a-model", may_ask=False)
    with pytest.raises(IclgdError):
        describe("someone/a-model", may_ask=True)
    here = describe("ginc-llama-57k", may_ask=False)
    assert (here.here, here.masked, here.download) == (True, False, 0)


@given(st.sampled_from(["quick", "full"]), st.integers(2, 200), st.integers(1, 8))
def test_tokens_grow_with_lengths(tier: str, example: int, factor: int) -> None:
    short, long = (tokens_of(TIERS[tier], Lengths(9 * n, n, None)) for n in (example, example * factor))
    assert long.trained == factor * short.trained > 0
    assert long.forward >= short.forward > 0
    assert short.operations(10, False) == 10 * (2 * short.forward + 6 * short.trained)
    assert short.operations(10, True) == 10 * (2 * short.forward + 8 * short.trained)


def test_the_full_tier_takes_longer() -> None:
    quick, full = (tokens_of(TIERS[tier], ASSUMED) for tier in ("quick", "full"))
    assert full.trained > 10 * quick.trained
    assert full.forward > 2 * quick.forward


def test_throughput_is_that_of_real_products() -> None:
    rate = throughput(64, torch.float32, "cpu", 0.01)
    assert 1e6 < rate < 1e14


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (172_800, "2.0 days")]
)
def test_times_are_shown(seconds: float, text: str) -> None:
    assert shown_time(seconds) == text


def test_memory_of_gd_by_what_it_predicts(tmp_path: Path) -> None:
    described, tier = describe("ginc-llama-794k", may_ask=False), TIERS["quick"]
    device, calibration = Device("cpu", 1, 2**34), MeasuredPeaks(tmp_path)
    needs = needs_of(described, Lengths(52, 4, 600), tier, device, "", calibration, ABOUT_LANGUAGE)
    by_name = {need.what: need for need in needs.needs}
    whole, causal = (
        by_name["SGD on keys and values, whole demonstrations"],
        by_name["layer-causal SGD on keys and values"],
    )
    layers, vocabulary = described.config.num_hidden_layers, described.config.vocab_size
    assert whole.estimate.logits == 5 * vocabulary * 16  # one demonstration a step, of 4 tokens and its label
    assert causal.estimate.logits == layers * whole.estimate.logits
    assert by_name["GD on the whole model"].estimate.logits == SHOTS * vocabulary * 16
    by_kind = {need.what: set(need.claims) for need in needs.needs}
    built_in = {one.id for one in ABOUT_LANGUAGE if one.material == "built-in"}
    assert by_kind["in-context learning"] == {ICL, *(one.id for one in ABOUT_LANGUAGE)} - built_in
    assert built_in == {"D7", "O3", "O3g"}
    assert by_kind["GD on W_V of one layer"] == {"S2a"}
    assert by_kind["Adam on the whole model"] == {"S1", "S2", "O4"}
    assert by_kind["GD on a copy in float64"] == {"S1t", "U1"}
    assert by_kind["layer-causal SGD on keys and values"] == {"U2", "U2r", "U5", "U5n", "U6"}
    trained = set().union(*(ids for what, ids in by_kind.items() if what != "in-context learning"))
    assert trained == {one.id for one in ABOUT_LANGUAGE if one.claim.trains}
