"""LinearDigits: in-context regression in text, for any language model. It needs no data."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import ContextError, SettingsError, UnknownNameError
from iclgd_core.evidence.plain import Json
from iclgd_core.seeds import stream
from iclgd_core.tasks.prompts import Reader, check_context
from iclgd_core.tasks.text.label_tokens import choose
from iclgd_core.tasks.text.rows import Columns, Example
from iclgd_core.tasks.text.sampling import MOST_DEMONSTRATIONS
from iclgd_core.tasks.text.template import Template, template_called
from iclgd_core.tasks.text.text_episode import TextEpisode
from iclgd_core.tasks.text.text_prompts import TextPrompts, longest_prompt
from iclgd_core.tasks.text.tokens import token_ids

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NAME = "linear-digits"
LARGEST = 29
"""Largest number of an input: 30 x 30 inputs leave queries beside the most demonstrations that a claim asks for."""
INPUTS: Ints = np.array([(a, b) for a in range(LARGEST + 1) for b in range(LARGEST + 1)], dtype=np.int64)
"""Every input x, (900, 2)."""

DIGITS = tuple("0123456789")
COLUMNS = Columns(("first", "second"), "answer", DIGITS)
TEMPLATES = (
    Template("plain", "Input: {first} {second}\nOutput:", DIGITS, before=""),
    Template("spaced", "Input: {first} {second}\nOutput:", DIGITS),
    Template("function", "f({first}, {second})=", DIGITS, before=""),
)
"""The first is the default: many tokenizers write a space before a digit as a token of its own, that of all ten."""

FUNCTIONS = 1024
"""Functions on which the variance of the answers is taken."""


def answers(weights: Floats) -> Ints:
    """Return the answers of linear functions on every input.

        f(x) = w . x
        y(x) = min(9, floor(10 (f(x) - min f) / (max f - min f))), minimum and maximum over all inputs

    An intercept b would be undone by this map. All ten digits occur for every w: from an input of the minimum to one of
    the maximum one can go by steps of 1 in one number at a time, each of which is at most 1/29 of the range of f.

    Args:
        weights: w, (..., 2), not both 0.

    Returns:
        y, (..., 900), 0 to 9, in the order of INPUTS.

    Raises:
        SettingsError: weights of another shape, not finite, or both 0.

    >>> answers(np.array([1.0, 0.0]))[::90].tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    if weights.shape[-1:] != (2,) or not np.isfinite(weights).all() or not weights.any(axis=-1).all():
        raise SettingsError(f"a function needs two finite weights, not both 0; got {weights!r:.80}.")
    f = weights @ INPUTS.T
    low, high = f.min(axis=-1, keepdims=True), f.max(axis=-1, keepdims=True)
    return np.asarray(np.minimum(np.floor(10.0 * (f - low) / (high - low)), 9.0), dtype=np.int64)


@cache
def answer_variance() -> float:
    """Return the variance of y over inputs and functions, w ~ N(0, I): what squared distances are divided by.

    The mean of y is 4.5 for almost every function, since the inputs are symmetric: this is variance within episodes.
    """
    return float(answers(stream(0, NAME, "variance").standard_normal((FUNCTIONS, 2))).var())


@dataclass(frozen=True)
class LinearDigits:
    """Each episode draws a linear function of two whole numbers from 0 to 29, whose answers are digits.

    w ~ N(0, I) and y as in `answers`. Demonstrations and queries are distinct inputs, uniform without replacement.
    Tuning and evaluation episodes have functions and inputs of their own, by named streams. What is asked for is a
    regression, but the labels are ten classes, so that whatever is measured on classification is measured here.

    Attributes:
        template_name: the template that is used, one of TEMPLATES; None: the first.
    """

    template_name: str | None = None

    def __post_init__(self) -> None:
        self.template  # noqa: B018  (an unknown name is refused now)

    @property
    def name(self) -> str:
        """Name used on the command line and in reports."""
        return NAME

    @property
    def template(self) -> Template:
        """The template that is used.

        Raises:
            UnknownNameError: the task has no such template.
        """
        return template_called(self.template_name, TEMPLATES, self.name)

    @property
    def pool(self) -> int:
        """Demonstrations that every episode holds."""
        return MOST_DEMONSTRATIONS

    def episode(self, seed: int, split: str, index: int, queries: int) -> TextEpisode:
        """Draw episode `index` of `split`; demonstrations and function do not depend on the number of queries.

        Args:
            seed: the run's seed.
            split: "tuning" or "evaluation".
            index: which episode.
            queries: how many queries.

        Raises:
            UnknownNameError: no such split.
            ContextError: more queries than there are inputs beside the demonstrations.
        """
        if split not in ("tuning", "evaluation"):
            raise UnknownNameError("split of episodes", split, ("tuning", "evaluation"))
        if queries > (free := len(INPUTS) - self.pool):
            raise ContextError(
                f"{queries} queries were asked for, but task {self.name!r} has {free} inputs beside the "
                f"{self.pool} demonstrations of an episode; ask for at most {free}."
            )
        y = answers(stream(seed, self.name, split, index, "function").standard_normal(2))
        drawn = stream(seed, self.name, split, index, "inputs").permutation(len(INPUTS))[: self.pool + queries]
        rows = tuple(_row(INPUTS[i], int(y[i])) for i in drawn)
        return TextEpisode(self.name, COLUMNS, index, split, rows[: self.pool], rows[self.pool :])

    def encode(self, episode: TextEpisode, reader: Reader) -> TextPrompts:
        """Write an episode in a model's tokens.

        Raises:
            VocabularyError: the digits cannot be told apart by their first token; the message names the templates that
                work.
        """
        labels = choose(self.template, TEMPLATES, episode.columns, episode.queries, reader)
        return TextPrompts(episode, self.template, reader, labels)

    def check(self, reader: Reader, shots: int) -> None:
        """Check, without weights, that a model can read prompts of so many demonstrations, all of the longest input.

        Raises:
            VocabularyError: as `encode`.
            ContextError: the pool or the context window is too small.
        """
        if shots > self.pool:
            raise ContextError(
                f"{shots} demonstrations were asked for, but task {self.name!r} holds {self.pool} an episode; ask for "
                f"at most {self.pool}."
            )
        rows = [_row(x, 0) for x in INPUTS]
        ids = token_ids(reader, [self.template.written(COLUMNS, row) for row in rows])
        longest = rows[int(np.argmax([len(one) for one in ids]))]
        written = self.encode(TextEpisode(self.name, COLUMNS, 0, "tuning", (longest,) * shots, (longest,)), reader)
        what = f"{shots} demonstrations of {self.name}"
        check_context(longest_prompt([written], shots), reader.context_window, reader.name, what)

    def protocol(self) -> dict[str, Json]:
        """Return what is fixed about the task."""
        return {
            "function": "an episode: w ~ N(0, I) of two numbers, "
            "y = min(9, floor(10 (w.x - min) / (max - min))), min and max over all inputs",
            "inputs": f"two whole numbers from 0 to {LARGEST}, none twice in an episode",
            "template": self.template.record(COLUMNS),
            "sampling": "natural",
            "demonstrations an episode": self.pool,
            "special tokens": "BOS (CLS, SEP) as the model's tokenizer writes them; EOS never",
        }


def _row(x: Ints, y: int) -> Example:
    first, second = map(str, x.tolist())
    return Example(f"{first} {second}", (first, second), y)
