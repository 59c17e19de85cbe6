"""Which number format a model computes in: chosen by its size and device, and always recorded with the reason."""

from dataclasses import dataclass

import torch

from iclgd_core.errors import SettingsError

FLOAT32_UP_TO = 1_500_000_000
"""Parameters up to which float32 is chosen."""

FORMATS = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16}
"""Formats that gradient descent may use; float16 has too few exponents for a gradient and is never used."""


@dataclass(frozen=True)
class NumberFormat:
    """A number format and why it was chosen.

    Attributes:
        name: key of FORMATS.
        reason: for the report.
    """

    name: str
    reason: str

    @property
    def dtype(self) -> torch.dtype:
        """The format as torch names it."""
        return FORMATS[self.name]


def choose_dtype(n_parameters: int, device: str, chosen: str = "") -> NumberFormat:
    """Return the number format of a model: the user's choice, else float32 up to 1.5e9 parameters, bfloat16 above.

    On a CPU it is float32 for every size, since few CPUs compute in bfloat16.

    Args:
        n_parameters: size of the model.
        device: `cpu` or a CUDA device.
        chosen: name of a format, or empty for the rule.

    Raises:
        SettingsError: a format that is not one of FORMATS.
    """
    if chosen:
        if chosen not in FORMATS:
            raise SettingsError(
                f"the number format is {chosen!r}. Allowed: {', '.join(FORMATS)}. Gradients underflow in float16."
            )
        return NumberFormat(chosen, "asked for")
    size = f"{n_parameters / 1e9:.2f} B parameters" if n_parameters >= 1e8 else f"{n_parameters / 1e6:.2f} M parameters"
    if n_parameters <= FLOAT32_UP_TO:
        return NumberFormat("float32", f"{size}, at most {FLOAT32_UP_TO / 1e9:g} B")
    if device == "cpu":
        return NumberFormat("float32", f"{size}, above {FLOAT32_UP_TO / 1e9:g} B, but on a CPU")
    return NumberFormat("bfloat16", f"{size}, above {FLOAT32_UP_TO / 1e9:g} B")
