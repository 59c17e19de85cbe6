"""The published schemas: sound themselves, met by what is written, and strict about every field."""

import copy
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.compare import Change, compare, comparison_document
from reports.document.report import EVIDENCE_FIELDS, LATER_FIELDS, OUTCOME_FIELDS, document, report_of
from reports.document.validation import CLAIMS, COMPARE, problem, schema
from tests.reports.finished import HEADER, finished, finished_sample
from tests.reports.hostile import HOSTILE
from tests.reports.strategies import JSON, evidence


def claims() -> dict[str, Any]:
    """A small document, with a baseline in it."""
    plain = replace(finished_sample(), evidence=finished_sample().evidence[:2])
    held = compare(plain, plain, "a", "b")
    baseline: Json = {"path": "a", "sha256": "0" * 64, "comparison": comparison_document(held)}
    held_to = replace(plain, run={**plain.run, "baseline": baseline})
    return json.loads(json.dumps(document(held_to)))  # type: ignore[no-any-return]


def comparisons() -> dict[str, Any]:
    one = replace(finished_sample(), evidence=finished_sample().evidence[:3])
    other = finished(report_of(one.evidence[1:], one.run, 3), seed=1)
    return json.loads(json.dumps(comparison_document(compare(one, other, "a", "b"))))  # type: ignore[no-any-return]


DOCUMENTS = {CLAIMS: claims, COMPARE: comparisons}
FREE = {"details", "protocol", "given", "resolved", "params", "versions", "model_sha256"}
"""Objects whose names are not the schema's."""

BUILT = {name: build() for name, build in DOCUMENTS.items()}
RESOURCES = [(schema(name)["$id"], DRAFT202012.create_resource(schema(name))) for name in (CLAIMS, COMPARE)]
REGISTRY: Registry[Any] = Registry().with_resources(RESOURCES)
PLAIN = {name: Draft202012Validator(schema(name), registry=REGISTRY) for name in (CLAIMS, COMPARE)}


def parts(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every field whose name is the schema's; of a list, those of its first items."""
    if isinstance(node, dict) and not (path and path[-1] in FREE):
        for name, value in node.items():
            yield (*path, name)
            yield from parts(value, (*path, name))
    elif isinstance(node, list):
        for i, value in enumerate(node[:2]):
            yield from parts(value, (*path, i))


def at(node: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        node = node[step]
    return node


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schema_is_sound_and_describes_every_field(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))

    def described(node: Any, path: str) -> None:
        if isinstance(node, dict):
            for field, value in node.get("properties", {}).items():
                if field != "has_outcome" and "/if" not in path and "/then" not in path and "/else" not in path:
                    assert value.get("description") or "$ref" in value, f"{path}/{field}"
            for key, value in node.items():
                described(value, f"{path}/{key}")

    described(schema(name), "")


@settings(max_examples=150)
@given(st.data())
def test_the_shortcuts_of_the_validator_say_what_jsonschema_says(data: st.DataObject) -> None:
    """Of a document with one field changed or taken away, the same problem with the same words."""
    name = data.draw(st.sampled_from([CLAIMS, COMPARE]))
    content = copy.deepcopy(BUILT[name])
    path = data.draw(st.sampled_from(list(parts(content))))
    value = data.draw(st.just(...) | JSON | st.sampled_from([math.nan, math.inf, 10**400, -1, [math.nan], (1,), b""]))
    if value is ...:
        del at(content, path[:-1])[path[-1]]
    else:
        at(content, path[:-1])[path[-1]] = value
    error = best_match(PLAIN[name].iter_errors(content))
    said = "" if error is None else f"{error.json_path}: {error.message}"
    assert problem(content, name) == said or said.startswith(problem(content, name).removesuffix("..."))
    assert bool(problem(content, name)) is bool(said)


def test_the_schema_has_exactly_the_fields_that_are_written() -> None:
    fields = set(schema(CLAIMS)["$defs"]["claim"]["properties"])
    assert fields == {*EVIDENCE_FIELDS, *OUTCOME_FIELDS, *LATER_FIELDS, "rule_sha256", "has_outcome"}
    assert set(schema(CLAIMS)["$defs"]["claim"]["required"]) == fields - set(LATER_FIELDS)
    assert schema(CLAIMS)["$defs"]["claim"]["properties"]["verdict"]["enum"] == [verdict.value for verdict in Verdict]
    change = schema(COMPARE)["$defs"]["claim"]["properties"]["change"]["enum"]
    assert change == [change.value for change in Change]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_written_fits(name: str) -> None:
    assert problem(DOCUMENTS[name](), name) == ""


@settings(max_examples=40, deadline=None)
@given(st.lists(evidence(), max_size=4))
def test_any_report_fits(items: list[Evidence]) -> None:
    whole = [replace(i, verdict=Verdict.ERROR) if i.outcome is None and i.verdict is None else i for i in items]
    report = report_of(with_verdicts(whole), HEADER, len(items))
    assert problem(json.loads(json.dumps(document(report))), CLAIMS) == ""
    assert problem(json.loads(json.dumps(comparison_document(compare(report, report, "a", "b")))), COMPARE) == ""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_field_that_is_missing_is_refused(name: str) -> None:
    whole = DOCUMENTS[name]()
    optional = set() if name == COMPARE else {"device", "dtype", "seed", "tier", "options", "baseline"}
    later = set() if name == COMPARE else set(LATER_FIELDS)
    tried = 0
    for path in parts(whole):
        if (path[:-1] == ("run",) and path[-1] in optional) or path in (("adjudication",), ("verdicts",)):
            continue
        if path[-1] in (*later, "not run"):
            continue
        broken = copy.deepcopy(whole)
        del at(broken, path[:-1])[path[-1]]
        assert problem(broken, name), path
        tried += 1
    assert tried > 40


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_field_of_a_wrong_type_is_refused(name: str) -> None:
    whole = DOCUMENTS[name]()
    for path in parts(whole):
        if path[-1] in FREE and isinstance(at(whole, path), dict):
            wrongs: list[Any] = ["text", 3, [], None]
        else:
            wrongs = [{"an": "object"}]
        for wrong in wrongs:
            broken = copy.deepcopy(whole)
            at(broken, path[:-1])[path[-1]] = wrong
            assert problem(broken, name), (path, wrong)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_field_too_many_is_refused_but_in_the_header(name: str) -> None:
    whole = DOCUMENTS[name]()
    places = {path[:-1] for path in parts(whole)}
    for place in places:
        broken = copy.deepcopy(whole)
        at(broken, place)["one more"] = 1
        assert bool(problem(broken, name)) is (place != ("run",)), place


@pytest.mark.parametrize("value", [math.inf, -math.inf])
@pytest.mark.parametrize("field", ["estimate", "threshold", "seconds"])
def test_numbers_are_finite(field: str, value: float) -> None:
    whole = claims()
    whole["claims"][0][field] = value
    assert field in problem(whole, CLAIMS)


@pytest.mark.parametrize(
    ("field", "value"),
    [("verdict", "proved"), ("p_value", 1.5), ("n", -1), ("n", 1.5), ("holds", 1), ("rule_sha256", "abc"),
     ("estimate", True), ("family_size", 0), ("interval", [0.1]), ("seconds", -1.0), ("has_outcome", False)],
)  # fmt: skip
def test_values_out_of_range_are_refused(field: str, value: object) -> None:
    whole = claims()
    whole["claims"][0][field] = value
    assert problem(whole, CLAIMS)


def test_the_problem_is_short_and_names_its_place() -> None:
    whole = claims()
    whole["claims"][1]["reason"] = [text for text in HOSTILE.values()]
    found = problem(whole, CLAIMS)
    assert found.startswith("$.claims[1].reason: ")
    assert len(found) < 400
