"""The table of architectures: a new one is one entry here, and one toy in the tests."""

from transformers import PretrainedConfig

from iclgd_core.models.architectures.entry import Architecture, Fused, Separate, named_window
from iclgd_core.models.architectures.rows import by_group, concatenated


def _falcon_groups(config: PretrainedConfig) -> int:
    """Return 1 for multi-query attention, which the grouped layout of later models overrides."""
    return int(config.num_kv_heads) if config.new_decoder_architecture or not config.multi_query else 1


def _behind_padding(config: PretrainedConfig) -> tuple[int, str]:
    """Return the places of the position table behind that of the padding token, where positions begin."""
    places, name = named_window(config)
    return places - int(config.pad_token_id) - 1, f"{name} - pad_token_id - 1"


ENTRIES: tuple[Architecture, ...] = (
    Architecture("llama", "Llama", "layers.{}.self_attn", Separate()),
    Architecture("mistral", "Mistral", "layers.{}.self_attn", Separate(), note="sliding window"),
    Architecture("qwen2", "Qwen2", "layers.{}.self_attn", Separate(), note="biases in W_Q, W_K, W_V"),
    Architecture("qwen3", "Qwen3", "layers.{}.self_attn", Separate(), note="queries and keys normalised"),
    Architecture(
        "gpt2",
        "GPT-2",
        "h.{}.attn",
        Fused("c_attn", "c_proj", concatenated, input_major=True),
        positions="learned",
        note="stored (inputs, outputs)",
    ),
    Architecture("gptj", "GPT-J", "h.{}.attn", Separate(output="out_proj")),
    Architecture(
        "gpt_neox",
        "GPT-NeoX (Pythia)",
        "layers.{}.attention",
        Fused("query_key_value", "dense", by_group),
        note="one group a head",
    ),
    Architecture(
        "gpt_neo",
        "GPT-Neo",
        "h.{}.attn.attention",
        Separate(output="out_proj"),
        positions="learned",
        sdpa=False,
        note="local attention in every other layer",
    ),
    Architecture("opt", "OPT", "layers.{}.self_attn", Separate(output="out_proj"), positions="learned"),
    Architecture(
        "bloom",
        "BLOOM",
        "h.{}.self_attention",
        Fused("query_key_value", "dense", by_group),
        positions="ALiBi",
        vectorises=False,
        sdpa=False,
        note="one group a head; its GELU is an autograd function that torch.func refuses",
    ),
    Architecture(
        "falcon",
        "Falcon",
        "h.{}.self_attention",
        Fused("query_key_value", "dense", by_group),
        positions="rotary or ALiBi",
        groups=_falcon_groups,
        sdpa=False,
        note="one group (multi-query), several (new_decoder_architecture) or one a head; "
        "with ALiBi, eager attention adds the bias twice, scaled-dot-product attention once, as in training",
    ),
    Architecture("gemma", "Gemma", "layers.{}.self_attn", Separate(), note="side of a head set apart"),
    Architecture(
        "gemma2",
        "Gemma 2",
        "layers.{}.self_attn",
        Separate(),
        sdpa=False,
        note="sliding window; scores and logits soft-capped",
    ),
    Architecture(
        "gemma3_text",
        "Gemma 3",
        "layers.{}.self_attn",
        Separate(),
        note="sliding window; queries and keys normalised; text part of the multimodal models",
    ),
    Architecture("phi", "Phi", "layers.{}.self_attn", Separate(output="dense")),
    Architecture(
        "phi3", "Phi-3", "layers.{}.self_attn", Fused("qkv_proj", "o_proj", concatenated), note="sliding window"
    ),
    Architecture(
        "bert",
        "BERT",
        "layer.{}.attention",
        Separate("self.query", "self.key", "self.value", "output.dense"),
        positions="learned",
        masked=True,
        reuses_prefix=False,
        pads_right=False,
    ),
    Architecture(
        "roberta",
        "RoBERTa",
        "layer.{}.attention",
        Separate("self.query", "self.key", "self.value", "output.dense"),
        positions="learned",
        window=_behind_padding,
        masked=True,
        reuses_prefix=False,
        pads_right=False,
    ),
    Architecture(
        "distilbert",
        "DistilBERT",
        "layer.{}.attention",
        Separate("q_lin", "k_lin", "v_lin", "out_lin"),
        positions="learned",
        masked=True,
        reuses_prefix=False,
        pads_right=False,
    ),
)

TABLE: dict[str, Architecture] = {entry.model_type: entry for entry in ENTRIES}
