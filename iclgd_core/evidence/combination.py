"""How the sub-claims of a claim combine into one verdict: what the claim's file says of it."""

from dataclasses import dataclass
from enum import StrEnum

from iclgd_core.errors import SettingsError


class How(StrEnum):
    """Which sub-claims must hold for the claim to hold."""

    ALL = "all"
    ANY = "any"
    EACH = "each"


ANY_OF = "any of "


@dataclass(frozen=True)
class Combination:
    """A combination, as a claim's file writes it.

    `all`: the claim holds if every sub-claim does. `any`: if one does. `any of PARAMETER`: the parameter's values are
    alternatives, of which one must hold, each with all of its sub-claims. `each`: every sub-claim is a claim for
    itself.

    Attributes:
        how: which sub-claims must hold.
        over: the parameter whose values are alternatives; empty where there is none.
    """

    how: How
    over: str = ""

    def __str__(self) -> str:
        """Return it as a claim's file writes it."""
        return f"{ANY_OF}{self.over}" if self.over else self.how.value

    def in_words(self) -> str:
        """Return the rule in a sentence, for reports."""
        if self.over:
            return f"Holds if, for some value of {self.over}, all its sub-claims hold."
        return {
            How.ALL: "Holds if all its sub-claims hold.",
            How.ANY: "Holds if one of its sub-claims holds.",
            How.EACH: "Each sub-claim is a claim for itself.",
        }[self.how]


def combination(text: str) -> Combination:
    """Return the combination of this text.

    >>> combination("any of posterior")
    Combination(how=<How.ANY: 'any'>, over='posterior')

    Raises:
        SettingsError: it is none.
    """
    over = text.removeprefix(ANY_OF) if text.startswith(ANY_OF) else ""
    if over.isidentifier():
        return Combination(How.ANY, over)
    if text not in list(How):
        raise SettingsError(
            f"combines={text!r} is no combination of sub-claims. Write 'all', 'any', 'each', or 'any of PARAMETER' "
            "where the values of a parameter are alternatives."
        )
    return Combination(How(text))
