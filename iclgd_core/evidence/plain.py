"""Plain JSON: its type, and the check of what is to travel."""

from iclgd_core.errors import WireError
from iclgd_core.evidence.verdict import Verdict

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def check_plain(value: object, where: str) -> None:
    """Raise WireError unless `value` is made of builtin JSON types and finite numbers."""
    if isinstance(value, dict):
        for key, item in value.items():
            if type(key) is not str:
                raise WireError(f"evidence field {where}: key {key!r} is a {type(key).__name__}, not a str.")
            check_plain(item, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            check_plain(item, f"{where}[{i}]")
    elif type(value) is float:
        if value - value != 0.0:
            raise WireError(f"evidence field {where} is {value!r}; record why it is undefined instead.")
    elif not (value is None or type(value) in (bool, int, str, Verdict)):
        raise WireError(
            f"evidence field {where} is a {type(value).__module__}.{type(value).__qualname__} ({value!r:.80}); "
            "only str, int, float, bool, None, list and dict travel. Convert it with float() or .tolist()."
        )
