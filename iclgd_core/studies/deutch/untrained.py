"""How alike fine-tuning and ICL look in a model that was never trained, like for like (arXiv 2311.07772, 3.3)."""

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.models.language.loading import LARGE
from iclgd_core.models.language.reinitialised import reinitialised
from iclgd_core.studies.dai.fine_tuning import fine_tuning
from iclgd_core.studies.dai.similarity import similarity_study
from iclgd_core.studies.deutch.compared import EPISODES, compared_figure, compared_study

INITIALISATIONS = 2
"""Draws of the new weights, averaged within an episode."""

METRICS = ("sim-aou/raw", "sim-aou/normalised", "sim-am/delta")

PAPER = {
    ("trained-embeddings", "sim-aou/normalised"): "0.127 against 0.160 trained, normalised most likely (five tasks)",
    ("trained-norms", "sim-aou/normalised"): "0.110 against 0.160 trained, normalised most likely (five tasks)",
    ("trained-embeddings", "sim-am/delta"): "0.102 against 0.219 trained (five tasks)",
    ("trained-norms", "sim-am/delta"): "0.151 against 0.219 trained (five tasks)",
}
"""Means of the published logs; the paper's table 1 sets the first two against raw values of the trained model."""


def untrained_study(lab: Lab, kept: str, metric: str) -> Study:
    """Compare plain fine-tuning of a re-initialised model (candidate) with that of the trained one (reference).

    Both are trained by keys and values, one pass, at the learning rate that is the most accurate for the trained model
    on tuning episodes, as the paper keeps the rate.

    Args:
        lab: the laboratory of the trained model.
        kept: what of the trained weights is kept, one of models.language.reinitialised.KEPT.
        metric: one of METRICS.

    Returns:
        Similarity to ICL in the model of which `kept` is kept, by that name, and in the "trained" one.

    Raises:
        NotRunError: a model too large for a second one beside it.
        DivergedError: a run diverged.
    """
    if lab.model.n_parameters > LARGE:
        raise NotRunError(
            f"the claim needs untrained twins in memory beside the model; {lab.model.name!r} has "
            f"{lab.model.n_parameters:.2g} weights, and twins are made up to {LARGE:.2g}."
        )
    n, how = lab.count(n=EPISODES), fine_tuning(lab)
    twins = [lab.of(reinitialised(lab.model, kept, lab.seed + i)) for i in range(INITIALISATIONS)]
    models = {kept: ("zero-shot", twins), "trained": ("sgd1", [lab])}
    return compared_study(
        metric,
        {
            label: [similarity_study(one, how=how, n=n, figure=compared_figure(metric, colour, label)) for one in labs]
            for label, (colour, labs) in models.items()
        },
        PAPER.get((kept, metric), ""),
    )
