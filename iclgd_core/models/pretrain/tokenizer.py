"""The tokenizer of the embedded models: one token a symbol, split at spaces."""

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import PreTrainedTokenizerFast

from iclgd_core.models.pretrain.recipe import SPECIAL_TOKENS, Recipe
from iclgd_core.tasks.ginc.world import ginc_world


def build_tokenizer(recipe: Recipe) -> PreTrainedTokenizerFast:
    """Return a word-level tokenizer over the recipe's symbols; token id = symbol id, special tokens last."""
    end, unknown = SPECIAL_TOKENS
    vocabulary = {text: i for i, text in enumerate((*ginc_world(recipe.world).symbols, end, unknown))}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=unknown))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token=end,
        eos_token=end,
        unk_token=unknown,
        model_max_length=recipe.context,
    )
