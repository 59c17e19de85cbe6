"""A text task in Python: is a sum even or odd?

pytest claims --iclgd-model=MODEL --iclgd-task=examples/sums.py:Sums
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from iclgd_core.tasks.text import OwnRows, Template

NUMBERS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)


class Sums(OwnRows):
    """Sums of two numbers from one to twenty, written in words: 320 to train, every fifth, 80, held out."""

    name = "sums"
    fields = ("text",)
    classes = ("even", "odd")
    templates = (
        Template("plain", "Sum: {text}. Kind:", ("even", "odd")),
        Template("question", "Is {text} divisible by two? Answer:", ("Yes", "No"), separator="\n\n"),
    )

    def rows(self, split: str, data: Path | None) -> Iterable[Mapping[str, object]]:
        """Return the sums of a split; `data`, the folder of --iclgd-data, is not needed here."""
        for a, first in enumerate(NUMBERS, start=1):
            for b, second in enumerate(NUMBERS, start=1):
                if (split == "held_out") == ((a + 3 * b) % 5 == 0):
                    yield {"text": f"{first} and {second}", "label": (a + b) % 2}
