"""Holding JSON documents to the published schemas."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

CLAIMS = "claims.schema.json"
COMPARE = "compare.schema.json"
LONGEST = 300
ANY_JSON = "#/$defs/json"
"""Reference to the definition of any JSON value with finite numbers, which most of a report's values are held to."""

PLAIN = {"description", "type", "minimum", "maximum"}
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "null": (type(None),), "boolean": (bool,), "integer": (int,), "number": (int, float)
}  # fmt: skip


@cache
def schema(name: str) -> dict[str, Any]:
    """Return one of the published schemas."""
    content: dict[str, Any] = json.loads((files(__package__) / "schema" / name).read_text(encoding="utf-8"))
    return content


def is_json(value: object) -> bool:
    """Return whether a value is one of JSON, and every number in it finite, as the schemas' definition `json` has it.

    >>> is_json({"a": [1, None, 0.5]}), is_json([float("nan")]), is_json({"a": (1, 2)}), is_json(10**400)
    (True, False, False, False)
    """
    if isinstance(value, dict):
        return all(isinstance(name, str) and is_json(one) for name, one in value.items())
    if isinstance(value, list):
        return all(map(is_json, value))
    try:
        return value is None or isinstance(value, str) or (isinstance(value, int | float) and isfinite(value))
    except OverflowError:
        return False


def _ref(validator: Any, ref: str, instance: object, subschema: object) -> Iterator[ValidationError]:
    """Follow a reference; a value of JSON alone is told without descending into the schema for each of its entries."""
    if ref != ANY_JSON or not is_json(instance):
        yield from Draft202012Validator.VALIDATORS["$ref"](validator, ref, instance, subschema)


def _properties(validator: Any, properties: Any, instance: Any, subschema: object) -> Iterator[ValidationError]:
    """Hold an object's entries to their schemas; what plainly fits a type and bounds is told without a descent."""
    if isinstance(instance, dict):
        left = {name: one for name, one in properties.items() if name in instance and not _fits(instance[name], one)}
        yield from Draft202012Validator.VALIDATORS["properties"](validator, left, instance, subschema)


def _fits(value: Any, wanted: Any) -> bool:
    """Return whether a value fits a schema that asks for a type and bounds and nothing else; False where in doubt."""
    if not isinstance(wanted, dict) or not wanted.keys() <= PLAIN or "type" not in wanted:
        return False
    types = wanted["type"] if isinstance(wanted["type"], list) else [wanted["type"]]
    if not any(type(value) in TYPES.get(name, ()) for name in types):
        return False
    return type(value) not in TYPES["number"] or bool(
        wanted.get("minimum", value) <= value <= wanted.get("maximum", value)
    )


# jsonschema builds a validator for each value that it descends into, which takes most of the time of reading a report
_Validator = extend(Draft202012Validator, {"$ref": _ref, "properties": _properties})  # type: ignore[no-untyped-call]


@cache
def _validator(name: str) -> Any:
    resources = [(schema(known)["$id"], DRAFT202012.create_resource(schema(known))) for known in (CLAIMS, COMPARE)]
    registry: Registry[Any] = Registry().with_resources(resources)
    return _Validator(schema(name), registry=registry)


def problem(content: object, name: str) -> str:
    """Return what is wrong with a document, with the place, for example `$.claims[0].n: -1 is less than ...`.

    Empty if nothing is. The nearest of several problems is named.
    """
    error = best_match(_validator(name).iter_errors(content))
    if error is None:
        return ""
    message = error.message if len(error.message) <= LONGEST else f"{error.message[:LONGEST]}..."
    return f"{error.json_path}: {message}"
