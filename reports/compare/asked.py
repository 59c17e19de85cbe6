"""Whether the run of a report was asked for what the report lacks, by the selection in its header."""

from collections.abc import Callable, Mapping, Sequence

from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence


def left_out(run: Mapping[str, Json], own: Sequence[Evidence]) -> Callable[[Evidence], bool]:
    """Return what tells, of a sub-claim that a run lacks, whether the run was not asked for it.

    With a filter it was not, as far as anybody can say. Paths that would leave out what the run has itself are not
    understood: then it was asked for everything. A header of before there were selections has the number of tests that
    a filter left out.

    Args:
        run: header of the run.
        own: what the run has.
    """
    selection = run.get("selection")
    if not isinstance(selection, dict):
        filtered, paths = bool(run.get("deselected")), [""]
    else:
        found = selection.get("paths")
        filtered, paths = bool(selection.get("filters")), [*map(str, found)] if isinstance(found, list) else [""]

    def lies_beside(item: Evidence) -> bool:
        return not any(item.node_id == path or item.node_id.startswith(_beginnings(path)) for path in paths)

    if filtered:
        return lambda item: True
    return (lambda item: False) if any(map(lies_beside, own)) else lies_beside


def _beginnings(path: str) -> tuple[str, ...]:
    """Return how node ids of a path begin: in a folder, of a file or class, of the cases of a function."""
    return (f"{path}/", f"{path}::", f"{path}[") if path else ("",)
