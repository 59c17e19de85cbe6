"""Tokenizers of the kinds that models have, trained here on a few lines."""

from functools import cache

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from iclgd_core.tasks.prompts import Reader

CORPUS = [
    "Classify the news articles into the categories of World, Sports, Business, and Technology.",
    "Sentence: the film is good Label: Positive\nSentence: the film is bad Label: Negative",
    "Question: is it so. True, False, or Neither? Answer: True Answer: False Answer: Neither Yes or No? Answer: Yes",
    "Subject: my bill\nText: it is wrong\nQueue: Billing\n\nQueue: Technical\n\nQueue: Other",
    "negative positive Negative Positive true false neither world sports business science technology",
    "short entity description person location number question target Ab Expression",
    "terrible bad neutral good great poor objective subjective Expression Entity Description Person Location Number",
] * 8

ENDS = {"bos_token": "<s>", "eos_token": "</s>"}
UNKNOWN = {"unk_token": "<unk>"}
BERT = {f"{name.lower()}_token": f"[{name}]" for name in ("PAD", "UNK", "CLS", "SEP", "MASK")}


@cache
def byte_level() -> PreTrainedTokenizerFast:
    """Byte-level BPE as GPT-2's: a space belongs to the token behind it, nothing is added."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<s>", "</s>"]
    trainer = trainers.BpeTrainer(
        vocab_size=900, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **ENDS)  # type: ignore[no-untyped-call]


@cache
def unigram() -> PreTrainedTokenizerFast:
    """Unigram with Metaspace, as SentencePiece: a space is put before the text, line breaks are ordinary characters."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    letters = sorted(set("".join(CORPUS)) | set("abcdefghijklmnopqrstuvwxyz0123456789.,:?!'\"<>/[]-▁\n"))
    trainer = trainers.UnigramTrainer(
        vocab_size=400,
        special_tokens=["<unk>", "<s>", "</s>"],
        **UNKNOWN,
        initial_alphabet=letters,
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **ENDS, **UNKNOWN)  # type: ignore[no-untyped-call]


@cache
def llama_like() -> PreTrainedTokenizerFast:
    """BPE without pre-tokens, spaces written as U+2581 and one put before the text, as Llama's first tokenizers."""
    tokenizer = Tokenizer(models.BPE(**UNKNOWN, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    letters = sorted(set("".join(CORPUS)) | set("abcdefghijklmnopqrstuvwxyz0123456789.,:?!'\"<>/[]-▁\n"))
    special = ["<unk>", "<s>", "</s>"]
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=special, initial_alphabet=letters, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.pre_tokenizer = None
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **ENDS, **UNKNOWN)  # type: ignore[no-untyped-call]


@cache
def word_piece() -> PreTrainedTokenizerFast:
    """WordPiece as uncased BERT's, with CLS, SEP and MASK; every word of the corpus is a token."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=BERT["unk_token"]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = list(BERT.values())
    letters = list("abcdefghijklmnopqrstuvwxyz0123456789.,:?!'\"<>/[]-")
    trainer = trainers.WordPieceTrainer(
        vocab_size=600, special_tokens=special, initial_alphabet=letters, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **BERT)  # type: ignore[no-untyped-call]


def reader(tokenizer: PreTrainedTokenizerFast, *, masked: bool = False, bos: bool = False) -> Reader:
    return Reader("tiny", tokenizer, 4096, masked, bos)
