"""GINC prompts as a task: k symbols an example, the label the last of them."""

from dataclasses import dataclass, field

import numpy as np

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.plain import Json
from iclgd_core.seeds import stream
from iclgd_core.tasks.episode import Episode
from iclgd_core.tasks.ginc.prompts import GincPrompts, ginc_tokens
from iclgd_core.tasks.ginc.world import DELIMITER, GincConfig, GincWorld, ginc_world
from iclgd_core.tasks.prompts import Reader, check_context

POOL = 512
"""Demonstrations in an episode: enough for the paper's largest GD training set (arXiv 2310.08540, table 1)."""


@dataclass(frozen=True)
class GincTask:
    """In-distribution GINC prompts (arXiv 2111.02080, section 4 and appendix F).

    An episode fixes one HMM of the pretraining mixture and one start slot in 1..n_slots-1; its examples are
    independent runs of k states from a random value at that slot. The label of a demonstration is its k-th
    symbol, sampled; the right answer of a query is the argmax of the true next-symbol distribution.

    Attributes:
        k: symbols an example, the label included.
        config: the world.
        variant: what the world is called, where it is not the default one; part of the task's name.
    """

    k: int
    config: GincConfig = field(default_factory=GincConfig)
    variant: str = ""

    def __post_init__(self) -> None:
        if self.k < 2:
            raise SettingsError(f"k counts the label, so a GINC example needs k >= 2; got {self.k}.")

    @property
    def name(self) -> str:
        """Name used on the command line and in reports."""
        return "-".join(part for part in ("ginc", self.variant, f"k{self.k}") if part)

    @property
    def world(self) -> GincWorld:
        """The HMMs that the examples come from."""
        return ginc_world(self.config)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The task's vocabulary: `symbols[i]` is the text of symbol i."""
        return self.world.symbols

    def prompt_length(self, shots: int) -> int:
        """Return the tokens of a prompt: `shots` examples of k symbols and a delimiter, and the query."""
        return shots * (self.k + 1) + self.k - 1

    def encode(self, episode: Episode, reader: Reader) -> GincPrompts:
        """Write an episode in a model's tokens.

        Raises:
            VocabularyError: the tokenizer has no single token for some symbol, or the model is a masked one.
        """
        return GincPrompts(episode, ginc_tokens(self.symbols, reader))

    def check(self, reader: Reader, shots: int) -> None:
        """Check, without weights, that a model can read prompts of so many demonstrations.

        Raises:
            VocabularyError: as `encode`.
            ContextError: the demonstrations and a query do not fit the context window.
        """
        ginc_tokens(self.symbols, reader)
        what = f"{shots} demonstrations of {self.name}"
        check_context(self.prompt_length(shots), reader.context_window, reader.name, what)

    def protocol(self) -> dict[str, Json]:
        """Return what is fixed about its prompts."""
        return {
            "prompt": "x y / x y / ... / x, one token a symbol, no BOS, no EOS",
            "separator": self.symbols[DELIMITER],
        }

    def episode(self, seed: int, split: str, index: int, queries: int) -> Episode:
        """Draw episode `index` of `split`; the demonstrations do not depend on the number of queries.

        Args:
            seed: the run's seed.
            split: "tuning" or "evaluation"; the two are independent.
            index: which episode.
            queries: how many queries.
        """
        world, names = self.world, (self.name, split, index)
        where = stream(seed, *names, "where")
        hmm = int(where.integers(self.config.n_in_mixture))
        slot = int(where.integers(1, self.config.n_slots))
        pool = world.examples(hmm, slot, self.k, POOL, stream(seed, *names, "demonstrations"))
        x = world.examples(hmm, slot, self.k - 1, queries, stream(seed, *names, "queries"))
        answers = world.next_symbol(hmm, slot, x).argmax(axis=1)
        separator = np.array([DELIMITER])
        return Episode(self.name, index, split, pool[:, :-1], pool[:, -1], x, answers, separator)
