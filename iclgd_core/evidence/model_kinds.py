"""What is known of a model beforehand, from its name: a control whose answer is known, a model under test."""

import re
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

BETWEEN = re.compile(r" to | and |, ")
SEEDS = re.compile(r"[0-9]+ seeds?")
"""A set of models or tasks is called `A to B`, or `A and B, 3 seeds`."""


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


def names_in(title: str) -> list[str]:
    """Return the names of a title of models or tasks, as far as something can be known of them.

    >>> names_in("ginc-k3 to ginc-k10"), names_in("a and b, 3 seeds"), names_in("owner/name"), names_in("")
    (['ginc-k3', 'ginc-k10'], ['a', 'b'], [], [])
    """
    if "/" in title:
        return []
    return [name for name in BETWEEN.split(title) if name and not SEEDS.fullmatch(name)]
