"""One look for each learner, the same in every chart: colour, dash and marker, so that no cue stands alone."""

from dataclasses import dataclass
from hashlib import sha256

COLOURS = {
    "ink": ("#1a1a1a", "#f2f2f2"),
    "grey": ("#6b6b6b", "#a6a6a6"),
    "blue": ("#0072b2", "#4aa8e8"),
    "vermillion": ("#d55e00", "#ff8a3d"),
    "orange": ("#c98500", "#f0b429"),
    "purple": ("#b5578f", "#e39bc6"),
    "green": ("#00805e", "#2fc79b"),
    "sky": ("#3a9bd9", "#8fd3ff"),
    "olive": ("#857800", "#e0d355"),
    "violet": ("#6a51a3", "#b3a2e8"),
}
"""Light and dark tone of each; hues after Okabe and Ito, toned so that thin lines keep a contrast of 3 to 1."""

MARKERS = ("circle", "square", "diamond", "triangle", "cross")
DASHES = ("", "6 3", "2 3", "8 3 2 3")


@dataclass(frozen=True)
class Style:
    """How one learner's curve looks.

    Attributes:
        colour: name in COLOURS; dash: as in SVG, "" for a solid line; marker: one of MARKERS.
        rank: place among the curves of a panel, references first.
    """

    colour: str
    dash: str
    marker: str
    rank: int


_KNOWN = (
    ("icl", Style("ink", "", "circle", 0)),
    ("zero-shot", Style("grey", "5 4", "square", 1)),
    ("construction", Style("violet", "8 3 2 3", "diamond", 2)),
    ("weights", Style("green", "", "diamond", 3)),
    ("gd", Style("blue", "", "square", 4)),
    ("sgd1", Style("vermillion", "", "triangle", 5)),
    ("sgd2", Style("orange", "7 2", "diamond", 6)),
    ("sgd4", Style("purple", "4 2", "cross", 7)),
    ("sgd8", Style("olive", "", "circle", 8)),
    ("adam1", Style("sky", "2 2", "triangle", 9)),
)
STYLES = dict(_KNOWN)
REFERENCES = ("icl", "zero-shot", "construction")
"""Learners whose level the others are held against."""


def style_of(learner: str) -> Style:
    """Return the look of a learner; one that is not known gets one that its name alone decides."""
    if learner in STYLES:
        return STYLES[learner]
    digest = sha256(learner.encode("utf-8", "surrogatepass")).digest()
    colours = list(COLOURS)[2:]
    return Style(
        colours[digest[0] % len(colours)], DASHES[digest[1] % len(DASHES)], MARKERS[digest[2] % len(MARKERS)], 10
    )


def _rules(tone: int) -> str:
    return "".join(f"--c-{name}:{tones[tone]};" for name, tones in COLOURS.items())


STYLE_SHEET = (
    f":root{{{_rules(0)}}}\n"
    f"@media screen and (prefers-color-scheme:dark){{:root{{{_rules(1)}}}}}\n"
    + "".join(f".s-{name}{{--c:var(--c-{name})}}" for name in COLOURS)
    + """
.chart{display:block;width:100%;height:auto;max-width:30rem;font-size:12px;fill:var(--fg)}
.chart .frame{fill:none;stroke:var(--line)}
.chart .gridline{stroke:var(--line);stroke-dasharray:1 3}
.chart .muted{fill:var(--muted)}
.chart .strong{font-weight:600}
.chart .small{font-size:11px}
.chart .curve{fill:none;stroke:var(--c);stroke-width:2}
.chart .whisker{stroke:var(--c);stroke-width:1.5}
.chart .band{fill:var(--c);opacity:.14}
.chart .mark{fill:var(--c);stroke:var(--c);stroke-width:1.5}
.chart .hollow{fill:var(--bg);stroke:var(--c);stroke-width:1.5}
.chart .label{fill:var(--c)}
.chart .leader{stroke:var(--c);stroke-width:1;opacity:.5}
.chart .cited{opacity:.75}
.chart .bound{stroke:var(--fg);stroke-width:1.5}
.chart .claimed{fill:var(--claimed)}
.chart .zero{stroke:var(--muted);stroke-dasharray:2 2}
.chart .shade{fill:var(--soft);stroke:var(--line);stroke-width:.5;
print-color-adjust:exact;-webkit-print-color-adjust:exact}
.chart .kn .shade{fill:var(--kn)}.chart .k1 .shade{fill:var(--k1)}.chart .k2 .shade{fill:var(--k2)}
.chart .k3 .shade{fill:var(--k3)}.chart .k4 .shade{fill:var(--k4)}.chart .k5 .shade{fill:var(--k5)}
.chart .k5 .number{fill:var(--on-k5)}
"""
)
"""The style sheet of all charts; it needs --fg, --bg, --muted, --line, --soft, --claimed, --kn to --k5 of the page."""
