"""From two reports to their comparison."""

import math
from collections.abc import Callable, Mapping, Sequence

from iclgd_core.evidence.model_kinds import is_control
from iclgd_core.evidence.natural_order import by_claim
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

from ..collect.header import resolved
from ..document.report import Report
from .asked import left_out
from .comparison import Change, Comparison, Difference, HeaderDifference, Side
from .interval import interval_of_difference

HEADERS = ("tier", "seed", "device", "dtype", "commit", "dirty", "complete", "platform", "versions")

Pair = tuple[Evidence | None, Evidence | None]


def compare(before: Report, after: Report, before_name: str, after_name: str) -> Comparison:
    """Return the comparison of report A (`before`) with report B (`after`).

    A sub-claim is the same in both if claim, model, task and parameters are. One that the run of B never reached has
    only the name of its test: it is found by that. Sub-claims whose weights or whose rule differ are not compared; the
    weights of untrained controls differ with the seed and are. A trained model of A that B is without makes the reports
    those of other models: what is missing of it says nothing about B. A selection of A's claims on the same models is
    compared with what A has of them; without any of them, nothing is.
    """
    pairs = _pairs(before.evidence, after.evidence)
    other_seed = before.run.get("seed") != after.run.get("seed")
    same_models = resolved(before.run, "models") == resolved(after.run, "models")
    unasked = left_out(after.run, after.evidence) if same_models else lambda item: False
    claims = tuple(_difference(pair, other_seed, unasked) for pair in pairs)
    problems = _other_models([pair for pair in pairs if pair[0] is None or pair[1] is not None or not unasked(pair[0])])
    if not any(a is not None and b is not None for a, b in pairs):
        problems += ("no sub-claim stands in both reports: other claims, models or tasks",)
    return Comparison(before_name, after_name, problems, _headers(before.run, after.run), claims)


def _other_models(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Return why the models under test are others: trained models of A of which B has no sub-claim; empty if none."""
    tested = {before.model for before, _ in pairs if before is not None and _is_one_trained(before)}
    kept = {side.model for pair in pairs if pair[1] is not None for side in pair if side is not None}
    gone = sorted(tested - kept)
    return (f"other models: {', '.join(gone)} in A alone",) if gone else ()


def _is_one_trained(item: Evidence) -> bool:
    """Return whether `model` names one trained model; a set of models has the hashes of its members, not its own."""
    hashes = item.details.get("model_sha256")
    is_set = isinstance(hashes, dict) and len(hashes) > 1 and item.model not in hashes
    return bool(item.model) and not is_control(item.model) and not is_set


def _pairs(before: Sequence[Evidence], after: Sequence[Evidence]) -> list[Pair]:
    left = {item.key: item for item in after}
    by_node = {item.node_id or item.id: item for item in after if item.model == ""}
    pairs: list[Pair] = []
    for item in sorted(before, key=lambda item: item.key):
        found = left.pop(item.key, None)
        if found is None and item.node_id in by_node:
            found = left.pop(by_node[item.node_id].key, None)
        pairs.append((item, found))
    pairs += [(None, left[key]) for key in sorted(left)]
    return sorted(pairs, key=lambda pair: by_claim(_named(*pair)))


def _named(before: Evidence | None, after: Evidence | None) -> Evidence:
    """Return the evidence that names the sub-claim: that of A where it has one."""
    found = before or after
    assert found is not None  # noqa: S101  (a pair has at least one side)
    return found


def _difference(pair: Pair, other_seed: bool, unasked: Callable[[Evidence], bool]) -> Difference:
    before, after = pair
    named = _named(before, after)
    sides = (_side(before), _side(after))
    obstacle = "" if before is None or after is None else _obstacle(before, after, other_seed)
    control = is_control(named.model)
    change, reason = (Change.NOT_COMPARABLE, obstacle) if obstacle else _change(*sides, control)
    if before is not None and after is None and unasked(before):
        change, reason = Change.NOT_RUN, ""
    difference, interval = (None, None) if obstacle else _moved(before, after)
    return Difference(
        id=named.id,
        params=dict(named.params),
        model=named.model,
        task=named.task,
        change=change,
        reason=reason,
        before=sides[0],
        after=sides[1],
        difference=difference,
        interval=interval,
        moved=None if interval is None else not interval[0] <= 0.0 <= interval[1],
    )


def _side(item: Evidence | None) -> Side | None:
    if item is None:
        return None
    outcome = item.outcome
    found = (None, None) if outcome is None else (outcome.estimate, outcome.interval)
    return Side(item.verdict or Verdict.ERROR, item.expected, *found)


def _obstacle(before: Evidence, after: Evidence, other_seed: bool) -> str:
    """Return why two pieces of evidence cannot be compared; empty if they can.

    The weights of an untrained control are drawn with the run's seed: under another seed they are others, as they must
    be, and the control is the same.
    """
    hashes = [item.details.get("model_sha256") for item in (before, after)]
    drawn = other_seed and is_control(before.model)
    if not drawn and all(hashes) and hashes[0] != hashes[1]:
        return "other model: the weights have another hash"
    both = before.outcome is not None and after.outcome is not None
    if not drawn and both and any(hashes) and not all(hashes):
        return f"unknown model: {'B' if hashes[0] else 'A'} has no hash of the weights"
    if both and before.rule_sha256 != after.rule_sha256:
        names = [
            name
            for name in sorted({*before.protocol, *after.protocol})
            if before.protocol.get(name) != after.protocol.get(name)
        ]
        return f"other rule: {', '.join(names)} differ in what was fixed beforehand"
    return ""


def _change(before: Side | None, after: Side | None, control: bool) -> tuple[Change, str]:
    """Return what became of a sub-claim, as `Change` defines it, and why it is worse."""
    if before is None:
        return Change.ONLY_AFTER, ""
    held = before.met or before.verdict is Verdict.SUPPORTED
    if after is None:
        lost = held and before.verdict is not Verdict.NOT_RUN
        return (Change.WORSE, "missing in B") if lost else (Change.ONLY_BEFORE, "")
    if before.met and not after.met and (control or after.verdict is not Verdict.SUPPORTED):
        return Change.WORSE, f"was as expected, and is {after.verdict.value}, expected {after.expected.value}"
    if held and after.verdict not in (before.verdict, Verdict.SUPPORTED):
        return Change.WORSE, f"was {before.verdict.value}, and is {after.verdict.value}"
    if (after.met and not before.met) or (
        after.verdict is Verdict.SUPPORTED and before.verdict is not Verdict.SUPPORTED
    ):
        return Change.IMPROVED, ""
    return (Change.SAME if after.verdict is before.verdict else Change.CHANGED), ""


def _moved(before: Evidence | None, after: Evidence | None) -> tuple[float | None, tuple[float, float] | None]:
    """Return the difference of the estimates and, where both were sampled, its interval."""
    one, two = (None if item is None else item.outcome for item in (before, after))
    if one is None or two is None or one.estimate is None or two.estimate is None:
        return None, None
    difference = two.estimate - one.estimate
    if not math.isfinite(difference):
        return None, None
    if one.interval is None or two.interval is None or one.holds is not None or two.holds is not None:
        return difference, None
    return difference, interval_of_difference(one.estimate, one.interval, two.estimate, two.interval)


def _headers(before: Mapping[str, Json], after: Mapping[str, Json]) -> tuple[HeaderDifference, ...]:
    found = []
    for name in HEADERS:
        one, two = before.get(name), after.get(name)
        if isinstance(one, dict) and isinstance(two, dict):
            pairs = [(f"{name}.{key}", one.get(key), two.get(key)) for key in sorted({*one, *two})]
        else:
            pairs = [(name, one, two)]
        found += [HeaderDifference(key, _text(a), _text(b)) for key, a, b in pairs if a != b]
    return tuple(found)


def _text(value: Json) -> str | None:
    return None if value is None else str(value)
