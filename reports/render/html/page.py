"""A report as one self-contained HTML page: no script, nothing fetched, everything external escaped."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ...accounts.shown import shown
from ...document.report import Report
from ..figures import STYLE_SHEET, Domain, Panel, PaperFigure, Plate, draw_panel, plates, y_domain
from ..headline import headline
from ..plain_text import plain_lines
from .accounts import blocks
from .ledger import ledger
from .matrix import ELSEWHERE, matrix
from .part import Chart
from .protocol import given_options
from .provenance import byline, provenance
from .section import chapters
from .words import SYMBOLS, anchors

QUESTION = "When a pretrained Transformer learns from demonstrations in its prompt, is that gradient descent?"
WORDS = (
    "In-context learning (ICL) reads the demonstrations in the prompt; gradient descent (GD), also as SGD or Adam, "
    "trains the weights on the same ones and is asked without them. The best GD has the learning rate and epoch that "
    "are nearest to ICL on other data. How ICL agrees with itself is measured by other orders of its demonstrations."
)


def render_html(report: Report) -> str:
    """Return the page; the same report gives the same text."""
    environment = _environment()
    style = environment.get_template("style.css.j2").render(chart_style=Markup(STYLE_SHEET))  # noqa: S704  (our own)
    page, adjudication = environment.get_template("page.html.j2"), shown(report.evidence)
    return page.render(
        question=QUESTION,
        words=WORDS,
        headline=headline(report.evidence),
        matrix=matrix(report.evidence),
        elsewhere=ELSEWHERE,
        byline=byline(report),
        collected=len(report.evidence),
        with_evidence=report.with_evidence,
        adjudication=adjudication,
        accounts=[(table, blocks(table)) for table in adjudication.tables],
        chapters=chapters(report.evidence, given_options(report.run)),
        anchors=anchors(item.id for item in report.evidence),
        figures=_figures(plates(report.evidence)),
        ledger=ledger(report.evidence),
        provenance=provenance(report),
        symbols=SYMBOLS,
        style=Markup(style),  # noqa: S704  (our own)
        style_hash=_source_of(style),
    )


@dataclass(frozen=True)
class Print:
    """One figure of the paper as measured on one model and task, drawn."""

    model: str
    task: str
    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class Figure:
    """One figure of the paper with all its prints, and the claims that measure it."""

    figure: PaperFigure
    claims: tuple[str, ...]
    prints: tuple[Print, ...]


def _figures(found: Sequence[Plate]) -> list[Figure]:
    return [
        Figure(figure, claims, tuple(Print(plate.model, plate.task, _charts(plate)) for plate in group))
        for (figure, claims), group in groupby(found, lambda plate: (plate.figure, plate.claims))
    ]


def _charts(plate: Plate) -> tuple[Chart, ...]:
    def row(panel: Panel) -> list[Panel]:
        return [other for other in plate.panels if other.quantity == panel.quantity]

    x_ends = _x_ends(plate.panels) if plate.figure.one_x else None
    return tuple(
        Chart(panel, draw_panel(panel, y_domain(row(panel)) if plate.figure.one_y else None, x_ends))
        for panel in plate.panels
    )


def _x_ends(panels: Sequence[Panel]) -> Domain | None:
    xs = [p.x for panel in panels for one in panel.series for p in one.points if p.x is not None]
    return (min(xs), max(xs)) if xs and min(xs) < max(xs) else None


def _source_of(style: str) -> str:
    """Return the source expression that lets this style sheet, and no other, apply (Content Security Policy 3)."""
    return f"sha256-{b64encode(sha256(style.encode()).digest()).decode()}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean,
    )
    environment.filters["counted"] = _counted
    environment.filters["four_digits"] = _four_digits
    return environment


def _clean(value: object) -> object:
    """Free text of control characters, line by line; our own markup passes."""
    return plain_lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _four_digits(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
