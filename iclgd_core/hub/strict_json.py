"""Reading JSON that others wrote: bounded in size and depth, without duplicate keys, in UTF-8."""

import json
from pathlib import Path

from iclgd_core.errors import ModelError
from iclgd_core.evidence.plain import Json

MAX_DEPTH = 64
MIB = 2**20


def read_object(path: Path, most_bytes: int = 4 * MIB) -> dict[str, Json]:
    """Return the object in a JSON file.

    Raises:
        ModelError: not a plain file, too large, not UTF-8, not JSON, nested too deeply, a key twice, not an object.
    """
    try:
        if not path.is_file():
            raise _unreadable(path, "it is not a plain file")
        size = path.stat().st_size
        if size > most_bytes:
            raise _unreadable(path, f"it has {size:,} bytes, and at most {most_bytes:,} are read")
        text = path.read_bytes().decode("utf-8-sig")
        value: Json = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
        depth = _depth(value)
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise _unreadable(path, f"it is not JSON: {error.msg} at line {error.lineno}") from error
    except RecursionError as error:
        raise _unreadable(path, f"it is nested deeper than {MAX_DEPTH} levels") from error
    except (ValueError, OSError) as error:
        raise _unreadable(path, str(error)) from error
    if depth > MAX_DEPTH:
        raise _unreadable(path, f"it is nested deeper than {MAX_DEPTH} levels")
    if not isinstance(value, dict):
        raise _unreadable(path, "it holds no JSON object")
    return value


def _unreadable(path: Path, reason: str) -> ModelError:
    return ModelError(f"the model in {path.parent} cannot be read: {path.name}: {reason}. Save the model again.")


def _without_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:80]!r} is there twice")
        found[key] = value
    return found


def _no_constant(name: str) -> Json:
    # transformers itself writes -Infinity for a bound that is open; NaN is nobody's setting
    if name == "NaN":
        raise ValueError("it holds NaN, which is not JSON")
    return float(name.replace("Infinity", "inf"))


def _depth(value: Json) -> int:
    """Return how deep the containers of a value are nested, without recursion."""
    deepest, level = 0, [value]
    while level:
        inner = [
            child for one in level if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]  # fmt: skip
        deepest += any(isinstance(one, dict | list) for one in level)
        level = inner
    return deepest
