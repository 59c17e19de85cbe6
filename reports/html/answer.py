"""The question of the page, and which models count apart."""

from iclgd_core.evidence import Evidence
from iclgd_core.model_kinds import is_control as is_control_model
from iclgd_core.model_kinds import is_known_gd
from reports.papers import says_no

QUESTION = "When a pretrained Transformer learns from demonstrations in its prompt, is that gradient descent?"


def is_control(item: Evidence) -> bool:
    """Whether this was measured on weights that learnt nothing: untrained, shuffled, or drawn anew in part."""
    return is_control_model(item.model)


def is_known(item: Evidence) -> bool:
    """Whether this is a claim against GD on a model on which ICL is GD, or near it, so that `refuted` must come out."""
    return is_known_gd(item.model) and says_no(item.paper)
