"""The registered verdicts: each is of a claim that exists, and none lets a claim about ICL hold where there is none."""

from importlib import import_module
from pathlib import Path

import pytest

from fixtures.claim_ids import claim_ids
from iclgd_core.evidence.claim import Claim, claim_of
from iclgd_core.evidence.expectations import Expectations, RegisteredVerdict
from iclgd_core.evidence.model_kinds import is_control, is_known_gd
from iclgd_core.evidence.verdict import Verdict

ROOT = Path(__file__).resolve().parents[1]
REGISTERED = Expectations.read(ROOT / "claims" / "expected")
ENTRIES = tuple(REGISTERED.entries.values())


def all_claims() -> list[Claim]:
    """Return the claims of the suite; one id may stand for two tests, on language models and in regression."""
    paths = sorted((ROOT / "claims").glob("*/test_*.py"))
    modules = [import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)) for path in paths]
    found = [claim_of(value) for module in modules for value in vars(module).values()]
    return [claim for claim in found if claim is not None]


NEEDS_ICL = {claim.id: claim.needs_icl for claim in all_claims()}


def test_the_ids_read_from_the_syntax_are_those_of_the_claims_each_in_one_file() -> None:
    """So that what is registered for a claim can be checked without importing it, and its parameters with its file."""
    files = claim_ids([ROOT / "claims"])
    assert files is not None
    assert files.keys() == NEEDS_ICL.keys()
    assert [id for id, paths in files.items() if len(paths) != 1] == []


def test_every_entry_is_of_a_claim_that_exists() -> None:
    assert len(NEEDS_ICL) > 60
    assert {entry.id for entry in ENTRIES} - set(NEEDS_ICL) == set()


def test_no_claim_about_icl_is_registered_as_supported_on_a_control() -> None:
    wrong = [
        entry
        for entry in ENTRIES
        if is_control(entry.model) and entry.verdict is Verdict.SUPPORTED and NEEDS_ICL[entry.id]
    ]
    assert wrong == []


@pytest.mark.parametrize("id", ["S1", "S2"])
def test_where_icl_is_gd_the_claims_that_it_is_not_are_registered_as_refuted(id: str) -> None:
    def of_gd(entry: RegisteredVerdict) -> bool:
        return entry.id == id and ("learner", "gd") in entry.params and is_known_gd(entry.model)

    refuted = {entry.model for entry in ENTRIES if of_gd(entry) and entry.verdict is Verdict.REFUTED}
    constructed = {"constructed-lsa-1", "constructed-lsa-4", "constructed-gd++-4"}
    assert refuted >= constructed | {"icl-objective-lsa-1", "icl-objective-lsa-1-half"}
