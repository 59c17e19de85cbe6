"""The tokenizer in a GGUF file's metadata, as tokenizer.json: the same ids as the one that the model was trained with.

How text is cut before pairs are merged is not in the file, only its name (`tokenizer.ggml.pre`); a name that is not in
the table is refused, since another way to cut gives other ids. EOS is never appended; BOS is put before a text where
the file, or its kind of tokenizer, says so. Source of the patterns: `llama-vocab.cpp` of llama.cpp.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from iclgd_core.evidence.plain import Json
from iclgd_core.hub.gguf.architectures import UnfitError
from iclgd_core.hub.gguf.header import Header, Value

PREFIX = "tokenizer.ggml."
BYTE_PAIRS, SENTENCE_PIECE = "gpt2", "llama"
UNKNOWN, CONTROL, USER_DEFINED, BYTE = 2, 3, 4, 6
SPACE = "▁"
MOST_CHARACTERS = 2048
"""Of a token; the longest of real vocabularies are runs of some hundred spaces or dashes."""

SAMPLES = ("Great film!\n1) 2024 is 17 more than 2007.", "  Größe: 5 µm, naïve 東京 🙂\t{x: [1, 22]}\n\n", "a  12   b")
"""Texts that must come back whole from their ids."""

_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,%d}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(frozen=True)
class Cut:
    """How text is cut into the pieces within which pairs are merged.

    Attributes:
        digits: whether each digit stands alone, before anything else is cut.
        pattern: of a piece; empty for that of GPT-2.
        whole: whether a piece that is a token is not made of merges.
        bos: whether BOS stands before a text, unless the file says otherwise.
    """

    digits: bool = False
    pattern: str = ""
    whole: bool = False
    bos: bool = False


_DIGITS, _LLAMA_3 = Cut(digits=True), Cut(pattern=_WORDS % 3, whole=True, bos=True)
CUTS = {
    "gpt-2": Cut(),
    "smollm": _DIGITS, "starcoder": _DIGITS, "refact": _DIGITS,
    "llama-bpe": _LLAMA_3, "llama3": _LLAMA_3, "llama-v3": _LLAMA_3,
    "qwen2": Cut(pattern=_WORDS % 1),
}  # fmt: skip
"""By the value of `tokenizer.ggml.pre`."""


@dataclass(frozen=True)
class Written:
    """A tokenizer as its two files have it."""

    tokenizer: str
    settings: dict[str, Json]


def tokenizer_of(header: Header, rows: int) -> Written:
    """Return the tokenizer of a file.

    Args:
        header: of the file.
        rows: tokens that the model has embeddings for.

    Raises:
        UnfitError: a kind of tokenizer that is not read; tokens, merges or settings that do not fit each other or the
            model; a text that does not come back whole.
    """
    tokens = _texts(header, "tokens")
    if len(set(tokens)) < len(tokens) or not all(tokens):
        raise UnfitError(f"of its {len(tokens)} tokens two are the same, or one is empty")
    if (longest := max(map(len, tokens), default=0)) > MOST_CHARACTERS:
        raise UnfitError(f"it has a token of {longest} characters; allowed: {MOST_CHARACTERS}")
    if len(tokens) > rows:
        raise UnfitError(f"it has {len(tokens)} tokens, and embeddings for {rows}")
    kinds = header.metadata.get(f"{PREFIX}token_type", (1,) * len(tokens))
    if not isinstance(kinds, tuple) or len(kinds) != len(tokens):
        raise UnfitError(f"{PREFIX}token_type has not one entry for each of its {len(tokens)} tokens")
    special = {name: _special(header, name, tokens) for name in ("bos", "eos", "unknown", "padding")}
    model = header.metadata.get(f"{PREFIX}model")
    if model == BYTE_PAIRS:
        tokenizer, bos = _byte_pairs(header, tokens)
    elif model == SENTENCE_PIECE:
        tokenizer, bos = _sentence_pieces(header, tokens, kinds, special["unknown"]), True
    else:
        raise UnfitError(f"its tokenizer is of kind {model!r:.80}; read are {BYTE_PAIRS} and {SENTENCE_PIECE}")
    own = {token: kind for token, kind in zip(tokens, kinds, strict=True) if kind in (UNKNOWN, CONTROL, USER_DEFINED)}
    added = [AddedToken(token, normalized=False, special=kind != USER_DEFINED) for token, kind in own.items()]
    tokenizer.add_tokens([one for one in added if not one.special])
    tokenizer.add_special_tokens([one for one in added if one.special])
    if (known := tokenizer.get_vocab_size(with_added_tokens=True)) != len(tokens):
        raise UnfitError(f"of its {len(tokens)} tokens the tokenizer knows {known}")
    if _flag(header, "add_bos_token", bos):
        first = special["bos"]
        if first is None:
            raise UnfitError("BOS is to stand before a text, and it names no bos_token_id")
        template = processors.TemplateProcessing(single=[first, "$A"], special_tokens=[(first, tokens.index(first))])
        tokenizer.post_processor = template
    _check_whole(tokenizer, own)
    named = {"bos": "bos_token", "eos": "eos_token", "unknown": "unk_token", "padding": "pad_token"}
    settings: dict[str, Json] = {named[name]: token for name, token in special.items() if token is not None}
    fixed: dict[str, Json] = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    return Written(tokenizer.to_str(), fixed | settings)


def _byte_pairs(header: Header, tokens: Sequence[str]) -> tuple[Tokenizer, bool]:
    """Return a tokenizer that merges pairs of bytes, as GPT-2, and whether it begins a text with BOS."""
    name = header.metadata.get(f"{PREFIX}pre")
    if not isinstance(name, str) or name not in CUTS:
        raise UnfitError(
            f"{PREFIX}pre, which says how text is cut into pieces, is {name!r:.80}; known are {', '.join(CUTS)}"
        )
    cut, vocabulary = CUTS[name], {token: i for i, token in enumerate(tokens)}
    merges = [_merge(text, vocabulary) for text in _texts(header, "merges")]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=cut.whole))
    steps: list[pre_tokenizers.PreTokenizer] = [pre_tokenizers.Digits(individual_digits=True)] if cut.digits else []
    if cut.pattern:
        steps.append(pre_tokenizers.Split(Regex(cut.pattern), "isolated"))
    steps.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not cut.pattern))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, cut.bos


def _merge(text: str, vocabulary: dict[str, int]) -> tuple[str, str]:
    left, space, right = text.partition(" ")
    if not space or not {left, right, left + right} <= vocabulary.keys():
        raise UnfitError(f"the merge {text[:80]!r} joins or makes tokens that it does not have")
    return left, right


def _sentence_pieces(header: Header, tokens: Sequence[str], kinds: tuple[Value, ...], unknown: str | None) -> Tokenizer:
    """Return a tokenizer that joins the two neighbours that make the token of the highest score, as SentencePiece."""
    scores = header.metadata.get(f"{PREFIX}scores")
    if not isinstance(scores, tuple) or len(scores) != len(tokens) or not all(isinstance(one, float) for one in scores):
        raise UnfitError(f"{PREFIX}scores has not one number for each of its {len(tokens)} tokens")
    if unknown is None:
        raise UnfitError("it names no unknown_token_id")
    vocabulary = {token: i for i, token in enumerate(tokens)}
    if missing := [byte for byte in range(256) if kinds[vocabulary.get(f"<0x{byte:02X}>", 0)] != BYTE]:
        raise UnfitError(f"{len(missing)} of the 256 bytes have no token, so not every text can be written")
    made = sorted(
        (i for i, kind in enumerate(kinds) if kind in (1, USER_DEFINED)), key=lambda i: (-float(scores[i]), i)
    )
    merges = [
        (token[:at], token[at:]) for token in (tokens[i] for i in made) for at in range(1, len(token))
        if token[:at] in vocabulary and token[at:] in vocabulary
    ]  # fmt: skip
    model = models.BPE(vocab=vocabulary, merges=merges, unk_token=unknown, fuse_unk=True, byte_fallback=True)
    tokenizer = Tokenizer(model)
    steps: list[normalizers.Normalizer] = [normalizers.Replace(" ", SPACE)]
    undone: list[decoders.Decoder] = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    if _flag(header, "add_space_prefix", True):
        steps.insert(0, normalizers.Prepend(SPACE))
        undone.append(decoders.Strip(" ", 1, 0))
    tokenizer.normalizer, tokenizer.decoder = normalizers.Sequence(steps), decoders.Sequence(undone)
    return tokenizer


def _check_whole(tokenizer: Tokenizer, own: Collection[str]) -> None:
    """Refuse a tokenizer from whose ids a text does not come back; samples that hold one of its own tokens are left."""
    for text in SAMPLES:
        back = tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids, skip_special_tokens=False)
        if back != text and not any(token in text for token in own):
            raise UnfitError(f"the text {text!r} comes back from its tokens as {back[:80]!r}")


def _special(header: Header, name: str, tokens: Sequence[str]) -> str | None:
    token = header.metadata.get(f"{PREFIX}{name}_token_id")
    if token is None:
        return None
    if not isinstance(token, int) or not 0 <= token < len(tokens):
        raise UnfitError(f"{PREFIX}{name}_token_id is {token!r:.80}; allowed: 0 to {len(tokens) - 1}")
    return tokens[token]


def _flag(header: Header, name: str, default: bool) -> bool:
    value = header.metadata.get(f"{PREFIX}{name}", default)
    if not isinstance(value, bool):
        raise UnfitError(f"{PREFIX}{name} is {value!r:.80}; allowed: a truth value")
    return value


def _texts(header: Header, name: str) -> tuple[str, ...]:
    value = header.metadata.get(f"{PREFIX}{name}")
    if not _are_texts(value):
        raise UnfitError(f"{PREFIX}{name} is no list of texts")
    return value


def _are_texts(value: Value | None) -> TypeGuard[tuple[str, ...]]:
    return isinstance(value, tuple) and all(isinstance(one, str) for one in value)
