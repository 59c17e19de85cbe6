"""Families of models in several sizes, by name: what a claim about size is asked on."""

from iclgd_core.errors import UnknownNameError

PREFIX = "family:"
"""A name of a family begins with this, since some of the plain names (gpt2) are models of the Hub as well."""

FAMILIES: dict[str, tuple[str, ...]] = {
    "pythia": tuple(
        f"EleutherAI/pythia-{size}" for size in ("70m", "160m", "410m", "1b", "1.4b", "2.8b", "6.9b", "12b")
    ),
    "opt": tuple(f"facebook/opt-{size}" for size in ("125m", "350m", "1.3b", "2.7b", "6.7b", "13b")),
    "gpt2": tuple(f"openai-community/gpt2{size}" for size in ("", "-medium", "-large", "-xl")),
    "qwen": tuple(f"Qwen/Qwen2.5-{size}" for size in ("0.5B", "1.5B", "3B", "7B", "14B")),
    "qwen3": tuple(f"Qwen/Qwen3-{size}-Base" for size in ("0.6B", "1.7B", "4B", "8B", "14B")),
    "smollm2": tuple(f"HuggingFaceTB/SmolLM2-{size}" for size in ("135M", "360M", "1.7B")),
    "llama": tuple(f"huggyllama/llama-{size}" for size in ("7b", "13b", "30b", "65b")),
    "llama3": ("meta-llama/Llama-3.2-1B", "meta-llama/Llama-3.2-3B", "meta-llama/Llama-3.1-8B"),
}
"""Base models (not tuned on instructions) of each family, smallest first. The smaller two of llama3 were distilled from
larger ones, so they differ from the third by more than size; they are gated."""


def family(name: str) -> tuple[str, ...]:
    """Return the Hub names of a family's models, smallest first.

    Args:
        name: one of FAMILIES, with or without PREFIX.

    Raises:
        UnknownNameError: no such family.
    """
    plain = name.removeprefix(PREFIX)
    if plain not in FAMILIES:
        raise UnknownNameError("family of models", plain, FAMILIES)
    return FAMILIES[plain]
