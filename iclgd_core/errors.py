"""The errors a user can cause. Each says what was wrong, the value, what is allowed, and what to do next."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Self


class IclgdError(Exception):
    """Base of every error that a user's input can cause; its text is shown without a traceback.

    Attributes:
        options: names of the options that it is about, as "template"; empty where whoever raises it cannot know.
    """

    options: tuple[str, ...] = ()

    def about(self, *options: str) -> Self:
        """Return this error, said to be about some options, unless it says so already."""
        self.options = self.options or options
        return self


class UnknownNameError(IclgdError):
    """A model, task, recipe or setting was asked for by a name that does not exist."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        known = sorted(known)
        near = get_close_matches(name, known, n=3, cutoff=0.4)
        lines = [f"unknown {kind} {name!r}."]
        if near:
            lines.append(f"Nearest: {', '.join(near)}.")
        lines.append(f"Known: {', '.join(known)}.")
        if hint:
            lines.append(hint)
        super().__init__(" ".join(lines))


class ModelError(IclgdError):
    """A model cannot be used: no such directory, no safetensors, a shape that does not fit."""


class VocabularyError(IclgdError):
    """The model's tokenizer has no single token for a symbol that the task needs."""


class ContextError(IclgdError):
    """More demonstrations were asked for than the pool or the model's context window holds."""


class SettingsError(IclgdError):
    """Settings that are out of range or contradict each other."""


class StorageError(IclgdError):
    """A directory for measurements or reports cannot be written."""


class WireError(IclgdError):
    """Evidence that cannot be written to, or read from, its wire form."""


class DivergedError(IclgdError):
    """Gradient descent diverged where a claim needs its outputs; the claim cannot be judged."""


class NotRunError(IclgdError):
    """A claim does not apply to what was asked for (a model without checkpoints, say); it is listed as not run."""
