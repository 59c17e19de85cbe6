"""Recipes of small models that differ from a reference in one thing: attention, or what they were trained on.

`ginc-vanilla-208k-seedN` and `ginc-momentum-208k-seedN` are twins: the same initial weights, documents and windows,
and, in the second, momentum attention (arXiv 2212.10559, section 6). The others are `ginc-vanilla-208k-seed1` trained
on something else (arXiv 2111.02080, section 4.2). All are shorter trained than the size family, and kept in float16.
"""

from dataclasses import replace

from iclgd_core.models.pretrain.recipe import UNIFORM, Recipe
from iclgd_core.tasks import GincConfig
from iclgd_core.tasks.ginc.world import VARIANTS as WORLDS

SEEDS = (1, 2, 3)

ETA = 0.5
"""Of momentum attention. The paper gives none; with 0.5 the momentum's weights sum to eta / (1 - eta) = 1, as those
of softmax attention do, so that neither outweighs the other. Fixed before the first training run."""

STEPS = 1200

CONTEXT = 192
"""Room for 16 demonstrations of 10 symbols and a query."""


def _small(name: str, seed: int = SEEDS[0]) -> Recipe:
    return Recipe(name, "llama", 64, mlp=160, steps=STEPS, context=CONTEXT, seed=seed, stored="float16")


def _vanilla(seed: int) -> Recipe:
    return _small(f"ginc-vanilla-208k-seed{seed}", seed)


def _momentum(seed: int) -> Recipe:
    return replace(_small(f"ginc-momentum-208k-seed{seed}", seed), momentum=ETA)


VARIANTS: tuple[Recipe, ...] = (
    *(twin(seed) for seed in SEEDS for twin in (_vanilla, _momentum)),
    replace(_small("ginc-vic0-208k"), world=WORLDS["vic0"]),
    replace(_small("ginc-onehmm-208k"), world=GincConfig(n_in_mixture=1), prompt_hmms=GincConfig().n_in_mixture),
    replace(_small("ginc-uniform-208k"), corpus=UNIFORM),
    replace(_small("ginc-v50-195k"), world=WORLDS["v50"]),
    replace(_small("ginc-v100-202k"), world=WORLDS["v100"]),
)

TWINS: tuple[tuple[str, str], ...] = tuple((_vanilla(seed).name, _momentum(seed).name) for seed in SEEDS)
"""Plain attention and momentum attention, a pair a seed."""

DISTRIBUTIONS: tuple[tuple[str, str], ...] = (
    ("ginc-vanilla-208k-seed1", "ginc-k8"),
    ("ginc-vic0-208k", "ginc-vic0-k8"),
    ("ginc-onehmm-208k", "ginc-k8"),
    ("ginc-uniform-208k", "ginc-k8"),
    ("ginc-v50-195k", "ginc-v50-k8"),
    ("ginc-v100-202k", "ginc-v100-k8"),
)
"""Models that were pretrained on different distributions, each with prompts from its own world; those of one HMM and of
uniform tokens get the prompts of the mixture, as the first, the reference, does."""
