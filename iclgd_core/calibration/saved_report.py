"""Designs of the claims in a saved report: rule, margin, minimum effect, number of units, family, measured spread."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from iclgd_core.calibration.sized_design import SizedDesign
from iclgd_core.errors import SettingsError, StorageError
from iclgd_core.evidence.design import KINDS

SCHEMA = "iclgd-claims/3"
READABLE = (SCHEMA, "iclgd-claims/2")
FILE = "claims.json"
LONGEST_NAME = 40
LARGEST = 20_000
"""Numbers in one simulated family, so that a thousand fit into memory."""


def designs_of_report(directory: Path) -> list[SizedDesign]:
    """Return the designs of a report's sampled sub-claims; those that differ in their spread alone count once.

    The spread is the largest standard deviation over units that the report has for the design. Rules without sampling
    and sub-claims without an outcome have no design.

    Args:
        directory: of the report, or the file `claims.json` itself.

    Raises:
        StorageError: no such file, or one that cannot be read.
        SettingsError: not a report of this schema, a field of another type, or nothing that was sampled.
    """
    path = directory / FILE if directory.is_dir() else directory
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} cannot be read: {error}. Give the directory of a report with {FILE}.") from error
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path} is not JSON: {error}. Run `pytest claims` to write a report.") from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema not in READABLE:
        raise SettingsError(f"{path} has schema {schema!r}; this version reads {SCHEMA!r}. Run the claims again.")
    rows = document.get("claims")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SettingsError(f"{path}: 'claims' must be a list of objects. Run the claims again.")
    designs: dict[tuple[object, ...], SizedDesign] = {}
    for row in rows:
        design = _design(row, path)
        if design is None:
            continue
        key = tuple(replace(design, spread=None).__dict__.values())
        known = designs.get(key)
        spreads = [one.spread for one in (known, design) if one is not None and one.spread is not None]
        designs[key] = replace(design, spread=max(spreads) if spreads else None)
    if not designs:
        raise SettingsError(f"{path} has no sub-claim in which something was sampled; there is nothing to calibrate.")
    return list(designs.values())


def _design(row: Mapping[str, Any], path: Path) -> SizedDesign | None:
    """Return the design of one sub-claim; None where nothing was sampled, or members have margins of their own."""
    protocol = row.get("protocol")
    if not (isinstance(protocol, dict) and row.get("has_outcome")) or protocol.get("kind") not in KINDS:
        return None
    if protocol.get("margin") is None:
        return None
    claim = "".join(c if c.isprintable() else "?" for c in str(row.get("id", "")))[:LONGEST_NAME]

    def number(source: Mapping[str, Any], name: str) -> float:
        value = source.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise SettingsError(f"{path}: {name} of claim {claim!r} is {value!r:.40}; it must be a finite number.")
        return float(value)

    def optional(source: Mapping[str, Any], name: str) -> float | None:
        return None if source.get(name) is None else number(source, name)

    design = SizedDesign(
        name=claim,
        claim=claim,
        kind=str(protocol["kind"]),
        margin=number(protocol, "margin"),
        minimum_effect=optional(protocol, "minimum_effect"),
        episodes=int(number(protocol, "units")),
        family=int(number(protocol, "family_size")),
        spread=optional(row, "sd"),
        members=int(number(protocol, "members")),
    )
    size = design.episodes * design.family * design.members
    if size > LARGEST:
        raise SettingsError(
            f"{path}: claim {claim!r} has {design.episodes} units in a family of {design.family} with "
            f"{design.members} members, {size} numbers a study; at most {LARGEST} can be simulated."
        )
    return design
