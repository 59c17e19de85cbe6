"""Accuracy of ICL and of an exact posterior by number of demonstrations."""

from iclgd_core.evidence.curves import Curve, accuracy_of
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.metrics import correct
from iclgd_core.studies.points import sampled
from iclgd_core.studies.xie.bayes_predictions import bayes_predictions, ginc_task


def bayes_accuracy_study(lab: Lab, account: str, shots: int) -> Study:
    """Compare the accuracy of ICL and of a posterior on the same prompts, over the whole vocabulary.

    Returns:
        Accuracy of "ICL" and "Bayes", mean over queries.

    Raises:
        NotRunError: a task whose prompts come from no known distribution.
    """
    ginc_task(lab)
    n = lab.count("evaluation", lab.tier.accuracy_episodes)
    answers = lab.answers("evaluation", n)
    icl = correct(lab.in_context(shots, n=n)[:, 0], answers).mean(-1)
    bayes = correct(bayes_predictions(lab, account, shots, n=n), answers).mean(-1)
    quantity, axis = accuracy_of("vocabulary"), "demonstrations"
    return Study(
        numbers={"ICL": icl, "Bayes": bayes},
        details={"icl_accuracy": float(icl.mean()), "bayes_accuracy": float(bayes.mean())},
        fixed={"account": account, "demonstrations": shots, "scope": "vocabulary"},
        curves=(
            Curve(quantity, "icl", "ICL", axis, (sampled(shots, icl),), x_log=True),
            Curve(quantity, account, "Bayes", axis, (sampled(shots, bayes),), x_log=True),
        ),
    )
