"""The answer of a run in at most three short sentences: is ICL gradient descent, and what became of the paper's claims.

It follows from the verdicts alone. S1 and S2 decide, since they hold what ICL does against what GD does, and must come
out the other way on models whose ICL is GD.
"""

from collections import Counter
from collections.abc import Sequence

from iclgd_core.evidence.model_kinds import is_control, is_known_gd
from iclgd_core.evidence.natural_order import natural
from iclgd_core.evidence.overall import ClaimVerdict, FamilyVerdict, Overall, claim_verdicts, corrected_over_run
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

from ..collect.collector import ENDED
from ..collect.families import partial_families
from .papers import says_no

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
    """Return at most three short sentences that say no more than the verdicts do: `answer`, then `checks`.

    Args:
        evidence: with verdicts, of one run.
    """
    return (*answer(evidence), *checks(evidence))


def answer(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Return whether ICL is gradient descent in the models under test, and what became of the paper's other claims.

    Where something is missing from the run, the first sentence begins with it.
    """
    claims = _claims(evidence)
    deciding = [claim for claim in claims if claim.id in DECIDING and tested(claim)]
    others = _each([claim for claim in claims if claim.id not in DECIDING and tested(claim)])
    first = "; ".join([*_missing(evidence), _answer(deciding)])
    return _sentences(first, f"Of Shen et al.'s other claims, {others}" if others else "")


def checks(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Return what came out where the answer is known, and how many verdicts are not as registered; if there is any."""
    deciding = [claim for claim in _claims(evidence) if claim.id in DECIDING]
    parts = [where_known(deciding), without_icl(evidence), _unregistered(evidence)]
    return _sentences("; ".join(part for part in parts if part))


def _claims(evidence: Sequence[Evidence]) -> list[ClaimVerdict]:
    found = [claim for claim in claim_verdicts(evidence) if says_no(claim.paper)]
    return sorted(found, key=lambda claim: natural(claim.id))


def _sentences(*texts: str) -> tuple[str, ...]:
    return tuple(f"{text[0].upper()}{text[1:]}." for text in texts if text)


def tested(claim: ClaimVerdict) -> list[FamilyVerdict]:
    """Return a claim's verdicts on models under test: neither controls nor models whose ICL is known to be GD."""
    return [one for one in claim.families if not is_control(one.model) and not is_known_gd(one.model)]


def known_gd(claim: ClaimVerdict) -> list[FamilyVerdict]:
    """Return a claim's verdicts on models whose ICL is known to be GD, or near it."""
    return [one for one in (*claim.families, *claim.known) if is_known_gd(one.model)]


def where_known(claims: Sequence[ClaimVerdict], named: bool = False) -> str:
    """Say on how many models claims are refuted where ICL is GD or near it; empty where none ran on such a model.

    Args:
        claims: that must be refuted where ICL is GD.
        named: whether to name the models on which one is not.
    """
    parts: list[str] = []
    for claim in claims:
        families = known_gd(claim)
        counts = Counter(family.verdict for family in families)
        others = [verdict for verdict in Overall if counts[verdict] and verdict is not Overall.REFUTED]
        if named:
            models = {verdict: [one.model for one in families if one.verdict is verdict] for verdict in others}
            but = "; ".join(f"{verdict.value} on {', '.join(models[verdict])}" for verdict in others)
        else:
            but = f"supported on {counts[Overall.SUPPORTED]}" if Overall.SUPPORTED in others else ""
        if families:
            lead = f"{claim.id} on" if parts else f"{claim.id} is refuted, as it must be, on"
            parts.append(
                f"{lead} {counts[Overall.REFUTED]} of {many(len(families), 'model')}{f' ({but})' if but else ''}"
            )
    return f"controls: where ICL is GD or near it, {listed(parts)}" if parts else ""


def about_icl(evidence: Sequence[Evidence]) -> tuple[int, list[Evidence]]:
    """Return how many sub-claims about ICL stand on models without it, and those that are supported there.

    What is registered as supported there needs no ICL, as an identity of algebra needs none, and is left out.
    """
    controls = [item for item in evidence if is_control(item.model)]
    about = [item for item in controls if not item.verdict is item.expected is Verdict.SUPPORTED]
    return len(about), [item for item in about if item.verdict is Verdict.SUPPORTED]


def over_the_run(evidence: Sequence[Evidence]) -> str:
    """Say which claims' verdicts one correction for the whole run would change, and to what; empty where none."""
    changed = corrected_over_run(evidence)
    ids = sorted(changed, key=natural)
    groups = [(verdict, [id for id in ids if changed[id] is verdict]) for verdict in Overall]
    found = "; ".join(f"{listed(those)} would be {verdict.value}" for verdict, those in groups if those)
    return f"with one correction for all tests of the run, in place of one a claim, {found}" if found else ""


def without_icl(evidence: Sequence[Evidence]) -> str:
    """Say whether anything about ICL is supported on models without ICL; empty where nothing ran on them."""
    n, wrong = about_icl(evidence)
    if not n:
        return ""
    ids = ", ".join(dict.fromkeys(item.id for item in wrong))
    found = f"{len(wrong)} supported, which must not be ({ids})" if wrong else "none supported, as it must be"
    return f"on models without ICL, of {many(n, 'sub-claim')} about it {found}"


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
    alone = "" if len(ran) == len(DECIDING) else f"by {ran[0].id} alone, "
    if verdicts == {Overall.SUPPORTED}:
        return f"{alone}ICL is not gradient descent in {where}: {said}"
    if verdicts == {Overall.REFUTED}:
        return f"{alone}nothing speaks against ICL being gradient descent in {where}: {said}"
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
    parts = [f"{brief.removeprefix('ICL ')} ({claim.id})" for brief, claim in zip(briefs, claims, strict=True)]
    return f"it {', and '.join(parts)}"


def _each(claims: Sequence[ClaimVerdict]) -> str:
    """Say what became of each claim: `S1 and S2a are supported, S5 is refuted`."""
    parts = []
    for verdict in Overall:
        ids = [claim.id for claim in claims if claim.verdict is verdict]
        if ids:
            parts.append(f"{listed(ids)} {WORDS[verdict][len(ids) > 1]}")
    return ", ".join(parts)


def _unregistered(evidence: Sequence[Evidence]) -> str:
    n = sum(item.verdict is not item.expected for item in evidence)
    return f"{many(n, 'verdict')} not as registered" if n else ""
