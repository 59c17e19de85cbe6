"""F3  From layer to layer the most similar Newton iteration moves on by about three, the GD step more than doubles.

Source: arXiv 2310.17086, section 4: layers 3 to 9 of 12 match about 3 iterations each, GD's steps grow
    exponentially.
Quantity: the step most similar (SimE, on 256 tuning prompts) to the readout of each layer, fitted on 1024 other tuning
    prompts: newton: |iterations added by a layer - 3|; gd: step of a layer / step of the layer before, at one rate for
    all layers, that with the highest mean SimE (k steps at half the rate do what k / 2 do, so steps at two rates are
    not to be compared).
Rule: deterministic, over the layers from the second: newton < 2.5; gd > 2.
Bounds: iterations are whole, so a layer may add 1 to 5, "about three"; a doubling tells exponential from linear growth,
    which over 4 layers would be 2, 1.5, 1.33 fold. Steps are all whole numbers to 64, then 5% apart, to 4096; 2 itself,
    the bound, is refuted. Where a layer's step is the last that was tried, nothing can be said.
Refuted by: a layer that adds fewer than 1 or more than 5 iterations; a layer that at most doubles GD's steps.
Deviation: the grid of GD's steps was made finer after the first verdict, which lay on a grid point (four a doubling);
    with it the rates 0.1 and 0.25 were added, and the rate became one for all layers. 4 layers, all of which are held
    to the rule (the paper: layers 3 to 9 of 12), d = 5, 11 points. The model was trained for 100,000 steps (500,000),
    so a refutation speaks about this model. Newton starts at 1 / |S S^T|_2: the printed 2 / |S S^T| leaves the top
    direction at residual +-1.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import FU
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import above, below
from iclgd_core.studies.garg.layer_match import beyond_grid, by_layer, layer_matches, study

ABOUT_THREE = 2.5
DOUBLING = 2.0
DEVIATION = (
    "4 layers of width 64, d = 5, 11 points, 100,000 steps, so a refutation speaks about this model; the paper: layers "
    "3 to 9 of 12, d = 20, 41 points, 500,000 steps; Newton starts at 1/|S S^T|, the printed 2/|S S^T| leaves the top "
    "direction at residual +-1; the grid of GD's steps was made finer, its rate common to all layers, after the first "
    "verdict, which lay on a grid point"
)


@claim(
    "F3",
    FU.at("section 4"),
    "Each layer adds about three iterations of Newton's method, and more than doubles the number of GD steps.",
    brief="A layer is about three Newton steps, many of GD",
    refuted_by="a layer that adds fewer than 1 or more than 5 iterations, or at most doubles GD's steps",
    measures="the most similar step of Newton's iteration and of GD, layer by layer",
)
@pytest.mark.regression("icl-objective-gpt2-4-layers", "untrained-gpt2-4-layers", "shuffled-gpt2-4-layers")
@pytest.mark.parametrize("algorithm", ["newton", "gd"])
def test_layers_move_along_the_algorithm(regression: RegressionLab, judge: Judge, algorithm: str) -> None:
    matches = layer_matches(regression, algorithm)
    if algorithm == "newton":
        off = {layer: abs(b - a - 3.0) for layer, a, b in by_layer(matches)}
        outcome = below(off, ABOUT_THREE, quantity="distance of the iterations added from 3", unit="layer")
    else:
        ratios = {layer: b / a for layer, a, b in by_layer(matches)}
        outcome = above(ratios, DOUBLING, quantity="growth of the most similar GD step", unit="layer")
    named = {f"layer {layer}": match for layer, match in matches.items()}
    judge(
        outcome.unless(beyond_grid(matches, algorithm)),
        study(named, algorithm),
        paper_value="about 3 iterations a layer",
        deviation=DEVIATION,
    )
