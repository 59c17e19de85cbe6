"""A Newton-like step: damped Gauss-Newton, its linear system solved by a few iterations of conjugate gradients.

With L(w) = sum_t a_t CE( softmax z_t(w), y_t ), sum_t a_t = 1, gradient g and J = dz / dw:

    G = J^T H J,  H = blockdiag_t a_t ( diag p_t - p_t p_t^T )          (generalised Gauss-Newton: G >= 0)
    d = -( G + lambda I )^-1 g,  truncated after ITERATIONS steps of conjugate gradients from 0
    lambda = DAMPING ( g^T G g ) / ( g^T g )

and the weights move by learning rate x d. Products G v take one forward-mode and one reverse-mode derivative; G is
never made. Source: Martens 2010, ICML (Hessian-free optimisation), with fixed instead of adapted damping.
"""

from collections.abc import Callable, Mapping

import torch
from torch.func import jvp, vjp

from iclgd_core.learners.gd.optimizers import Stack

ITERATIONS = 5
"""Of conjugate gradients: on tuning episodes of GINC the step is then within 0.08 to 0.14 of the converged one, and
lowers the quadratic model by 0.97 to 0.996 of what that does; three more would cost half as much again."""

DAMPING = 0.1
"""lambda, in units of the curvature along the gradient. Eight demonstrations fix few directions of a weight space that
is far larger, so G is singular and needs damping; a tenth lets a direction be followed up to ten times as far as the
steepest one, and the unit makes the step independent of the scale of the loss."""

Outputs = Callable[[Stack], torch.Tensor]


def direction(
    outputs: Outputs,
    weights: Stack,
    targets: torch.Tensor,
    shares: torch.Tensor,
    masks: Mapping[str, torch.Tensor],
) -> tuple[Stack, torch.Tensor]:
    """Return the step d and the loss. Works under vmap: the number of iterations is fixed.

    Args:
        outputs: logits (t, vocabulary) as a function of the trained weights, differentiable forwards and backwards.
        weights: where the step is taken.
        targets: right tokens, (t,).
        shares: weight a_t of each prediction, (t,), with sum 1.
        masks: of parameters that are trained in part, 1 or True for trained entries, broadcastable.

    Returns:
        d by name, of the shapes of the weights and zero outside the masks; and L, a scalar.
    """
    logits, pulled = vjp(outputs, weights)[:2]
    log_probs = logits.log_softmax(-1)
    probabilities = log_probs.exp()
    wanted = torch.nn.functional.one_hot(targets, logits.shape[-1]).to(logits.dtype)
    loss = -(shares * (log_probs * wanted).sum(-1)).sum()

    def pull(cotangent: torch.Tensor) -> Stack:
        (found,) = pulled(cotangent)
        return {name: value * masks[name] if name in masks else value for name, value in found.items()}

    def curve(v: Stack) -> Stack:
        moved = jvp(outputs, (weights,), (v,))[1]
        along = probabilities * moved
        return pull(shares[:, None] * (along - probabilities * along.sum(-1, keepdim=True)))

    gradient = pull(shares[:, None] * (probabilities - wanted))
    return _solve(curve, {name: -value for name, value in gradient.items()}), loss


def _solve(curve: Callable[[Stack], Stack], right: Stack) -> Stack:
    """Return x with ( G + lambda I ) x = right but for the truncation; lambda from the first product, G right."""
    x = {name: torch.zeros_like(value) for name, value in right.items()}
    residual, search = right, right
    left = _dot(residual, residual)
    damping = torch.zeros_like(left)
    for iteration in range(ITERATIONS):
        curved = curve(search)
        if iteration == 0:
            damping = DAMPING * _ratio(_dot(search, curved), left)
        curved = _plus(curved, damping, search)
        step = _ratio(left, _dot(search, curved))
        x = _plus(x, step, search)
        residual = _plus(residual, -step, curved)
        now = _dot(residual, residual)
        search = _plus(residual, _ratio(now, left), search)
        left = now
    return x


def _dot(a: Stack, b: Stack) -> torch.Tensor:
    return torch.stack([(a[name] * b[name]).sum() for name in a]).sum()


def _plus(a: Stack, factor: torch.Tensor, b: Stack) -> Stack:
    return {name: a[name] + factor * b[name] for name in a}


def _ratio(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return a / b, and 0 where b is 0: nothing is left to solve."""
    return torch.where(b == 0, torch.zeros_like(a), a / torch.where(b == 0, torch.ones_like(b), b))
