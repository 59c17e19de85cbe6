"""The claims by paper: of each its one verdict and how it combines, then for each model and task all of the numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from iclgd_core.evidence.combination import combination
from iclgd_core.evidence.natural_order import natural
from iclgd_core.evidence.overall import ClaimVerdict, FamilyVerdict, Overall, claim_verdicts
from iclgd_core.evidence.papers import by_paper
from iclgd_core.evidence.record import Evidence

from ..headline import many
from ..papers import deviation, paper_link
from .finding import CellFinding, finding
from .part import Part, part_of
from .protocol import Rule, command, listed, rule_of, shared_protocol
from .words import sub_claim

MOST_FINDINGS = 3
"""Models of which a claim's section opens with the finding; the others are counted, and unfold with the rest."""


@dataclass(frozen=True)
class ClaimGroup:
    """The families of a claim that count together; `title` is empty for those that its verdict is over."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Section:
    """One claim.

    Attributes:
        id, brief, statement, where, refuted_by: as in Evidence.
        verdict: over its models; combination: how its sub-claims combine, in a sentence.
        findings: what was found on the first of its models; more: how many others there are.
        unexpected: of how many sub-claims, on any model, the verdict is not as registered.
        holds: what unfolds, in words.
        rules, methods: of its outcomes, each once; texts: what its file says.
        deviations: why the setting differs from the paper's, each once.
        groups: models under test, then those on which ICL is known to be GD, then controls.
        command: runs the whole file.
        shared: the part of the protocol that all sub-claims have; fixed: the rest, by sub-claim.
    """

    id: str
    brief: str
    statement: str
    where: str
    refuted_by: str
    verdict: Overall
    combination: str
    findings: tuple[CellFinding, ...]
    more: int
    unexpected: int
    holds: str
    rules: tuple[str, ...]
    methods: tuple[str, ...]
    groups: tuple[ClaimGroup, ...]
    command: str
    shared: str
    fixed: tuple[Rule, ...]
    texts: tuple[str, ...]
    deviations: tuple[str, ...]


@dataclass(frozen=True)
class Chapter:
    """The claims of one paper.

    Attributes:
        paper: its name; link: its address, or empty.
        counts: how many claims have each verdict, in words.
        sections: the claims.
    """

    paper: str
    link: str
    counts: str
    sections: tuple[Section, ...]


def chapters(evidence: Sequence[Evidence], options: Sequence[str] = ()) -> list[Chapter]:
    """Return the claims by paper, in the order of `reports.render.papers`, and by id.

    Args:
        evidence: with verdicts.
        options: of the run, for the commands that reproduce it.
    """
    ordered = sorted(evidence, key=lambda item: (item.family, natural(sub_claim(item))))
    claims = sorted(claim_verdicts(ordered), key=lambda claim: by_paper(claim.paper, claim.id))
    return [_chapter(list(group), options) for _, group in groupby(claims, lambda claim: claim.paper)]


def _chapter(claims: Sequence[ClaimVerdict], options: Sequence[str]) -> Chapter:
    paper = claims[0].paper
    sections = tuple(_section(claim, options) for claim in claims)
    return Chapter(paper or "no paper", paper_link(paper), _counted([claim.verdict for claim in claims]), sections)


def _section(claim: ClaimVerdict, options: Sequence[str]) -> Section:
    groups = (claim.families, claim.known, claim.controls)
    items = [item for families in groups for family in families for item in family.members]
    outcomes = [item.outcome for item in items if item.outcome is not None]
    files = dict.fromkeys(item.node_id.split("::")[0] for item in items if item.node_id)
    shared = shared_protocol(items)
    return Section(
        id=claim.id,
        brief=claim.brief,
        statement=claim.statement,
        where=claim.where,
        refuted_by=items[0].refuted_by,
        verdict=claim.verdict,
        combination=combination(claim.combines).in_words(),
        findings=tuple(finding(family, _place(family)) for family in claim.families[:MOST_FINDINGS]),
        more=len(claim.families[MOST_FINDINGS:]),
        unexpected=sum(item.verdict is not item.expected for item in items),
        holds=_holds(claim),
        rules=tuple(dict.fromkeys(outcome.rule for outcome in outcomes if outcome.rule)),
        methods=tuple(dict.fromkeys(outcome.method for outcome in outcomes if outcome.method)),
        groups=tuple(
            ClaimGroup(title, tuple(part_of(family.members) for family in families))
            for title, families in zip(_titles(claim), groups, strict=True)
            if families
        ),
        command=command(files, options),
        shared=listed(shared),
        fixed=tuple(rule_of(item, shared, options) for item in items),
        texts=tuple(dict.fromkeys(item.text for item in items if item.text)),
        deviations=tuple(dict.fromkeys(filter(None, map(deviation, items)))),
    )


def _place(family: FamilyVerdict) -> str:
    return ", ".join(filter(None, [family.model, family.task]))


def _titles(claim: ClaimVerdict) -> tuple[str, str, str]:
    known, controls = ([family.verdict for family in families] for families in (claim.known, claim.controls))
    return (
        "",
        f"{many(len(known), 'model')} on which ICL is GD, or near it: {_counted(known)}",
        f"{many(len(controls), 'control')} without ICL: {_counted(controls)}",
    )


def _counted(verdicts: Sequence[Overall]) -> str:
    counts = Counter(verdicts)
    return ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Overall if counts[verdict])


def _holds(claim: ClaimVerdict) -> str:
    """Say what unfolds: `9 sub-claims on 1 model, 10 models on which ICL is GD, 16 controls`."""
    n = sum(len(family.members) for family in claim.families)
    on = f" on {many(len(claim.families), 'model')}" if any(family.model for family in claim.families) else ""
    others = [f"{many(len(claim.known), 'model')} on which ICL is GD"] * bool(claim.known)
    others += [many(len(claim.controls), "control")] * bool(claim.controls)
    return ", ".join([many(n, "sub-claim") + on, *others])
