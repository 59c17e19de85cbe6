"""One effect on a line, small enough for a table's cell: estimate and interval against the bound."""

import math

from markupsafe import Markup

from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

from .forest import LOG_FROM, SHAPES, bounds_of, claimed_part, whisker
from .marks import marker
from .scale import Scale, compact, span
from .svg import drawing, element

WIDTH, HEIGHT = 132.0, 20.0
EDGE = 6.0


def draw_effect(item: Evidence) -> Markup:
    """Return the mark of a sub-claim with an estimate: the bound as a stroke, where the claim holds shaded, 0 dotted.

    Each mark has an axis of its own. It is empty where there is no estimate.
    """
    outcome = item.outcome
    if outcome is None or outcome.estimate is None:
        return Markup("")
    bounds, interval = bounds_of(outcome), outcome.shown_interval
    values = [outcome.estimate, *bounds, *filter(math.isfinite, interval or ())]
    log = min(values) > 0.0 and math.log10(max(values)) - math.log10(min(values)) > math.log10(LOG_FROM)
    low, high = span(values if log else [*values, 0.0], 0.08, log)
    x, middle = Scale(low, high, EDGE, WIDTH - EDGE, log), HEIGHT / 2
    verdict = item.verdict or Verdict.ERROR
    parts = [element("path", d=f"M{EDGE:g} {middle:g}H{WIDTH - EDGE:g}", class_="frame")]
    parts += claimed_part(outcome, x, middle)
    parts += [] if log else [element("path", d=f"M{x(0.0):.2f} {middle - 8:g}v16", class_="zero")]
    parts += [element("path", d=f"M{x(bound):.2f} {middle - 8:g}v16", class_="bound") for bound in bounds]
    parts += [] if interval is None else [whisker(interval, x, middle)]
    parts.append(marker(SHAPES.get(verdict, "circle"), x(outcome.estimate), middle, hollow=verdict not in SHAPES))
    ends = "" if interval is None else " [{}, {}]".format(*map(compact, interval))
    text = f"{compact(outcome.estimate)}{ends}, bound {compact(bounds[-1])}"
    group = element("g", *parts, class_=f"v-{verdict.value.replace(' ', '-')}")
    return drawing(WIDTH, HEIGHT, f"{verdict.value}: {text}", outcome.quantity, group)
