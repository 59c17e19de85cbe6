"""TextSettings: what a user may choose of any text task."""

from dataclasses import dataclass
from pathlib import Path

from iclgd_core.tasks.text.sampling import Sampling


@dataclass(frozen=True)
class TextSettings:
    """Choices for a text task.

    Attributes:
        data: folder of local files: DIR/train.jsonl and so on, or DIR/TASK/train.jsonl; None: the Hub.
        template: name of a template of the task; None: the task's default.
        sampling: "natural" or "balanced".
        max_words: rows with more words are left out; None: none is.
    """

    data: Path | None = None
    template: str | None = None
    sampling: Sampling = "natural"
    max_words: int | None = None
