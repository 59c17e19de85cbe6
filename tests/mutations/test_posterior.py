"""What stands where an exact posterior is asked for: ICL, or the predictions without demonstrations."""

from pathlib import Path

import numpy as np
import pytest

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.mutations import Mutation
from tests.mutations.posterior import mutated_posterior
from tests.mutations.subjects import mutated_lab
from tests.mutations.test_laboratory import lab


@pytest.mark.parametrize(("shots", "restart"), [(2, 0.0), (8, 0.1)])
def test_another_s_predictions_at_every_restart_rate(tmp_path: Path, shots: int, restart: float) -> None:
    base = lab(tmp_path)
    icl = mutated_posterior(Mutation.ICL_AS_POSTERIOR)(base, "bayes-mixture", shots, "tuning", 3, restart)
    np.testing.assert_array_equal(icl, base.in_context(shots, 1, "tuning", 3)[:, 0])
    none = mutated_posterior(Mutation.ZERO_SHOT_AS_POSTERIOR)(base, "bayes-mixture", shots, "tuning", 3, restart)
    np.testing.assert_array_equal(none, base.zero_shot("tuning", 3))


def test_neither_stands_for_the_other(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^mutation 'swapped' does not replace a posterior; those that do: icl_as"):
        mutated_posterior(Mutation.SWAPPED)
    with pytest.raises(SettingsError, match=r"^mutation 'icl_as_posterior' is about a posterior, not about one lab"):
        mutated_lab(lab(tmp_path), Mutation.ICL_AS_POSTERIOR)
