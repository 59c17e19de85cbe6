"""SimAM: whether the last position attends to the query's tokens alike, by scores before the softmax."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.metrics.cosine import cosine

Floats = NDArray[np.float64]


def sim_am(m_a: ArrayLike, m_b: ArrayLike) -> Floats:
    """Return the similarity of two attention maps.

        SimAM = cos( m_a, m_b )

    with m the scores q . k / sqrt(d_head), before mask and softmax, of the last position to the tokens of the query.

    Args:
        m_a: (..., tokens), one vector a head; zeros in front of a shorter query change nothing.
        m_b: of the same shape. SimAM before fine-tuning is that of ICL and zero-shot, after it that of ICL and the
            fine-tuned model.

    Returns:
        (...), in [-1, 1]; higher is nearer.

    Raises:
        SettingsError: different shapes, NaN or infinity, or scores that are all zero.

    Source: arXiv 2212.10559, section 4.

    >>> round(float(sim_am([1.0, 0.0], [1.0, 1.0])), 4)
    0.7071
    """
    return cosine(*_same_shape(m_a, m_b))


def sim_am_delta(m_icl: ArrayLike, m_zs: ArrayLike, m_ft: ArrayLike) -> Floats:
    """Return the similarity of the changes of two attention maps: what is left of SimAM without their common start.

        SimAM_delta = cos( m_ICL - m_ZS, m_FT - m_ZS )

    Arguments, range and errors are those of `sim_am`; a change of length zero has no direction.

    Source: arXiv 2311.07772, section 3.

    >>> sim_am_delta([2.0, 0.0], [1.0, 0.0], [1.0, 1.0])
    array(0.)
    """
    (icl, start), (tuned, _) = _same_shape(m_icl, m_zs), _same_shape(m_ft, m_zs)
    return cosine(icl - start, tuned - start)


def _same_shape(a: ArrayLike, b: ArrayLike) -> tuple[Floats, Floats]:
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise SettingsError(f"attention maps are compared over the same tokens; got {first.shape} and {second.shape}.")
    return first, second
