"""Holding JSON documents to the published schemas."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

CLAIMS = "claims.schema.json"
COMPARE = "compare.schema.json"
LONGEST = 300


@cache
def schema(name: str) -> dict[str, Any]:
    """Return one of the published schemas."""
    content: dict[str, Any] = json.loads((files("reports.schema") / name).read_text(encoding="utf-8"))
    return content


@cache
def _validator(name: str) -> Draft202012Validator:
    resources = [(schema(known)["$id"], DRAFT202012.create_resource(schema(known))) for known in (CLAIMS, COMPARE)]
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft202012Validator(schema(name), registry=registry)


def problem(content: object, name: str) -> str:
    """Return what is wrong with a document, with the place, for example `$.claims[0].n: -1 is less than ...`.

    Empty if nothing is. The nearest of several problems is named.
    """
    error = best_match(_validator(name).iter_errors(content))
    if error is None:
        return ""
    message = error.message if len(error.message) <= LONGEST else f"{error.message[:LONGEST]}..."
    return f"{error.json_path}: {message}"
