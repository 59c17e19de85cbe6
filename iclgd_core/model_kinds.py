"""What is known of a model beforehand, from its name: a control whose answer is known, a model under test."""

from enum import StrEnum


class Kind(StrEnum):
    """Kind of a model, in the order in which reports list them: those under test first, controls last."""

    OWN = "given by the user"
    EMBEDDED = "trained on GINC"
    CONSTRUCTED = "constructed to do GD"
    ICL_OBJECTIVE = "trained on the ICL objective"
    CONTROL = "control without ICL"


PREFIXES = (
    ("constructed-", Kind.CONSTRUCTED),
    ("icl-objective-", Kind.ICL_OBJECTIVE),
    ("ginc-", Kind.EMBEDDED),
    ("untrained-", Kind.CONTROL),
    ("shuffled-", Kind.CONTROL),
    ("trained-embeddings-", Kind.CONTROL),
    ("reinitialised-", Kind.CONTROL),
)
"""How the names of each kind begin; any other model is the user's."""


def kind_of(model: str) -> Kind:
    """Return the kind of a model.

    >>> kind_of("untrained-llama-794k").value, kind_of("huggyllama/llama-7b").value
    ('control without ICL', 'given by the user')
    """
    return next((kind for prefix, kind in PREFIXES if model.startswith(prefix)), Kind.OWN)


def is_control(model: str) -> bool:
    """Return whether a model has weights that learnt nothing, so that no claim about ICL may be supported on it."""
    return kind_of(model) is Kind.CONTROL


def is_known_gd(model: str) -> bool:
    """Return whether ICL is known to be GD, or to come near it: built so, or trained on the ICL objective."""
    return kind_of(model) in (Kind.CONSTRUCTED, Kind.ICL_OBJECTIVE)
