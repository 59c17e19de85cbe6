"""A model without its weights: built from the configuration alone on the meta device, where tensors take no memory."""

import hashlib
import json
import re
from dataclasses import dataclass

import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, PretrainedConfig, PreTrainedModel

from iclgd_core.errors import ModelError

_LAYER = re.compile(r"\.(\d+)\.")
_CHANGING = ("_name_or_path", "transformers_version", "_commit_hash", "torch_dtype", "dtype")


@dataclass(frozen=True, eq=False)
class Skeleton:
    """What a model's shape says about memory.

    Attributes:
        module: the model on the meta device, in the number format that it will be loaded in.
        layers, hidden, heads: of the Transformer.
        key_value_width: numbers that one layer's keys hold a token: key-value heads times their dimension.
        vocabulary: rows of the output matrix.
        element: bytes of a number.
        linear_width: inputs and outputs of all matrices of all layers together, the output matrix apart.
        norms: normalisations in all layers together, by whether they compute in float32 copies (RMSNorm) or not.
    """

    module: PreTrainedModel
    layers: int
    hidden: int
    heads: int
    key_value_width: int
    vocabulary: int
    element: int
    linear_width: int
    norms: tuple[int, int]

    @property
    def parameters(self) -> int:
        """Number of weights; a tied matrix counts once."""
        return sum(p.numel() for p in self.module.parameters())

    @property
    def weight_bytes(self) -> int:
        """Bytes of weights and buffers, to the byte what the loaded model takes."""
        buffers = {id(b): b.nbytes for b in self.module.buffers()}
        return sum(p.nbytes for p in self.module.parameters()) + sum(buffers.values())

    def bytes_of(self, names: tuple[str, ...] | None) -> int:
        """Return the bytes of the named parameters; of all for None."""
        return sum(p.nbytes for name, p in self.module.named_parameters() if names is None or name in names)

    def count_of(self, names: tuple[str, ...] | None) -> int:
        """Return how many numbers the named parameters hold; all for None."""
        return sum(p.numel() for name, p in self.module.named_parameters() if names is None or name in names)

    def largest_of(self, names: tuple[str, ...] | None) -> int:
        """Return the bytes of the largest of the named parameters; of all for None."""
        return max(
            (p.nbytes for name, p in self.module.named_parameters() if names is None or name in names), default=0
        )

    def layers_from(self, names: tuple[str, ...] | None) -> int:
        """Return how many layers a gradient of the named parameters passes: from the lowest of them to the top."""
        if names is None:
            return self.layers
        lowest = [int(match[1]) if (match := _LAYER.search(name)) else 0 for name in names]
        return self.layers - min(lowest, default=self.layers)


def skeleton(config: PretrainedConfig, dtype: torch.dtype, masked: bool = False) -> Skeleton:
    """Build a model's shape from its configuration; no weight is read or drawn, no code of the model's folder is run.

    Args:
        config: of the model.
        dtype: number format of its weights.
        masked: whether it is a masked language model.

    Raises:
        ModelError: transformers cannot build the architecture, or its sizes are not those of a Transformer.
    """
    kind = AutoModelForMaskedLM if masked else AutoModelForCausalLM
    try:
        with torch.device("meta"):
            module = kind.from_config(config, trust_remote_code=False)  # type: ignore[no-untyped-call]
        module = torch.nn.Module.to(module, dtype)
        return _measured(module)
    except (ValueError, TypeError, AttributeError, KeyError, RuntimeError, ZeroDivisionError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ModelError(
            f"the memory of a {config.model_type!r} model cannot be estimated from its config.json: {reason} "
            "Check the file."
        ) from error


def config_digest(config: PretrainedConfig) -> str:
    """Return the SHA-256 of a configuration without what does not change the model: name, path, versions, dtype."""
    kept = {name: value for name, value in config.to_dict().items() if name not in _CHANGING}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()


def _measured(module: PreTrainedModel) -> Skeleton:
    config = module.config.get_text_config()
    heads, hidden = int(config.num_attention_heads), int(config.hidden_size)
    head = int(getattr(config, "head_dim", None) or hidden // heads)
    groups = 1 if getattr(config, "multi_query", False) else getattr(config, "num_key_value_heads", None) or heads
    output: torch.nn.Module | None = module.get_output_embeddings()  # type: ignore[no-untyped-call]
    weighted = [
        (m, weight) for m in module.modules()
        if m is not output and not isinstance(m, torch.nn.Embedding)
        and isinstance(weight := getattr(m, "weight", None), torch.Tensor)
    ]  # fmt: skip
    plain = [isinstance(m, torch.nn.LayerNorm) for m, weight in weighted if weight.ndim == 1]
    return Skeleton(
        module,
        layers=int(config.num_hidden_layers),
        hidden=hidden,
        heads=heads,
        key_value_width=int(groups) * head,
        vocabulary=int(config.vocab_size),
        element=next(p.element_size() for p in module.parameters()),
        linear_width=sum(sum(weight.shape) for _, weight in weighted if weight.ndim == 2),
        norms=(plain.count(False), plain.count(True)),
    )
