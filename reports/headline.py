"""The answer of a run in at most three short sentences: is ICL gradient descent, and what became of the paper's claims.

It follows from the verdicts alone. S1 and S2 decide, since they hold what ICL does against what GD does, and must come
out the other way on models whose ICL is GD.
"""

from collections import Counter
from collections.abc import Sequence

from iclgd_core.evidence import Evidence, Verdict
from iclgd_core.model_kinds import is_control, is_known_gd
from iclgd_core.overall import ClaimVerdict, FamilyVerdict, Overall, claim_verdicts
from reports.collector import ENDED
from reports.families import partial_families
from reports.natural_order import natural
from reports.papers import says_no

DECIDING = ("S1", "S2")
NO_ICL = "no ICL"
"""How the reason begins where a model shows no ICL."""

WORDS = {
    Overall.SUPPORTED: ("is supported", "are supported"),
    Overall.REFUTED: ("is refuted", "are refuted"),
    Overall.MIXED: ("is mixed over models", "are mixed over models"),
    Overall.INCONCLUSIVE: ("is inconclusive", "are inconclusive"),
    Overall.ERROR: ("ended in an error", "ended in errors"),
    Overall.NOT_RUN: ("was not run", "were not run"),
}
"""What is said of one claim, and of several."""


def headline(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Return at most three short sentences that say no more than the verdicts do.

    The first answers whether ICL is gradient descent in the models under test, and begins with what is missing, where
    something is. The second tells the paper's other claims. The third says what came out where the answer is known,
    and how many verdicts are not as registered.

    Args:
        evidence: adjudicated, of one run.
    """
    claims = sorted((claim for claim in claim_verdicts(evidence) if says_no(claim.paper)), key=lambda c: natural(c.id))
    deciding = [claim for claim in claims if claim.id in DECIDING]
    first = "; ".join([*_missing(evidence), _answer([claim for claim in deciding if tested(claim)])])
    others = _each([claim for claim in claims if claim.id not in DECIDING and tested(claim)])
    checks = "; ".join(filter(None, [_known(deciding), without_icl(evidence), _unregistered(evidence)]))
    second = f"Of Shen et al.'s other claims, {others}" if others else ""
    return tuple(f"{text[0].upper()}{text[1:]}." for text in (first, second, checks) if text)


def tested(claim: ClaimVerdict) -> list[FamilyVerdict]:
    """Return a claim's verdicts on models under test: neither controls nor models whose ICL is known to be GD."""
    return [one for one in claim.families if not is_control(one.model) and not is_known_gd(one.model)]


def about_icl(evidence: Sequence[Evidence]) -> tuple[int, list[Evidence]]:
    """Return how many sub-claims stand on models without ICL, and those supported there that speak of ICL.

    What is registered as supported there needs no ICL, as an identity of algebra needs none.
    """
    controls = [item for item in evidence if is_control(item.model)]
    held = [item for item in controls if item.verdict is Verdict.SUPPORTED]
    return len(controls), [item for item in held if item.expected is not Verdict.SUPPORTED]


def without_icl(evidence: Sequence[Evidence]) -> str:
    """Say whether anything about ICL is supported on models without ICL; empty where nothing ran on them."""
    n, wrong = about_icl(evidence)
    if not n:
        return ""
    ids = ", ".join(dict.fromkeys(item.id for item in wrong))
    found = f"{len(wrong)} about ICL supported, which must not be ({ids})" if wrong else "none about ICL supported"
    return f"{many(n, 'sub-claim')} on models without ICL: {found}"


def many(n: int, noun: str) -> str:
    """Return a number with its noun, for example `2 models`."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _missing(evidence: Sequence[Evidence]) -> list[str]:
    """Say what a run lacks: tests that gave an error or were never reached, sub-claims that were not selected."""
    errors = sum(item.verdict in (Verdict.ERROR, None) for item in evidence)
    unreached = sum(item.verdict is Verdict.NOT_RUN and item.reason == ENDED for item in evidence)
    parts = [f"{errors} in error"] * bool(errors) + [f"{unreached} never reached"] * bool(unreached)
    said = [f"incomplete run (of {many(len(evidence), 'sub-claim')} {' and '.join(parts)})"] if parts else []
    return said + ["a selection of sub-claims"] * bool(partial_families(evidence))


def _answer(claims: Sequence[ClaimVerdict]) -> str:
    ran = [claim for claim in claims if claim.verdict is not Overall.NOT_RUN]
    if not ran:
        return "whether ICL is gradient descent was not measured: S1 and S2 were not run on a model under test"
    verdicts = {claim.verdict for claim in ran}
    where, said = _where(ran), _each(claims)
    absent = [id for id in DECIDING if id not in {claim.id for claim in claims}]
    if absent:
        said += f", {listed(absent)} was not run"
    if verdicts == {Overall.SUPPORTED} and len(ran) == len(DECIDING):
        return f"ICL is not gradient descent in {where}: {_in_words(ran)}"
    if verdicts == {Overall.SUPPORTED}:
        return f"by {ran[0].id} alone, ICL is not gradient descent in {where}: {said}"
    if verdicts == {Overall.REFUTED}:
        return f"nothing was found against ICL being gradient descent in {where}: {said}"
    if all(family.reason.startswith(NO_ICL) for claim in ran for family in tested(claim)):
        return f"there is no ICL in {where} that could be gradient descent: {said}"
    return f"whether ICL is gradient descent in {where} is open: {said}"


def _where(claims: Sequence[ClaimVerdict]) -> str:
    families = [family for claim in claims for family in tested(claim) if family.verdict is not Overall.NOT_RUN]
    models = list(dict.fromkeys(family.model for family in families))
    return models[0] if len(models) == 1 else f"the {len(models)} models under test"


def _in_words(claims: Sequence[ClaimVerdict]) -> str:
    """Say what holds, in the words of the claims' files: `it depends on ... (S1), and agrees ... (S2)`."""
    briefs = [claim.families[0].members[0].brief for claim in claims]
    if not all(brief.startswith("ICL ") for brief in briefs):
        return _each(claims)
    told = [f"{brief.removeprefix('ICL ')} ({claim.id})" for brief, claim in zip(briefs, claims, strict=True)]
    return f"it {', and '.join(told)}"


def _each(claims: Sequence[ClaimVerdict]) -> str:
    """Say what became of each claim: `S1 and S2a are supported, S5 is refuted`."""
    parts = []
    for verdict in Overall:
        ids = [claim.id for claim in claims if claim.verdict is verdict]
        if ids:
            parts.append(f"{listed(ids)} {WORDS[verdict][len(ids) > 1]}")
    return ", ".join(parts)


def _known(claims: Sequence[ClaimVerdict]) -> str:
    """Say on how many models the deciding claims are refuted where ICL is GD, or near it: there they must be."""
    parts: list[str] = []
    for claim in claims:
        families = [family for family in (*claim.families, *claim.known) if is_known_gd(family.model)]
        counts = Counter(family.verdict for family in families)
        held = f" (supported on {counts[Overall.SUPPORTED]})" if counts[Overall.SUPPORTED] else ""
        if families:
            named = f"{claim.id} on" if parts else f"{claim.id} is refuted on"
            parts.append(f"{named} {counts[Overall.REFUTED]} of {many(len(families), 'model')}{held}")
    return f"where ICL is GD or near it, {listed(parts)}" if parts else ""


def _unregistered(evidence: Sequence[Evidence]) -> str:
    n = sum(item.verdict is not item.expected for item in evidence)
    return f"{many(n, 'verdict')} not as registered" if n else ""
