"""A map of the gap over GD's settings: one panel a batch size, learning rates by epochs, each cell with its closure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from markupsafe import Markup

from iclgd_core.evidence.plain import Json

from ...accounts.words import closure_text, step_of
from .svg import drawing, element, joined, lines

NAME = "gap_map"
"""The detail that holds a map: {quantity, learning_rates, epochs, batches, closure [batch][rate][epoch]}."""

MOST = 64
"""Settings along one axis; a larger map is not drawn."""

WIDTH = 360.0
LINE = 14.0
LEFT, TOP, CELL_WIDTH, CELL_HEIGHT = 78.0, 24.0, 50.0, 26.0
NONE = "–"


@dataclass(frozen=True)
class GapMap:
    """Closures of GD over its settings.

    Attributes:
        learning_rates, epochs, batches: the settings, as text.
        closure: by batch, rate and epoch; None where there is none.
        quantity: of what they are the closure; empty where a study does not say.
    """

    learning_rates: tuple[str, ...]
    epochs: tuple[str, ...]
    batches: tuple[str, ...]
    closure: tuple[tuple[tuple[float | None, ...], ...], ...]
    quantity: str = ""

    @property
    def title(self) -> str:
        """What the map shows, without the batch size, which each of its panels has."""
        return f"Closure of GD, {self.quantity}" if self.quantity else "Closure of GD"


def gap_map_of(details: Mapping[str, Json]) -> GapMap | None:
    """Return the map that a study recorded; None where there is none, or where it does not have the form of one."""
    found = details.get(NAME)
    if not isinstance(found, dict):
        return None
    axes = [_axis(found.get(name)) for name in ("learning_rates", "epochs", "batches")]
    if not all(axes):
        return None
    rates, epochs, batches = axes
    cells = found.get("closure")
    sheets = [] if not isinstance(cells, list) else [_sheet(sheet, len(rates), len(epochs)) for sheet in cells]
    if len(sheets) != len(batches) or any(sheet is None for sheet in sheets):
        return None
    quantity = found.get("quantity")
    known = quantity if isinstance(quantity, str) else ""
    return GapMap(rates, epochs, batches, tuple(sheet for sheet in sheets if sheet is not None), known)


def draw_gap_map(gap: GapMap) -> list[Markup]:
    """Return one heat map for each batch size, each cell shaded by its closure and with its number."""
    return [_panel(gap, batch, sheet) for batch, sheet in zip(gap.batches, gap.closure, strict=True)]


def cell_text(value: float | None) -> str:
    """Return what stands in one cell."""
    return NONE if value is None else closure_text(value)


def batch_text(batch: str) -> str:
    """Return a batch size in words.

    >>> batch_text("1"), batch_text("full")
    ('batches of 1', 'full batch')
    """
    return f"batches of {batch}" if batch.isdigit() else f"{batch} batch"


def _panel(gap: GapMap, batch: str, sheet: tuple[tuple[float | None, ...], ...]) -> Markup:
    width, height = CELL_WIDTH * len(gap.epochs), CELL_HEIGHT * len(gap.learning_rates)
    head = lines(f"{gap.title}, {batch_text(batch)}", 52, 2)
    parts = [_text(2, 13 + LINE * i, line, "strong") for i, line in enumerate(head)]
    top = TOP + LINE * (len(head) - 1)
    for i, (rate, row) in enumerate(zip(gap.learning_rates, sheet, strict=True)):
        y = top + CELL_HEIGHT * i
        parts.append(_text(LEFT - 6, y + CELL_HEIGHT / 2 + 4, rate, "muted small", "end"))
        for j, (epoch, value) in enumerate(zip(gap.epochs, row, strict=True)):
            x = LEFT + CELL_WIDTH * j
            tip = element("title", f"learning rate {rate}, epoch {epoch}: {cell_text(value)}")
            box = element("rect", x=x, y=y, width=CELL_WIDTH - 2, height=CELL_HEIGHT - 2, class_="shade")
            number = _text(x + CELL_WIDTH / 2 - 1, y + CELL_HEIGHT / 2 + 3, cell_text(value), "small number", "middle")
            parts.append(element("g", tip, box, number, class_=f"cell {step_of(value) or 'none'}"))
    bottom = top + height
    for j, epoch in enumerate(gap.epochs):
        parts.append(_text(LEFT + CELL_WIDTH * (j + 0.5) - 1, bottom + 14, epoch, "muted small", "middle"))
    parts.append(_text(LEFT - 6, bottom + 30, "learning rate", "muted small", "end"))
    parts.append(_text(LEFT, bottom + 30, "by epoch of GD", "muted small"))
    known = [(v, r, e) for r, row in zip(gap.learning_rates, sheet, strict=True)
             for e, v in zip(gap.epochs, row, strict=True) if v is not None]  # fmt: skip
    best = max(known, default=None, key=lambda cell: cell[0])
    best_text = "no closure" if best is None else f"largest {closure_text(best[0])} at rate {best[1]}, epoch {best[2]}"
    title = f"{gap.title}, over learning rates and epochs, {batch_text(batch)}"
    return drawing(max(LEFT + width + 4, WIDTH), bottom + 38, title, f"{title}: {best_text}", joined(parts))


def _text(x: float, y: float, text: str, look: str, anchor: str | None = None) -> Markup:
    return element("text", text, x=x, y=y, class_=look, text_anchor=anchor)


def _axis(values: Json) -> tuple[str, ...]:
    """Return the settings along one axis as text; nothing where they are not a short list of numbers or words."""
    if not isinstance(values, list) or not 0 < len(values) <= MOST:
        return ()
    if not all(isinstance(value, int | float | str) and not isinstance(value, bool) for value in values):
        return ()
    return tuple(value[:12] if isinstance(value, str) else f"{value:.3g}" for value in values)


def _sheet(rows: Json, n_rates: int, n_epochs: int) -> tuple[tuple[float | None, ...], ...] | None:
    if not isinstance(rows, list) or len(rows) != n_rates:
        return None
    sheet = []
    for row in rows:
        if not isinstance(row, list) or len(row) != n_epochs:
            return None
        sheet.append(tuple(_number(value) for value in row))
    return tuple(sheet)


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        return None
    return float(value) if isfinite(value) else None
