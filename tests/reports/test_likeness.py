"""Effects of one quantity share an axis; each other quantity has its own."""

import re
from collections.abc import Mapping
from dataclasses import replace

from iclgd_core.evidence.record import Evidence
from reports.render.figures import draw_forest
from reports.render.figures.likeness import alike
from tests.reports.strategies import found, recorded


def effect(quantity: str, params: Mapping[str, str], estimate: float = 0.25) -> Evidence:
    outcome = replace(found(), quantity=quantity, estimate=estimate, interval=(estimate / 2, 2 * estimate))
    return replace(recorded(1, outcome), params=params)


def test_settings_leave_the_quantity_as_it_is() -> None:
    items = [
        effect(f"accuracy over the {scope} with {shots} demonstrations, ICL - GD", {"scope": scope, "shots": shots})
        for scope in ("labels", "vocabulary")
        for shots in ("1", "8")
    ]
    assert alike(items) == [("accuracy over the … with … demonstrations, ICL - GD", items)]


def test_agreements_and_metrics_are_quantities_of_their_own() -> None:
    items = [
        effect(f"agreement with ICL ({agreement}), ceiling - GD", {"agreement": agreement, "optimizer": optimizer})
        for agreement in ("token-overlap", "ocs-additive")
        for optimizer in ("gd", "adam1")
    ]
    assert [(name, len(group)) for name, group in alike(items)] == [
        ("agreement with ICL (token-overlap), ceiling - GD", 2),
        ("agreement with ICL (ocs-additive), ceiling - GD", 2),
    ]


def test_a_value_is_a_whole_word() -> None:
    """Ten is no setting of "1", and "gd" none of "gd-rates"."""
    items = [effect("npd after 10 steps, gd-rates - 1", {"points": "1", "rival": "gd"})]
    assert alike([*items, effect("npd after 10 steps, gd-rates - 2", {"points": "2"})])[0][0] == (
        "npd after 10 steps, gd-rates - …"
    )


def test_what_has_no_outcome_has_no_quantity() -> None:
    assert alike([recorded(1)]) == []


def test_each_quantity_has_an_axis_of_its_own() -> None:
    """An accuracy of 0.03 and a perplexity of 60: on one axis the first would be a point on the bound."""
    accuracy, perplexity = effect("accuracy", {"what": "accuracy"}, 0.03), effect("perplexity", {"what": "loss"}, 60.0)
    image = draw_forest([accuracy, perplexity])
    assert image.count('class="frame"') > draw_forest([accuracy]).count('class="frame"')
    feet = re.findall(r'text-anchor="middle" class="muted">(.*?)</text>', image)
    assert feet == ["accuracy", "perplexity"]
    places = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', image)]
    assert len(places) == 2
    assert abs(places[0] - places[1]) < 1.0, "each in the same place of its own axis"
    alone, both = (float(re.findall(r'viewBox="0 0 360 ([\d.]+)"', i)[0]) for i in (draw_forest([accuracy]), image))
    assert both == 2 * alone
