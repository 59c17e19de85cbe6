"""Zeros of a model's, and of the construction's, matrices, counted, against what the requirement of sparsity says."""

from dataclasses import replace

import torch

from iclgd_core.models.regression.constructed import step
from iclgd_core.models.regression.linear_attention import Layer, LinearSelfAttention

MATRICES = ("W_K", "W_Q", "W_V dense W0", "W_V with W0 = 0", "P")


def required_zeros(form: str, inputs: int, outputs: int) -> float:
    """Return the share of entries that the construction needs to be zero, of one matrix of side D = d + Ny.

        W_K, W_Q: 1 - d / D^2;  W_V: 1 - (Ny d + Ny) / D^2, with W0 = 0: 1 - Ny / D^2;  P: 1 - D / D^2

    Args:
        form: one of MATRICES.
        inputs: d.
        outputs: Ny.

    Source: derived from arXiv 2212.07677, appendix A; with d = Ny = 4096, 0.99994 and 0.7499, of which arXiv
    2310.08540, section 3.2, gives more than 0.9999 and about 0.75.

    >>> round(required_zeros("W_K", 4096, 4096), 6), round(required_zeros("W_V dense W0", 4096, 4096), 6)
    (0.999939, 0.749939)
    """
    side = inputs + outputs
    nonzero = {
        "W_K": inputs,
        "W_Q": inputs,
        "W_V dense W0": outputs * inputs + outputs,
        "W_V with W0 = 0": outputs,
        "P": side,
    }
    return 1.0 - nonzero[form] / side**2


def counted_zeros(form: str, inputs: int, outputs: int) -> float:
    """Return the share of entries that are zero in the construction with these sides; a dense W0 has ones."""
    make = torch.zeros if form.endswith("= 0") else torch.ones
    return _share(step(make(outputs, inputs, dtype=torch.float64), rate=1.0), form)


def model_zeros(form: str, model: LinearSelfAttention) -> dict[str, float]:
    """Return the share of entries that are zero in a model's own matrix, by layer.

    A model whose W0 is 0 has a dense one only where it is written in: for that form ones stand in the block of W_V
    that holds W0, (Ny, d); all other entries are the model's.

    Args:
        form: one of MATRICES.
        model: any linear self-attention.
    """
    shares = {}
    for i, layer in enumerate(model.layers, start=1):
        values = layer.w_v.clone()
        if form.endswith("dense W0"):
            values[model.inputs :, : model.inputs] = 1.0
        shares[f"layer {i}"] = _share(replace(layer, w_v=values), form)
    return shares


def _share(layer: Layer, form: str) -> float:
    matrix = layer.matrices(1)[form.partition(" ")[0]]
    return float((matrix == 0.0).double().mean())
