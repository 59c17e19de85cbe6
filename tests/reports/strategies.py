"""Outcomes and evidence for property tests."""

from hypothesis import strategies as st

from iclgd_core.evidence.curves import Curve, Point
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

ALPHABET = 'ab "\\\n\x00\x1b[\u202eé😀'
FINITE = st.floats(allow_nan=False, allow_infinity=False)
P_VALUES = st.floats(0.0, 1.0)
JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(ALPHABET, max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(ALPHABET, max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    """An outcome as rules make them: of the two p-values at most one is below one half."""
    p = draw(P_VALUES)
    supported, refuted = draw(st.permutations([p, draw(st.floats(max(0.5, 1.0 - p), 1.0))]))
    return Outcome(
        quantity=draw(st.text(ALPHABET, max_size=10)),
        rule="estimate > threshold",
        estimate=draw(st.none() | FINITE),
        interval=draw(st.none() | st.tuples(FINITE, FINITE)),
        threshold=draw(FINITE),
        n=draw(st.integers(0, 1000)),
        p_supported=draw(st.none() | st.just(supported)),
        p_refuted=draw(st.none() | st.just(refuted)),
        holds=draw(st.none() | st.booleans()),
        undefined=draw(st.sampled_from(["", "constant"])),
        needed=draw(st.none() | st.integers(1, 10**6)),
    )


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    """Any curve, hostile in its words."""
    texts = st.text(ALPHABET, max_size=8)
    optional = st.none() | FINITE
    points = st.builds(Point, optional, FINITE, optional, optional, st.none() | st.integers(1, 99))
    return Curve(
        quantity=draw(texts),
        learner=draw(st.sampled_from(["icl", "gd", "other"])),
        label=draw(texts),
        x_label=draw(texts),
        points=tuple(draw(st.lists(points, max_size=4))),
        facet=draw(texts),
        x_log=draw(st.booleans()),
        source=draw(texts),
    )


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    """Any piece of evidence that can be recorded."""
    texts = st.text(ALPHABET, max_size=12)
    return Evidence(
        id=draw(st.sampled_from(["S1", "S2"])),
        params=draw(st.dictionaries(texts, texts, max_size=2)),
        paper=draw(texts),
        where=draw(texts),
        statement=draw(texts),
        refuted_by=draw(texts),
        model=draw(st.sampled_from(["m", "n"])),
        task=draw(texts),
        expected=draw(st.sampled_from(Verdict)),
        family_size=draw(st.integers(1, 12)),
        outcome=draw(st.none() | outcomes()),
        verdict=draw(st.none() | st.sampled_from(Verdict)),
        reason=draw(texts),
        seconds=draw(st.floats(0, 1e6)),
        p_adjusted=draw(st.none() | P_VALUES),
        p_refuted_adjusted=draw(st.none() | P_VALUES),
        details=draw(st.dictionaries(texts, JSON, max_size=3)),
        curves=draw(st.lists(curves(), max_size=2).map(tuple)),
        protocol=draw(st.dictionaries(texts, JSON, max_size=3)),
        node_id=draw(texts),
        text=draw(texts),
    )


def found(p_supported: float | None = 0.001, p_refuted: float | None = 0.999, n: int = 20) -> Outcome:
    """A statistical outcome with these p-values."""
    return Outcome("gap", "gap > 0", 0.25, (0.125, 0.375), 0.0, n, p_supported=p_supported, p_refuted=p_refuted)


def recorded(
    size: int = 1,
    outcome: Outcome | None = None,
    verdict: Verdict | None = None,
    family_size: int = 1,
    id: str = "S1",
    expected: Verdict = Verdict.SUPPORTED,
    reason: str = "",
    model: str = "ginc-llama-794k",
) -> Evidence:
    """Evidence of one sub-claim."""
    return Evidence(
        id=id,
        params={"size": str(size)},
        paper="Shen, arXiv 2310.08540",
        where="section 4, figure 4",
        statement="ICL depends on the order of its demonstrations more than GD",
        refuted_by="no gap",
        model=model,
        task="ginc-k5",
        expected=expected,
        family_size=family_size,
        outcome=outcome,
        verdict=verdict,
        reason=reason,
    )
