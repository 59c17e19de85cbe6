"""The answer in one sentence, from the verdicts and from nothing else."""

from collections import Counter
from collections.abc import Sequence

from iclgd_core.account import subject
from iclgd_core.evidence import Evidence, Verdict
from iclgd_core.model_kinds import is_control as is_control_model
from iclgd_core.model_kinds import is_known_gd
from reports.collector import ENDED
from reports.document import Report
from reports.families import selection
from reports.papers import says_no

QUESTION = "When a pretrained Transformer learns from demonstrations in its prompt, is that gradient descent?"

MOST_NAMED = 3
MOST_MODELS = 5
MEASURED = (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE)


def is_control(item: Evidence) -> bool:
    """Whether this was measured on weights that learnt nothing: untrained, shuffled, or drawn anew in part."""
    return is_control_model(item.model)


def is_known(item: Evidence) -> bool:
    """Whether this is a claim against GD on a model on which ICL is GD, or near it, so that `refuted` must come out."""
    return is_known_gd(item.model) and says_no(item.paper)


def answer(report: Report) -> str:
    """Return one sentence that says no more than the verdicts do.

    An incomplete run is said first, then that families of sub-claims are there only in part. The opening is "No" only
    if every sub-claim of a paper that says no is supported, "Mostly no" if more than half are, "Not shown" if more than
    half are refuted; else it is open. Counted apart are claims of other papers, claims of a paper that says no where
    ICL is known to be GD, and controls without ICL; verdicts that the correction over the whole run would change, and
    others than the registered ones, are counted at the end.
    """
    trained = [item for item in report.evidence if not is_control(item)]
    against = [item for item in trained if says_no(item.paper) and not is_known(item)]
    others = [item for item in trained if not says_no(item.paper)]
    counted = [_group("of", against, True), _group("besides, of" if _measured(against) else "of", others, False)]
    after = [
        *counted,
        _known(report.evidence),
        _over_the_run(trained),
        _controls(report.evidence),
        _unexpected(report.evidence),
    ]
    rest = "; ".join(part for part in after if part)
    before = "; ".join(part for part in (_incomplete(report), selection(report.evidence), _opening(against)) if part)
    text = f"{before}: {rest}." if rest else f"{before}."
    return text[0].upper() + text[1:]


def _over_the_run(items: Sequence[Evidence]) -> str:
    """Say which verdicts the correction over the whole run would change, by claim."""
    changed = [item for item in items if item.verdict_run is not None and item.verdict_run is not item.verdict]
    if not changed:
        return ""
    claims = ", ".join(dict.fromkeys(item.id for item in changed))
    return f"corrected over the whole run, {_many(changed, 'verdict')} would be another one ({claims})"


def _known(evidence: Sequence[Evidence]) -> str:
    """Say what became of claims against GD where ICL is GD: there they must be refuted."""
    measured = _measured([item for item in evidence if is_known(item)])
    if not measured:
        return ""
    must = ", as must be" if all(item.verdict is Verdict.REFUTED for item in measured) else ""
    counts = _counts(measured, False, named=False)
    return f"on controls where ICL is known to be GD, or near it, of {_many(measured, 'such sub-claim')} {counts}{must}"


def _group(lead: str, items: Sequence[Evidence], all_three: bool) -> str:
    measured = _measured(items)
    return f"{lead} {_many(measured, 'sub-claim')} {_of(measured)}, {_counts(measured, all_three)}" if measured else ""


def _incomplete(report: Report) -> str:
    """Say which part of what was collected gave nothing, other than claims that do not apply to a model.

    A test without evidence that had started has an error as its verdict: it is counted as without evidence alone.
    """
    lost = len(report.evidence) - report.with_evidence
    never_started = sum(item.verdict is Verdict.NOT_RUN and item.reason == ENDED for item in report.evidence)
    errors = sum(item.verdict in (Verdict.ERROR, None) for item in report.evidence)
    errors = max(0, errors - max(0, lost - never_started))
    if not lost and not errors:
        return ""
    which = [f"{lost} left no evidence"] * bool(lost) + [f"{errors} ended in an error"] * bool(errors)
    return f"incomplete run: of {_many(report.evidence, 'test')}, {' and '.join(which)}"


def _opening(against: Sequence[Evidence]) -> str:
    counts, n = Counter(item.verdict for item in against), len(_measured(against))
    if not n:
        return "nothing was measured that answers it"
    if counts[Verdict.SUPPORTED] == n == len(against):
        return "no, by all that was measured"
    if 2 * counts[Verdict.SUPPORTED] > n:
        return "mostly no, as far as it was measured"
    if 2 * counts[Verdict.REFUTED] > n:
        return "that it is not is not shown here"
    return "that is open"


def _measured(items: Sequence[Evidence]) -> list[Evidence]:
    return [item for item in items if item.verdict in MEASURED]


def _of(measured: Sequence[Evidence]) -> str:
    """Say of which claims, from where, on which models."""
    ids = list(dict.fromkeys(item.id for item in measured))
    papers = list(dict.fromkeys(item.paper for item in measured if item.paper))
    models = list(dict.fromkeys(item.model for item in measured if item.model))
    claims = f"({_many(ids, 'claim')} of {papers[0]})" if len(papers) == 1 else f"({_many(ids, 'claim')})"
    if not models:
        return claims
    if len(models) > MOST_MODELS:
        return f"{claims} on {len(models)} models or sets of models"
    return f"{claims} on " + " and ".join(filter(None, [", ".join(models[:-1]), models[-1]]))


def _counts(measured: Sequence[Evidence], all_three: bool, named: bool = True) -> str:
    counts = Counter(item.verdict for item in measured)
    refuted = _named([item for item in measured if item.verdict is Verdict.REFUTED]) if named else ""
    parts = {verdict: f"{counts[verdict]} {verdict.value}" for verdict in MEASURED if counts[verdict] or all_three}
    if refuted:
        parts[Verdict.REFUTED] += f" ({refuted})"
    return ", ".join(parts.values())


def _controls(evidence: Sequence[Evidence]) -> str:
    """Say whether anything is supported on a control; what is registered so needs no ICL, as an identity needs none."""
    controls = [item for item in evidence if is_control(item)]
    held = [item for item in controls if item.verdict is Verdict.SUPPORTED]
    wrong = [item for item in held if item.expected is not Verdict.SUPPORTED]
    right = [item for item in held if item.expected is Verdict.SUPPORTED]
    if not controls:
        return ""
    ids = ", ".join(dict.fromkeys(item.id for item in right))
    parts = [f"{len(wrong)} supported, which must not be ({_named(wrong)})"] * bool(wrong)
    parts += [f"{len(right)} supported that need no ICL ({ids})"] * bool(right)
    found = " and ".join(parts) or "none supported, as it must be"
    return f"on controls without ICL, of {_many(controls, 'sub-claim')} {found}"


def _unexpected(evidence: Sequence[Evidence]) -> str:
    odd = [item for item in evidence if item.verdict is not item.expected]
    return f"{_many(odd, 'verdict')} not as registered ({_named(odd)})" if odd else ""


def _named(items: Sequence[Evidence]) -> str:
    """Name the claims of some items, the first few of them."""
    names = list(dict.fromkeys(f"{item.id} on {subject(item)}" if subject(item) else item.id for item in items))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _many(items: Sequence[object], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
