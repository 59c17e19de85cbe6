"""The answer in one sentence, from the verdicts and from nothing else."""

from collections import Counter
from collections.abc import Sequence

from iclgd_core.account import subject
from iclgd_core.evidence import Evidence, Verdict
from iclgd_core.expectations import CONTROL
from reports.collector import ENDED
from reports.document import Report
from reports.families import selection

QUESTION = "When a pretrained Transformer learns from demonstrations in its prompt, is that gradient descent?"

SAYS_NO = ("arXiv 2310.08540",)
"""Papers all of whose claims, in one way or another, are that it is not gradient descent."""

MOST_NAMED = 3
MOST_MODELS = 5
MEASURED = (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE)


def is_control(item: Evidence) -> bool:
    """Whether this was measured on untrained weights."""
    return item.model.startswith(CONTROL)


def answer(report: Report) -> str:
    """Return one sentence that says no more than the verdicts do.

    An incomplete run is said first, then that families of sub-claims are there only in part. The opening is "No" only
    if every sub-claim of a paper that says no is supported, "Mostly no" if more than half are, "Not shown" if more than
    half are refuted; else it is open. Controls are counted apart, as are claims of other papers; verdicts that the
    correction over the whole run would change, and others than the registered ones, are counted at the end.
    """
    trained = [item for item in report.evidence if not is_control(item)]
    against = [item for item in trained if _says_no(item)]
    others = [item for item in trained if not _says_no(item)]
    counted = [_group("of", against, True), _group("besides, of" if _measured(against) else "of", others, False)]
    after = [*counted, _over_the_run(trained), _controls(report.evidence), _unexpected(report.evidence)]
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


def _says_no(item: Evidence) -> bool:
    return any(paper in item.paper for paper in SAYS_NO)


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


def _counts(measured: Sequence[Evidence], all_three: bool) -> str:
    counts = Counter(item.verdict for item in measured)
    refuted = _named([item for item in measured if item.verdict is Verdict.REFUTED])
    parts = {verdict: f"{counts[verdict]} {verdict.value}" for verdict in MEASURED if counts[verdict] or all_three}
    if refuted:
        parts[Verdict.REFUTED] += f" ({refuted})"
    return ", ".join(parts.values())


def _controls(evidence: Sequence[Evidence]) -> str:
    controls = [item for item in evidence if is_control(item)]
    held = [item for item in controls if item.verdict is Verdict.SUPPORTED]
    if not controls:
        return ""
    found = f"{len(held)} supported, which must not be ({_named(held)})" if held else "none supported, as it must be"
    return f"on untrained controls, of {_many(controls, 'sub-claim')} {found}"


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
