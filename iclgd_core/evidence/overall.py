"""One verdict a claim: from the corrected verdicts of its sub-claims, on each model, then over the models.

On one model and task (a family) the sub-claims' verdicts are those after Holm's correction within the family, so that
a false `supported` and a false `refuted` among them have probability at most alpha each. The claim's verdict is a
monotone function of them (the strong Kleene logic of refuted < inconclusive < supported):

    all            the least over sub-claims
    any            the largest over sub-claims
    any of P       the largest, over the values of parameter P, of the least over the sub-claims with that value
    each           the common verdict; `mixed` where they differ

If the claim is false, a `supported` of it takes a false `supported` of a sub-claim, so its probability is at most alpha
as well; `refuted` likewise. What was not run, or not selected, can be anything: it takes away what depends on it.

Over the models under test a claim has the common verdict of its families, or `mixed`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.combination import How, combination
from iclgd_core.evidence.model_kinds import Kind, is_control, is_known_gd, kind_of
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

LEARNER_PARAMETERS = frozenset({"optimizer", "part", "learner", "form", "objective"})
"""Parameters of sub-claims that say how GD trains: without training they make no difference."""

RANKS = {Verdict.REFUTED: 0, Verdict.INCONCLUSIVE: 1, Verdict.SUPPORTED: 2}


class Overall(StrEnum):
    """Verdict of a whole claim."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    MIXED = "mixed"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    NOT_RUN = "not run"


BY_RANK = (Overall.REFUTED, Overall.INCONCLUSIVE, Overall.SUPPORTED)


@dataclass(frozen=True)
class FamilyVerdict:
    """One claim on one model and task.

    Attributes:
        members: its evidence, with verdicts.
        verdict: of the claim there.
        counts: number of sub-claims with each verdict; those that chose no training count once, whatever the learner.
        untrained: how many sub-claims chose no training.
        weakest: the sub-claim that supports the claim least; None where none has an estimate.
        missing: how many sub-claims of the family were not run or not selected.
        reason: why there is no verdict from numbers, where one reason holds for all; else empty.
    """

    members: tuple[Evidence, ...]
    verdict: Overall
    counts: Mapping[Verdict, int]
    untrained: int
    weakest: Evidence | None
    missing: int
    reason: str

    @property
    def model(self) -> str:
        """On which model; empty for claims about none."""
        return self.members[0].model

    @property
    def task(self) -> str:
        """On which task; empty for claims about weights alone."""
        return self.members[0].task

    @property
    def kind(self) -> Kind:
        """Kind of the model."""
        return kind_of(self.model)

    @property
    def as_expected(self) -> bool:
        """Whether every sub-claim has its registered verdict."""
        return all(item.verdict is item.expected for item in self.members)


@dataclass(frozen=True)
class ClaimVerdict:
    """One claim over all its models.

    Attributes:
        id, brief, statement, paper, where, combines: as the claim's file has them.
        verdict: over the models under test; over those where ICL is known to be GD where there are no others.
        families: those that the verdict is over.
        known: the other models on which ICL is known to be GD, or near it.
        controls: models that learnt nothing.
        weakest: of the families that the verdict is over, as in `FamilyVerdict`.
    """

    id: str
    brief: str
    statement: str
    paper: str
    where: str
    combines: str
    verdict: Overall
    families: tuple[FamilyVerdict, ...]
    known: tuple[FamilyVerdict, ...]
    controls: tuple[FamilyVerdict, ...]
    weakest: Evidence | None

    @property
    def models(self) -> Mapping[Overall, int]:
        """On how many models (with task) each verdict came out, of those that the verdict is over."""
        counts = Counter(family.verdict for family in self.families)
        return {verdict: counts[verdict] for verdict in Overall if counts[verdict]}

    @property
    def as_expected(self) -> bool:
        """Whether every sub-claim on every model has its registered verdict."""
        return all(family.as_expected for family in (*self.families, *self.known, *self.controls))


def claim_verdicts(evidence: Sequence[Evidence]) -> list[ClaimVerdict]:
    """Return the verdict of each claim, in the order in which the claims first occur.

    Args:
        evidence: with verdicts, of one run.
    """
    by_claim: dict[str, list[FamilyVerdict]] = {}
    for family in family_verdicts(evidence):
        by_claim.setdefault(family.members[0].id, []).append(family)
    return [_claim_verdict(families) for families in by_claim.values()]


def family_verdicts(evidence: Sequence[Evidence]) -> list[FamilyVerdict]:
    """Return the verdict of each claim on each model and task, in the order in which they first occur."""
    families: dict[tuple[str, str, str], list[Evidence]] = {}
    for item in evidence:
        families.setdefault(item.family, []).append(item)
    return [_family_verdict(members) for members in families.values()]


def corrected_over_run(evidence: Sequence[Evidence]) -> dict[str, Overall]:
    """Return the claims whose verdict would be another one, and which, if Holm's correction were one for the whole run.

    Args:
        evidence: with verdicts, of one run.
    """
    again = [item if item.verdict_run is None else replace(item, verdict=item.verdict_run) for item in evidence]
    pairs = zip(claim_verdicts(evidence), claim_verdicts(again), strict=True)
    return {claim.id: other.verdict for claim, other in pairs if other.verdict is not claim.verdict}


def combined(members: Sequence[Evidence]) -> Overall:
    """Return the verdict of a claim on one model and task, from those of its sub-claims.

    Raises:
        SettingsError: the claim's file names a parameter that its sub-claims lack.
    """
    ran = [item for item in members if item.verdict is not Verdict.NOT_RUN]
    if any(item.verdict in (Verdict.ERROR, None) for item in ran):
        return Overall.ERROR
    if not ran:
        return Overall.NOT_RUN
    ranks = [RANKS[item.verdict] for item in ran if item.verdict is not None]
    how = combination(members[0].combines)
    if how.how is How.EACH:
        return BY_RANK[ranks[0]] if len(set(ranks)) == 1 else Overall.MIXED
    missing = len(ran) < _size(members)
    if how.over:
        found = _alternatives(ran, how.over)
        return Overall.INCONCLUSIVE if missing else BY_RANK[max(min(group) for group in found.values())]
    if how.how is How.ANY:
        return BY_RANK[max([*ranks, 1] if missing else ranks)]
    return BY_RANK[min([*ranks, 1] if missing else ranks)]


def weakest(items: Sequence[Evidence]) -> Evidence | None:
    """Return the sub-claim that supports its claim least, of those with an estimate; None where there is none.

    Refuted ones come first, then those that are not settled, then supported ones; within these the one with the
    largest p-value of the supporting test, then the smallest distance from its bound. Where GD was trained in some
    sub-claims, those in which it chose no training come last: they say nothing of their learner.
    """
    known = [item for item in items if item.outcome is not None and item.outcome.estimate is not None]

    def rank(item: Evidence) -> tuple[int, bool, float, float]:
        outcome = item.outcome
        p = 0.0 if outcome is None or outcome.p_supported is None else outcome.p_supported
        apart = 0.0 if outcome is None else abs((outcome.estimate or 0.0) / 2 - outcome.threshold / 2)
        return RANKS.get(item.verdict or Verdict.ERROR, 3), item.untrained, -p, apart

    return min(known, key=rank, default=None)


def _claim_verdict(families: Sequence[FamilyVerdict]) -> ClaimVerdict:
    controls = tuple(family for family in families if is_control(family.model))
    known = tuple(family for family in families if is_known_gd(family.model))
    tested = tuple(family for family in families if not is_control(family.model) and not is_known_gd(family.model))
    judged = tested or known or controls
    first = judged[0].members[0]
    items = [item for family in judged for item in _deciding(family.members)]
    return ClaimVerdict(
        id=first.id,
        brief=first.brief or first.statement,
        statement=first.statement,
        paper=first.paper,
        where=first.where,
        combines=first.combines,
        verdict=_over_models([family.verdict for family in judged]),
        families=judged,
        known=known if judged is tested else (),
        controls=controls if judged is not controls else (),
        weakest=weakest(items),
    )


def _over_models(verdicts: Sequence[Overall]) -> Overall:
    ran = [verdict for verdict in verdicts if verdict is not Overall.NOT_RUN]
    if Overall.ERROR in ran:
        return Overall.ERROR
    if not ran:
        return Overall.NOT_RUN
    return ran[0] if len(set(ran)) == 1 else Overall.MIXED


def _family_verdict(members: Sequence[Evidence]) -> FamilyVerdict:
    counts = Counter(item.verdict or Verdict.ERROR for item in _distinct(members))
    reasons = {item.reason if item.outcome is None or item.outcome.undefined else "" for item in members}
    return FamilyVerdict(
        members=tuple(members),
        verdict=combined(members),
        counts={verdict: counts[verdict] for verdict in Verdict if counts[verdict]},
        untrained=sum(item.untrained for item in members),
        weakest=weakest(_deciding(members)),
        missing=max(0, _size(members) - sum(item.verdict is not Verdict.NOT_RUN for item in members)),
        reason=reasons.pop() if len(reasons) == 1 else "",
    )


def _distinct(members: Sequence[Evidence]) -> list[Evidence]:
    """Return the sub-claims, of those without training that differ in the learner alone the one with most units."""
    found: dict[object, Evidence] = {}
    for item in members:
        key: object = item.key
        if item.untrained:
            key = tuple(pair for pair in sorted(item.params.items()) if pair[0] not in LEARNER_PARAMETERS)
        if key not in found or _units(item) > _units(found[key]):
            found[key] = item
    return list(found.values())


def _deciding(members: Sequence[Evidence]) -> list[Evidence]:
    """Return the sub-claims that the verdict rests on: of alternatives, those of the best.

    Of several that are equally good it is the one whose weakest sub-claim supports the claim most.
    """
    how = combination(members[0].combines)
    if how.how is not How.ANY:
        return list(members)
    groups: dict[object, list[Evidence]] = {}
    for item in members:
        groups.setdefault(item.params.get(how.over) if how.over else item.key, []).append(item)

    def support(group: Sequence[Evidence]) -> tuple[int, float]:
        ranks = [RANKS.get(item.verdict or Verdict.ERROR, -1) for item in group]
        found = weakest(group)
        p = None if found is None or found.outcome is None else found.outcome.p_supported
        return min(ranks), -1.0 if p is None else -p

    return max(groups.values(), key=support)


def _units(item: Evidence) -> int:
    return 0 if item.outcome is None else item.outcome.n


def _size(members: Sequence[Evidence]) -> int:
    return max([len(members), *(item.family_size for item in members)])


def _alternatives(members: Sequence[Evidence], over: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for item in members:
        if over not in item.params:
            raise SettingsError(f"claim {item.id} combines 'any of {over}', but its sub-claims have {[*item.params]}.")
        if item.verdict is not None:
            found.setdefault(item.params[over], []).append(RANKS[item.verdict])
    return found
