"""Evidence: its identity, and a wire form that is exact for plain values and refuses every other."""

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from iclgd_core.errors import WireError
from iclgd_core.evidence.claim import Source, claim, claim_of
from iclgd_core.evidence.record import Evidence
from tests.reports.strategies import evidence, found, recorded


@given(evidence())
def test_the_wire_form_comes_back_unchanged(item: Evidence) -> None:
    back = Evidence.from_wire(item.to_wire())
    assert back == item
    assert back.to_wire() == item.to_wire()
    assert back.key == item.key


@dataclass(frozen=True)
class Odd:
    """Not plain."""

    value: int = 1


class OddFloat(float):
    """A float, but not exactly."""


NOT_PLAIN = {
    "numpy.float64": np.float64(0.5),
    "numpy.float32": np.float32(0.5),
    "numpy.int64": np.int64(1),
    "numpy.bool": np.bool_(True),
    "array": np.zeros(2),
    "float subclass": OddFloat(0.5),
    "nan": float("nan"),
    "infinity": float("inf"),
    "set": {1},
    "bytes": b"x",
    "complex": 1j,
    "class": Odd,
    "nested": {"a": [1, {"b": np.float64(1)}]},
    "key": {1: 2},
}


@pytest.mark.parametrize("value", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_what_is_not_plain_is_refused_by_name(value: Any) -> None:
    with pytest.raises(WireError, match=r"evidence field S1\.details\.effect"):
        replace(recorded(), details={"effect": value}).to_wire()


def test_a_numpy_number_in_the_outcome_is_refused() -> None:
    outcome = replace(found(), p_supported=np.float64(0.5))
    with pytest.raises(WireError, match=r"S1\.outcome\.p_supported is a numpy\.float64"):
        replace(recorded(), outcome=outcome).to_wire()


@pytest.mark.parametrize("value", [0, -1, 2**70, 0.0, -0.0, 1e308, "", "\u202e[red]", None, True, [], {}], ids=repr)
def test_what_is_plain_travels(value: Any) -> None:
    back = Evidence.from_wire(replace(recorded(), details={"effect": value}).to_wire())
    assert repr(back.details["effect"]) == repr(value)


def wire(**changes: object) -> str:
    record: dict[str, object] = json.loads(recorded(outcome=found()).to_wire())
    return json.dumps(record | changes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a JSON object"),
        ("3", "not a JSON object"),
        (wire(schema="iclgd-evidence/0"), "has schema 'iclgd-evidence/0'"),
        (wire(extra=1), r"wrong fields: \['extra'\]"),
        (wire(verdict="proved"), "cannot be read"),
        (wire(outcome={"rule": "x"}), "cannot be read"),
    ],
    ids=["broken", "number", "schema", "fields", "verdict", "outcome"],
)
def test_what_is_no_evidence_is_refused(text: str, message: str) -> None:
    with pytest.raises(WireError, match=message):
        Evidence.from_wire(text)


def test_identity_is_claim_model_task_and_parameters() -> None:
    item = replace(recorded(), params={"b": "2", "a": "1"})
    assert item.key == ("S1", "ginc-llama-794k", "ginc-k5", (("a", "1"), ("b", "2")))
    assert replace(item, seconds=3.0, reason="x").key == item.key


def test_a_claim_is_found_on_its_function_only() -> None:
    place = Source("Shen", "2310.08540").at("section 4")

    @claim("S1", place, "a gap", "none")
    def marked() -> None: ...

    found_claim = claim_of(marked)
    assert found_claim is not None
    assert (found_claim.id, found_claim.place.paper) == ("S1", "Shen, arXiv 2310.08540")
    assert claim_of(lambda: None) is None
    assert claim_of(None) is None
