"""A GPT-2 that reads points as tokens and predicts the next answer (arXiv 2208.01066, section 2 and appendix A).

Tokens alternate: x_1, (y_1, 0, ..., 0), x_2, (y_2, 0, ..., 0), ..., each in R^d; a linear read-in to the width, the
GPT-2 backbone without dropout, a linear read-out; the prediction of y_i is read at the token of x_i, so it depends
on the points before i and on x_i alone.
"""

from dataclasses import dataclass

import torch
from transformers import GPT2Config, GPT2Model

from iclgd_core.errors import ContextError, SettingsError


@dataclass(frozen=True)
class TransformerShape:
    """Shape of an in-context Transformer.

    Attributes:
        dimension: d, of the inputs.
        points: the most points that fit, the query included.
        hidden, layers, heads: of the backbone; the MLP has 4 x hidden.
    """

    dimension: int = 5
    points: int = 11
    hidden: int = 64
    layers: int = 4
    heads: int = 4

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            SettingsError: a size below 1, or a width that the heads do not divide.
        """
        for name in ("dimension", "points", "hidden", "layers", "heads"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} is {getattr(self, name)}. Allowed: a whole number from 1.")
        if self.hidden % self.heads:
            raise SettingsError(f"hidden is {self.hidden}, which {self.heads} heads do not divide. Use a multiple.")

    def config(self) -> GPT2Config:
        """Return the backbone's configuration: no dropout, a token table of one unused entry."""
        return GPT2Config(
            vocab_size=1,
            bos_token_id=0,
            eos_token_id=0,
            n_positions=2 * self.points,
            n_embd=self.hidden,
            n_layer=self.layers,
            n_head=self.heads,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            activation_function="gelu_pytorch_tanh",
            use_cache=False,
        )


class InContextTransformer(torch.nn.Module):
    """Read-in, GPT-2, read-out."""

    def __init__(self, shape: TransformerShape) -> None:
        """Build it with fresh weights from torch's default generator; GPT-2's initialisation in the backbone."""
        super().__init__()
        self.shape = shape
        self.read_in = torch.nn.Linear(shape.dimension, shape.hidden)
        self.backbone = GPT2Model(shape.config())
        self.read_out = torch.nn.Linear(shape.hidden, 1)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Predict every answer from the points before it.

        Args:
            x: (episodes, points, dimension).
            y: (episodes, points) answers; the last one is not read, nor does any change an earlier prediction.

        Returns:
            (episodes, points) predictions; entry i uses points 0..i-1 and x_i.

        Raises:
            ContextError: more points than the model holds.
        """
        states = self.backbone(inputs_embeds=self.read_in(self.tokens(x, y))).last_hidden_state
        predictions: torch.Tensor = self.read_out(states[:, ::2])[..., 0]
        return predictions

    def hidden_states(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the residual stream (layers + 1, episodes, 2 points - 1, hidden).

        Entry 0 is the embedding; entry l the stream after block l; the last carries the final layer norm as well.
        The tokens of x_i stand at positions 2i.

        Raises:
            ContextError: more points than the model holds.
        """
        found = self.backbone(inputs_embeds=self.read_in(self.tokens(x, y)), output_hidden_states=True)
        return torch.stack(found.hidden_states)

    def tokens(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the alternating tokens (episodes, 2 points - 1, dimension); the last answer is left out.

        Raises:
            ContextError: more points than the model holds.
        """
        episodes, points, dimension = x.shape
        if points > self.shape.points or dimension != self.shape.dimension:
            raise ContextError(
                f"{points} points of dimension {dimension} (the query included) do not fit. This model reads at most "
                f"{self.shape.points} points of dimension {self.shape.dimension}. Use fewer, or another model."
            )
        answers = torch.nn.functional.pad(y[..., None], (0, dimension - 1))
        return torch.stack([x, answers], dim=2).reshape(episodes, 2 * points, dimension)[:, :-1]
